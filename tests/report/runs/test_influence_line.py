"""The sentence on influential images."""

from dataclasses import replace

import numpy as np
import pytest

from srbench.report.runs.influence_line import influence_line
from srbench.stats.fragility import Carried
from srbench.stats.influence import Influence, influence

_LABELS = {"a": "ours", "b": "edsr", "c": "srgan"}
_IMAGES = [f"im{i}" for i in range(400)]


def test_images_that_reverse_orders_and_images_that_decide_who_is_best() -> None:
    found = Influence(400, 4, (5, 7), 26, 120, ("b", 3, 11), "a", (5, 7, 9), "c")
    assert influence_line(found, _IMAGES, _LABELS) == (
        "2 of 400 images (im5, im7) reverse 26 of 120 orders; without them edsr is 11th, not 3rd. "
        "Without 3 of 400 images (im5, im7, im9) srgan is best, not ours"
    )


def test_one_image() -> None:
    found = Influence(14, 1, (5,), 1, 3, ("b", 2, 1), "a", (5,), "b")
    assert influence_line(found, _IMAGES, _LABELS) == (
        "1 of 14 images (im5) reverses 1 of 3 orders; without it edsr is 1st, not 2nd. "
        "Without 1 of 14 images (im5) edsr is best, not ours"
    )


def test_nothing_decides() -> None:
    found = Influence(14, 1, (), 0, 3, None, "a", None, None)
    expected = "no image of 14 reverses an order. ours is best whichever images are left out"
    assert influence_line(found, _IMAGES, _LABELS) == expected
    assert influence_line(replace(found, images=400, most=4), _IMAGES, _LABELS).startswith(
        "no 4 images of 400 reverse an"
    )


def test_many_images_are_counted_and_not_named() -> None:
    found = Influence(400, 4, (), 0, 3, None, "a", tuple(range(204)), "c")
    assert "Without 204 of 400 images srgan is best" in influence_line(found, _IMAGES, _LABELS)


def test_two_models_have_one_order_which_is_who_is_best() -> None:
    values = {"a": np.array([31.0, 30, 29]), "b": np.array([29.0, 31, 29.5])}
    found = influence(values, higher_is_better=True)
    assert influence_line(found, _IMAGES, _LABELS) == "Without 1 of 3 images (im0) edsr is best, not ours"
    same = influence({"a": values["a"], "b": values["a"]}, higher_is_better=True)
    assert influence_line(same, _IMAGES, _LABELS) == "no image of 3 reverses an order"


@pytest.mark.parametrize(
    ("orders", "carried", "said"),
    [
        (3, Carried(1, 2, 3), "Without 1 of 3 images (im1) 2 of the 3 pairs told apart are not"),
        (3, Carried(1, 1, 2), "Without 1 of 3 images (im1) 1 of the 2 pairs told apart is not"),
        (3, Carried(1, 1, 1), "Without 1 of 3 images (im1) the one pair told apart is not"),
        (1, Carried(1, 1, 1), "Without 1 of 3 images (im1) the two are not told apart"),
    ],
)
def test_the_image_that_claims_rest_on_is_named(orders: int, carried: Carried, said: str) -> None:
    found = Influence(3, 1, (), 0, orders, None, None, None, None)
    assert influence_line(found, ["im0", "im1", "im2"], {}, carried).endswith(said)
