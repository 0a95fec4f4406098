"""One study from votes to figures: every choice named, every figure kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings import agreement, caveats, model_differences, likelihood, mos, prediction, ranks, rater_summary, screening, sensitivity
from srbench.ratings.options import Options
from srbench.ratings.votes import Floats, StimulusScores, Scale, Stimulus, Votes

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Analysis:
    """A study on a rating scale.

    Attributes:
        name: Of the study.
        choices: As asked for.
        votes: Those that count; None for averaged data.
        total_votes: Read, traps included.
        trap_votes: Of them, on traps.
        opinion: Score of each stimulus, as chosen.
        dmos: Scores relative to hidden references; None where there are none.
        crushed: The same in the crushed form.
        compared: The scores by which models are compared.
        models: Means of models, of `compared`.
        distribution: Bin centres, and shares of votes for each model or, without models, for all.
        stimulus_histogram: Votes for each stimulus of `opinion` and bin; empty for averaged data.
        ranks: Of models.
        differences: Between models.
        groups: Letters by data set and model.
        verdicts: Of every rule.
        effects: Of every treatment.
        raters: None for averaged data.
        icc: None where it cannot be told.
        alpha_ordinal: Krippendorff's; None where it cannot be told.
        alpha_interval: Krippendorff's; None where it cannot be told.
        retest: None where nobody voted twice.
        estimate: Maximum likelihood; None for averaged data.
        predictions: Metrics against opinion.
        notes: What a reader must know.
    """

    name: str
    choices: Options
    votes: Votes | None
    total_votes: int
    trap_votes: int
    opinion: StimulusScores
    dmos: StimulusScores | None
    crushed: StimulusScores | None
    compared: StimulusScores
    models: list[mos.ModelMean]
    distribution: tuple[Floats, dict[str, Floats]]
    stimulus_histogram: Floats
    ranks: list[ranks.Ranks]
    differences: list[model_differences.ModelDifference]
    groups: dict[str, dict[str, str]]
    verdicts: list[screening.Verdict]
    effects: list[sensitivity.Variant]
    raters: rater_summary.RaterSummary | None
    icc: agreement.Icc | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    retest: agreement.Retest | None
    estimate: likelihood.Estimate | None
    predictions: list[prediction.Prediction] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def analyse(
    name: str,
    votes: Votes,
    choices: Options | None = None,
    notes: Sequence[str] = (),
    on_progress: Progress | None = None,
) -> Analysis:
    """Analyse single votes.

    Args:
        name: Of the study.
        votes: As collected.
        choices: The defaults where there are none.
        notes: To be kept with the result.
        on_progress: Called with what is being done, steps done, and their number.

    Raises:
        BadRatings: A choice that this data cannot have, or no rater left.
    """
    choices = choices or Options()
    _check(name, votes.stimuli)
    if choices.relative != "none" and choices.estimator != "mos":
        raise BadRatings("--relative goes with --estimator mos: maximum likelihood has no votes to set against another")
    if choices.remove_bias and choices.estimator != "mos":
        raise BadRatings("--remove-bias goes with --estimator mos: maximum likelihood estimates the biases itself")
    prepared = mos.prepare(votes.judged(), choices.repetitions)
    if not len(prepared):
        raise BadRatings(f"{name}: all votes are on traps; expected votes on other stimuli")
    base = screening.unbiased(prepared) if choices.remove_bias else prepared
    verdicts = _verdicts(votes, base, choices)
    gone = _rejected(verdicts, choices)
    if not len(base.without(gone)):
        raise BadRatings(f"{name}: {', '.join(choices.screen)} rejects every rater; choose other rules with --screen")
    used, raw = base.without(gone), votes.judged().without(gone)
    estimate = likelihood.estimate(mos.prepare(raw, choices.repetitions))
    opinion = _opinion(name, used, estimate, choices)
    relative = {kind: _relative(used, kind, choices) for kind in ("dmos", "crushed")}
    compared, behind = _compared(name, choices, opinion, used, relative)
    if choices.remove_bias and choices.relative == "none":
        behind = prepared.without(gone)  # a panel without biases would look more certain than raters like these are
    draws = _draws(compared, behind, choices, on_progress)
    differences = model_differences.differences(compared, choices.test, draws, choices.seed)
    everybody = likelihood.estimate(prepared)
    centres, counts = mos.histogram(raw)
    kept = {s.name for s in opinion.stimuli}
    places = [i for i, s in enumerate(used.stimuli) if s.name in kept]
    return Analysis(
        name=name,
        choices=choices,
        votes=used,
        total_votes=len(votes),
        trap_votes=len(votes) - len(votes.judged()),
        opinion=opinion,
        dmos=relative["dmos"][1] if relative["dmos"] else None,
        crushed=relative["crushed"][1] if relative["crushed"] else None,
        compared=compared,
        models=_models(compared, behind if choices.estimator == "mos" else None, draws),
        distribution=(centres, _shares(used.stimuli, counts)),
        stimulus_histogram=counts[places],
        ranks=ranks.ranks(compared),
        differences=differences,
        groups=_groups(compared, differences),
        verdicts=verdicts,
        effects=sensitivity.variants(prepared, verdicts, choices, opinion, gone, everybody),
        raters=rater_summary.summarise_raters(prepared, verdicts, gone, everybody),
        icc=agreement.icc(raw),
        alpha_ordinal=agreement.alpha(raw, "ordinal"),
        alpha_interval=agreement.alpha(raw, "interval"),
        retest=agreement.retest(raw),
        estimate=estimate,
        notes=[*notes, *caveats.of_votes(raw, prepared, estimate, choices), *caveats.of_models(compared, differences)],
    )


def analyse_means(name: str, opinion: StimulusScores, choices: Options | None = None, notes: Sequence[str] = ()) -> Analysis:
    """Analyse averages that somebody else has made: what needs single votes is missing."""
    choices = choices or Options()
    _check(name, opinion.stimuli)
    if choices.relative != "none":
        raise BadRatings(f"{name} has averages only; scores relative to references need single votes")
    differences = model_differences.differences(opinion, choices.test, None, choices.seed)
    limits = [
        "averages without single votes: no screening, no agreement, no intervals over raters",
        *caveats.of_models(opinion, differences),
    ]
    return Analysis(
        name=name,
        choices=replace(choices, screen=()),
        votes=None,
        total_votes=int(opinion.n.sum()),
        trap_votes=0,
        opinion=opinion,
        dmos=None,
        crushed=None,
        compared=opinion,
        models=mos.model_means(opinion),
        distribution=(np.empty(0), {}),
        stimulus_histogram=np.empty((0, 0)),
        ranks=ranks.ranks(opinion),
        differences=differences,
        groups=_groups(opinion, differences),
        verdicts=[],
        effects=[],
        raters=None,
        icc=None,
        alpha_ordinal=None,
        alpha_interval=None,
        retest=None,
        estimate=None,
        notes=[*notes, *limits],
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
    """Add how metrics predict the opinions."""
    found = prediction.predict(made.opinion, metrics, made.choices.seed)
    skipped = [name for name in metrics if name not in {p.metric for p in found}]
    more = [f"not compared with opinion (fewer than 6 stimuli, or all equal): {', '.join(skipped)}"] if skipped else []
    stuck = [f"{p.metric} ({fit.curve})" for p in found for fit in p.fits if not fit.converged]
    more += [f"curve fits that did not converge: {', '.join(stuck)}"] if stuck else []
    return replace(made, predictions=found, notes=[*made.notes, *notes, *more])


def _verdicts(votes: Votes, base: Votes, choices: Options) -> list[screening.Verdict]:
    unknown = [rule for rule in choices.screen if rule not in screening.RULES]
    if unknown:
        raise BadRatings(f"no screening rule '{unknown[0]}'; expected of {', '.join(screening.RULES)}, or none")
    return screening.verdicts(
        votes,
        base,
        ddof=choices.ddof,
        unanimous=choices.unanimous,
        least_correlation=choices.least_correlation,
        trap_misses=choices.trap_misses,
    )


def _rejected(verdicts: Sequence[screening.Verdict], choices: Options) -> list[str]:
    found: dict[str, None] = {}
    for verdict in verdicts:
        if verdict.rule in choices.screen:
            if verdict.reason:
                raise BadRatings(f"--screen {verdict.rule}: {verdict.reason}")
            found |= dict.fromkeys(verdict.rejected)
    return list(found)


def _opinion(name: str, used: Votes, estimate: likelihood.Estimate | None, choices: Options) -> StimulusScores:
    if choices.estimator == "mos":
        return mos.mos(used)
    if estimate is None:
        raise BadRatings(f"{name}: no rater has 3 votes, which --estimator p910 needs; use --estimator mos")
    if estimate.exact:
        raise BadRatings(f"{name}: {caveats.collapsed(estimate)}; use --estimator mos")
    return estimate.opinion


def _relative(votes: Votes, kind: str, choices: Options) -> tuple[Votes, StimulusScores] | None:
    if not any(s.reference for s in votes.stimuli):
        return None
    if kind == "crushed" and choices.relative != "crushed" and votes.scale != Scale():
        return None
    values = mos.differential(votes, crushed=kind == "crushed")
    return (values, mos.mos(values)) if len(values) else None


def _compared(
    name: str, choices: Options, opinion: StimulusScores, used: Votes, relative: Mapping[str, tuple[Votes, StimulusScores] | None]
) -> tuple[StimulusScores, Votes]:
    if choices.relative == "none":
        return opinion, used
    chosen = relative[choices.relative]
    if chosen is None:
        raise BadRatings(
            f"{name} has no hidden references; name them with a column reference or --references 'PATTERN'"
        )
    # A reference against itself is the top of the scale, always.
    judged = [i for i, s in enumerate(chosen[1].stimuli) if not s.reference]
    return chosen[1].keep(judged), chosen[0]


def _draws(compared: StimulusScores, behind: Votes, choices: Options, on_progress: Progress | None) -> model_differences.Draws | None:
    if not any(s.model for s in compared.stimuli) or choices.estimator != "mos" or not choices.resamples:
        return None
    report = (lambda done, of: on_progress("drawing raters and images", done, of)) if on_progress else None
    return model_differences.bootstrap(behind, compared, choices.resamples, choices.seed, report)


def _models(compared: StimulusScores, behind: Votes | None, draws: model_differences.Draws | None) -> list[mos.ModelMean]:
    """Means of models; their intervals from the votes behind, which may still hold the raters' biases."""
    means = mos.model_means(compared, behind)
    if behind is None or draws is None:
        return means
    places = mos.stimuli_by_model(compared.stimuli)
    return [replace(g, both=draws.interval(g.mean, places[g.model, g.dataset])) for g in means]


def _shares(stimuli: Sequence[Stimulus], counts: Floats) -> dict[str, Floats]:
    """Distribution of scores for each model, or for all stimuli under the empty name."""
    models = list(dict.fromkeys(s.model for s in stimuli if s.model and s.expected is None)) or [""]
    found = {}
    for model in models:
        own = counts[[s.model == model and s.expected is None for s in stimuli]].sum(axis=0)
        if own.sum():
            found[model] = own / own.sum()
    return found


def _groups(opinion: StimulusScores, differences: Sequence[model_differences.ModelDifference]) -> dict[str, dict[str, str]]:
    means = {(group.model, group.dataset): group.mean for group in mos.model_means(opinion)}
    found = {}
    for dataset in dict.fromkeys(pair.dataset for pair in differences):
        models = sorted((m for m, d in means if d == dataset), key=lambda m: -means[m, dataset])
        found[dataset] = model_differences.letters(models, [pair for pair in differences if pair.dataset == dataset])
    return found
