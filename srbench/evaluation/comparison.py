"""Which models are better, worse or the same, and how surely: the models of one or several runs compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.errors import UserError
from srbench.evaluation.matched import Matched, Matches
from srbench.stats.arrays import Floats
from srbench.stats.comparison import Comparison, compare_means, letters_of
from srbench.stats.corrections import holm
from srbench.stats.fragility import Carried, carried_by_one
from srbench.stats.influence import Influence, influence
from srbench.stats.means import INTERVAL, IntervalMethod, mean_interval
from srbench.stats.order import best_of, finite, finite_mean, finite_part, shared
from srbench.stats.paired import MEAN_TEST, MeanTest
from srbench.stats.rank_summary import RankSummary, rank_models
from srbench.stats.seeds import over_seeds, seed_mean


@dataclass(frozen=True)
class Question:
    """What is asked of the models.

    Attributes:
        baseline: Model with which all others are compared; empty for all pairs.
        partners: The model of an older run with which each is compared; None where no older run is asked for.
        margins: Smallest difference that matters, by metric.
        test: Test of the mean difference.
        interval: Method of the intervals.
    """

    baseline: str = ""
    partners: Mapping[str, str] | None = None
    margins: Mapping[str, float] = field(default_factory=dict)
    test: MeanTest = MEAN_TEST
    interval: IntervalMethod = INTERVAL

    @property
    def all_pairs(self) -> bool:
        """Whether every two models are compared."""
        return not self.baseline and self.partners is None

    def margin(self, metric: str) -> float | None:
        """Return the margin of a metric: its own, or that of all its flavours."""
        return self.margins.get(metric, self.margins.get(metric.partition(".")[0]))


@dataclass(frozen=True)
class Compared:
    """The models of one data set compared in one metric, every two on the images on which both are finite.

    Attributes:
        matched: Values that were compared.
        best: Models that no other is ahead of.
        intervals: 95 % interval of each model's mean over the images on which it is finite, best first; None for one
            image.
        comparisons: Pairs, or each model with the baseline.
        letters: Groups of models, where all pairs were compared.
        influence_of: Models and images that `influence` is about: models that are finite on every image, else all.
        influence: What few images decide; None where fewer than two images are finite for all.
        carried: The image without which the most pairs are not told apart any more; None where there is none, where a
            value is infinite, and for methods with seeds.
    """

    matched: Matched
    best: frozenset[str]
    intervals: Mapping[str, tuple[float, float] | None]
    comparisons: Sequence[Comparison[str]]
    letters: Mapping[str, str]
    influence_of: Matched
    influence: Influence[str] | None
    carried: Carried | None

    def mean(self, model: str) -> float:
        """Return the mean of a model over the images on which it is finite; infinity where it is on none."""
        return finite_mean(self.matched.values[model])

    def infinite(self, model: str) -> tuple[str, ...]:
        """Return the images on which a model, or one of its seeds, has an infinite value."""
        kept = finite(self.matched.values[model])
        return tuple(image for image, is_finite in zip(self.matched.images, kept, strict=True) if not is_finite)


def compare(matches: Matches, question: Question) -> list[Compared]:
    """Compare models in each data set and metric; where there are not two models and one image, there is no entry.

    Raises:
        UserError: The baseline is none of the models, there is one model alone, or a method has seeds, which another
            test than t does not know.
    """
    seeded = [model for table in matches.tables for model, of in table.values.items() if of.ndim > 1]
    if seeded and (question.test, question.interval) != ("t", "t"):
        raise UserError(
            f"{seeded[0]} has several seeds, which only --test t and --interval t count; leave out the others"
        )
    models = dict.fromkeys(model for table in matches.tables for model in table.values)
    if len(models) < 2 and question.partners is None:
        raise UserError(f"there is one model to compare, {', '.join(models) or 'or none'}; expected two or more")
    if question.baseline and question.baseline not in models:
        raise UserError(f"no model is called '{question.baseline}' here; expected one of: {', '.join(models)}")
    found = []
    for table in matches.tables:
        if len(table.values) > 1 and table.images:
            found.append(_compared(table, question))
    return found


def never_finite(matches: Matches) -> list[str]:
    """Name the models whose value is infinite on every image of a data set, so that they have no mean, a sentence each.

    Where no two models are finite on a common image, nothing is compared.
    """
    lines = []
    for table in matches.tables:
        without = [model for model, of in table.values.items() if table.images and not finite(of).any()]
        lines += [
            f"{table.dataset}, {table.metric}: {model} is infinite on every image, and is not compared in the mean"
            for model in without
        ]
    return lines


def unanswered(matches: Matches, question: Question) -> list[str]:
    """Say which comparisons were asked for and cannot be made, a sentence each; there is none for all pairs."""
    if question.all_pairs:
        return []
    partners = question.partners
    changed = {model for pair in (partners or {}).items() if pair[0] != pair[1] for model in pair}
    left_out = [
        f"{table.dataset}, {table.metric}: {line}"
        for table in matches.tables
        for model, line in table.left_out.items()
        if partners is None or model in changed
    ]
    if not changed and partners is not None:
        return []
    return [*left_out, *not_measured_again(matches, question), *_nothing_shared(matches, question)]


def not_measured_again(matches: Matches, question: Question) -> list[str]:
    """Name the data sets and metrics that an older run has of a model and the newer one has not, a sentence each."""
    lines = []
    for model, older in (question.partners or {}).items():
        for table in matches.tables:
            known = {*table.values, *table.left_out}
            if older in known and model not in known:
                lines.append(f"{table.dataset}, {table.metric}: {older} has values, {model} has none")
    return lines


def _nothing_shared(matches: Matches, question: Question) -> list[str]:
    """Name the pairs that were asked for and are finite on no common image, a sentence each."""
    return [
        f"{table.dataset}, {table.metric}: {model} and {other} are not compared, since on every image one of them is "
        "infinite"
        for table in matches.tables
        for model, other in _asked_for(table, question)
        if table.images and not len(shared(table.values[model], table.values[other]))
    ]


def _asked_for(table: Matched, question: Question) -> list[tuple[str, str]]:
    partners = question.partners
    pairs = [(model, question.baseline) for model in table.values] if partners is None else list(partners.items())
    return [pair for pair in pairs if pair[0] != pair[1] and table.values.keys() >= {*pair}]


def _compared(table: Matched, question: Question) -> Compared:
    sign = -1 if table.higher_is_better else 1
    best = best_of(table.values, higher_is_better=table.higher_is_better)
    ranked = sorted(table.values, key=lambda model: (model not in best, sign * finite_mean(table.values[model])))
    if question.partners is not None:
        comparisons = _with_partners(table, question, question.partners)
    elif question.baseline and question.baseline not in table.values:
        comparisons = []
    else:
        comparisons = compare_means(
            table.values,
            higher_is_better=table.higher_is_better,
            margin=question.margin(table.metric),
            baseline=question.baseline or None,
            test=question.test,
            interval=question.interval,
        )
    whole, places = finite_part(table.values)
    means = {model: over_seeds(of) for model, of in whole.items()}
    return Compared(
        matched=table,
        best=best,
        intervals={model: _interval(table.values[model], question.interval) for model in ranked},
        comparisons=comparisons,
        letters=letters_of(ranked, comparisons) if question.all_pairs else {},
        influence_of=replace(table, images=tuple(table.images[i] for i in places), values=means),
        influence=influence(means, higher_is_better=table.higher_is_better) if len(places) > 1 else None,
        carried=_carried(table.values, comparisons, question),
    )


def _carried(
    values: Mapping[str, Floats], comparisons: Sequence[Comparison[str]], question: Question
) -> Carried | None:
    if not comparisons or any(of.ndim > 1 or not np.isfinite(of).all() for of in values.values()):
        return None
    gaps = [values[pair.first] - values[pair.second] for pair in comparisons]
    return carried_by_one(np.stack(gaps, axis=1), question.test)


def _interval(values: Floats, method: IntervalMethod) -> tuple[float, float] | None:
    kept = values[..., finite(values)]
    return seed_mean(kept).ci95 if values.ndim > 1 and kept.size else mean_interval(kept.ravel(), method)


def _with_partners(table: Matched, question: Question, partners: Mapping[str, str]) -> list[Comparison[str]]:
    """Compare each model with its older self; p values are corrected for all these pairs."""
    pairs = [
        pair
        for model, older in _asked_for(table, replace(question, partners=partners))
        for pair in compare_means(
            {model: table.values[model], older: table.values[older]},
            higher_is_better=table.higher_is_better,
            margin=question.margin(table.metric),
            baseline=older,
            test=question.test,
            interval=question.interval,
        )
    ]
    corrected = holm([pair.p for pair in pairs])
    lasting = holm([pair.p_lasting_holm for pair in pairs])
    typical = holm([pair.p_typical_holm for pair in pairs])
    same = holm([pair.p_same_holm for pair in pairs if pair.p_same_holm is not None])
    return [
        replace(
            pair,
            p_holm=corrected[i],
            p_lasting_holm=lasting[i],
            p_typical_holm=typical[i],
            p_same_holm=same[i] if same else None,
        )
        for i, pair in enumerate(pairs)
    ]


def ranks(matches: Matches) -> dict[str, RankSummary]:
    """Rank the models by metric on the images of all data sets, where all of them have a value.

    Metrics for which there are fewer than two models in every data set, or fewer than two images, have no entry.
    """
    found = {}
    for metric in dict.fromkeys(table.metric for table in matches.tables):
        tables = [table for table in matches.tables if table.metric == metric]
        models = [model for model in tables[0].values if all(model in table.values for table in tables)]
        values = {model: np.concatenate([over_seeds(table.values[model]) for table in tables]) for model in models}
        if len(models) > 1 and len(values[models[0]]) > 1:
            found[metric] = rank_models(values, higher_is_better=tables[0].higher_is_better)
    return found
