"""Enlargement, pauses, viewing times and zoom, as a browser paints them."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srbench.core import image
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.browser import launched, window
from tests.cli.conftest import Call
from tests.survey.walk import on, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


def _study(call: Call, folder: Path, *more: str) -> VoteStore:
    generator = np.random.default_rng(0)
    for model in ("m1", "m2"):
        pixels = generator.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        image.write(folder / "images" / model / "a.png", pixels)
    options = ("--images", str(folder / "images"), "--traps", "0", "--repeats", "0", *more)
    assert call("survey", "create", str(folder / "st"), *options)[0] == 0
    return VoteStore(load(folder / "st"))


def _painted(page: Any, box: dict[str, float], scale: float) -> np.ndarray:
    whole = np.asarray(Image.open(io.BytesIO(page.screenshot(scale="device"))).convert("RGB"))
    top, left, height, width = (round(box[name] * scale) for name in ("y", "x", "height", "width"))
    return whole[top : top + height, left : left + width]


def _pixels(store: VoteStore, model: str) -> np.ndarray:
    found = next(p for p in store.study.pictures if p.stimulus.model == model and p.role == "rated")
    return image.read(store.study.folder / found.file)


def _is_one_of(store: VoteStore, painted: np.ndarray, factor: int) -> bool:
    enlarged = (_pixels(store, name).repeat(factor, 0).repeat(factor, 1) for name in ("m1", "m2"))
    return any(np.array_equal(painted, pixels) for pixels in enlarged)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1, 2])
def test_enlarged_pixels_are_repeated_to_the_device_pixel(call: Call, tmp_path: Path, browser: Any, scale: int) -> None:
    store = _study(call, tmp_path, "--enlarge", "3", "--area", "300x270")
    assert _pixels(store, "m1").shape == (90, 100, 3)
    with served(store) as url, window(browser, 1000, 700, scale) as page:
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator("input[name=position]").count():
            on(page)
        page.wait_for_selector("body:not(.waiting)")
        assert _is_one_of(store, _painted(page, page.locator("#stimulus").bounding_box(), scale), 3)


@pytest.mark.slow
def test_mid_grey_before_and_after_and_a_least_time(call: Call, tmp_path: Path, browser: Any) -> None:
    times = ("--pause-seconds", "0.6", "--least-seconds", "1", "--longest-seconds", "1.5")
    store = _study(call, tmp_path, *times)
    with served(store) as url, window(browser, 1000, 700) as page:
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator("input[name=position]").count():
            on(page)
        page.wait_for_selector("body.covered.waiting")
        box = page.locator("#stimulus").bounding_box()
        assert (_painted(page, box, 1) == 128).all()
        page.wait_for_selector("body:not(.covered)")
        began = time.monotonic()
        assert _is_one_of(store, _painted(page, box, 1), 1)
        page.keyboard.press("3")
        assert page.locator("input[name=position]").input_value() == "0", "no answer before the least time"
        page.wait_for_selector("body:not(.waiting)")
        assert time.monotonic() - began > 0.7
        page.wait_for_selector("body.covered")
        assert (_painted(page, box, 1) == 128).all()
        with page.expect_navigation():
            page.keyboard.press("3")
    assert [answer.seconds >= 1.5 for answer in store.responses()] == [True]


@pytest.mark.slow
def test_the_zoom_shows_one_place_of_both_pictures(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _study(call, tmp_path, "--method", "pair", "--zoom", "4")
    with served(store) as url, window(browser, 1000, 700) as page:
        page.goto(f"{url}/i/{store.invite()}")
        while not page.locator("input[name=position]").count():
            on(page)
        page.wait_for_selector("body:not(.waiting)")
        for _ in range(2):
            page.keyboard.press("z")
        for _ in range(12):
            page.keyboard.press("Shift+ArrowRight")
            page.keyboard.press("Shift+ArrowDown")
        boxes = [frame.bounding_box() for frame in page.locator(".frame").all()]
        found = [_painted(page, box, 1) for box in boxes]
        corners = [_pixels(store, name)[-30:, -40:].repeat(4, 0).repeat(4, 1) for name in ("m1", "m2")]
        matching = [[np.array_equal(painted, corner) for corner in corners] for painted in found]
        assert sorted(matching) == [[False, True], [True, False]]
        assert store.responses() == []
        with page.expect_navigation():
            page.keyboard.press("ArrowLeft")
    assert [answer.facts["zoomed"] for answer in store.responses()] == [4]


def test_pictures_are_not_covered_before_they_have_been_looked_at(call: Call) -> None:
    times = ("--least-seconds", "5", "--longest-seconds", "3")
    code, _, said = call("survey", "create", "st", "--images", "x", *times)
    assert code == 2
    assert "the longest viewing time is 3.0 s, the least 5.0 s" in said
