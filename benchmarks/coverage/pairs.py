"""Studies of pairs: intervals of scores and false claims, where each answer is drawn from the model itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import expit, log_expit

from benchmarks.coverage.figures import AT_MOST_5, INTERVALS, Figure, figure
from srbench.ratings.pairs import fit
from srbench.ratings.votes import PairAnswer
from srbench.stats.arrays import Floats

ITEMS = ("a", "b", "c", "d")
TRUE = (-0.6, -0.2, 0.2, 0.6)


@dataclass(frozen=True)
class Regime:
    """A kind of study of pairs.

    Attributes:
        name: What is particular.
        raters: Number of raters.
        contents: Number of contents.
        taste: Standard deviation of a rater's taste for an item, in log odds.
        own: Standard deviation of a content's own shift of an item, in log odds.
        share: Share of the pairs that a rater answers.
    """

    name: str
    raters: int = 20
    contents: int = 10
    taste: float = 0.0
    own: float = 0.0
    share: float = 1.0


REGIMES = (
    Regime("independent answers"),
    Regime("rater x item 0.5", taste=0.5),
    Regime("rater x item 0.5, content x item 0.5", taste=0.5, own=0.5),
    Regime("the same, each rater answers 30 %", taste=0.5, own=0.5, share=0.3),
    Regime("the same, 26 raters x 5 contents", raters=26, contents=5, taste=0.5, own=0.5),
)


def measured(trials: int) -> Iterator[Figure]:
    """Measure all regimes over so many studies each."""
    for regime in REGIMES:
        yield from of_regime(regime, trials)


def of_regime(regime: Regime, trials: int) -> Iterator[Figure]:
    """Measure intervals of scores and of differences, and false claims among equal items."""
    scores, differences, wrong = [], [], []
    truth = fitted_truth(regime)
    for seed in range(trials):
        generator = np.random.default_rng((22, seed))
        found = fit(answers(regime, TRUE, generator), clusters=("rater", "content"))
        scores.append(float((np.abs(found.score - truth) <= found.half).mean()))
        gaps = [truth[ITEMS.index(pair.first)] - truth[ITEMS.index(pair.second)] for pair in found.differences]
        reach = [found.quantile * pair.standard_error for pair in found.differences]
        off = [abs(pair.difference - gap) for pair, gap in zip(found.differences, gaps, strict=True)]
        differences.append(float(np.mean(np.array(off) <= np.array(reach))))
        equal = fit(answers(regime, (0.0,) * len(ITEMS), generator), clusters=("rater", "content"))
        wrong.append(float(any(pair.significant for pair in equal.differences)))
    column = "holds the truth"
    yield figure("score over raters and contents", regime.name, column, "interval", scores, INTERVALS)
    yield figure("difference over raters and contents", regime.name, column, "interval", differences, INTERVALS)
    yield figure("letters of equal items (t, Holm)", regime.name, "false letters", "false claims", wrong, AT_MOST_5)


def answers(regime: Regime, scores: tuple[float, ...], generator: np.random.Generator) -> list[PairAnswer]:
    """Draw answers: a is preferred to b with the logistic function of the difference that this rater sees there."""
    items = len(ITEMS)
    taste = generator.normal(0, regime.taste, (regime.raters, 1, items))
    own = generator.normal(0, regime.own, (1, regime.contents, items))
    seen = np.array(scores) + taste + own
    made = []
    for i in range(items):
        for j in range(i + 1, items):
            chance = expit(seen[..., i] - seen[..., j])
            first = generator.random(chance.shape) < chance
            asked = generator.random(chance.shape) < regime.share
            for rater, content in np.argwhere(asked):
                better, worse = (i, j) if first[rater, content] else (j, i)
                made.append(PairAnswer(f"i{content}", f"r{rater}", ITEMS[better], ITEMS[worse]))
    return made


def fitted_truth(regime: Regime) -> Floats:
    """Return the scores that endlessly many raters and contents would give, `(items,)`.

    Tastes make average preferences milder: it is the model's best fit to these.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    spread = np.sqrt(2 * (regime.taste**2 + regime.own**2))
    gap = np.subtract.outer(TRUE, TRUE)
    preferred = expit(gap[..., None] + spread * nodes) @ weights / weights.sum()

    def lack(scores: Floats) -> float:
        return -float((preferred * log_expit(np.subtract.outer(scores, scores))).sum())

    scores = optimize.minimize(lack, np.array(TRUE), tol=1e-10).x
    return np.asarray(scores - scores.mean())
