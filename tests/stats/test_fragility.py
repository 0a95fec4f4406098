"""The image that the most claims rest on."""

from itertools import combinations

import numpy as np
import pytest

from srbench.stats.corrections import LEVEL, holm
from srbench.stats.fragility import carried_by_one
from srbench.stats.paired import lasting_p_each


def test_no_single_image_takes_more_claims_away() -> None:
    """Twelve tables: by leaving out each image in turn."""
    generator = np.random.default_rng(0)
    seen = 0
    for _ in range(12):
        values = generator.normal(0, 1, (5, 9)) + 0.7 * np.arange(5)[:, None]
        gaps = np.stack([values[i] - values[j] for i, j in combinations(range(5), 2)], axis=1)
        made = np.array(holm(lasting_p_each(gaps))) < LEVEL
        without = [np.array(holm(lasting_p_each(np.delete(gaps, i, axis=0)))) < LEVEL for i in range(9)]
        fallen = [int((made & ~of).sum()) for of in without]
        found = carried_by_one(gaps)
        seen += found is not None
        assert (found.fallen if found else 0) == max(fallen)
        if found:
            assert (fallen[found.image], found.claims) == (found.fallen, made.sum())
    assert seen > 6


@pytest.mark.parametrize("gaps", [np.ones((2, 3)), np.zeros((9, 3)), np.ones((9, 3)) + 0.01 * np.eye(9)[:, :3]])
def test_where_no_image_carries_a_claim_none_is_named(gaps: np.ndarray) -> None:
    assert carried_by_one(gaps) is None
