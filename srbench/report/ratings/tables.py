"""Tables of a study on a rating scale: models, differences between them, stimuli."""

from srbench.ratings.analysis import Analysis
from srbench.ratings.model_differences import RaterDifference
from srbench.ratings.mos import ModelMean
from srbench.ratings.votes import StimulusScores
from srbench.report.numbers import around, cut, degrees_of_freedom, ends_around, interval, number, p_value
from srbench.report.ratings import (
    bounds,
    further,
    likelihood_sentences,
    tables_metrics,
    tables_mixed,
    tables_non_inferiority,
    tables_raters,
)
from srbench.report.table import DASH, Cell, Column, Table, text_column, text_rows


def tables(study: Analysis) -> list[Table]:
    """Make all tables that the data allows, the most wanted first."""
    candidates = [
        *_models(study),
        _differences(study),
        *tables_non_inferiority.table(study.as_good),
        *tables_mixed.tables(study.mixed),
        tables_metrics.predictions(study.predictions),
        tables_metrics.comparisons(study.metric_tests),
        tables_raters.agreement(study),
        *further.tables(study),
        tables_raters.effects(study.sensitivity, drawn=likelihood_sentences.drawn(study)),
        tables_raters.raters(study.raters),
        _stimuli(study),
    ]
    return [table for table in candidates if table.rows]


def score_name(study: Analysis) -> str:
    """Name what models are compared by."""
    relative = {"dmos": "DMOS", "crushed": "crushed DMOS"}.get(study.options.relative)
    return relative or ("MOS" if study.options.estimator == "mos" else "true score (P.910)")


def _models(study: Analysis) -> list[Table]:
    name = score_name(study)
    ranks = {(rank.model, rank.dataset): rank.mean for rank in study.ranks}
    by_raters = study.votes is not None and (study.options.estimator == "mos" or likelihood_sentences.drawn(study))
    intervals = [Column("95 % (raters)" if by_raters else "95 %", rank=1)]
    if any(group.ci95_raters_images for group in study.models):
        intervals.append(Column("95 % (raters, images)", rank=2))
    columns = (
        *(text_column("model"), text_column("group"), Column(name, higher_is_better=True), *intervals),
        *(Column("mean rank", higher_is_better=False, rank=3), Column("images", rank=5), Column("votes", rank=4)),
    )
    tables = []
    for dataset in dict.fromkeys(group.dataset for group in study.models):
        members = sorted((g for g in study.models if g.dataset == dataset), key=lambda g: -g.mean)
        letters = study.letters.get(dataset, {})
        ends = [_intervals(study, g)[: len(intervals)] for g in members]
        rows = (
            _model(g, letters.get(g.model, ""), ranks.get((g.model, dataset)), texts)
            for g, texts in zip(members, ends, strict=True)
        )
        key, title = (
            (f"models-{dataset}", f"{name} of models on {dataset}") if dataset else ("models", f"{name} of models")
        )
        tables.append(Table(key, title, columns, text_rows(rows), (_models_note(study),)))
    return tables


def _intervals(study: Analysis, group: ModelMean) -> tuple[str, str]:
    ends = bounds.of_means(study)
    return interval(cut(ends_around(group.mean, group.half), *ends)), interval(cut(group.ci95_raters_images, *ends))


def _model(group: ModelMean, letters: str, rank: float | None, intervals: tuple[str, ...]) -> tuple[str, ...]:
    return (
        group.model,
        letters,
        number(group.mean),
        *intervals,
        number(rank),
        str(group.images),
        str(group.votes or DASH),
    )


def _models_note(study: Analysis) -> str:
    letters = "Higher is better."
    if study.differences:
        letters += f" Models that share a letter are not told apart at 5 % ({_letters_test(study)})."
    if not any(group.half for group in study.models):
        return letters
    if study.votes is None or (study.options.estimator != "mos" and not likelihood_sentences.drawn(study)):
        kind = "Intervals take the stimuli's errors as independent: for these raters and images only."
        return f"{letters} {kind} {bounds.said(study)}"
    first = f"{letters} First interval: raters like these, on these images (Student t {_spread(study)})."
    if any(group.ci95_raters_images for group in study.models):
        first += " Second: raters and images like these (bootstrap over both)."
    return f"{first} {bounds.said(study)}"


def _spread(study: Analysis) -> str:
    return "by rater" if study.options.estimator == "mos" else "with the bootstrap over raters"


def _letters_test(study: Analysis) -> str:
    fixed = bool(study.differences) and study.differences[0].test != "two-way"
    return "images alone, these raters held fixed; Holm" if fixed else "raters and images; Holm"


def _differences(study: Analysis) -> Table:
    several = any(pair.dataset for pair in study.differences)
    drawn = any(pair.ci95_raters_images for pair in study.differences)
    raters = any(pair.raters for pair in study.differences)
    ends = bounds.of_differences(study)
    rows = (
        (
            *((pair.dataset or "all",) if several else ()),
            *(pair.first, pair.second, number(pair.mean)),
            *((interval(cut(pair.ci95_raters_images, *ends)),) if drawn else ()),
            *(p_value(pair.p), p_value(pair.p_holm), "yes" if pair.significant else "no"),
            *(number(pair.rank_biserial), number(pair.dz), str(pair.images)),
            *(_over_raters(pair.raters, ends) if raters else ()),
        )
        for pair in study.differences
    )
    return Table(
        key="differences",
        title="Differences between models",
        columns=(
            *((text_column("data set"),) if several else ()),
            *(text_column("model"), text_column("against"), Column("difference")),
            *((Column("95 % (raters, images)", rank=1),) if drawn else ()),
            *(Column("p", rank=2), Column("p (Holm)"), Column("p < .05", rank=3)),
            *(Column("rank-biserial", rank=4), Column("d_z", rank=5), Column("images", rank=6)),
            *((Column("95 % (raters)", rank=7), Column("p (raters,\nHolm)", rank=7)) if raters else ()),
        ),
        rows=text_rows(rows),
        notes=(
            f"{_test_note(study)}{_RATERS_ALONE if raters else ''} {bounds.said(study) if drawn or raters else ''}",
        ),
    )


_RATERS_ALONE = (
    " Raters alone: paired t tests over raters like these, on these images; they say nothing of other images."
)


def _over_raters(found: RaterDifference | None, ends: tuple[float, float]) -> tuple[str, str]:
    return ("", "") if found is None else (interval(cut(found.ci95, *ends)), p_value(found.p_holm))


def _test_note(study: Analysis) -> str:
    if not study.differences:
        return ""
    test = study.differences[0].test
    if test == "two-way":
        df = sorted({pair.df for pair in study.differences if pair.df is not None})
        degrees = f", {degrees_of_freedom(df)}" if df else ""
        return (
            f"Two-sided t tests over raters and images (standard error of the two-way bootstrap{degrees}), corrected "
            "by Holm for all pairs of a data set."
        )
    name = "signed-rank test" if test == "wilcoxon" else "permutation test"
    return (
        f"Paired by image; two-sided {name} on the images' means, these raters held fixed; corrected by Holm for all "
        "pairs of a data set."
    )


def _stimuli(study: Analysis) -> Table:
    extra = [
        ("DMOS", {} if study.dmos is None else _by_name(study.dmos)),
        ("DMOS crushed", {} if study.crushed_dmos is None else _by_name(study.crushed_dmos)),
        ("z", {} if study.further.z is None else _by_name(study.further.z)),
        ("P.910", _by_name(study.estimate.scores) if study.estimate and study.estimate.usable else {}),
    ]
    shown = [(head, values) for head, values in extra if values]
    scores = study.scores
    rows = []
    for i, s in enumerate(scores.stimuli):
        mean = float(scores.mean[i])
        texts = (
            *(s.name + (" (reference)" if s.reference else ""), number(mean), around(mean, float(scores.half[i]))),
            *(number(float(scores.std[i])), str(scores.n[i] or DASH), *(values.get(s.name, "") for _, values in shown)),
        )
        rows.append(tuple(map(Cell, texts)))
    name = "MOS" if study.options.estimator == "mos" else "true score"
    return Table(
        key="stimuli",
        title="Scores of stimuli",
        columns=(
            *(text_column("stimulus"), Column(name, higher_is_better=True), Column("95 %", rank=1)),
            *(Column("std", rank=3), Column("votes", rank=4), *(Column(head, rank=2) for head, _ in shown)),
        ),
        rows=tuple(rows),
        notes=(_stimuli_note(study),),
    )


def _stimuli_note(study: Analysis) -> str:
    text = "Higher is better. Intervals are symmetric and may pass the ends of the scale, near which they are widened."
    if study.dmos is None:
        return text
    top = f"{study.scores.scale.high:g}"
    return f"{text} DMOS: mean of V - V_ref + {top}, rater by rater; {top} is as good as the reference."


def _by_name(scores: StimulusScores) -> dict[str, str]:
    return {s.name: number(float(scores.mean[i])) for i, s in enumerate(scores.stimuli)}
