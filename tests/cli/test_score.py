"""`srbench score`: names of other tools, bad images, scores beside a run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srbench.core import image
from tests.cli.conftest import Call

PSNR = ("--metrics", "psnr", "--device", "cpu")


@pytest.fixture
def folders(tmp_path: Path) -> None:
    """Originals hr/boat.png and hr/tree.png; outputs sr/boat_SwinIR.png and sr/tree_SwinIR.png."""
    down, right = np.mgrid[:64, :96]
    for number, name in enumerate(("boat", "tree")):
        levels = np.stack([right * 2, down * 3, (right + down * (1 + number)) % 50 * 5], -1).clip(0, 255)
        hr = Image.fromarray(levels.astype(np.uint8))
        sr = hr.resize((24, 16), Image.Resampling.BICUBIC).resize((96, 64), Image.Resampling.BICUBIC)
        image.write(tmp_path / "hr" / f"{name}.png", np.asarray(hr))
        image.write(tmp_path / "sr" / f"{name}_SwinIR.png", np.asarray(sr))


@pytest.mark.usefixtures("folders")
def test_names_of_other_tools_are_paired_and_the_rule_is_told(call: Call) -> None:
    code, out, _ = call("score", "sr", "hr", *PSNR, "--json")
    content = json.loads(out)
    assert code == 0
    assert content["summary"][0]["n"] == 2
    assert any("'*_SwinIR'" in note for note in content["notes"])
    code, again, _ = call("score", "sr", "hr", *PSNR, "--json", "--pairs", "{name}_SwinIR")
    assert json.loads(again)["summary"] == content["summary"]


@pytest.mark.usefixtures("folders")
def test_a_bad_image_fails_and_the_table_is_printed(call: Call) -> None:
    Path("sr/tree_SwinIR.png").write_bytes(Path("sr/tree_SwinIR.png").read_bytes()[:300])
    code, out, _ = call("score", "sr", "hr", *PSNR)
    assert code == 3
    assert "(1 of 2)" in out
    assert "failed: sr on hr tree" in out
    Path("sr/boat_SwinIR.png").write_text("no image")
    code, _, err = call("score", "sr", "hr", *PSNR)
    assert code == 2
    assert "no image can be used" in err


@pytest.mark.usefixtures("folders")
def test_scores_stand_beside_a_run_with_notes_and_sheets(call: Call) -> None:
    call("run", "--models", "nearest", "--datasets", "./hr", *PSNR, "--save-images", "--out", "run")
    shutil.rmtree("run/sheets")
    code, out, _ = call("score", "sr", "hr", *PSNR, "--out", "run", "--name", "theirs", "--json")
    assert code == 0
    assert {line["model"] for line in json.loads(out)["summary"]} == {"nearest", "theirs"}
    assert len({line["dataset"] for line in json.loads(out)["summary"]}) == 1
    assert {path.name for path in Path("run/sheets").rglob("*.png")} == {"boat.png", "tree.png"}
    _, shown, _ = call("show", "run")
    assert "theirs" in shown
    assert "(cpu" not in shown
    assert "'*_SwinIR'" in shown


@pytest.mark.usefixtures("folders")
def test_several_folders_are_scored_by_their_names_on_the_first_images(call: Call) -> None:
    shutil.copytree("sr", "other")
    code, out, _ = call("score", "hr", "--models", "a=sr,b=other", "--limit", "1", *PSNR, "--json")
    assert code == 0
    assert [(line["model"], line["n"]) for line in json.loads(out)["summary"]] == [("a", 1), ("b", 1)]
    code, _, err = call("score", "sr", *PSNR)
    assert code == 2
    assert "expected SR_DIR and HR_DIR" in err


@pytest.mark.usefixtures("folders")
def test_the_folder_of_a_model_in_a_run_is_scored_by_its_one_mode(call: Call) -> None:
    run = ("run", "--models", "nearest", "--datasets", "./hr", *PSNR, "--out", "r", "--save-images", "--json")
    expected = {entry["mean"] for entry in json.loads(call(*run)[1])["summary"] if entry["metric"] == "psnr"}
    (folder,) = Path("r/images").glob("*/nearest")
    code, out, _ = call("score", str(folder), "hr", *PSNR, "--json")
    assert code == 0
    assert [(entry["model"], entry["mean"]) for entry in json.loads(out)["summary"]] == [("nearest", *expected)]
    shutil.copytree(folder / "fp32", folder / "bf16")
    code, _, err = call("score", str(folder), "hr", *PSNR)
    assert code == 2
    assert "nearest holds no images itself; expected one of its folders that do: bf16, fp32" in err
