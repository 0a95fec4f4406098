"""One study from votes to figures: every choice named, every figure kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadRatings
from srbench.ratings import (
    agreement,
    caveats,
    likelihood,
    mos,
    prediction,
    ranks,
    rater_summary,
    screening,
    sensitivity,
)
from srbench.ratings.model_differences import ModelDifference, compare_models, draw_raters_and_images, letters_of_models
from srbench.ratings.options import Options
from srbench.ratings.votes import Scale, Stimulus, StimulusScores, Votes
from srbench.stats.arrays import Floats
from srbench.stats.two_way import TwoWayDraws


@dataclass(frozen=True, eq=False)
class Analysis:
    """A study on a rating scale.

    Attributes:
        name: Of the study.
        options: As asked for.
        votes: Those that count; None for averaged data.
        total_votes: Read, traps included.
        trap_votes: Of them, on traps.
        scores: Score of each stimulus, as chosen.
        dmos: Scores relative to hidden references; None where there are none.
        crushed_dmos: The same in the crushed form.
        compared: The scores by which models are compared.
        models: Means of models, of `compared`.
        distribution: Bin centres, and shares of votes for each model or, without models, for all.
        stimulus_histogram: Votes for each stimulus of `scores` and bin; empty for averaged data.
        ranks: Of models.
        differences: Between models.
        letters: Letters of groups by data set and model.
        verdicts: Of every rule.
        sensitivity: What each other way to treat the votes would change.
        raters: None for averaged data.
        icc: None where it cannot be told.
        alpha_ordinal: Krippendorff's; None where it cannot be told.
        alpha_interval: Krippendorff's; None where it cannot be told.
        retest: None where nobody voted twice.
        estimate: Maximum likelihood; None for averaged data.
        predictions: How well metrics predict the scores.
        caveats: What a reader must know.
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
    retest: agreement.Retest | None
    estimate: likelihood.Estimate | None
    predictions: list[prediction.Prediction] = field(default_factory=list)
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
        name: Of the study.
        votes: As collected.
        options: The defaults where there are none.
        notes: To be kept with the result.
        progress: Shows a task with a step for each draw of the bootstrap.

    Raises:
        BadRatings: A choice that this data cannot have, or no rater left.
    """
    options = options or Options()
    _check(name, votes.stimuli)
    if options.relative != "none" and options.estimator != "mos":
        raise BadRatings("--relative goes with --estimator mos: maximum likelihood has no votes to set against another")
    if options.remove_bias and options.estimator != "mos":
        raise BadRatings("--remove-bias goes with --estimator mos: maximum likelihood estimates the biases itself")
    prepared = mos.prepare(votes.judged(), options.repetitions)
    if not len(prepared):
        raise BadRatings(f"{name}: all votes are on traps; expected votes on other stimuli")
    base = screening.unbiased(prepared) if options.remove_bias else prepared
    verdicts = _verdicts(votes, base, options)
    excluded = _rejected(verdicts, options)
    if not len(base.without(excluded)):
        raise BadRatings(f"{name}: {', '.join(options.screen)} rejects every rater; choose other rules with --screen")
    used, raw = base.without(excluded), votes.judged().without(excluded)
    estimate = likelihood.estimate(mos.prepare(raw, options.repetitions))
    scores = _scores(name, used, estimate, options)
    relative = {kind: _relative(used, kind, options) for kind in ("dmos", "crushed")}
    compared, behind = _compared(name, options, scores, used, relative)
    if options.remove_bias and options.relative == "none":
        behind = prepared.without(excluded)  # a panel without biases would look more certain than raters like these are
    draws = _draws(compared, behind, options, progress)
    differences = compare_models(compared, options.test, draws, options.seed)
    estimate_of_all = likelihood.estimate(prepared)
    centres, counts = mos.histogram(raw)
    kept = {s.name for s in scores.stimuli}
    places = [i for i, s in enumerate(used.stimuli) if s.name in kept]
    return Analysis(
        name=name,
        options=options,
        votes=used,
        total_votes=len(votes),
        trap_votes=len(votes) - len(votes.judged()),
        scores=scores,
        dmos=relative["dmos"][1] if relative["dmos"] else None,
        crushed_dmos=relative["crushed"][1] if relative["crushed"] else None,
        compared=compared,
        models=_models(compared, behind if options.estimator == "mos" else None, draws),
        distribution=(centres, _shares(used.stimuli, counts)),
        stimulus_histogram=counts[places],
        ranks=ranks.ranks(compared),
        differences=differences,
        letters=_letters(compared, differences),
        verdicts=verdicts,
        sensitivity=sensitivity.variants(prepared, verdicts, options, scores, excluded, estimate_of_all),
        raters=rater_summary.summarise_raters(prepared, verdicts, excluded, estimate_of_all),
        icc=agreement.icc(raw),
        alpha_ordinal=agreement.alpha(raw, "ordinal"),
        alpha_interval=agreement.alpha(raw, "interval"),
        retest=agreement.retest(raw),
        estimate=estimate,
        caveats=[
            *notes,
            *caveats.of_votes(raw, prepared, estimate, options),
            *caveats.of_models(compared, differences),
        ],
    )


def analyse_means(
    name: str, scores: StimulusScores, options: Options | None = None, notes: Sequence[str] = ()
) -> Analysis:
    """Analyse averages that somebody else has made: what needs single votes is missing."""
    options = options or Options()
    _check(name, scores.stimuli)
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
        retest=None,
        estimate=None,
        caveats=[*notes, *limits],
    )


def _check(name: str, stimuli: Sequence[Stimulus]) -> None:
    seen: dict[tuple[str, str, str], str] = {}
    originals: dict[tuple[str, str], str] = {}
    for s in stimuli:
        key = s.dataset, s.content, s.model
        if s.model and key in seen:
            raise BadRatings(
                f"{name}: '{seen[key]}' and '{s.name}' are both of model {s.model}, content {s.content}"
                f"{', data set ' + s.dataset if s.dataset else ''}; expected one; tell them apart by model or data set"
            )
        seen[key] = s.name
        if s.reference and key[:2] in originals:
            raise BadRatings(f"{name}: '{originals[key[:2]]}' and '{s.name}' are both the reference of {s.content}")
        if s.reference:
            originals[key[:2]] = s.name


def with_metrics(made: Analysis, metrics: Mapping[str, Mapping[str, float]], notes: Sequence[str] = ()) -> Analysis:
    """Add how well metrics predict the scores."""
    found = prediction.predict(made.scores, metrics, made.options.seed)
    skipped = [name for name in metrics if name not in {p.metric for p in found}]
    more = [f"not compared with ratings (fewer than 6 stimuli, or all equal): {', '.join(skipped)}"] if skipped else []
    stuck = [f"{p.metric} ({fit.curve})" for p in found for fit in p.fits if not fit.converged]
    more += [f"curve fits that did not converge: {', '.join(stuck)}"] if stuck else []
    return replace(made, predictions=found, caveats=[*made.caveats, *notes, *more])


def _verdicts(votes: Votes, base: Votes, options: Options) -> list[screening.Verdict]:
    unknown = [rule for rule in options.screen if rule not in screening.RULES]
    if unknown:
        raise BadRatings(f"no screening rule '{unknown[0]}'; expected of {', '.join(screening.RULES)}, or none")
    return screening.verdicts(
        votes,
        base,
        ddof=options.ddof,
        unanimous=options.unanimous,
        least_correlation=options.least_correlation,
        trap_misses=options.trap_misses,
    )


def _rejected(verdicts: Sequence[screening.Verdict], options: Options) -> list[str]:
    found: dict[str, None] = {}
    for verdict in verdicts:
        if verdict.rule in options.screen:
            if verdict.reason:
                raise BadRatings(f"--screen {verdict.rule}: {verdict.reason}")
            found |= dict.fromkeys(verdict.rejected)
    return list(found)


def _scores(name: str, used: Votes, estimate: likelihood.Estimate | None, options: Options) -> StimulusScores:
    if options.estimator == "mos":
        return mos.mos(used)
    if estimate is None:
        raise BadRatings(f"{name}: no rater has 3 votes, which --estimator p910 needs; use --estimator mos")
    if estimate.exact:
        raise BadRatings(f"{name}: {caveats.collapsed(estimate)}; use --estimator mos")
    return estimate.scores


def _relative(votes: Votes, kind: str, options: Options) -> tuple[Votes, StimulusScores] | None:
    if not any(s.reference for s in votes.stimuli):
        return None
    if kind == "crushed" and options.relative != "crushed" and votes.scale != Scale():
        return None
    values = mos.differential(votes, crushed=kind == "crushed")
    return (values, mos.mos(values)) if len(values) else None


def _compared(
    name: str,
    options: Options,
    scores: StimulusScores,
    used: Votes,
    relative: Mapping[str, tuple[Votes, StimulusScores] | None],
) -> tuple[StimulusScores, Votes]:
    if options.relative == "none":
        return scores, used
    chosen = relative[options.relative]
    if chosen is None:
        raise BadRatings(
            f"{name} has no hidden references; name them with a column reference or --references 'PATTERN'"
        )
    # A reference against itself is the top of the scale, always.
    judged = [i for i, s in enumerate(chosen[1].stimuli) if not s.reference]
    return chosen[1].keep(judged), chosen[0]


def _draws(compared: StimulusScores, behind: Votes, options: Options, progress: Progress) -> TwoWayDraws | None:
    if not any(s.model for s in compared.stimuli) or options.estimator != "mos" or not options.resamples:
        return None
    return draw_raters_and_images(behind, compared, options.resamples, options.seed, progress)


def _models(compared: StimulusScores, behind: Votes | None, draws: TwoWayDraws | None) -> list[mos.ModelMean]:
    """Means of models; their intervals from the votes behind, which may still hold the raters' biases."""
    means = mos.model_means(compared, behind)
    if behind is None or draws is None:
        return means
    places = mos.stimuli_by_model(compared.stimuli)
    return [replace(g, ci95_raters_images=draws.interval(g.mean, places[g.model, g.dataset])) for g in means]


def _shares(stimuli: Sequence[Stimulus], counts: Floats) -> dict[str, Floats]:
    """Distribution of scores for each model, or for all stimuli under the empty name."""
    models = list(dict.fromkeys(s.model for s in stimuli if s.model and s.expected is None)) or [""]
    found = {}
    for model in models:
        own = counts[[s.model == model and s.expected is None for s in stimuli]].sum(axis=0)
        if own.sum():
            found[model] = own / own.sum()
    return found


def _letters(scores: StimulusScores, differences: Sequence[ModelDifference]) -> dict[str, dict[str, str]]:
    means = {(group.model, group.dataset): group.mean for group in mos.model_means(scores)}
    found = {}
    for dataset in dict.fromkeys(pair.dataset for pair in differences):
        models = sorted((m for m, d in means if d == dataset), key=lambda m: -means[m, dataset])
        found[dataset] = letters_of_models(models, [pair for pair in differences if pair.dataset == dataset])
    return found
