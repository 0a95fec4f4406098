"""Analysis of one study of ratings on a scale, from votes to scores, intervals, tests and caveats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadRatings
from srbench.ratings import (
    agreement,
    caveats,
    distribution,
    likelihood,
    mos,
    prediction,
    ranks,
    rater_summary,
    screening,
    sensitivity,
)
from srbench.ratings.chosen_scores import (
    VotesAndScores,
    check_options,
    check_stimuli,
    chosen_scores,
    compared_scores,
    excluded_raters,
    relative_scores,
)
from srbench.ratings.further import Further, further
from srbench.ratings.metric_tests import MetricTest, compare_metrics
from srbench.ratings.mixed import MixedFit, mixed_models
from srbench.ratings.model_differences import ModelDifference, compare_models, letters_of_models
from srbench.ratings.model_scores import draw, fit_likelihood, model_means
from srbench.ratings.non_inferiority import NonInferiority, as_good_as
from srbench.ratings.options import Options
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.arrays import Floats
from srbench.stats.two_way import TwoWayDraws


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything that is known of a study on a rating scale.

    Attributes:
        name: Name of the study.
        options: Options of the analyst.
        votes: Votes that count; None for averaged data.
        total_votes: Number of votes read, those on traps included.
        trap_votes: Number of votes on traps.
        scores: Score of each stimulus, by the chosen estimator.
        dmos: Scores relative to hidden references; None where there are no references.
        crushed_dmos: Scores relative to hidden references in the crushed form; None where there are none.
        compared: Scores by which models are compared.
        models: Means of models, of `compared`.
        distribution: Bin centres, and shares of votes for each model or, without models, for all.
        stimulus_histogram: Number of votes for each stimulus of `scores` and bin; empty for averaged data.
        ranks: Ranks of models.
        differences: Differences between models.
        letters: Letters of groups by data set and model.
        verdicts: Verdict of every screening rule.
        sensitivity: Change that each other treatment of the votes would make.
        raters: Summary of each rater; None for averaged data.
        icc: Intraclass correlation; None where it is not defined.
        alpha_ordinal: Krippendorff's ordinal alpha; None where it is not defined.
        alpha_interval: Krippendorff's interval alpha; None where it is not defined.
        alpha_ordinal_ci95: 95 % interval of the ordinal alpha, over raters and stimuli like these.
        alpha_interval_ci95: The same of the interval alpha.
        retest: Agreement of repeated votes; None where nobody voted twice.
        estimate: Maximum likelihood of the votes that count; None for averaged data.
        as_good: Tests of non-inferiority, where they were asked for.
        mixed: Mixed models of the votes, where they were asked for.
        further: Further analyses that were asked for.
        predictions: Accuracy with which metrics predict the scores.
        metric_tests: Tests between the metrics, pair by pair.
        caveats: Limits of the data that a reader must know.
    """

    name: str
    options: Options
    votes: Votes | None
    total_votes: int
    trap_votes: int
    scores: StimulusScores
    dmos: StimulusScores | None
    crushed_dmos: StimulusScores | None
    compared: StimulusScores
    models: list[mos.ModelMean]
    distribution: tuple[Floats, dict[str, Floats]]
    stimulus_histogram: Floats
    ranks: list[ranks.Ranks]
    differences: list[ModelDifference]
    letters: dict[str, dict[str, str]]
    verdicts: list[screening.Verdict]
    sensitivity: list[sensitivity.Variant]
    raters: rater_summary.RaterSummary | None
    icc: agreement.Icc | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    alpha_ordinal_ci95: tuple[float, float] | None
    alpha_interval_ci95: tuple[float, float] | None
    retest: agreement.Retest | None
    estimate: likelihood.Estimate | None
    as_good: list[NonInferiority] = field(default_factory=list)
    mixed: list[MixedFit] = field(default_factory=list)
    further: Further = field(default_factory=Further)
    predictions: list[prediction.Prediction] = field(default_factory=list)
    metric_tests: list[MetricTest] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)


def analyse(
    name: str,
    votes: Votes,
    options: Options | None = None,
    notes: Sequence[str] = (),
    progress: Progress = NO_PROGRESS,
) -> Analysis:
    """Analyse single votes.

    Args:
        name: Name of the study.
        votes: Votes as collected.
        options: Options of the analyst; the defaults where there are none.
        notes: Notes from reading the file, which come first among the caveats.
        progress: Shows a task with a step for each draw of the bootstrap.

    Raises:
        BadRatings: An option does not suit this data, or no rater is left.
    """
    options = options or Options()
    check_options(options)
    check_stimuli(name, votes.stimuli)
    prepared = mos.prepare(votes.judged(), options.repetitions)
    if not len(prepared):
        raise BadRatings(f"{name}: all votes are on traps; expected votes on other stimuli")
    treated = screening.unbiased(prepared) if options.remove_bias else prepared
    verdicts = screening.verdicts(
        votes,
        treated,
        ddof=options.ddof,
        unanimous=options.unanimous,
        least_correlation=options.least_correlation,
        trap_misses=options.trap_misses,
    )
    excluded = excluded_raters(name, treated, verdicts, options)
    counted, raw = treated.without(excluded), votes.judged().without(excluded)
    fitted = fit_likelihood(mos.prepare(raw, options.repetitions), options, progress)
    estimate = fitted.estimate
    scores = chosen_scores(name, counted, estimate, options)
    dmos, crushed = (relative_scores(counted, kind, options) for kind in ("dmos", "crushed"))
    compared = compared_scores(
        name, VotesAndScores(counted, scores), crushed if options.relative == "crushed" else dmos, options
    )
    if options.remove_bias and options.relative == "none":
        # Raters without biases would look more certain than raters like these are.
        compared = replace(compared, votes=prepared.without(excluded))
    draws = draw(compared, fitted, options, progress)
    of_votes = compared.votes if options.estimator == "mos" else None
    differences = compare_models(compared.scores, options.test, draws, options.seed, of_votes)
    fits = mixed_models(_of_scored(compared), progress) if options.mixed else []
    estimate_of_all = fit_likelihood(prepared, options, progress).estimate if excluded else estimate
    centres, counts = distribution.histogram(raw)
    scored = {s.name for s in scores.stimuli}
    return Analysis(
        name=name,
        options=options,
        votes=counted,
        total_votes=len(votes),
        trap_votes=len(votes) - len(votes.judged()),
        scores=scores,
        dmos=dmos.scores if dmos else None,
        crushed_dmos=crushed.scores if crushed else None,
        compared=compared.scores,
        models=model_means(compared, fitted, options, draws),
        distribution=(centres, distribution.shares_of_models(counted.stimuli, counts)),
        stimulus_histogram=counts[[i for i, s in enumerate(counted.stimuli) if s.name in scored]],
        ranks=ranks.ranks(compared.scores),
        differences=differences,
        letters=_letters(compared.scores, differences),
        verdicts=verdicts,
        sensitivity=sensitivity.variants(prepared, verdicts, options, scores, excluded, estimate_of_all),
        raters=rater_summary.summarise_raters(prepared, verdicts, excluded, estimate_of_all),
        icc=agreement.icc(raw),
        alpha_ordinal=agreement.alpha(raw, "ordinal"),
        alpha_interval=agreement.alpha(raw, "interval"),
        alpha_ordinal_ci95=agreement.alpha_ci95(raw, "ordinal", options.resamples, options.seed),
        alpha_interval_ci95=agreement.alpha_ci95(raw, "interval", options.resamples, options.seed),
        retest=agreement.retest(raw),
        estimate=estimate,
        as_good=_as_good(compared.scores, draws, options),
        mixed=fits,
        further=further(raw.first(), options.also),
        caveats=[
            *notes,
            *[f"no {fit.kind} mixed model: {fit.reason}" for fit in fits if fit.reason],
            *caveats.of_votes(raw, prepared, estimate, options),
            *caveats.of_models(compared.scores, differences),
        ],
    )


def analyse_means(
    name: str, scores: StimulusScores, options: Options | None = None, notes: Sequence[str] = ()
) -> Analysis:
    """Analyse averages that somebody else has computed: what needs single votes is missing.

    Raises:
        BadRatings: Scores relative to references are asked for.
    """
    options = options or Options()
    check_stimuli(name, scores.stimuli)
    if options.relative != "none":
        raise BadRatings(f"{name} has averages only; scores relative to references need single votes")
    differences = compare_models(scores, options.test, None, options.seed)
    limits = [
        "averages without single votes: no screening, no agreement, no intervals over raters",
        *caveats.of_models(scores, differences),
    ]
    return Analysis(
        name=name,
        options=replace(options, screen=()),
        votes=None,
        total_votes=int(scores.n.sum()),
        trap_votes=0,
        scores=scores,
        dmos=None,
        crushed_dmos=None,
        compared=scores,
        models=mos.model_means(scores),
        distribution=(np.empty(0), {}),
        stimulus_histogram=np.empty((0, 0)),
        ranks=ranks.ranks(scores),
        differences=differences,
        letters=_letters(scores, differences),
        verdicts=[],
        sensitivity=[],
        raters=None,
        icc=None,
        alpha_ordinal=None,
        alpha_interval=None,
        alpha_ordinal_ci95=None,
        alpha_interval_ci95=None,
        retest=None,
        estimate=None,
        caveats=[*notes, *limits],
    )


def with_metrics(study: Analysis, metrics: Mapping[str, Mapping[str, float]], notes: Sequence[str] = ()) -> Analysis:
    """Add how well metrics predict the scores.

    Args:
        study: An analysis.
        metrics: Values of each metric by stimulus.
        notes: Notes on the metrics, which are added to the caveats.
    """
    predictions = prediction.predict(study.scores, metrics, study.options.seed, study.votes)
    skipped = [name for name in metrics if name not in {p.metric for p in predictions}]
    more = [f"not compared with ratings (fewer than 6 stimuli, or all equal): {', '.join(skipped)}"] if skipped else []
    stuck = [f"{p.metric} ({fit.curve})" for p in predictions for fit in p.fits if not fit.converged]
    more += [f"curve fits that did not converge: {', '.join(stuck)}"] if stuck else []
    tests = compare_metrics([p.metric for p in predictions], metrics, study.scores)
    return replace(study, predictions=predictions, metric_tests=tests, caveats=[*study.caveats, *notes, *more])


def _as_good(scores: StimulusScores, draws: TwoWayDraws | None, options: Options) -> list[NonInferiority]:
    if options.margin is None:
        return []
    return as_good_as(scores, draws, options.margin, options.as_good_as, relative=options.relative != "none")


def _of_scored(compared: VotesAndScores) -> Votes:
    """Return the votes on the stimuli by which models are compared."""
    names = {s.name for s in compared.scores.stimuli}
    return compared.votes.keep(np.array([s.name in names for s in compared.votes.stimuli])[compared.votes.stimulus])


def _letters(scores: StimulusScores, differences: Sequence[ModelDifference]) -> dict[str, dict[str, str]]:
    means = {(m.model, m.dataset): m.mean for m in mos.model_means(scores)}
    letters = {}
    for dataset in dict.fromkeys(pair.dataset for pair in differences):
        models = sorted((m for m, d in means if d == dataset), key=lambda m: -means[m, dataset])
        letters[dataset] = letters_of_models(models, [pair for pair in differences if pair.dataset == dataset])
    return letters
