"""Question, pictures and answers are in the window together, at the sizes of laptops and phones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srbench.core import image
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.browser import launched, window
from tests.cli.conftest import Call
from tests.survey.walk import heard, on, served

pytestmark = pytest.mark.slow

_LAPTOPS, _PHONE = [(1280, 720), (1366, 625)], [(390, 844)]
_TRIALS = 2  # most methods have more, of the same size
_OUTSIDE = """() => {
  const pictures = [...document.querySelectorAll("img.exact")].filter((image) => image.offsetParent);
  const boxes = [...document.querySelectorAll("h1, form button"), ...pictures.map((one) => one.closest(".cut") ?? one)];
  const outside = ({ top, left, bottom, right }) =>
    top < -0.5 || left < -0.5 || bottom > innerHeight + 0.5 || right > innerWidth + 0.5;
  return boxes.filter((one) => outside(one.getBoundingClientRect())).map((one) => one.outerHTML.slice(0, 80));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


def _study(call: Call, folder: Path, method: str, *more: str) -> VoteStore:
    """A study of plain pictures larger than the default area, which are cut to it."""
    pixels = np.full((800, 1000, 3), 99, np.uint8)
    for name in ("m1", "m2", "hr"):
        for content in ("a", "b"):
            image.write(folder / "images" / name / f"{content}.png", pixels)
    options = ("--images", str(folder / "images"), "--method", method, "--traps", "0", "--repeats", "0", "--phones")
    assert call("survey", "create", str(folder / "st"), *options, *more)[0] == 0
    return VoteStore(load(folder / "st"))


@pytest.mark.parametrize("method", ["acr", "dcr", "pair", "slider", "dscqs", "mushra", "triplet", "triplet-boosted"])
def test_everything_is_in_the_window(call: Call, tmp_path: Path, browser: Any, method: str) -> None:
    store = _study(call, tmp_path, method)
    with served(store) as url:
        for sizes, scale in ((_LAPTOPS, 1), (_PHONE, 3)):
            with window(browser, *sizes[0], scale) as page:
                said = heard(page)
                page.goto(f"{url}/language/de")  # the longest words
                page.goto(f"{url}/i/{store.invite()}")
                trials = 0
                while not page.locator(".code").count() and trials < _TRIALS:
                    if page.locator("img.exact").count():
                        page.locator('img.exact[style*="width"]').first.wait_for()
                        for width, height in sizes:
                            page.set_viewport_size({"width": width, "height": height})
                            assert page.evaluate(_OUTSIDE) == [], (method, width, page.url)
                            assert page.locator(".notice:visible").count() == 0
                        trials += page.locator("input[name=position]").count()
                    on(page)
                assert trials == _TRIALS
                assert said == []
