"""The report from disk in Chromium and Firefox: sorting, filters, limits, WCAG 2.2 AA, no console message."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from srbench.report.site import publish
from tests.browser import launched, window
from tests.firefox import firefox
from tests.report.site.examples import stored
from tests.report.site.test_publish import speed_session

pytestmark = pytest.mark.slow

MODELS = {"nearest": 0.0, "bicubic": 1.0, "srresnet.ours": 1.02, "best.of_all": 3.0}
_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_AXE = """const done = arguments[arguments.length - 1];
axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then((found) => done(found.violations.map((one) => one.id + ": " + one.nodes[0].html)));"""
_ROWS = "[...document.querySelectorAll('#board tbody tr:not([hidden]) th')].map((one) => one.textContent.trim())"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    run = stored(folder / "run", MODELS)
    stored(folder / "run", MODELS, images=3, dataset="set5")
    return publish.write(publish.Sources([run], [speed_session()]), folder / "out")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


def _opened(page: Any, file: Path) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    return said


def test_the_leaderboard_sorts_filters_and_keeps_to_limits(browser: Any, page_file: Path) -> None:
    with window(browser, 1280, 720) as page:
        said = _opened(page, page_file)
        assert page.evaluate(_ROWS)[0] == "best.of_all"
        lpips = page.locator("#board th[data-group=set14][data-metric=lpips] button")
        lpips.press("Enter")
        assert page.evaluate(_ROWS) == ["nearest", "bicubic", "srresnet.ours", "best.of_all"]
        lpips.press("Enter")
        assert page.evaluate(_ROWS)[0] == "best.of_all"
        page.locator("#ms").fill("50")  # of speed measured apart: best.of_all has none
        page.locator("#board th[data-group=set14][data-metric=psnr] button").click()
        assert page.evaluate(_ROWS) == ["srresnet.ours", "bicubic", "nearest"]
        assert "3 of 4 models. Best of these in PSNR [dB] ↑ on set14: srresnet.ours" in page.inner_text("#status")
        assert "Not told apart from it: bicubic." in page.inner_text("#status")
        page.locator("#mib").fill("15")
        assert page.evaluate(_ROWS) == ["nearest"]
        page.get_by_role("button", name="All models").click()
        page.locator("#model").fill("SRRES")
        assert page.evaluate(_ROWS) == ["srresnet.ours"]
        page.locator("#dataset").select_option("set5")
        shown = page.locator("#board thead th[data-group]:visible").evaluate_all(
            "all => all.map((one) => one.dataset.group)"
        )
        assert set(shown) == {"set5", "latency, x4, 64 × 64 to 256 × 256 pixels, a desk"}
        assert page.locator("figure[data-of=set5]").first.is_visible()
        assert not page.locator("figure[data-of=set14]").first.is_visible()
        assert said == []


def test_every_width_and_colour_scheme_is_accessible(browser: Any, page_file: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, scheme in ((1280, "light"), (390, "dark")):
        with window(browser, width, 720, color_scheme=scheme) as page:
            said = _opened(page, page_file)
            assert said == []  # axe says more: it asks for style sheets as no page from disk may
            page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
            found = axe.run(page, options=_WCAG).response["violations"]
            assert [f"{v['id']}: {[node['html'][:120] for node in v['nodes']]}" for v in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_works_in_firefox(page_file: Path) -> None:
    with firefox() as driver:
        driver.get(page_file.as_uri())
        assert driver.execute_script(f"return {_ROWS}")[0] == "best.of_all"
        driver.find_element("id", "ms").send_keys("50")
        assert driver.execute_script(f"return {_ROWS}") == ["srresnet.ours", "bicubic", "nearest"]
        driver.execute_script((resources.files("axe_playwright_python") / "axe.min.js").read_text())
        assert driver.execute_async_script(_AXE) == []
