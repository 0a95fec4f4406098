from pathlib import Path

import numpy as np
import pytest

from srbench.core import image
from srbench.report.runs.sheet import Output, sheet, values_line


def _outputs(folder: Path, count: int, shape: tuple[int, ...] = (240, 200, 3)) -> tuple[Path, list[Output]]:
    """An original and outputs that differ in one corner only."""
    hr = np.random.default_rng(0).integers(60, 200, shape, dtype=np.uint8)
    image.write(folder / "hr.png", hr)
    made = []
    for number in range(count):
        sr = hr.copy()
        sr[-60:, -60:] += np.uint8(10 * number)
        image.write(folder / f"m{number}.png", sr)
        made.append(Output(f"model{number}", "28.43 dB", folder / f"m{number}.png"))
    return folder / "hr.png", made


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 1), (3, 2), (9, 3)])
def test_a_sheet_has_a_cell_for_hr_its_detail_and_each_output(tmp_path: Path, count: int, rows: int) -> None:
    page = sheet(*_outputs(tmp_path, count))
    assert page.height == rows * (288 + 40 + 8) + 8


def test_the_detail_is_where_outputs_differ_and_its_pixels_are_repeated(tmp_path: Path) -> None:
    hr, outputs = _outputs(tmp_path, 2)
    page = np.asarray(sheet(hr, outputs))
    shown = page[8 : 8 + 288, 8 + 296 : 8 + 296 + 288][::3, ::3]
    assert np.array_equal(shown, image.read(hr)[-96:, -96:])
    assert np.array_equal(page[8:11, 304:307], np.broadcast_to(page[8, 304], (3, 3, 3)))


def test_a_lone_output_is_shown_where_it_differs_most_from_hr(tmp_path: Path) -> None:
    hr, (_, output) = _outputs(tmp_path, 2)
    page = np.asarray(sheet(hr, [output]))
    shown = page[8 : 8 + 288, 8 + 296 : 8 + 296 + 288][::3, ::3]
    assert np.array_equal(shown, image.read(hr)[-96:, -96:])


def test_pictures_beside_stand_between_hr_and_the_outputs(tmp_path: Path) -> None:
    hr, outputs = _outputs(tmp_path, 1)
    page = sheet(hr, outputs, {"LR": np.zeros((240, 200), np.uint8)})
    assert page.height == 288 + 40 + 16
    assert page.getpixel((8 + 2 * 296 + 100, 100)) == (0, 0, 0)


def test_the_same_pictures_give_the_same_sheet(tmp_path: Path) -> None:
    hr, outputs = _outputs(tmp_path, 3)
    assert sheet(hr, outputs).tobytes() == sheet(hr, outputs).tobytes()


def test_grey_and_small_pictures_are_laid_out_too(tmp_path: Path) -> None:
    assert sheet(*_outputs(tmp_path, 2, (40, 70))).width > 0


def test_values_are_short() -> None:
    assert values_line({"psnr": 28.429, "ssim": 0.81111}, {"psnr": "dB", "ssim": ""}) == "28.43 dB, ssim 0.8111"
