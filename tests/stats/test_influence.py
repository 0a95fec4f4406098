"""Few images that decide an order: against all sets of images, counted."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.stats.arrays import Floats
from srbench.stats.influence import fewest_to_reverse, influence


def _fewest(gap: Floats) -> int | None:
    """The smallest set over all sets, by trying them."""
    sign = np.sign(gap.sum())
    for size in range(1, len(gap)):
        for left_out in combinations(range(len(gap)), size):
            if sign * np.delete(gap, left_out).sum() < 0:
                return size
    return None


@settings(max_examples=60)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=7))
def test_no_smaller_set_reverses_a_pair(steps: list[int]) -> None:
    gap = np.array(steps, dtype=np.float64)
    found = fewest_to_reverse(gap)
    assert (None if found is None else len(found)) == (_fewest(gap) if gap.sum() else None)
    if found is not None:
        assert np.delete(gap, found).sum() * gap.sum() < 0


def test_a_tie_left_by_rounding_errors_is_not_an_order() -> None:
    """Without the last, the sum of the others is 5.6e-17 to the other side, which is no order yet."""
    assert fewest_to_reverse(np.array([-0.1, -0.2, 0.3, 1.0])) == (3, 2)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 4), st.integers(2, 6), st.integers(0, 10_000), st.booleans())
def test_no_smaller_set_changes_who_is_best(models: int, images: int, seed: int, higher: bool) -> None:
    values = {str(i): row for i, row in enumerate(np.random.default_rng(seed).normal(size=(models, images)))}
    table = np.stack(list(values.values())) * (1 if higher else -1)
    best = int(table.mean(axis=1).argmax())
    sizes = [
        size
        for size in range(1, images)
        for left_out in combinations(range(images), size)
        if np.delete(table, left_out, axis=1).mean(axis=1).argmax() != best
    ]
    found = influence(values, higher_is_better=higher)
    assert found.best == str(best)
    assert (len(found.deciding) if found.deciding else None) == min(sizes, default=None)
    if found.deciding:
        rest = np.delete(table, found.deciding, axis=1).mean(axis=1)
        assert found.heir == str(rest.argmax()) != found.best


@pytest.mark.parametrize("seed", range(5))
def test_the_single_image_that_reverses_the_most_orders(seed: int) -> None:
    table = np.random.default_rng(seed).normal(0, 1, (5, 12))
    found = influence({str(i): row for i, row in enumerate(table)}, higher_is_better=True)

    def reversed_without(image: int) -> int:
        rest = np.delete(table, image, axis=1).mean(axis=1)
        pairs = combinations(range(5), 2)
        return sum((table[i].mean() - table[j].mean()) * (rest[i] - rest[j]) < 0 for i, j in pairs)

    counts = [reversed_without(image) for image in range(12)]
    assert found.reversed == max(counts) > 0
    assert counts[found.few[0]] == max(counts)
    assert (len(found.few), found.orders) == (1, 10)


@pytest.mark.parametrize("seed", range(12))
def test_as_many_orders_are_reversed_as_it_says(seed: int) -> None:
    table = np.random.default_rng(seed).normal(0, 1, (7, 150)) + np.linspace(0, 0.1, 7)[:, None]
    found = influence({str(i): row for i, row in enumerate(table)}, higher_is_better=True)
    rest = np.delete(table, found.few, axis=1).mean(axis=1)
    whole = table.mean(axis=1)
    assert found.reversed == sum((whole[i] - whole[j]) * (rest[i] - rest[j]) < 0 for i, j in combinations(range(7), 2))


def test_two_images_that_reverse_only_together_are_found() -> None:
    """200 images; the first model leads by 2 on two of them, and the other by 0.01 on all others."""
    gap = np.full(200, -0.01)
    gap[[17, 90]] = 2.0
    found = influence({"a": gap, "b": np.zeros(200), "c": np.full(200, -9.0)}, higher_is_better=True)
    assert (found.few, found.reversed, found.orders) == ((17, 90), 1, 3)
    assert (found.best, found.deciding, found.heir) == ("a", (17, 90), "b")
    assert found.moved == ("a", 1, 2)


def test_two_images_that_reverse_one_order_each_are_found_together() -> None:
    """200 images; one decides between the first two models, another between the last two, far below."""
    leads = np.full((2, 200), -0.01)
    leads[0, 17] = leads[1, 90] = 3.0
    zero = np.zeros(200)
    found = influence({"a": leads[0], "b": zero, "c": leads[1] - 9, "d": zero - 9}, higher_is_better=True)
    assert (set(found.few), found.reversed, found.orders) == ({17, 90}, 2, 6)


def test_where_no_image_matters_none_is_named() -> None:
    base = np.linspace(20, 30, 8)
    found = influence({"a": base + 1, "b": base, "c": base - 1}, higher_is_better=True)
    assert (found.few, found.reversed, found.moved) == ((), 0, None)
    assert (found.best, found.deciding, found.heir) == ("a", None, None)
    lower = influence({"a": base + 1, "b": base, "c": base - 1}, higher_is_better=False)
    assert lower.best == "c"


def test_models_with_one_mean_have_no_order() -> None:
    base = np.linspace(20, 30, 8)
    found = influence({"a": base, "b": base.copy()}, higher_is_better=True)
    assert (found.best, found.deciding, found.few) == (None, None, ())
    assert influence({"a": base}, higher_is_better=True).orders == 0
    assert influence({"a": base[:1], "b": base[1:2]}, higher_is_better=True).few == ()
