from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import srbench
from srbench.cli.app import app
from srbench.errors import UserError
from srbench.evaluation.results import RunFolder
from srbench.evaluation.scenes import Scenes
from srbench.paper import choice
from srbench.paper import figure as paper
from srbench.report.figures.crop_layout import Page, Size, arrange
from srbench.report.figures.crop_panel import draw
from srbench.report.figures.panel_figure import DPI
from tests.report.viewer import made

CROP = (20, 16, 32, 24)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.run(tmp_path_factory.mktemp("figure")).path


def _request(**changes: object) -> paper.Request:
    crops = [choice.rectangle(",".join(map(str, CROP)))]
    return paper.Request(**{"images": ["colour"], "crops": crops, "models": ["nearest", "bicubic", "hr"], **changes})  # type: ignore[arg-type]


def test_every_pixel_of_a_crop_is_a_square_of_its_colour(run: Path, tmp_path: Path) -> None:
    """Down to the file: the output's pixels, repeated a whole number of times, nothing in between."""
    (panel, _), *_ = paper.panels([run], _request())
    drawn = draw([panel], 3.25)
    drawn.savefig(tmp_path / "a.png")
    page = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert drawn.dpi >= DPI
    assert page.shape[1] == round(3.25 * drawn.dpi)
    scene = Scenes([RunFolder(run)]).of((panel.label.split("(")[1].split(",")[0], "colour"))
    x, y, w, h = CROP
    for picture in (scene.outputs["nearest"], scene.outputs["bicubic"], scene.hr):
        crop = picture[y : y + h, x : x + w]
        assert any(_holds(page, crop.repeat(k, 0).repeat(k, 1)) for k in range(1, 40))


def _holds(page: np.ndarray, block: np.ndarray) -> bool:
    """Whether a block stands somewhere on a page, looked for by the lines in which its first row begins."""
    height, width = block.shape[:2]
    first = block[0].tobytes()
    for top in range(len(page) - height + 1):
        at = page[top].tobytes().find(first)
        if at >= 0 and at % 3 == 0 and np.array_equal(page[top : top + height, at // 3 : at // 3 + width], block):
            return True
    return False


def test_values_are_of_the_crop_and_nothing_else_is_cut_away(run: Path) -> None:
    (panel, _), *_ = paper.panels([run], _request(metrics=["psnr"]))
    scene = Scenes([RunFolder(run)]).of(("ripples", "colour"))
    x, y, w, h = CROP
    weights = np.array([65.481, 128.553, 24.966]) / 255
    difference = (scene.outputs["bicubic"].astype(float) - scene.hr)[y : y + h, x : x + w] @ weights
    assert panel.details[1].values == pytest.approx((10 * np.log10(255**2 / (difference**2).mean()),))
    (whole, _), *_ = paper.panels([run], _request(metrics=["psnr"], of="image"))
    assert whole.details[1].values == (scene.values["bicubic"]["psnr"],)
    assert panel.details[2].values == ()


def test_the_same_figure_has_the_same_bytes_and_its_fonts_inside(run: Path, tmp_path: Path) -> None:
    for form in ("pdf", "svg"):
        paths = [tmp_path / f"{turn}.{form}" for turn in "ab"]
        for path in paths:
            srbench.figure(run, "colour", [CROP], models=["nearest", "hr"], width="single").savefig(path)
        assert paths[0].read_bytes() == paths[1].read_bytes()
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"<text" not in (tmp_path / "a.svg").read_bytes()


def _written(run: Path, **words: object) -> list[str]:
    return [text.get_text() for text in srbench.figure(run, "colour", [CROP], **words).texts]  # type: ignore[arg-type]


def test_what_the_values_are_is_said_once_whatever_the_crops_are_called(run: Path) -> None:
    heads = ["PSNR\u2191", "/", "SSIM\u2191"]
    chosen = {"metrics": ["psnr", "ssim"]}
    for models, labels in (
        (["nearest", "hr"], ["a", "original"]),
        (["lr", "nearest"], []),
        (["lr", "nearest", "hr"], []),
    ):
        texts = _written(run, models=models, labels=labels, **chosen)
        assert [texts.count(head) for head in heads] == [1, 2, 1], models
    assert "PSNR\u2191/SSIM\u2191 of the crop" in _written(run, models=["nearest"], **chosen)


def test_a_narrow_image_in_a_wide_place_keeps_its_name_and_no_line_is_empty(run: Path) -> None:
    assert "colour (ripples, \u00d74)" in _written(run, models=["nearest", "bicubic", "hr"], width="single")
    with_values, without = (
        srbench.figure(run, "colour", [CROP], models=["nearest"], metrics=metrics).get_figheight()
        for metrics in (["psnr"], [])
    )
    assert with_values - without == pytest.approx(7 * 1.2 / 72, abs=0.01)


def test_the_verb_finds_disputed_crops_and_says_where_they_are(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.pdf"
    answer = CliRunner().invoke(app, ["figure", str(run), "--disputed", "2", "--metrics", "psnr", "--out", str(out)])
    assert not answer.exception, answer.output
    assert out.read_bytes().startswith(b"%PDF")
    assert "ripples/colour" in answer.output
    assert "ripples/grey" in answer.output


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": ["color"]}, "Closest: 'colour'"),
        ({"models": ["bicubik"]}, "Closest: 'bicubic'"),
        ({"crops": [choice.rectangle("80,60,32,32")]}, "96 x 72 px"),
        ({"crops": [choice.rectangle("0,0,8,8")], "images": ["colour", "grey"]}, "1 crops for 2 images"),
        ({"labels": ["one"]}, "1 labels for 3 crops"),
        ({"images": []}, "--image or --disputed"),
    ],
)
def test_what_is_not_there_is_refused(run: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        paper.panels([run], _request(**changes))


@pytest.mark.parametrize("text", ["1,2,3", "0,0,0,8", "a,0,8,8", "-1,0,8,8", "1.5,0,8,8"])
def test_a_crop_is_four_whole_numbers(text: str) -> None:
    with pytest.raises(UserError, match="expected x,y,width,height"):
        choice.rectangle(text)


@pytest.mark.parametrize("cells", range(1, 12))
def test_no_picture_leaves_the_page_or_covers_another(cells: int) -> None:
    page = Page(4125, 30, 150)
    layout = arrange(page, [(Size(500, 480), Size(64, 48)), (Size(320, 480), Size(40, 40))], cells)
    assert layout is not None
    taken = np.zeros((layout.size.height, layout.size.width), int)
    for block in layout.blocks:
        for x, y, width, height in (block.whole, *block.cells):
            assert min(x, y) >= 0
            taken[y : y + height + page.caption, x : x + width] += 1
            assert x + width <= layout.size.width
            assert y + height + page.caption <= layout.size.height
    assert taken.max() == 1
