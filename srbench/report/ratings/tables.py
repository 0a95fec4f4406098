"""The tables of a study on a rating scale."""

import math
from collections.abc import Sequence

from srbench.ratings.analysis import Analysis
from srbench.ratings.mos import ModelMean
from srbench.ratings.prediction import Prediction
from srbench.ratings.votes import StimulusScores
from srbench.report.ratings.table import Table

_P_FLOOR = 1e-4


def figure(value: float | None, digits: int = 2) -> str:
    """A number; empty where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def interval(ends: tuple[float, float] | None, digits: int = 2) -> str:
    """Both ends of an interval; empty where there is none."""
    return "" if ends is None else f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"


def _with_interval(value: float | None, ends: tuple[float, float] | None) -> str:
    return "" if value is None or ends is None else f"{value:.3f} [{ends[0]:.3f}–{ends[1]:.3f}]"


def chance(p: float) -> str:
    """A p value."""
    return f"< {_P_FLOOR:g}" if p < _P_FLOOR else f"{p:.4f}"


def tables(made: Analysis) -> list[Table]:
    """All that the data allows, the most wanted first."""
    found = [
        *_models(made),
        _differences(made),
        _predictions(made.predictions),
        _agreement(made),
        _effects(made),
        _raters(made),
        _scores(made),
    ]
    return [table for table in found if table.rows]


def _models(made: Analysis) -> list[Table]:
    name = score_name(made)
    ranks = {(rank.model, rank.dataset): rank.mean for rank in made.ranks}
    spreads: tuple[str, ...] = (
        ("95 %",) if made.votes is None or made.options.estimator != "mos" else ("95 % (raters)",)
    )
    spreads += ("95 % (raters, images)",) if any(group.ci95_raters_images for group in made.models) else ()
    found = []
    for dataset in dict.fromkeys(group.dataset for group in made.models):
        own = sorted((g for g in made.models if g.dataset == dataset), key=lambda g: -g.mean)
        letters = made.letters.get(dataset, {})
        rows = (_model_row(g, letters.get(g.model, ""), ranks.get((g.model, dataset)), len(spreads)) for g in own)
        found.append(
            Table(
                key=f"models-{dataset}" if dataset else "models",
                title=f"{name} of models{f' on {dataset}' if dataset else ''}",
                heads=("model", "group", name, *spreads, "mean rank", "images", "votes"),
                rows=tuple(rows),
                texts=2,
                note=_models_note(made),
            )
        )
    return found


def _model_row(group: ModelMean, letters: str, rank: float | None, spreads: int) -> tuple[str, ...]:
    ends = None if group.half is None else (group.mean - group.half, group.mean + group.half)
    intervals = (interval(ends), interval(group.ci95_raters_images))[:spreads]
    return (
        group.model,
        letters,
        figure(group.mean),
        *intervals,
        figure(rank),
        str(group.images),
        str(group.votes),
    )


def score_name(made: Analysis) -> str:
    """What models are compared by."""
    relative = {"dmos": "DMOS", "crushed": "crushed DMOS"}.get(made.options.relative)
    return relative or ("MOS" if made.options.estimator == "mos" else "true score (P.910)")


def _models_note(made: Analysis) -> str:
    letters = "Higher is better. Models that share a letter are not told apart at 5 % (Holm)."
    if made.votes is None or made.options.estimator != "mos":
        return f"{letters} Intervals take the stimuli's errors as independent: for these raters and images only."
    first = f"{letters} First interval: raters like these, on these images (Student t by rater)."
    if not any(group.ci95_raters_images for group in made.models):
        return first
    return f"{first} Second: raters and images like these (bootstrap over both)."


def _differences(made: Analysis) -> Table:
    several = any(pair.dataset for pair in made.differences)
    drawn = any(pair.ci95_raters_images for pair in made.differences)
    rows = tuple(
        (
            *((pair.dataset or "all",) if several else ()),
            pair.first,
            pair.second,
            figure(pair.mean),
            *((interval(pair.ci95_raters_images),) if drawn else ()),
            chance(pair.p),
            chance(pair.p_holm),
            "yes" if pair.significant else "no",
            figure(pair.rank_biserial),
            figure(pair.dz),
            str(pair.images),
        )
        for pair in made.differences
    )
    test = "signed-rank test" if made.options.test == "wilcoxon" else "permutation test"
    return Table(
        key="differences",
        title="Differences between models",
        heads=(
            *(("data set",) if several else ()),
            *("model", "against", "difference"),
            *(("95 % (raters, images)",) if drawn else ()),
            *("p", "p (Holm)", "p < .05", "rank-biserial", "d_z", "images"),
        ),
        rows=rows,
        texts=3 if several else 2,
        note=f"Paired by image; two-sided {test} on the images' means, corrected by Holm for all pairs of a data set.",
    )


def _predictions(predictions: Sequence[Prediction]) -> Table:
    rows = []
    for p in sorted(predictions, key=lambda p: -abs(p.srcc)):
        fits = {fit.curve: fit for fit in p.fits}
        four, five = fits["logistic4"], fits["logistic5"]
        rows.append(
            (
                p.metric + (" (best)" if p.best else " (≈ best)" if p.tied else ""),
                _with_interval(p.srcc, p.srcc_ci95),
                _with_interval(p.krocc, p.krocc_ci95),
                _with_interval(p.plcc, p.plcc_ci95),
                _with_interval(four.plcc, four.plcc_ci95),
                _with_interval(five.plcc, five.plcc_ci95),
                _with_interval(five.rmse, five.rmse_ci95),
                _with_interval(five.outlier_ratio, five.outlier_ci95),
                str(p.n),
            )
        )
    return Table(
        key="metrics",
        title="Metrics against opinion",
        heads=(
            "metric",
            "SRCC",
            "KROCC",
            "PLCC",
            "PLCC, log. 4",
            "PLCC, log. 5",
            "RMSE",
            "outliers",
            "stimuli",
        ),
        rows=tuple(rows),
        note=(
            "ITU-T P.1401, with 95 % intervals. RMSE (over n - 5) and outlier ratio after the 5-parameter logistic. A "
            "metric that falls as quality rises has negative correlations. ≈: not told from the best by |SRCC| "
            "(bootstrap over contents, 95 %)."
        ),
    )


def _agreement(made: Analysis) -> Table:
    rows: list[tuple[str, str, str]] = []
    if made.icc:
        shape = f"{made.icc.stimuli} stimuli rated by all {made.icc.raters} raters, first votes"
        rows.append(("ICC(2,1), one rater", f"{made.icc.single:.3f} [{interval(made.icc.single_ci95, 3)}]", shape))
        rows.append(
            ("ICC(2,k), mean of the raters", f"{made.icc.average:.3f} [{interval(made.icc.average_ci95, 3)}]", shape)
        )
    for level, value in (("ordinal", made.alpha_ordinal), ("interval", made.alpha_interval)):
        if value is not None:
            rows.append((f"Krippendorff's alpha, {level}", f"{value:.3f}", "first votes"))
    if made.retest:
        again = made.retest
        rows += [
            ("test-retest: same score", f"{again.same:.1%}", f"{again.pairs} repeated votes"),
            (f"test-retest: within {made.scores.scale.step:g}", f"{again.within_one:.1%}", ""),
            ("test-retest: mean difference", f"{again.mean_difference:+.3f}", "second minus first"),
            ("test-retest: RMS difference", f"{again.rms_difference:.3f}", ""),
        ]
        if again.correlation is not None:
            rows.append(("test-retest: correlation", f"{again.correlation:.3f}", "Pearson"))
    return Table("agreement", "Agreement of raters", ("measure", "value", "of what"), tuple(rows), texts=3)


def _effects(made: Analysis) -> Table:
    rows = tuple(
        (
            effect.name,
            effect.reason or ", ".join(effect.rejected) or "nobody",
            "" if effect.reason else str(len(effect.rejected)),
            figure(effect.half, 3),
            figure(effect.largest_change, 3),
            figure(effect.mean_change, 3),
            figure(effect.rank_correlation, 4),
        )
        for effect in made.sensitivity
    )
    return Table(
        key="treatments",
        title="What screening and treatments would do",
        heads=(
            "treatment",
            "rejects",
            "raters",
            "mean 95 % half-width",
            "largest change",
            "mean change",
            "SRCC with MOS",
        ),
        rows=rows,
        texts=2,
        note=(
            "Against plain MOS of all votes; rules and treatments each alone. Half-widths are Student t's, and 1.96 "
            "standard errors for maximum likelihood."
        ),
    )


def _raters(made: Analysis) -> Table:
    r = made.raters
    rows = () if r is None else tuple(
        (
            name,
            "no" if r.excluded[i] else "yes",
            ", ".join(r.rejected[i]),
            str(r.votes[i]),
            figure(float(r.mean[i])),
            figure(float(r.std[i])),
            figure(float(r.bias[i])),
            figure(float(r.inconsistency[i])),
            figure(float(r.correlation[i])),
        )
        for i, name in enumerate(r.names)
    )  # fmt: skip
    return Table(
        key="raters",
        title="Raters",
        heads=("rater", "counts", "rejected by", "votes", "mean", "std", "bias", "inconsistency", "r with mean"),
        rows=rows,
        texts=3,
        note="Rules that are not part of this analysis are shown too. Inconsistency: ITU-T P.910, Annex E.",
    )


def _scores(made: Analysis) -> Table:
    relative = {} if made.dmos is None else _by_name(made.dmos)
    crushed = {} if made.crushed_dmos is None else _by_name(made.crushed_dmos)
    likely = {} if made.estimate is None else _by_name(made.estimate.scores)
    name = "MOS" if made.options.estimator == "mos" else "true score"
    extra = [("DMOS", relative), ("DMOS crushed", crushed), ("P.910", likely)]
    shown = [(head, values) for head, values in extra if values]
    rows = []
    for i, s in enumerate(made.scores.stimuli):
        mean, half = float(made.scores.mean[i]), float(made.scores.half[i])
        rows.append(
            (
                s.name + (" (reference)" if s.reference else ""),
                figure(mean),
                interval((mean - half, mean + half)) if math.isfinite(half) else "",
                figure(float(made.scores.std[i])),
                str(made.scores.n[i]),
                *(values.get(s.name, "") for _, values in shown),
            )
        )
    return Table(
        key="stimuli",
        title="Scores of stimuli",
        heads=("stimulus", name, "95 %", "std", "votes", *(head for head, _ in shown)),
        rows=tuple(rows),
        note=_scores_note(made),
    )


def _scores_note(made: Analysis) -> str:
    text = "Higher is better. Intervals are symmetric and may pass the ends of the scale."
    if made.dmos is None:
        return text
    top = f"{made.scores.scale.high:g}"
    return f"{text} DMOS: mean of V - V_ref + {top}, rater by rater; {top} is as good as the reference."


def _by_name(opinion: StimulusScores) -> dict[str, str]:
    return {s.name: figure(float(opinion.mean[i])) for i, s in enumerate(opinion.stimuli)}
