"""`srbench run --dry-run`: what would run and be fetched; nothing is written."""

import json
import os
import time
from pathlib import Path

from tests.cli.conftest import Call


def _files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*"))]


def test_a_dry_run_says_what_would_run_and_be_fetched_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    places = (tmp_path, Path(os.environ["SRBENCH_CACHE"]))
    before = _files(*places)
    code, out, err = call("run", "--models", "bicubic,srgan", "--datasets", "builtin,set5", "--dry-run")
    assert code == 0, err
    assert "models: bicubic, srgan" in out
    assert "data sets: set5 (to fetch), builtin (3 images)" in out
    assert "Set5/HR/baby.png" in out
    assert "into runs/classical_x4; 0 values are stored there already" in out
    assert _files(*places) == before


def test_a_dry_run_says_that_modes_are_chosen_later(call: Call) -> None:
    words = ("run", "--models", "nearest", "--mode", "auto+x8", "--dry-run")
    assert "in the fastest mode of each model, told here as if it were fp32+x8, into" in call(*words)[1]
    content = json.loads(call(*words, "--json")[1])
    assert (content["mode"], content["mode_auto"]) == ("fp32+x8", True)


def test_a_dry_run_counts_what_is_there_and_refuses_what_a_run_would(call: Call) -> None:
    arguments = ("run", "--models", "nearest", "--metrics", "psnr", "--json")
    call(*arguments)
    rows = Path("runs/classical_x4/rows.jsonl").read_bytes()
    content = json.loads(call(*arguments, "--dry-run")[1])
    assert (content["kept"], content["fetch"], content["datasets"]) == (9, [], {"builtin": 3})
    assert (content["model_images"], content["open"], content["disk_bytes"]) == (3, 0, 0)
    assert Path("runs/classical_x4/rows.jsonl").read_bytes() == rows
    code, _, err = call("run", "--models", "missing.pth", "--dry-run")
    assert (code, "missing.pth" in err) == (2, True)


def test_a_dry_run_tells_time_by_what_earlier_calls_spent_memory_and_disk(call: Call) -> None:
    words = ("run", "--metrics", "psnr", "--json")
    begin = time.perf_counter()
    call(*words, "--models", "nearest,bicubic")
    took_s = time.perf_counter() - begin
    again = json.loads(call(*words, "--models", "nearest,bicubic", "--force", "--save-images", "--dry-run")[1])
    assert (again["open"], again["untimed"], again["calls_alone"]) == (6, [], [])
    assert 0 < again["expected_s"] < 3 * took_s
    assert again["memory_mib"] > 700
    assert again["disk_bytes"] > 1e6
    other = json.loads(call("run", "--metrics", "ssim", "--json", "--models", "nearest,esrgan_lite", "--dry-run")[1])
    assert (other["open"], other["untimed"], other["calls_alone"]) == (6, ["esrgan_lite.textured"], ["nearest"])
    out = call("run", "--metrics", "psnr", "--models", "srgan", "--dry-run")[1]
    assert "time: not known, as the folder has no times of these models" in out
