"""`srbench run --dry-run`: what would run and be fetched; nothing is written."""

import json
import os
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


def test_a_dry_run_counts_what_is_there_and_refuses_what_a_run_would(call: Call) -> None:
    arguments = ("run", "--models", "nearest", "--metrics", "psnr", "--json")
    call(*arguments)
    rows = Path("runs/classical_x4/rows.jsonl").read_bytes()
    content = json.loads(call(*arguments, "--dry-run")[1])
    assert (content["kept"], content["fetch"], content["datasets"]) == (9, [], {"builtin": 3})
    assert Path("runs/classical_x4/rows.jsonl").read_bytes() == rows
    code, _, err = call("run", "--models", "missing.pth", "--dry-run")
    assert (code, "missing.pth" in err) == (2, True)
