"""Studies on a scale: intervals of pictures, models and differences, false letters, and power."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, INTERVALS, Figure, figure
from srbench.ratings import mos
from srbench.ratings.model_differences import compare_models, draw_raters_and_images
from srbench.ratings.model_scores import fit_likelihood
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, expected, simulate
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats

POWER_AT_LEAST = (0.6, 1.0)
RESAMPLES = 2_000
"""Draws of the two-way bootstrap, as `srbench survey analyze` has them."""
_NODES = 21


@dataclass(frozen=True)
class Regime:
    """A kind of study.

    Attributes:
        name: What is particular.
        panel: The study; its models' true scores are equal where false letters are counted.
        lapses: Share of the votes that are given at random.
    """

    name: str
    panel: Simulation
    lapses: float = 0.0


_STUDY = Simulation(models=("a", "b", "c"), quality=(2.0, 3.0, 4.0), images=20, raters=24)
INTERVALS_OF = (
    Regime("no rater x model effect", replace(_STUDY, rater_model=0.0)),
    *(Regime(f"rater x model {sd:g}", replace(_STUDY, rater_model=sd)) for sd in (0.1, 0.23, 0.5)),
    Regime("rater bias 0.8", replace(_STUDY, bias=0.8)),
    Regime("5 % lapses", _STUDY, lapses=0.05),
    Regime("near the top (4.3, 4.6, 4.9)", replace(_STUDY, quality=(4.3, 4.6, 4.9))),
    Regime("each rater sees 30 %", replace(_STUDY, share=0.3)),
    Regime("26 raters x 5 images", replace(_STUDY, raters=26, images=5)),
    Regime("8 raters x 50 images", replace(_STUDY, raters=8, images=50)),
)
LIKELIHOODS_OF = (INTERVALS_OF[2], Regime("each rater sees 60 %", replace(_STUDY, share=0.6)))
"""Where each rater sees 30 % the fit collapses in 38 of 40 studies, and is shown nowhere."""
_EQUAL = replace(_STUDY, quality=(3.0, 3.0, 3.0))
FALSE_LETTERS_OF = (
    *(
        Regime(f"24 raters x 100 images, rater x model {sd:g}", replace(_EQUAL, images=100, rater_model=sd))
        for sd in (0.1, 0.2, 0.3, 0.5)
    ),
    *(
        Regime(f"26 raters x 5 images, rater x model {sd:g}", replace(_EQUAL, raters=26, images=5, rater_model=sd))
        for sd in (0.0, 0.1, 0.23, 0.5)
    ),
    Regime("24 x 20, each rater sees 30 %, rater x model 0.23", replace(_EQUAL, share=0.3)),
    Regime("24 x 20, 5 % lapses, rater x model 0.23", _EQUAL, lapses=0.05),
    Regime("24 x 20, at the top (4.8), rater x model 0.23", replace(_EQUAL, quality=(4.8, 4.8, 4.8))),
    Regime("8 raters x 50 images, rater x model 0.23", replace(_EQUAL, raters=8, images=50)),
)
POWER_OF = tuple(
    Regime(
        f"Set5 x 26 raters, a step apart, content x model {sd:g}",
        replace(_STUDY, raters=26, images=5, stimulus_spread=sd),
    )
    for sd in (0.2, 0.4, 0.6)
)


def measured(trials: int, likelihoods: int) -> Iterator[Figure]:
    """Measure all regimes.

    Args:
        trials: Number of studies in each.
        likelihoods: Number of studies for the intervals of the maximum-likelihood scores, which are slow.
    """
    for regime in INTERVALS_OF:
        yield from intervals(regime, trials)
    for regime in LIKELIHOODS_OF:
        yield _of_likelihood(regime, likelihoods)
    for regime in FALSE_LETTERS_OF:
        yield from false_letters(regime, trials)
    for regime in POWER_OF:
        yield _power(regime, trials)


def intervals(regime: Regime, trials: int) -> Iterator[Figure]:
    """Measure how often the intervals of one kind of study hold the truth; a study's intervals hang together."""
    held: dict[str, list[float]] = {}
    means = population(regime)
    names = regime.panel.models
    for seed in range(trials):
        votes, truth = _study(regime, seed)
        scores = mos.mos(votes)
        draws = draw_raters_and_images(votes, scores, RESAMPLES, seed)
        place = {stimulus.name: i for i, stimulus in enumerate(votes.stimuli)}
        truth = truth[[place[stimulus.name] for stimulus in scores.stimuli]]
        known = np.isfinite(scores.half)
        inside = {"MOS of a picture, over raters": (np.abs(scores.mean - truth) <= scores.half)[known].tolist()}
        members = mos.stimuli_by_model(scores.stimuli)
        over_raters, over_both, over_differences = [], [], []
        for group in mos.model_means(scores, votes):
            mine = members[group.model, ""]
            over_raters.append(abs(group.mean - truth[mine].mean()) <= (group.half or 0.0))
            found = draws.estimate(group.mean, mine, step=scores.scale.step)
            over_both.append(_holds(found.ci95 if found else None, means[names.index(group.model)]))
        for pair in compare_models(scores, draws=draws):
            gap = means[names.index(pair.first)] - means[names.index(pair.second)]
            over_differences.append(_holds(pair.ci95_raters_images, gap))
        inside |= {
            "MOS of a model, over raters": over_raters,
            "MOS of a model, over raters and images": over_both,
            "difference of two models, over raters and images": over_differences,
        }
        for what, hits in inside.items():
            held.setdefault(what, []).append(float(np.mean(hits)))
    for what, shares in held.items():
        yield figure(what, regime.name, "holds the truth", "interval", shares, INTERVALS)


def false_letters(regime: Regime, trials: int) -> Iterator[Figure]:
    """Measure in how many studies of three equal models some two do not share a letter."""
    wrong: dict[str, list[float]] = {"two-way": [], "wilcoxon": []}
    for seed in range(trials):
        votes, _ = _study(regime, 10_000 + seed)
        scores = mos.mos(votes)
        draws = draw_raters_and_images(votes, scores, RESAMPLES, seed)
        for test, found in wrong.items():
            pairs = compare_models(scores, "wilcoxon" if test == "wilcoxon" else "two-way", draws)
            found.append(float(any(pair.significant for pair in pairs)))
    column = "false letters"
    yield figure("letters (two-way t, Holm)", regime.name, column, "false claims", wrong["two-way"], AT_MOST_5)
    yield figure("--test wilcoxon, raters held fixed", regime.name, column, "false claims", wrong["wilcoxon"])


def _power(regime: Regime, trials: int) -> Figure:
    """Measure how many pairs of models that are a step apart are found, among three models."""
    neighbours = {frozenset("ab"), frozenset("bc")}
    found = []
    for seed in range(trials):
        votes, _ = _study(regime, 20_000 + seed)
        scores = mos.mos(votes)
        pairs = compare_models(scores, draws=draw_raters_and_images(votes, scores, RESAMPLES, seed))
        found.append(float(np.mean([p.significant for p in pairs if frozenset((p.first, p.second)) in neighbours])))
    return figure("letters (two-way t, Holm)", regime.name, "found", "right claims", found, POWER_AT_LEAST)


def _of_likelihood(regime: Regime, trials: int) -> Figure:
    """Measure the intervals of pictures by maximum likelihood (P.910); the truth is the mean vote."""
    held = []
    for seed in range(trials):
        drawn = simulate(replace(regime.panel, seed=seed))
        estimate = fit_likelihood(drawn.votes, Options(resamples=RESAMPLES, seed=seed)).estimate
        if estimate is not None and estimate.usable:
            place = {stimulus.name: i for i, stimulus in enumerate(drawn.votes.stimuli)}
            truth = drawn.expected[[place[stimulus.name] for stimulus in estimate.scores.stimuli]]
            inside = np.abs(estimate.scores.mean - truth) <= estimate.scores.half
            held.append(float(inside[np.isfinite(estimate.scores.half)].mean()))
    what = "score of a picture by maximum likelihood (P.910), over raters"
    return figure(what, regime.name, "holds the truth", "interval", held, INTERVALS)


def _study(regime: Regime, seed: int) -> tuple[Votes, Floats]:
    """Return votes, and the mean vote that each stimulus would have from endlessly many raters."""
    drawn = simulate(replace(regime.panel, seed=seed))
    if not regime.lapses:
        return drawn.votes, drawn.expected
    generator = np.random.default_rng((21, seed))
    whole = regime.panel.scale.categories()
    lapsed = generator.random(len(drawn.votes)) < regime.lapses
    score = np.where(lapsed, generator.choice(whole, len(drawn.votes)), drawn.votes.score)
    return drawn.votes.with_scores(score), _lapsed(regime, drawn.expected)


def _lapsed(regime: Regime, mean: Floats) -> Floats:
    return np.asarray((1 - regime.lapses) * mean + regime.lapses * np.mean(regime.panel.scale.categories()))


def population(regime: Regime) -> Floats:
    """Return the mean vote of each model over endlessly many raters and images, `(models,)`."""
    panel = regime.panel
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    spread = float(np.hypot(panel.content_spread, panel.stimulus_spread))
    means = [expected(panel, quality + spread * nodes) @ weights / weights.sum() for quality in panel.quality]
    return _lapsed(regime, np.array(means))


def _holds(ends: tuple[float, float] | None, truth: float) -> bool:
    return ends is not None and ends[0] <= truth <= ends[1]
