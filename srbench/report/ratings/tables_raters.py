"""Tables of the raters: their agreement, what screening would do, and each of them."""

from collections.abc import Sequence

import numpy as np

from srbench.ratings.analysis import Analysis
from srbench.ratings.rater_summary import RaterSummary
from srbench.ratings.sensitivity import Variant
from srbench.report.numbers import interval, number
from srbench.report.table import Cell, Column, Table, text_column, text_rows
from srbench.stats.arrays import Floats


def agreement(study: Analysis) -> Table:
    """Tabulate measures of agreement: intraclass correlation, Krippendorff's alpha, and repeated votes."""
    rows: list[tuple[Cell, Cell, Cell]] = []
    if study.icc:
        icc = study.icc
        shape = Cell(f"{icc.stimuli} stimuli rated by all {icc.raters} raters, first votes")
        single = Cell(f"{icc.single:.3f}", interval(icc.single_ci95, 3))
        average = Cell(f"{icc.average:.3f}", interval(icc.average_ci95, 3))
        rows = [(Cell("ICC(2,1), one rater"), single, shape), (Cell("ICC(2,k), mean of the raters"), average, shape)]
    alphas = (
        ("ordinal", study.alpha_ordinal, study.alpha_ordinal_ci95),
        ("interval", study.alpha_interval, study.alpha_interval_ci95),
    )
    for level, value, ends in alphas:
        if value is not None:
            shown = Cell(f"{value:.3f}", interval(ends, 3))
            rows.append((Cell(f"Krippendorff's alpha, {level}"), shown, Cell("first votes")))
    rows += [(Cell(f"test-retest: {name}"), Cell(value), Cell(what)) for name, value, what in _retest(study)]
    columns = (text_column("measure"), text_column("value"), text_column("of what"))
    return Table("agreement", "Agreement of raters", columns, tuple(rows))


def _retest(study: Analysis) -> list[tuple[str, str, str]]:
    again = study.retest
    if again is None:
        return []
    rows = [
        ("same score", f"{again.same:.1%}", f"{again.pairs} repeated votes"),
        (f"within {study.scores.scale.step:g}", f"{again.within_one:.1%}", ""),
        ("mean difference", f"{again.mean_difference:+.3f}", "second minus first"),
        ("RMS difference", f"{again.rms_difference:.3f}", ""),
    ]
    return rows if again.correlation is None else [*rows, ("correlation", f"{again.correlation:.3f}", "Pearson")]


def effects(variants: Sequence[Variant], *, drawn: bool = True) -> Table:
    """Tabulate what each screening rule and treatment would change.

    Args:
        variants: Treatments.
        drawn: Whether maximum likelihood has its intervals from drawn raters.
    """
    rows = (
        (
            variant.name,
            variant.reason or ", ".join(variant.rejected) or "nobody",
            "" if variant.reason else str(len(variant.rejected)),
            *(number(value, 3) for value in (variant.half, variant.largest_change, variant.mean_change)),
            number(variant.rank_correlation, 4),
        )
        for variant in variants
    )
    return Table(
        key="treatments",
        title="What screening and treatments would do",
        columns=(
            *(text_column("treatment"), text_column("rejects"), Column("raters", rank=1)),
            *(Column("mean 95 %\nhalf-width"), Column("largest\nchange", rank=2), Column("mean\nchange", rank=3)),
            Column("SRCC with\nMOS", rank=4),
        ),
        rows=text_rows(rows),
        notes=(
            "Against plain MOS of all votes; rules and treatments each alone. Half-widths are Student t's; of maximum "
            + ("likelihood with the bootstrap over raters." if drawn else "likelihood 1.96 standard errors."),
        ),
    )


def raters(summary: RaterSummary | None) -> Table:
    """Tabulate each rater: whether they count, bias, inconsistency and correlation; no rows without single votes."""
    rows = [] if summary is None else [_rater(summary, i) for i in range(len(summary.names))]
    return Table(
        key="raters",
        title="Raters",
        columns=(
            *(text_column("rater"), text_column("counts"), text_column("rejected by"), Column("votes", rank=4)),
            *(Column("mean", rank=2), Column("std", rank=3), Column("bias")),
            *(Column("bias\n(P.910)", rank=1), Column("95 %", rank=5)),
            *(Column("inconsistency", rank=1), Column("95 %", rank=5)),
            Column("r with\nmean"),
        ),
        rows=text_rows(rows),
        notes=(
            "Rules that are not part of this analysis are shown too. Bias: mean deviation from the stimuli's means "
            "(ITU-T P.913). Bias (P.910) and inconsistency: maximum likelihood (ITU-T P.910, Annex E), against the "
            "mean of these raters, with 95 % intervals of weighted least squares (t and chi-squared).",
        ),
    )


def _rater(r: RaterSummary, i: int) -> tuple[str, ...]:
    counts = "no" if r.excluded[i] else "yes"
    return (
        *(r.names[i], counts, ", ".join(r.rejected[i]), str(r.votes[i])),
        *(number(float(value)) for value in (r.mean[i], r.std[i], r.bias[i])),
        *(number(float(r.bias_p910[i])), _ends(r.bias_p910_ci95[i])),
        *(number(float(r.inconsistency[i])), _ends(r.inconsistency_ci95[i])),
        number(float(r.correlation[i])),
    )


def _ends(ends: Floats) -> str:
    return interval((float(ends[0]), float(ends[1])) if np.isfinite(ends).all() else None)
