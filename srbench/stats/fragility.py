"""Which single image the most claims about pairs of means rest on."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from srbench.stats.arrays import Flags, Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import MEAN_TEST, MeanTest, lasting_p_each, outlying_each

_TRIED = 5


@dataclass(frozen=True)
class Carried:
    """Claims that rest on one image.

    Attributes:
        image: Place of the image.
        fallen: Number of pairs that are told apart with it and not without it.
        claims: Number of pairs that are told apart.
    """

    image: int
    fallen: int
    claims: int


def carried_by_one(differences: Floats, test: MeanTest = MEAN_TEST) -> Carried | None:
    """Find the image without which the most pairs are no longer told apart.

    All images are tried by t tests in which the same images stay outlying, and the five that cost the most claims there
    by the test of the claims itself; so another image might cost as many, or a few more.

    Args:
        differences: Finite differences, `(n, pairs)`.
        test: Test of the mean difference, corrected by Holm, with and without outlying images.

    Returns:
        None where nothing is told apart, no single image changes that, or there are fewer than three images.
    """
    if len(differences) < 3 or not differences.shape[1]:
        return None
    made = _told_apart(differences, test)
    if not made.any():
        return None
    roughly = (made & ~_without_each(differences)).sum(axis=1)
    lost = {
        image: int((made & ~_told_apart(np.delete(differences, image, axis=0), test)).sum())
        for image in np.argsort(-roughly, kind="stable")[:_TRIED].tolist()
    }
    image = max(lost, key=lambda one: lost[one])
    return Carried(image, lost[image], int(made.sum())) if lost[image] else None


def _told_apart(differences: Floats, test: MeanTest) -> Flags:
    return np.array(holm(lasting_p_each(differences, test))) < LEVEL


def _without_each(differences: Floats) -> Flags:
    """Tell which pairs t tests with Holm's correction tell apart without each image, `(n, pairs)`."""
    whole = np.ones(differences.shape, dtype=bool)
    p_values = np.maximum(
        _p_without_each(differences, whole), _p_without_each(differences, ~outlying_each(differences))
    )
    order, pairs = np.argsort(p_values, axis=1), differences.shape[1]
    ordered = np.take_along_axis(p_values, order, axis=1) * (pairs - np.arange(pairs))
    found = np.zeros(differences.shape, dtype=bool)
    np.put_along_axis(found, order, np.maximum.accumulate(ordered, axis=1) < LEVEL, axis=1)
    return found


def _p_without_each(differences: Floats, kept: Flags) -> Floats:
    """Return p values of t tests of the differences that are kept, without one image each, `(n, pairs)`."""
    count = kept.sum(axis=0)
    mean = np.where(kept, differences, 0.0).sum(axis=0) / count
    rest = np.where(kept, differences - mean, 0.0)
    n = count - kept  # without the image, where it is among those that are kept
    squares = np.maximum((rest**2).sum(axis=0) - rest**2 * count / np.maximum(count - 1, 1), 0.0)
    error = np.sqrt(squares / (n - 1) / n)
    off = np.abs(mean - rest / n)
    t = np.divide(off, error, out=np.where(off == 0, 0.0, np.inf), where=error > 0)
    return np.asarray(2 * special.stdtr(n - 1, -t))
