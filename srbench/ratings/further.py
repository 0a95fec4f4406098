"""Further analyses of votes, made where they are asked for: z-scores, scatter over the scale, order effects."""

from dataclasses import dataclass

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.mos import mos
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.arrays import Floats, Ints
from srbench.stats.student import t_p_value, t_quantile

FURTHER = ("z", "sos", "order")
"""Names of the analyses."""


@dataclass(frozen=True)
class Scatter:
    """How the scatter of votes depends on the mean: variance = a (mean - low)(high - mean).

    Attributes:
        a: The parameter: 0 where all agree, 1 where all votes are at the ends.
        ci95: Its 95 % interval over stimuli like these; None for fewer than 3.
        rmse: Root mean square of what the standard deviations miss the curve by.
        stimuli: Number of stimuli with two votes at least.
    """

    a: float
    ci95: tuple[float, float] | None
    rmse: float
    stimuli: int


@dataclass(frozen=True)
class OrderEffect:
    """A slope of votes over what their order in the session says, the same for all raters.

    Attributes:
        what: "drift": change of the votes from the first to the last place of a session. "predecessor": change for each
            step of the scale that the picture before is better; below 0 for contrast, above for assimilation.
        slope: The change, in units of the scale.
        ci95: Its 95 % interval over raters like these.
        p: Two-sided p value of no change.
        raters: Number of raters.
    """

    what: str
    slope: float
    ci95: tuple[float, float]
    p: float
    raters: int


@dataclass(frozen=True, eq=False)
class Further:
    """Further analyses; None or empty where they were not asked for.

    Attributes:
        z: Mean of the raters' z-scores for each stimulus.
        sos: Scatter over the scale.
        order: Order effects.
    """

    z: StimulusScores | None = None
    sos: Scatter | None = None
    order: tuple[OrderEffect, ...] = ()


def further(votes: Votes, wanted: tuple[str, ...]) -> Further:
    """Make the analyses that are wanted, of `FURTHER`.

    Raises:
        BadRatings: One is unknown, or the votes have no order.
    """
    unknown = [name for name in wanted if name not in FURTHER]
    if unknown:
        raise BadRatings(f"--also {unknown[0]} is unknown; expected of {', '.join(FURTHER)}")
    return Further(
        z=z_scores(votes) if "z" in wanted else None,
        sos=scatter(mos(votes)) if "sos" in wanted else None,
        order=order_effects(votes) if "order" in wanted else (),
    )


def z_scores(votes: Votes) -> StimulusScores:
    """Compute means of z = (vote - the rater's mean) / the rater's standard deviation, with Student t intervals.

    A rater who always gives the same score has none. A rater's mean and standard deviation are those of what the rater
    saw: where raters saw different stimuli, z-scores differ for that alone.

    Source:
        Van Dijk, Martens and Watson, Quality assessment of coded images using numerical category scaling, SPIE 2451,
        1995; ITU-R BT.500.
    """
    size = len(votes.raters)
    n = np.bincount(votes.rater, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(votes.rater, votes.score, size) / n
        rest = votes.score - mean[votes.rater]
        std = np.sqrt(np.bincount(votes.rater, rest**2, size) / (n - 1))
        z = rest / std[votes.rater]
    return mos(votes.with_scores(z).keep(np.isfinite(z)))


def scatter(scores: StimulusScores) -> Scatter | None:
    """Fit the parameter a of the SOS hypothesis by least squares on the variances; None where none is known.

    The interval is Student's t with the variance HC3, which allows for variances that scatter differently.

    Source:
        Hossfeld, Schatz and Egger, SOS: the MOS is not enough, QoMEX 2011; MacKinnon and White, Journal of Econometrics
        29, 1985.
    """
    room = (scores.mean - scores.scale.low) * (scores.scale.high - scores.mean)
    known = np.isfinite(scores.std) & (room > 0)
    x, y = room[known], scores.std[known] ** 2
    if not len(x):
        return None
    squares = float(x @ x)
    a = float(x @ y) / squares
    missed = float(np.sqrt(((np.sqrt(a * x) - np.sqrt(y)) ** 2).mean()))
    if len(x) < 3:
        return Scatter(a, None, missed, len(x))
    rest = (y - a * x) / (1 - x**2 / squares)
    reach = t_quantile(len(x) - 1) * float(np.sqrt(((x * rest) ** 2).sum())) / squares
    return Scatter(a, (a - reach, a + reach), missed, len(x))


def order_effects(votes: Votes) -> tuple[OrderEffect, ...]:
    """Estimate drift over the session, and the effect of the picture before.

    Votes are taken less their stimulus's mean, and less the rater's; one slope for all raters by least squares, its
    error cluster-robust by rater.

    Raises:
        BadRatings: The votes have no order.
    """
    ordered = votes.keep(~np.isnan(votes.order))
    if not len(ordered):
        raise BadRatings("--also order needs a column order, the place of each vote in the rater's session")
    at = np.lexsort((ordered.order, ordered.rater))
    rater, stimulus, score = ordered.rater[at], ordered.stimulus[at], ordered.score[at]
    counts = np.bincount(stimulus)
    mean = np.bincount(stimulus, score) / np.maximum(counts, 1)
    rest = score - mean[stimulus]
    first = np.concatenate([[True], rater[1:] != rater[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(rater)), 0))
    number = np.bincount(rater)[rater]
    place = (np.arange(len(rater)) - start) / np.maximum(number - 1, 1)
    later = np.flatnonzero(~first)
    found = [
        _slope("drift", place, rest, rater),
        _slope("predecessor", mean[stimulus[later - 1]], rest[later], rater[later]),
    ]
    return tuple(effect for effect in found if effect)


def _slope(what: str, x: Floats, y: Floats, rater: Ints) -> OrderEffect | None:
    """Fit one slope inside raters; None where nothing varies, or for one rater."""
    _, label = np.unique(rater, return_inverse=True)
    n = np.bincount(label)
    x, y = (values - (np.bincount(label, values) / n)[label] for values in (x, y))
    squares = float(x @ x)
    clusters = len(n)
    if squares <= 1e-12 or clusters < 2:
        return None
    slope = float(x @ y) / squares
    influence = np.bincount(label, x * (y - slope * x)) / squares
    error = float(np.sqrt((influence**2).sum() * clusters / (clusters - 1)))
    reach = t_quantile(clusters - 1) * error
    p = t_p_value(slope / error, clusters - 1) if error > 0 else float(slope == 0)
    return OrderEffect(what, slope, (slope - reach, slope + reach), p, clusters)
