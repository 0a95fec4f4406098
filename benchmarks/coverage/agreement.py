"""Agreement of raters, and metrics against opinion: intervals, and false claims."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, INTERVALS, Figure, figure
from srbench.ratings.agreement import Level, alpha, alpha_ci95, icc
from srbench.ratings.picture_differences import compare_pictures
from srbench.ratings.prediction import predict
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale, Stimulus, StimulusScores
from srbench.stats.arrays import Floats
from srbench.stats.correlation import kendall, pearson, spearman

HOLDS = "holds the truth"
_STUDY = Simulation(models=("a", "b", "c"), quality=(2.0, 3.0, 4.0), images=20, raters=24)
STUDIES = {
    "24 raters x 20 images": _STUDY,
    "26 raters x 5 images": replace(_STUDY, raters=26, images=5),
    "8 raters x 50 images": replace(_STUDY, raters=8, images=50),
    "24 raters x 20 images, one model": replace(_STUDY, models=("a",), quality=(3.0,)),
}
_MANY_RATERS, _MANY_IMAGES = 300, 700
SIZES = (15, 60, 240)
_LEVELS: tuple[Level, ...] = ("ordinal", "interval")
RHO = 0.8


def measured(trials: int) -> Iterator[Figure]:
    """Measure all regimes over so many studies each."""
    for name, panel in STUDIES.items():
        yield from of_raters(name, panel, trials)
    for n in SIZES:
        yield from _correlations(n, trials)
    for n in SIZES:
        yield from _contents(n, trials)
    yield from _equal_metrics(trials)
    yield _equal_pictures(trials)


def of_raters(name: str, panel: Simulation, trials: int) -> Iterator[Figure]:
    """Measure ICC and alpha; the truth is that of a study of 300 raters and 700 images."""
    whole = simulate(replace(panel, raters=_MANY_RATERS, images=_MANY_IMAGES, seed=10_000)).votes
    truth = icc(whole)
    single = truth.single if truth else np.nan
    average = panel.raters * single / (1 + (panel.raters - 1) * single)
    alphas = {level: alpha(whole, level) or np.nan for level in _LEVELS}
    held: dict[str, list[float]] = {}
    for seed in range(trials):
        votes = simulate(replace(panel, seed=seed)).votes
        found = icc(votes)
        ends = {f"Krippendorff's alpha, {level}": (alpha_ci95(votes, level, 300), alphas[level]) for level in _LEVELS}
        if found:
            ends["ICC(2,1)"], ends["ICC(2,k)"] = (found.single_ci95, single), (found.average_ci95, average)
        for what, (interval, value) in ends.items():
            held.setdefault(what, []).append(float(interval is not None and interval[0] <= value <= interval[1]))
    for what, hits in held.items():
        yield figure(what, name, HOLDS, "interval", hits, INTERVALS)


def _correlations(n: int, trials: int) -> Iterator[Figure]:
    """Measure correlations of n independent stimuli, metric and opinion being normal together."""
    true = {pearson: RHO, spearman: 6 / np.pi * np.arcsin(RHO / 2), kendall: 2 / np.pi * np.arcsin(RHO)}
    names = {pearson: "PLCC, nothing mapped", spearman: "SRCC", kendall: "KROCC"}
    held: dict[str, list[float]] = {name: [] for name in [*names.values(), "PLCC, 4-parameter logistic"]}
    for seed in range(trials):
        x, y = _normal(np.random.default_rng((31, n, seed)), n, RHO)
        for measure, value in true.items():
            held[names[measure]].append(_holds(measure(x, y).ci95, value))
        (found,) = predict(_scores(y), {"m": _values(x)})
        held["PLCC, 4-parameter logistic"].append(_holds(found.fits[0].plcc_ci95, RHO))
    for what, hits in held.items():
        yield figure(what, f"{n} independent stimuli, correlation {RHO}", HOLDS, "interval", hits, INTERVALS)


def _contents(n: int, trials: int) -> Iterator[Figure]:
    """Measure correlations where five stimuli are of one content, of which half of what the metric misses is."""

    def draw(generator: np.random.Generator, contents: int) -> tuple[Floats, Floats]:
        quality = generator.normal(size=(contents, 5))
        missed = np.sqrt(0.5) * (generator.normal(size=(contents, 1)) + generator.normal(size=(contents, 5)))
        return quality.ravel(), (quality + 0.75 * missed).ravel()

    x, y = draw(np.random.default_rng(32), 200_000)
    true = {pearson: pearson(x, y).value, spearman: spearman(x, y).value}
    for measure, what in ((pearson, "PLCC, nothing mapped"), (spearman, "SRCC")):
        drawn = (draw(np.random.default_rng((33, n, seed)), n // 5) for seed in range(trials))
        hits = [_holds(measure(*one).ci95, true[measure]) for one in drawn]
        yield figure(what, f"{n} stimuli of {n // 5} contents", HOLDS, "interval", hits, INTERVALS)


def _equal_metrics(trials: int) -> Iterator[Figure]:
    """Two metrics that predict opinion equally well: how often one is not called tied with the best."""
    for n in SIZES[:2]:  # the bootstrap of 240 stimuli takes seconds
        wrong = []
        for seed in range(trials):
            generator = np.random.default_rng((34, n, seed))
            y = generator.normal(size=n)
            metrics = {name: _values(RHO * y + np.sqrt(1 - RHO**2) * generator.normal(size=n)) for name in "ab"}
            wrong.append(float(not all(one.best or one.tied for one in predict(_scores(y), metrics, seed))))
        what = "of two metrics as good as one another, one is told from the best"
        yield figure(what, f"{n} stimuli", "false claims", "false claims", wrong, AT_MOST_5)


def _equal_pictures(trials: int) -> Figure:
    """Pictures that are equal: the share of pairs that Krasula's test of raters calls different."""
    panel = replace(_STUDY, quality=(3.0,) * 3, rater_model=0.0, content_spread=0.0, stimulus_spread=0.0, images=5)
    wrong = []
    for seed in range(trials):
        votes = simulate(replace(panel, seed=seed)).votes
        found = compare_pictures(votes, votes.stimuli)
        wrong.append(float((found.p < 0.05).mean()) if found else np.nan)
    what = "pairs of equal pictures that raters tell apart (Krasula), each at 5 %"
    return figure(what, "24 raters, 15 pictures", "false claims", "false claims", wrong, AT_MOST_5)


def _normal(generator: np.random.Generator, n: int, rho: float) -> tuple[Floats, Floats]:
    x = generator.normal(size=n)
    return x, rho * x + np.sqrt(1 - rho**2) * generator.normal(size=n)


def _values(x: Floats) -> dict[str, float]:
    return {f"s{i}": float(value) for i, value in enumerate(x)}


def _scores(y: Floats) -> StimulusScores:
    """Return normal values as scores on a scale that they fit in."""
    n, scale = len(y), Scale(-20.0, 20.0)
    stimuli = tuple(Stimulus(f"s{i}", content=f"c{i}") for i in range(n))
    return StimulusScores(stimuli, y, np.ones(n), np.full(n, 20), np.full(n, 0.4), scale)


def _holds(ends: tuple[float, float], truth: float) -> float:
    return float(ends[0] <= truth <= ends[1])
