"""Every page by axe-core (WCAG 2.2 AA), with text of 200 % and in a window of 320 px, with a silent console."""

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
from tests.survey.test_web import made
from tests.survey.walk import PHONE, administered, heard, on, other, rated, served

pytestmark = pytest.mark.slow

_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


def _violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options=_WCAG).response["violations"]
    return [f"{v['id']}: {[node['html'][:120] for node in v['nodes']]}" for v in found]


def _study(call: Call, folder: Path, *method: str) -> VoteStore:
    for name in ("a", "b"):
        image.write(folder / "images" / "hr" / f"{name}.png", np.full((40, 60, 3), 99, np.uint8))
    more = ("--method", *method, "--ask", "all", "--traps", "1", "--break-minutes", "1", "--trial-seconds", "20")
    return VoteStore(made(call, folder, *more))


# What is cut off, or lies under something else wherever the page is scrolled to.
HIDDEN = """() => {
  const waiting = document.body.classList.contains("waiting");
  document.body.classList.remove("waiting"); // answers too
  const seen = [...document.querySelectorAll("button, .button, h1, p, select, img, input:not([type=hidden])")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".cut, .frame"));
  const cut = seen.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.tagName !== "SELECT");
  const under = seen.filter((one) => one.matches("button, .button, select, input")).filter((one) => {
    one.scrollIntoView({ block: "nearest" });
    const box = one.getBoundingClientRect();
    return !one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
  });
  window.scrollTo(0, 0);
  document.body.classList.toggle("waiting", waiting);
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page is wider than the window"] : [];
  return [...wide, ...[...cut, ...under].map((one) => one.outerHTML.slice(0, 90))];
}"""


def _check_reflow(page: Any, name: str) -> None:
    """Text of twice the size, and a window of 320 px: nothing is cut off, covered, or scrolled sideways."""
    page.evaluate("document.documentElement.style.fontSize = '36px'")
    assert page.evaluate(HIDDEN) == [], f"{name} with text of 200 %"
    page.evaluate("document.documentElement.style.fontSize = ''")
    for size in ((320, 700), (320, 256)):
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        assert page.evaluate(HIDDEN) == [], f"{name} at {size}"
    page.set_viewport_size({"width": 1280, "height": 900})


_ALIKE = {"home", "screen", "thanks"}
"""Pages that are the same for all methods: their templates know nothing of a study's design."""
_METHODS = [
    ("acr",),
    ("acr-hr",),
    ("dcr",),
    ("dcr", "--display", "side"),
    ("pair",),
    ("pair", "--display", "toggle"),
    ("slider",),
    ("dscqs",),
    ("mushra",),
    ("triplet",),
    ("triplet-boosted",),
]


@pytest.mark.parametrize(
    ("method", "form"),
    [*((method, "") for method in _METHODS), (("triplet-boosted",), "plain")],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_a_raters_pages(call: Call, tmp_path: Path, browser: Any, method: tuple[str, ...], form: str) -> None:
    store = _study(call, tmp_path, *method, "--zoom", "2")
    with served(store) as url, window(browser, 1280) as page:
        said = heard(page)
        names = []
        for name in rated(page, url, store, form):
            names.append(name)
            if method == ("acr",) or name not in _ALIKE:
                assert _violations(page) == [], name
                _check_reflow(page, name)
        assert {"home", "consent", "screen", "calibration", "practice", "trial", "thanks"} <= set(names)
        assert said == []


def test_a_break_and_the_pages_beside_the_way(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _study(call, tmp_path, "acr")
    with served(store) as url, window(browser, 1280) as page:
        said = heard(page)
        assert "break" in list(rated(page, url, store))
        for name in other(page, url, store):
            assert _violations(page) == [], name
        for name in administered(page, url, store):
            assert _violations(page) == [], name
        assert [line for line in said if "404" not in line] == []  # the lost page is a 404, and says so


def test_a_phone(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _study(call, tmp_path, "acr")
    with served(store) as url, window(browser, 390, 844, 3, user_agent=PHONE) as page:
        page.goto(f"{url}/i/{store.invite()}")
        assert "Please use a computer" in page.locator("h1").inner_text()
        assert _violations(page) == []


def _to_the_trials(page: Any, link: str) -> None:
    page.goto(link)
    while not page.locator('input[name="position"]').count():
        on(page)
    page.wait_for_selector("body:not(.waiting)")


def test_another_zoom_is_noticed_and_can_be_checked_anew(call: Call, tmp_path: Path, browser: Any) -> None:
    store = VoteStore(made(call, tmp_path))
    with served(store) as url, window(browser, 1280) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        assert page.locator("#zoom-changed").is_hidden()
        zoomed = {"width": 1024, "height": 720, "deviceScaleFactor": 1.25, "mobile": False}
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setDeviceMetricsOverride", zoomed)
        page.wait_for_selector("#zoom-changed:visible")
        assert page.locator(".scale").is_hidden()
        page.keyboard.press("3")  # no answer is taken
        page.wait_for_timeout(200)
        assert store.responses() == []
        assert _violations(page) == []
        page.get_by_role("link", name="Check this screen").click()
        on(page)
        page.wait_for_selector("body:not(.waiting)")
        assert page.locator("#zoom-changed").is_hidden()
        page.keyboard.press("3")
        page.wait_for_selector('input[name=position][value="1"]', state="attached")
    (answer,) = store.responses()
    assert answer.facts["dpr"] == 1.25
    ((person, _),) = store.raters()
    assert person.facts["screen"]["dpr"] == 1.25


def _wide(call: Call, folder: Path, size_px: tuple[int, int], *more: str) -> VoteStore:
    """A study of pictures of this height and width."""
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        for model in ("m1", "m2"):
            pixels = generator.integers(0, 256, (*size_px, 3), dtype=np.uint8)
            image.write(folder / "images" / model / f"{name}.png", pixels)
    options = ("--images", str(folder / "images"), "--traps", "0", *more)
    assert call("survey", "create", str(folder / "st"), *options)[0] == 0
    return VoteStore(load(folder / "st"))


def test_a_window_narrower_than_the_picture_waits(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _wide(call, tmp_path, (300, 500))
    with served(store) as url, window(browser, 800, 700) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        page.set_viewport_size({"width": 450, "height": 700})
        page.wait_for_selector("#too-narrow:visible")
        page.keyboard.press("3")
        page.wait_for_timeout(200)
        assert store.responses() == []
        page.set_viewport_size({"width": 800, "height": 250})
        page.wait_for_selector("#too-narrow", state="hidden")
        page.wait_for_selector("#too-low:visible")
        page.keyboard.press("3")  # a low window is told, not refused
        page.wait_for_selector('input[name=position][value="1"]', state="attached")


def test_two_that_do_not_fit_side_by_side_wait_for_a_wider_window(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _wide(call, tmp_path, (200, 400), "--method", "pair")
    with served(store) as url, window(browser, 1000, 700) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        left, right = (one.bounding_box() for one in page.locator("#stimulus img").all())
        assert left["y"] == right["y"]
        page.set_viewport_size({"width": 700, "height": 700})
        page.wait_for_selector("#too-narrow:visible")
        assert page.locator(".scale").is_hidden()
        left, right = (one.bounding_box() for one in page.locator("#stimulus img").all())
        assert left["y"] == right["y"]


def test_a_picture_that_does_not_come_is_told(call: Call, tmp_path: Path, browser: Any) -> None:
    store = VoteStore(made(call, tmp_path))
    with served(store) as url, window(browser, 1000, 700) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        page.route("**/p/*.png", lambda route: route.abort())
        page.reload()
        page.wait_for_selector("#not-loaded:visible")
        assert page.locator(".scale").is_hidden()
        page.unroute("**/p/*.png")
        page.get_by_role("link", name="Try again").click()
        page.wait_for_selector("body:not(.waiting)")


def test_single_keys_can_be_turned_off(call: Call, tmp_path: Path, browser: Any) -> None:
    store = VoteStore(made(call, tmp_path))
    with served(store) as url, window(browser, 1000, 700) as page:
        _to_the_trials(page, f"{url}/i/{store.invite()}")
        page.get_by_role("button", name="Turn keys off").click()
        page.keyboard.press("3")
        page.wait_for_timeout(200)
        assert store.responses() == []
        page.reload()
        page.wait_for_selector("body:not(.waiting)")
        page.get_by_role("button", name="Turn keys on").click()
        page.keyboard.press("3")
        page.wait_for_selector('input[name=position][value="1"]', state="attached")


def test_the_card_is_drawn_as_wide_as_the_slider_says(call: Call, tmp_path: Path, browser: Any) -> None:
    store = VoteStore(made(call, tmp_path, "--ask", "card"))
    with served(store) as url, window(browser, 1280) as page:
        page.goto(f"{url}/i/{store.invite()}")
        on(page)
        for _ in range(20):
            page.locator("#card").press("ArrowRight")
        value = float(page.locator("#card").input_value())
        assert value == 110
        box = page.locator("#card-frame").bounding_box()
        assert box["width"] == pytest.approx(value, abs=0.6)
        assert box["width"] / box["height"] == pytest.approx(85.60 / 53.98, abs=0.01)
        page.locator("form select").select_option("8")
        with page.expect_navigation():
            page.locator("form button").click()
    ((person, _),) = store.raters()
    assert person.facts["screen"]["card"] == 110


def test_the_administrators_page_is_live(call: Call, tmp_path: Path, browser: Any) -> None:
    store = _study(call, tmp_path, "acr")
    with served(store, "/lab") as url, window(browser, 1280) as page:
        said = heard(page)
        list(administered(page, url, store))
        page.goto(f"{url}/admin")
        page.get_by_text("3 invited").wait_for(timeout=15_000)  # counts are kept for a while, longer on a busy machine
        store.invite()
        page.get_by_text("4 invited").wait_for(timeout=15_000)
        assert _violations(page) == []
        page.get_by_role("button", name="Preview as rater").click()
        assert page.locator(".preview").count()
        assert _violations(page) == []
        assert said == []
