"""Mixed models of votes, and non-inferiority: intervals of differences, and false claims."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import stats

from benchmarks.coverage.figures import AT_MOST_5, INTERVALS, Figure, figure
from benchmarks.coverage.ratings import RESAMPLES, population
from benchmarks.coverage.ratings import Regime as Study
from srbench.ratings.mixed import MixedFit, linear_model, ordinal_model
from srbench.ratings.model_differences import draw_raters_and_images
from srbench.ratings.mos import mos
from srbench.ratings.non_inferiority import as_good_as
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Votes
from srbench.stats.arrays import Floats

HOLDS = "holds the truth"
_STUDY = Simulation(models=("a", "b", "c"), quality=(2.5, 3.0, 3.5), images=10, raters=16)
STUDIES = {
    "16 raters x 10 images": _STUDY,
    "26 raters x 5 images": replace(_STUDY, raters=26, images=5),
    "16 x 10, each rater sees 50 %": replace(_STUDY, share=0.5),
}
LOGIT = (-0.8, 0.0, 0.8)
"""Models' true log odds in the ordinal studies."""
_THRESHOLDS = np.array([-2.5, -0.8, 0.8, 2.5])
MARGIN = 0.3


def measured(linear: int, ordinal: int, margins: int) -> Iterator[Figure]:
    """Measure all regimes.

    Args:
        linear: Number of studies for the linear model.
        ordinal: Number of studies for the ordinal model, whose fits are slow.
        margins: Number of studies for non-inferiority.
    """
    for name, panel in STUDIES.items():
        truth = population(Study(name, panel))
        fits = (linear_model(simulate(replace(panel, seed=seed)).votes) for seed in range(linear))
        yield _differences("difference, linear mixed model", name, fits, dict(zip(panel.models, truth, strict=True)))
        equal = replace(panel, quality=(3.0,) * 3)
        drawn = (linear_model(simulate(replace(equal, seed=seed)).votes) for seed in range(linear))
        yield _false("equal models told apart, linear mixed model", name, drawn)
    for raters, images in ((16, 10), (26, 5)):
        name = f"{raters} raters x {images} images"
        fits = (ordinal_model(of_model(LOGIT, raters, images, seed)) for seed in range(ordinal))
        truth_of = dict(zip(_STUDY.models, LOGIT, strict=True))
        yield _differences("difference in log odds, ordinal mixed model", name, fits, truth_of)
        fits = (ordinal_model(of_model((0.0,) * 3, raters, images, seed)) for seed in range(ordinal))
        yield _false("equal models told apart, ordinal mixed model", name, fits)
    for name, panel in STUDIES.items():
        yield _non_inferiority(name, panel, margins)


def _differences(what: str, regime: str, fits: Iterator[MixedFit], truth: dict[str, float]) -> Figure:
    held = []
    for fit in fits:
        inside = []
        for pair in fit.differences:
            reach = stats.t.ppf(0.975, pair.df) if pair.df else stats.norm.ppf(0.975)
            inside.append(abs(pair.value - truth[pair.first] + truth[pair.second]) <= reach * pair.error)
        held += [float(np.mean(inside))] if inside else []
    return figure(what, regime, HOLDS, "interval", held, INTERVALS)


def _false(what: str, regime: str, fits: Iterator[MixedFit]) -> Figure:
    wrong = [float(any(pair.significant for pair in fit.differences)) for fit in fits]
    return figure(what, regime, "false claims", "false claims", wrong, AT_MOST_5)


def of_model(effects: tuple[float, ...], raters: int, images: int, seed: int) -> Votes:
    """Draw votes from the ordinal model itself: likings of raters and contents for models of 0.4 in log odds."""
    panel = replace(_STUDY, raters=raters, images=images, seed=seed)
    votes = simulate(panel).votes
    generator = np.random.default_rng((41, seed))
    content = np.unique([stimulus.content for stimulus in votes.stimuli], return_inverse=True)[1][votes.stimulus]
    model = np.array([panel.models.index(stimulus.model) for stimulus in votes.stimuli])[votes.stimulus]
    aim: Floats = np.array(effects)[model]
    aim = aim + generator.normal(0, 0.8, raters)[votes.rater] + generator.normal(0, 0.6, images)[content]
    for group, levels in ((votes.rater, raters), (content, images)):
        aim = aim + generator.normal(0, 0.4, (levels, len(effects)))[group, model]
    category = np.searchsorted(_THRESHOLDS, aim + generator.logistic(size=len(aim)))
    return votes.with_scores(np.asarray(category + votes.scale.low, dtype=np.float64))


def _non_inferiority(name: str, panel: Simulation, trials: int) -> Figure:
    """Models that are worse than the first by the margin exactly, of which one is called as good."""
    last = _shifted(panel)
    wrong = []
    for seed in range(trials):
        votes = simulate(replace(last, seed=seed)).votes
        scores = mos(votes)
        draws = draw_raters_and_images(votes, scores, RESAMPLES, seed)
        wrong.append(float(any(one.shown for one in as_good_as(scores, draws, MARGIN, baseline="a"))))
    what = f"worse by the margin ({MARGIN}), and called as good"
    return figure(what, name, "false claims", "false claims", wrong, AT_MOST_5)


def _shifted(panel: Simulation) -> Simulation:
    """Return a study whose second and third model lie the margin below the first, in means of votes."""
    quality = 3.0 - MARGIN
    for _ in range(20):
        means = population(Study("", replace(panel, quality=(3.0, quality, quality))))
        quality += float(means[0] - means[1]) - MARGIN
    return replace(panel, quality=(3.0, quality, quality))
