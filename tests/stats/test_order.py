"""Orders of means where some values are infinite."""

import numpy as np
import pytest

from srbench.stats.arrays import Floats
from srbench.stats.order import best_of, finite_mean, finite_part

INF = np.inf


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ({"a": [30.0, 31.0], "b": [30.0, 30.0]}, {"a"}),
        ({"a": [30.0, 31.0], "b": [31.0, 30.0]}, {"a", "b"}),
        (
            {"a": [INF, 33.43], "b": [40.27, 33.29]},
            {"a"},
        ),  # better on both images
        ({"a": [INF, 30.0], "b": [40.0, 31.0]}, {"b"}),  # an infinite value is no mean
        ({"a": [INF, INF], "b": [40.0, 31.0]}, {"a"}),
        ({"a": [INF, INF], "b": [INF, INF]}, {"a", "b"}),
        ({"a": [INF, 30.0], "b": [31.0, INF]}, set()),
        ({"a": [INF, 30.0, 9.0], "b": [9.0, INF, 30.0], "c": [30.0, 9.0, INF]}, set()),  # a circle
        ({"a": [[30.0, 40.0], [30.0, INF]], "b": [31.0, 10.0]}, {"b"}),  # one seed is infinite on the second image
    ],
)
def test_who_is_best(values: dict[str, list[float]], best: set[str]) -> None:
    arrays: dict[str, Floats] = {name: np.array(of) for name, of in values.items()}
    assert best_of(arrays, higher_is_better=True) == best


def test_a_lower_value_is_ahead_where_lower_is_better() -> None:
    assert best_of({"a": np.array([0.1, 0.2]), "b": np.array([0.3, 0.1])}, higher_is_better=False) == {"a"}


def test_means_are_those_of_finite_values() -> None:
    assert finite_mean(np.array([1.0, INF, 3.0])) == 2
    assert finite_mean(np.array([INF, INF])) == INF
    assert finite_mean(np.array([[1.0, 5.0], [INF, 7.0]])) == 6


def test_the_finite_part_is_of_all_images_where_two_items_are_finite_there() -> None:
    values = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([2.0, 2.0, 2.0]), "hr": np.array([INF, 4.0, INF])}
    part, places = finite_part(values)
    assert (list(part), places.tolist()) == (["a", "b"], [0, 1, 2])
    part, places = finite_part({name: values[name] for name in ("a", "hr")})
    assert {name: of.tolist() for name, of in part.items()} == {"a": [2.0], "hr": [4.0]}
    assert places.tolist() == [1]
