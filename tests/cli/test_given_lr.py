"""LR that is given: a protocol, a folder and tables of its own."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.cli.conftest import Call

RUN = ("run", "--models", "bicubic", "--metrics", "psnr", "--datasets")


def _images(folder: str, side: int, seed: int) -> str:
    rng = np.random.default_rng(seed)
    Path(folder).mkdir(parents=True)
    for number in range(2):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8))
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(Path(folder, f"i{number}.png"))
    return folder


def test_given_lr_is_another_protocol_with_a_folder_of_its_own(call: Call) -> None:
    hr, lr = _images("a/hr", 48, 0), _images("lr_deg", 12, 1)
    code, out, err = call(*RUN, hr, "--lr", lr)
    assert code == 0, err
    text = " ".join(out.split())
    assert "classical_x4+lr=given: x4, HR mod 4, LR given: lr_deg, 2 files, sha256 " in text
    assert "MATLAB" not in out
    assert Path("runs/classical_x4+lr=given/rows.jsonl").exists()
    call(*RUN, hr)
    _, out, _ = call("show", "runs/classical_x4", "--json")
    assert "given" not in out
    content = json.loads(call("show", "runs/classical_x4+lr=given", "--json")[1])
    assert content["protocol"]["lr"] == "given"
    (said,) = content["lr"].values()
    assert said.startswith("LR given: lr_deg, 2 files, sha256 ")


def test_two_folders_of_lr_are_two_tables(call: Call) -> None:
    hr = _images("a/faces", 48, 0)
    for seed, folder in enumerate(("lr_one", "lr_two"), 1):
        call(*RUN, hr, "--lr", _images(folder, 12, seed))
    content = json.loads(call("show", "runs/classical_x4+lr=given", "--json")[1])
    found = {entry["dataset"]: entry["mean"] for entry in content["summary"] if entry["metric"] == "psnr"}
    assert set(found) == {"faces+lr_one", "faces+lr_two"}
    assert len(set(found.values())) == 2


def test_given_lr_needs_a_folder_and_says_nothing_of_how_lr_is_made(call: Call) -> None:
    code, _, err = call("run", "--protocol", "classical_x4+lr=given", "--models", "bicubic")
    assert (code, "give their folder by --lr" in err) == (2, True)
    code, _, err = call("run", "--protocol", "classical_x4+lr_edge=replicate", "--lr", "x", "--models", "bicubic")
    assert (code, "lr_edge says how LR is made" in err) == (2, True)


def test_an_original_without_lr_is_a_failed_row(call: Call) -> None:
    hr, lr = _images("a/hr", 48, 0), _images("lr", 12, 1)
    Path(lr, "i1.png").unlink()
    code, out, err = call(*RUN, hr, "--lr", lr)
    assert code == 3, err
    text = " ".join(out.split())
    assert "i1: lr has no LR image of i1.png; add it, or rename the one there" in text
