"""Which single image the most claims about pairs of means rest on."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.stats.arrays import Flags, Floats
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.paired import MEAN_TEST, MeanTest, lasting_p_each


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

    It is the one that costs the most claims by the t tests alone, and is counted by the test of the claims; another
    image might cost as many.

    Args:
        differences: Finite differences, `(n, pairs)`.
        test: Test of the mean difference, corrected by Holm, with and without outlying images.

    Returns:
        None where nothing is told apart, no single image changes that, or there are fewer than three images.
    """
    if len(differences) < 3 or not differences.shape[1]:
        return None
    made = _told_apart(differences, test)
    fallen = (made & ~_without_each(differences)).sum(axis=1)
    image = int(fallen.argmax())
    if not fallen[image]:
        return None
    lost = int((made & ~_told_apart(np.delete(differences, image, axis=0), test)).sum())
    return Carried(image, lost, int(made.sum())) if lost else None


def _told_apart(differences: Floats, test: MeanTest) -> Flags:
    return np.array(holm(lasting_p_each(differences, test))) < LEVEL


def _without_each(differences: Floats) -> Flags:
    """Tell which pairs t tests with Holm's correction tell apart without each image, `(n, pairs)`."""
    n, pairs = differences.shape
    rest = differences - differences.mean(axis=0)
    mean = (differences.sum(axis=0) - differences) / (n - 1)
    squares = np.maximum((rest**2).sum(axis=0) - rest**2 * n / (n - 1), 0.0)
    error = np.sqrt(squares / (n - 2) / (n - 1))
    t = np.divide(np.abs(mean), error, out=np.where(mean == 0, 0.0, np.inf), where=error > 0)
    p_values = 2 * stats.t.sf(t, n - 2)
    order = np.argsort(p_values, axis=1)
    ordered = np.take_along_axis(p_values, order, axis=1) * (pairs - np.arange(pairs))
    found = np.zeros((n, pairs), dtype=bool)
    np.put_along_axis(found, order, np.maximum.accumulate(ordered, axis=1) < LEVEL, axis=1)
    return found
