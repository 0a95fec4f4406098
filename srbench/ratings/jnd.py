"""Scores in just noticeable differences (JND) from triplets, by a model of raters who are sometimes absent.

ISO/IEC 29170-3 (JPEG AIC-3) has Thurstone's case V on answers of which "not sure" counts half each way. Real panels
prefer a side and answer at random now and then, so that this scale is too short, and too uneven to order pictures where
raters differ. Here, in the notation of `fit`:

    P(left) = (1 - l) F(d + b - t) + l q(left),  P(right) = (1 - l) F(-d - b - t) + l q(right),

where d is the distance of the left picture from the original less that of the right one, F a normal distribution whose
quartile is 1, so that a distance of 1 is seen by half of the raters and right in 75 % of forced choices, b the bias to
the left, t the threshold of "not sure", l the rater's own share of absent answers and q what absent raters press.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from srbench.ratings.triplet_likelihood import Problem
from srbench.ratings.triplets import TripletAnswer
from srbench.stats.arrays import Floats
from srbench.stats.student import t_quantile


@dataclass(frozen=True, eq=False)
class JndScores:
    """Distances from the original.

    Attributes:
        items: Content and model of each distance.
        score: Distance of each in JND; larger is worse, the original has 0, `(items,)`.
        half: Half of each distance's 95 % interval over raters like these, NaN with fewer than two, `(items,)`.
        covariance: Covariance of the distances over raters, `(items, items)`.
        raters: Names of the raters.
        lapse: Share of absent answers of each rater, `(raters,)`.
        absent: What absent raters press: left, not sure, right, `(3,)`.
        bias: Bias to the left in JND.
        threshold: Threshold of "not sure" in JND.
        answers: Number of answers that were used, traps and bias questions among them.
        converged: Whether the estimates stopped to change.
    """

    items: tuple[tuple[str, str], ...]
    score: Floats
    half: Floats
    covariance: Floats
    raters: tuple[str, ...]
    lapse: Floats
    absent: Floats
    bias: float
    threshold: float
    answers: int
    converged: bool

    def difference_error(self, first: str, second: str) -> float:
        """Return the standard error of the difference of two models' mean distances."""
        weight = np.array([float(name == first) for _, name in self.items])
        other = np.array([float(name == second) for _, name in self.items])
        contrast = weight / weight.sum() - other / other.sum()
        return float(_roots(contrast @ self.covariance @ contrast))

    def means(self) -> list[tuple[str, float, float]]:
        """Return each model with its mean distance over the contents and half of its interval, the nearest first."""
        found = []
        for model in dict.fromkeys(model for _, model in self.items):
            weight = np.array([float(name == model) for _, name in self.items])
            weight /= weight.sum()
            error = float(_roots(weight @ self.covariance @ weight))
            found.append((model, float(weight @ self.score), _quantile(len(self.raters)) * error))
        return sorted(found, key=lambda row: row[1])


def _roots(variances: Floats) -> Floats:
    """Square roots; a variance that rounding has made negative is 0."""
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def _quantile(raters: int) -> float:
    return float(t_quantile(raters - 1)) if raters > 1 else float("nan")


def fit(answers: Sequence[TripletAnswer]) -> JndScores:
    """Estimate distances, bias, threshold and the raters' absence together, by maximum likelihood.

    The raters' shares of absence have a beta distribution, whose parameters are estimated too; the shares are summed
    out over 64 nodes. Intervals are Student t intervals from the sandwich covariance of all parameters, with raters as
    clusters. Where half of all answers are absent, distances come out 3 % too long with 73 raters, 7 % with 24
    (`python -m benchmarks.triplets`).

    Args:
        answers: Answers of one form, plain or boosted; traps and bias questions are used too.

    Source:
        Thurstone, Psychological Review 34, 1927; threshold: Glenn and David, Biometrics 16, 1960; shares of lapses:
        Wichmann and Hill, Perception and Psychophysics 63, 2001; shares summed out:
        Bock and Aitkin, Psychometrika 46, 1981.
    """
    problem = Problem(answers)
    found = problem.estimate()
    count, parameters = len(problem.items), found.parameters
    covariance = problem.covariance(found)[:count, :count]
    return JndScores(
        items=problem.items,
        score=parameters[:count],
        half=_quantile(len(problem.raters)) * _roots(np.diag(covariance)),
        covariance=covariance,
        raters=problem.raters,
        lapse=found.lapse,
        absent=found.absent,
        bias=float(parameters[count]),
        threshold=float(np.exp(parameters[count + 1])),
        answers=len(answers),
        converged=found.converged,
    )
