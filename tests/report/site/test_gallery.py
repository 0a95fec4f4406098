"""Clicks that lead to pictures, and the disputed crops of the first page."""

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srbench.cli import report
from srbench.evaluation.results import RunFolder
from srbench.evaluation.scenes import Scenes
from tests.browser import launched, window
from tests.report.viewer import made

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return made.run(tmp_path_factory.mktemp("pictured"))


@pytest.fixture(scope="module")
def page_file(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.write([run.path], tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as started:
        yield started


def test_points_cells_models_and_crops_lead_to_pictures(page_file: Path, run: RunFolder) -> None:
    page = page_file.read_text(encoding="utf-8")
    links = [unescape(link) for link in re.findall(r'href="(viewer\.html[^"]*)"', page)]
    for model in ("nearest", "bicubic", "bilinear", "lanczos"):
        for image in ("colour", "grey"):
            assert f"viewer.html#dataset=ripples&image={image}&models=hr,{model}" in links
    assert (page_file.parent / "viewer.html").exists()
    crops = [link for link in links if "crop=" in link]
    strips = sorted((page_file.parent / "disputed").iterdir())
    assert len(crops) == len(strips) > 0
    x, y, width, height = map(int, re.findall(r"crop=(\d+),(\d+),(\d+),(\d+)", crops[0])[0])
    strip = np.asarray(Image.open(io.BytesIO(strips[0].read_bytes())))
    assert strip.shape == (height, 3 * width + 8, 3)
    image = re.findall(r"image=(\w+)", crops[0])[0]
    hr = Scenes([run]).of(("ripples", image)).hr[y : y + height, x : x + width]
    assert (strip[:, :width] == (hr if hr.ndim == 3 else hr[..., None])).all()
    assert "viewer.html" not in (page_file.parent / "plots" / "map-ripples-psnr.svg").read_text()


def test_without_pictures_there_is_no_viewer_and_nothing_leads_to_it(run: RunFolder, tmp_path: Path) -> None:
    page = report.write([run.path], tmp_path, pictures=False).read_text(encoding="utf-8")
    assert "viewer.html" not in page
    assert not (tmp_path / "viewer.html").exists()


def test_a_click_in_a_plot_opens_the_picture(browser: Any, page_file: Path) -> None:
    with window(browser, 1280, 900) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(page_file.as_uri())
        page.locator('#map-ripples-psnr a[aria-label="ripples, grey, hr,lanczos"]').click()
        page.wait_for_url("**/viewer.html#dataset=ripples&image=grey&models=hr,lanczos*")
        page.go_back()
        page.locator("#disputed a").first.press("Enter")
        page.wait_for_url("**/viewer.html#*crop=*")
        assert said == []
