"""The viewer in browsers, opened from disk: rectangles as in Python, links, keys, WCAG 2.2 AA, a silent console."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from srbench.core.assets import AssetStore
from srbench.evaluation import scoring
from srbench.evaluation.crop_scores import crop_scores
from srbench.evaluation.originals import noted_originals
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.results import RunFolder
from srbench.protocol import read
from tests.browser import launched, window
from tests.firefox import firefox
from tests.report.viewer import made
from tests.survey.walk import heard

pytestmark = pytest.mark.slow

_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_SIZES = {"colour": (96, 72), "grey": (64, 64)}
_LINK = "#dataset=ripples&image=colour&models=hr,bilinear,lanczos&crop=10,12,30,20&zoom=6&centre=25,22"
_MEASURED = """async (asked) => {
  await ready;
  const found = [];
  for (const [name, model, x, y, width, height] of asked) {
    const image = srbenchIndex.images.find((one) => one.image === name);
    found.push(await measuredRectangle(image, model, { x, y, width, height }));
  }
  return found.map(({ psnr, ssim }) => [String(psnr), ssim]);
}"""


_TAMPERED = """async () => {
  const image = srbenchIndex.images[0];
  const canvas = await pictureOf(image, "lanczos");
  canvas.context.putImageData(new ImageData(new Uint8ClampedArray([1, 2, 3, 255]), 1, 1), 5, 5);
  try { verified(canvas, image.outputs.lanczos, "lanczos"); } catch (error) { return error.message; }
  return "nothing";
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def address(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    made.viewer(folder, run, lambda sr, hr: (sr.float() - hr.float()).abs().mean((0, 1)) / 255)
    return (folder / "viewer.html").as_uri()


def _rectangles(count: int) -> list[tuple[str, str, int, int, int, int]]:
    draw = np.random.default_rng(11)
    asked = []
    for _ in range(count):
        name = str(draw.choice(list(_SIZES)))
        model = str(draw.choice(["nearest", "bicubic", "bilinear", "lanczos", "net"]))
        x, y = (int(draw.integers(side)) for side in _SIZES[name])
        width, height = (int(draw.integers(1, side - at + 1)) for side, at in zip(_SIZES[name], (x, y), strict=True))
        asked.append((name, model, x, y, width, height))
    return asked


def test_rectangles_are_measured_as_in_python(browser: Any, address: str, run: RunFolder) -> None:
    asked = _rectangles(200)
    with window(browser, 1280, 720) as page:
        said = heard(page)
        page.goto(address)
        found = page.evaluate(_MEASURED, asked)
        assert said == []
        assert "other values than were measured" in page.evaluate(_TAMPERED)
    protocol = read(run.head()["protocol"])
    scorers = scoring.scorers(["psnr", "ssim"], protocol, AssetStore())
    originals = noted_originals(run).files["ripples"]
    rows = {(row.image, row.model): row for row in run.rows() if row.metric == "psnr"}
    for (name, model, *sides), (psnr, ssim) in zip(asked, found, strict=True):
        original = originals["ripples", name]
        values = crop_scores(run.picture(rows[name, model]), original, Rectangle(*sides), scorers, protocol).values
        expected = values["psnr"]
        assert float(psnr.replace("Infinity", "inf")) == pytest.approx(expected, abs=1e-6), (name, model, sides)
        assert (ssim is None) == (min(sides[2:]) < 11)
        assert ssim is None or ssim == pytest.approx(values["ssim"], abs=1e-6)
        assert not math.isnan(expected)


def test_a_link_opens_exactly_what_was_on_the_screen(browser: Any, address: str) -> None:
    with window(browser, 1280, 720) as page:
        said = heard(page)
        page.goto(address + _LINK)
        page.evaluate("ready")
        assert page.url.endswith(_LINK)
        assert page.locator("figure.panel").count() == 3
        page.locator("td.best").first.wait_for()
        assert page.locator("#numbers-of").inner_text() == "Rectangle 30 × 20 at 10, 12"
        assert page.locator("#command").text_content() == (
            "srbench figure RUN --image colour --dataset ripples --crop 10,12,30,20 --models hr,bilinear,lanczos "
            "--out figure.pdf"
        )
        page.goto(address + "#image=colour&models=lanczos,gone")
        page.locator("#status", has_text="model gone").wait_for()
        assert said == []


def test_the_page_begins_with_the_model_that_leads(browser: Any, address: str, run: RunFolder) -> None:
    values: dict[str, list[float]] = {}
    for row in run.rows():
        if row.metric == "psnr":
            values.setdefault(row.model, []).append(row.value)
    best = max(values, key=lambda model: float(np.mean(values[model])))
    for width, count in ((1280, 4), (390, 1)):
        with window(browser, width, 720) as page:
            page.goto(address)
            page.evaluate("ready")
            shown = page.evaluate("view.models")
            assert len(shown) == count
            assert (shown[0] == "hr") == (count > 1)
            assert best in shown
            name = page.locator(f"#models tr[data-name={best}] button span")
            assert name.text_content() == best


def test_keys_choose_models_and_layouts_and_shift_shows_the_original(browser: Any, address: str) -> None:
    with window(browser, 1280, 720) as page:
        page.goto(address + "#image=colour&models=lanczos")
        page.evaluate("ready")
        caption = page.locator("figcaption").first
        page.keyboard.press("o")
        page.keyboard.press("3")
        assert caption.inner_text().startswith("bilinear · ")
        page.keyboard.down("Shift")
        page.wait_for_function("document.querySelector('figcaption').textContent === 'HR'")
        page.keyboard.up("Shift")
        page.wait_for_function("document.querySelector('figcaption').textContent.startsWith('bilinear')")
        page.keyboard.press("w")
        page.wait_for_function("document.querySelector('figcaption').textContent.startsWith('HR | bilinear')")
        for key, shown in (("d", "difference"), ("q", "ssim"), ("i", "lpips")):
            page.keyboard.press(key)
            assert page.locator("#show").input_value() == shown
        page.keyboard.press("n")
        page.wait_for_function("document.title.startsWith('grey')")
        page.keyboard.press("r")
        box = page.locator("figure canvas").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 - 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 50)
        page.mouse.up()
        page.wait_for_function("document.querySelector('#numbers-of').textContent.startsWith('Rectangle')")
        page.locator("td.best").first.wait_for()


def test_every_part_keeps_to_wcag_and_to_the_window(browser: Any, address: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, height, scheme in ((1280, 720, "light"), (1920, 1080, "dark"), (390, 844, "light")):
        with window(browser, width, height, color_scheme=scheme) as page:
            said = heard(page)
            page.goto(address + _LINK + "&layout=wipe&show=ssim")
            page.evaluate("ready")
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert said == []  # axe asks for the style sheet by XMLHttpRequest, which a page from disk may not
            for opened in ("", "#keys", "#gallery-open") if width == 1280 else ("",):
                if opened:
                    page.click(opened)
                found = axe.run(page, options=_WCAG).response["violations"]
                assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (width, opened)
                page.keyboard.press("Escape")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("figure canvas").bounding_box()["height"] > 250


# Selenium's scripts do not see what the page's scripts declare; one of the page's own does.
_IN_PAGE = """
const script = document.createElement("script");
const tell = "(value) => (document.body.dataset.found = JSON.stringify(value))";
script.textContent = `${arguments[0]}.then(${tell}, (error) => (${tell})(String(error)))`;
document.head.append(script);
"""


def test_firefox_shows_the_same_values(address: str) -> None:
    wait = pytest.importorskip("selenium.webdriver.support.wait")
    asked = _rectangles(3)
    with firefox() as driver:
        driver.get(address)
        driver.execute_script(_IN_PAGE, f"({_MEASURED})({json.dumps(asked)})")
        told = "return document.body.dataset.found"
        wait.WebDriverWait(driver, 20).until(lambda _: driver.execute_script(told))
        found = json.loads(driver.execute_script(told))
    assert [len(one) for one in found] == [2, 2, 2], found
    assert all(math.isfinite(float(psnr)) for psnr, _ in found)
