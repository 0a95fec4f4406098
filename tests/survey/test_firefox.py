"""The whole way in Firefox, by keyboard alone: every page by axe-core, every picture pixel for pixel."""

import io
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srbench.core import image
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.firefox import firefox
from tests.survey.test_pages import HIDDEN
from tests.survey.walk import served

pytestmark = pytest.mark.slow

_TAB, _ENTER = "\ue004", "\ue007"
_LEFT = "\ue012"  # an arrow
_KEYS = {"acr": ("4",), "dcr": ("2",), "pair": (_LEFT,), "slider": ("7", _ENTER), "triplet": (_LEFT,)}
_KEYS |= {"triplet-boosted": (_LEFT,), "dscqs": (_ENTER,), "mushra": (_ENTER,)}
_VALUES = {"pair": "first", "slider": "70", "triplet": "left", "triplet-boosted": "left"}
_VALUES |= {"dscqs": "70 70", "mushra": "70 70 70 70 70"}
_ALIKE = {"screen", "end"}
"""Pages that are the same for all methods."""
_AXE = """const done = arguments[arguments.length - 1];
axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then((found) => done(found.violations.map((one) => one.id + ": " + one.nodes[0].html)));"""
_BOXES = """return [...document.querySelectorAll("img.exact")].filter((one) => one.offsetParent).map((one) => {
  const box = one.getBoundingClientRect();
  return [box.top, box.left, box.height, box.width].map((length) => length * devicePixelRatio);
})"""
_SLIDERS = "return document.querySelectorAll('.slider input').length"
_FOCUSED = """const at = document.activeElement;
return [at.matches('[data-version][aria-pressed="false"]'), at.type === "range" ? at.id : ""]"""
_STATE = """return document.body && {
  ready: !document.body.classList.contains("waiting"), tag: document.activeElement.tagName,
  name: document.activeElement.name, at: document.querySelector("input[name=position], input[name=step]")?.value,
  trial: Boolean(document.getElementById("answer")), end: Boolean(document.querySelector(".code")),
  turns: Boolean(document.querySelector("#toggle, #original")?.offsetParent),
  versions: Boolean(document.querySelector("[data-version]")),
  loaded: document.readyState === "complete", left: document.body.dataset.left }"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with firefox(2) as started:
        started.set_window_size(1300, 800)
        yield started


def _violations(driver: Any) -> list[str]:
    pytest.importorskip("axe_playwright_python")
    driver.execute_script((resources.files("axe_playwright_python") / "axe.min.js").read_text())
    return list(driver.execute_async_script(_AXE))


def _check_reflow(driver: Any, name: str) -> None:
    """Text of twice the size, and a window of 320 px: nothing is cut off, covered, or scrolled sideways."""
    driver.execute_script("document.documentElement.style.fontSize = '36px'")
    assert driver.execute_script(f"return ({HIDDEN})()") == [], f"{name} with text of 200 %"
    driver.execute_script("document.documentElement.style.fontSize = ''")
    for viewport in ({"width": 320, "height": 700}, {"width": 320, "height": 256}, None):
        driver.browsing_context.set_viewport(context=driver.current_window_handle, viewport=viewport)
        assert driver.execute_script(f"return ({HIDDEN})()") == [], f"{name} at {viewport}"


def _pressed(driver: Any, *keys: str) -> None:
    chain = pytest.importorskip("selenium.webdriver").ActionChains(driver, duration=0)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


def _until_ready(driver: Any, *, another: bool = False) -> dict[str, Any]:
    """Look at both of two pictures that are shown in turn, until answers are taken; the state of the page.

    Args:
        driver: Driver of the browser.
        another: Wait for another page than before instead, and look at nothing.
    """
    wait = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait(driver, 20, 0.05)
    found: dict[str, Any] = {}

    def settled(at: Any) -> bool:
        found.clear()
        found.update(at.execute_script(_STATE) or {})  # between two pages there is none
        if another:
            shown = found and (found["ready"] or found["turns"] or found["versions"])
            return bool(shown and found["loaded"] and not found["left"])
        if found and found["turns"] and not found["ready"]:
            _pressed(driver, " ", " ")
        return bool(found and found["ready"])

    wait.until(settled)
    return found


def _through_a_form(driver: Any) -> None:
    """Tab to every field, choose, and press the first button after them."""
    for _ in range(30):
        _pressed(driver, _TAB)
        state = driver.execute_script(_STATE)
        if state["tag"] == "SELECT":
            _pressed(driver, "8")
        if state["tag"] == "BUTTON":
            _pressed(driver, _ENTER)
            return
    raise AssertionError(driver.page_source)


def _look_and_set(driver: Any) -> None:
    """Tab to the button of each version, then to each slider: there are none before all versions were seen."""
    sliders, settled = driver.execute_script(_SLIDERS), set()
    while 1 < sliders != len(settled):
        _pressed(driver, _TAB)
        unseen_version, slider = driver.execute_script(_FOCUSED)
        if unseen_version:
            _pressed(driver, _ENTER)
        elif slider:
            _pressed(driver, "7")
            settled.add(slider)


def _check_pixels(driver: Any, pictures: list[np.ndarray]) -> None:
    whole = np.asarray(Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB"))
    for box in driver.execute_script(_BOXES):
        top, left, height, width = (round(length) for length in box)
        painted = whole[top : top + height, left : left + width]
        assert any(np.array_equal(painted, picture) for picture in pictures), "not painted pixel for pixel"


@pytest.mark.parametrize("method", list(_KEYS))
def test_the_whole_way_by_keyboard(call: Call, tmp_path: Path, driver: Any, method: str) -> None:
    generator = np.random.default_rng(0)
    for model in ("m1", "m2", "hr"):
        image.write(tmp_path / "images" / model / "a.png", generator.integers(0, 256, (52, 72, 3), dtype=np.uint8))
    options = ("--images", str(tmp_path / "images"), "--traps", "0", "--repeats", "0", "--method", method)
    assert call("survey", "create", str(tmp_path / "st"), *options)[0] == 0
    store = VoteStore(load(tmp_path / "st"))
    known = [image.read(store.study.folder / p.file) for p in store.study.pictures]
    boost = store.study.method.boost(store.study.design)
    if boost:
        known = [pixels.repeat(boost.zoom, axis=0).repeat(boost.zoom, axis=1) for pixels in known]
    seen = set()
    with served(store) as url:
        driver.get(f"{url}/i/{store.invite()}")
        for _ in range(40):
            state = _until_ready(driver, another=True)
            name = "end" if state["end"] else state["at"]
            if name not in seen:
                assert _violations(driver) == [], name
                if method == "acr" or name not in _ALIKE:
                    _check_reflow(driver, str(name))
                seen.add(name)
            if state["end"]:
                break
            driver.execute_script("document.body.dataset.left = 'soon'")
            if state["trial"]:
                if state["at"] in ("0", "1"):
                    _check_pixels(driver, known)
                if not state["versions"]:
                    _until_ready(driver)
                _look_and_set(driver)
                _until_ready(driver)
                _pressed(driver, *_KEYS[method])
            else:
                _through_a_form(driver)
        assert {"consent", "screen", "calibration", "practice", "0", "end"} <= seen
    assert {answer.value for answer in store.responses()} == {_VALUES.get(method, _KEYS[method][0])}
    assert all(answer.facts["browser"].startswith("Firefox ") for answer in store.responses())
