"""`srbench explain`: the way of one image, what other conventions give, and the way back from print."""

import json
from pathlib import Path

import numpy as np
import pytest

from srbench.core import image
from srbench.evaluation.results import RunFolder
from tests.cli.conftest import Call


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Two pictures of 60 x 48 pixels, one of them grey."""
    down, right = np.mgrid[:48, :60]
    grey = (127.5 + 90 * np.sin(down * right / 40)).astype(np.uint8)
    image.write(tmp_path / "HR" / "stone.png", grey)
    image.write(tmp_path / "HR" / "wood.png", np.stack([grey, grey[::-1], 255 - grey], axis=-1))
    return str(tmp_path / "HR")


def test_the_steps_end_at_the_stored_rows_in_every_digit(call: Call, folder: str) -> None:
    call("run", "--models", "bicubic", "--datasets", folder, "--metrics", "psnr,ssim", "--out", "run")
    code, out, err = call("explain", "bicubic", "--image", f"{folder}/wood", "--run", "run", "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    rows = {row.metric: row for row in RunFolder(Path("run")).rows() if row.image == "wood"}
    assert {one["metric"]: one["value"] for one in said["values"]} == {
        metric: rows[metric].value for metric in ("psnr", "ssim")
    }
    assert all(one["equal"] for one in said["values"])
    steps = {one["name"]: one for one in said["steps"]}
    assert steps["LR"]["size"] == [12, 15, 3]
    assert steps["SR inside the border of 4 px"]["size"] == [40, 52, 1]
    assert 10 * np.log10(255**2 / steps["error: SR - HR"]["number"]) == pytest.approx(rows["psnr"].value, abs=1e-9)
    key = rows["ssim"].key
    assert f"equal to the stored row {key} in every digit" in call("explain", key[:8], "--run", "run")[1]


def test_print_leads_back_to_its_convention(call: Call, folder: str) -> None:
    variant = "classical_x4+border_px=6+grey=rgb+y_rounding=true"
    call("run", "--models", "bicubic", "--datasets", folder, "--metrics", "psnr,ssim", "--protocol", variant)
    rows = RunFolder(Path("runs") / variant).rows()
    psnr, ssim = (np.mean([row.value for row in rows if row.metric == name]) for name in ("psnr", "ssim"))
    printed = f"{psnr:.3f}/{ssim:.5f}".replace("/0", "/")
    code, out, _ = call("explain", "bicubic", "--datasets", folder, "--printed", printed, "--json")
    assert code == 0
    found = json.loads(out)["matches"]
    assert found[0]["convention"] == "Y rounded, border scale + 2, grey HR as RGB"
    assert found[0]["values"]["hr"]["psnr"] == pytest.approx(psnr, abs=1e-9)
    assert found[0]["values"]["hr"]["ssim"] == pytest.approx(ssim, abs=1e-9)
    assert "MATLAB's rgb2ycbcr" in found[0]["who"]["Y rounded"]


def test_where_nothing_fits_the_nearest_are_shown_and_stored_pictures_suffice(call: Call, folder: str) -> None:
    call("run", "--models", "nearest", "--datasets", folder, "--metrics", "psnr", "--save-images", "--out", "run")
    (pictures,) = Path("run/images").glob("*/nearest/*")
    of = ("explain", str(pictures), "--datasets", folder, "--printed")
    assert "No convention of" in call(*of, "70.00/.9999")[1]
    mean = np.mean([row.value for row in RunFolder(Path("run")).rows() if row.metric == "psnr"])
    out = call(*of, f"{mean:.3f}")[1]
    assert "all printed digits" in out
    assert "the default " in out.split("printed:")[1]
    call("score", str(pictures), folder, "--name", "ours", "--metrics", "psnr", "--out", "run")
    key = next(row.key for row in RunFolder(Path("run")).rows() if row.model == "ours" and row.image == "stone")
    out = call("explain", key, "--run", "run")[1]
    assert f"equal to the stored row {key} in every digit" in out
    assert "SR, as stored" in out


def test_lpips_is_told_by_each_network_at_hand(call: Call, folder: str) -> None:
    call("run", "--models", "nearest", "--datasets", folder, "--metrics", "lpips", "--out", "run")
    mean = np.mean([row.value for row in RunFolder(Path("run")).rows() if row.metric == "lpips"])
    said = json.loads(call("explain", "nearest", "--datasets", folder, "--metrics", "lpips", "--json")[1])
    others = said["others"]["mean of hr"]
    assert others["lpips.alex"] == pytest.approx(mean, abs=1e-9)
    assert "weights" in others["lpips.vgg"]


def test_a_folder_of_a_models_name_does_not_stand_for_the_model(call: Call, folder: str) -> None:
    Path("nearest").mkdir()
    said = json.loads(call("explain", "nearest", "--image", f"{folder}/wood", "--json")[1])
    assert "LR" in [step["name"] for step in said["steps"]]


def test_a_metric_lists_the_conventions_that_change_it(call: Call) -> None:
    listed = json.loads(call("explain", "ssim", "--json")[1])
    assert {"daala", "wang"} <= {one["value"] for one in listed if one["axis"] == "ssim"}
    assert not any(one["axis"] == "mean" for one in listed)
    assert "the SRGAN paper" in call("explain", "ssim")[1]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("bicubic", "--datasets", "builtin", "--printed", "28,42"), "28,42|'28' is no score"),
        (("bicubic", "--datasets", "builtin", "--printed", "28.42/1.8104"), "expected at most 1"),
        (("bicubic", "--datasets", "builtin", "--printed", "28.42,26.00"), "one for each data set"),
        (("bicubik", "--datasets", "builtin"), "Closest: 'bicubic'"),
        (("bicubic", "--datasets", "sett5"), "no data set 'sett5'"),
        (("bicubic", "--image", "builtin/chelsee"), "Closest: 'chelsea'"),
        (("bicubic",), "expected --image DATASET/NAME"),
        (("bicubic", "--datasets", "builtin", "--protocol", "classical_x4+lr=given"), "does not make LR"),
        (("abcdef12", "--run", "nowhere"), "no row of nowhere"),
    ],
)
def test_wrong_words_end_with_2(call: Call, words: tuple[str, ...], reason: str) -> None:
    code, out, err = call("explain", *words)
    assert (code, out) == (2, "")
    assert any(part in err for part in reason.split("|"))
