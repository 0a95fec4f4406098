"""Disputed crops: where outputs differ, where PSNR and LPIPS disagree, and which images decide an order."""

import numpy as np
import pytest

from srbench.evaluation.busiest import busiest
from srbench.evaluation.disputed import disputed
from srbench.evaluation.matched import Matched
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.scene import Picture, Recipe, Scene

_PLAIN = np.full((120, 200, 3), 100, np.uint8)


def _changed(x: int, y: int, level: int) -> Picture:
    """A flat picture but for a patch of 32 x 32 px."""
    picture = _PLAIN.copy()
    picture[y : y + 32, x : x + 32] = level
    return picture


def _scene(
    image: str,
    outputs: dict[str, Picture],
    values: dict[str, dict[str, float]] | None = None,
    recipes: dict[str, Recipe] | None = None,
) -> Scene:
    return Scene("set", image, _PLAIN, None, outputs, recipes or {}, values or {})


def _table(values: dict[str, list[float]]) -> Matched:
    images = tuple("abcdef"[: len(next(iter(values.values())))])
    of = {model: np.array(one) for model, one in values.items()}
    return Matched("set", "psnr", "PSNR", "dB", 2, True, images, of, {})


def test_the_busiest_square_holds_the_patch_that_differs() -> None:
    square, spread = busiest([_PLAIN, _changed(150, 70, 140)], 48)
    assert square.width == square.height == 48
    assert square.x in range(134, 151)
    assert square.y in range(54, 71)
    assert spread == pytest.approx(20 * 32 / 48)
    assert busiest([_PLAIN[:20, :30], _PLAIN[:20, :30]], 96)[0] == Rectangle(0, 0, 20, 20)


def test_models_differ_most_where_learned_ones_do() -> None:
    outputs = {"nearest": _changed(0, 0, 255), "one": _changed(150, 60, 140), "other": _PLAIN}
    scenes = [
        _scene("calm", dict.fromkeys(outputs, _PLAIN), recipes={"nearest": "nearest"}),
        _scene("wild", outputs, recipes={"nearest": "nearest"}),
    ]
    first, *_ = disputed(scenes, [])
    assert (first.kind, first.image, first.models) == ("models", "wild", ("one", "other"))
    assert first.crop.x > 60  # not at nearest's patch
    assert first.why == "outputs differ by 6.7 levels (standard deviation), one and other most"
    assert len(disputed(scenes, [], most=1)) == 1


def test_metrics_disagree_where_one_model_has_the_psnr_and_another_the_lpips() -> None:
    sharp, smooth = {"psnr": 24.0, "lpips": 0.10}, {"psnr": 26.5, "lpips": 0.31}
    better = {"psnr": 27.0, "lpips": 0.05}
    equal = {"psnr": float("inf"), "lpips": 0.0}
    pictures = {"gan": _changed(10, 10, 150), "net": _PLAIN}
    scenes = [
        _scene("agreed", pictures, {"gan": sharp, "net": better}),
        _scene("same", pictures, {"gan": equal, "net": equal}),
        _scene("contrary", pictures, {"gan": sharp, "net": smooth}),
        _scene("without", pictures, {"gan": {"psnr": 20.0}, "net": smooth}),
    ]
    (found,) = [one for one in disputed(scenes, []) if one.kind == "metrics"]
    assert (found.image, found.models) == ("contrary", ("net", "gan"))
    assert found.why == "net has 2.50 dB more PSNR, gan 0.2100 less LPIPS"


def test_images_that_decide_who_is_best_are_named_with_the_two_models() -> None:
    table = _table({"net": [30, 30, 30, 40, 30, 30], "gan": [30.5, 30.4, 30.5, 30, 30.5, 30.6], "old": [20.0] * 6})
    pictures = {"net": _PLAIN, "gan": _changed(10, 10, 150), "old": _changed(99, 30, 90)}
    found = [one for one in disputed([_scene(name, pictures) for name in "abcdef"], [table]) if one.kind == "ranking"]
    assert [(one.image, one.models) for one in found] == [("d", ("net", "gan"))]
    assert found[0].why == "without this image gan is best in PSNR, not net"


def test_where_the_best_stays_images_that_move_others_are_named() -> None:
    table = _table({"best": [40.0] * 6, "net": [30, 30, 30, 36, 30, 30], "gan": [30.5, 30.4, 30.5, 30, 30.5, 30.6]})
    pictures = {"best": _changed(99, 30, 90), "net": _PLAIN, "gan": _changed(10, 10, 150)}
    found = [one for one in disputed([_scene(name, pictures) for name in "abcdef"], [table]) if one.kind == "ranking"]
    assert [(one.image, set(one.models)) for one in found] == [("d", {"net", "gan"})]
    assert found[0].why in {
        "without this image net is number 3 in PSNR, not 2",
        "without this image gan is number 2 in PSNR, not 3",
    }
