"""Files that the version before 0.1.0's renames wrote, kept in tests/stored, still open."""

import json
import shutil
from pathlib import Path

from srbench.evaluation.results import RunFolder
from srbench.models.mode import Mode
from srbench.report.speed import publish
from srbench.speed.choices import ChoiceCache
from srbench.speed.records import PsnrDrop
from tests.cli.conftest import Call

STORED = Path(__file__).parent.parent / "stored"
RUN, SPEED = STORED / "run_0_1", STORED / "speed_0_1"


def test_rows_of_a_stored_run_have_canonical_modes() -> None:
    folder = RunFolder(RUN)
    rows = folder.rows()
    assert len(rows) == 15
    assert {row.mode for row in rows} == {"fp32", "bf16+channels_last+x8+tile=8", "bf16+channels_last"}
    tiled = next(row for row in rows if row.mode.endswith("tile=8") and row.image == "a")
    assert folder.picture(tiled).exists()
    assert folder.head()["protocol"]["name"] == "classical_x4"


def test_a_stored_run_is_shown(call: Call) -> None:
    code, out, err = call("show", str(RUN), "--json")
    assert code == 0, err
    modes = {(entry["model"], entry["mode"]) for entry in json.loads(out)["summary"]}
    assert ("nearest", "bf16+channels_last+x8+tile=8") in modes
    _, out, _ = call("show", str(RUN))
    assert "bf16+channels_last+x8+tile=8" in out


def test_a_stored_run_goes_on(call: Call, tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "run")
    code, out, err = call("run", "--models", "nearest", "--metrics", "psnr", "--limit", "1", "--out", "run", "--json")
    assert code == 0, err
    assert {entry["dataset"] for entry in json.loads(out)["summary"]} == {"builtin"}
    _, out, _ = call("show", "run", "--json")
    assert {entry["dataset"] for entry in json.loads(out)["summary"]} == {"hr", "builtin"}


def test_a_stored_session_of_speed_is_read_and_shown(call: Call, tmp_path: Path) -> None:
    rows = publish.read(SPEED).rows
    assert {row.mode for row in rows} == {"fp32", "bf16+unfolded", "fp32+graph"}
    assert [row.psnr_drop for row in rows if row.mode == "fp32"] == [
        PsnrDrop(0.0, 0.0, drop.psnr, 3) for drop in (row.psnr_drop for row in rows if row.mode == "fp32") if drop
    ]
    shutil.copytree(SPEED, tmp_path / "speed")
    code, out, err = call("show", "speed", "--json")
    assert code == 0, err
    content = json.loads(out)
    assert (content["schema"], content["version"]) == ("speed", 1)
    assert {row["psnr_drop"] is None for row in content["rows"] if not row["failure"]} == {False}


def test_a_stored_duel_is_read_and_shown_as_an_a_b_comparison(call: Call, tmp_path: Path) -> None:
    comparison, device = publish.read_ab_comparison(SPEED)
    assert comparison.names == ("nearest", "bicubic+channels_last")
    assert device["device"] == "cpu"
    (tmp_path / "ab").mkdir()
    shutil.copy(SPEED / "duel.json", tmp_path / "ab")
    code, out, err = call("show", "ab", "--json")
    assert code == 0, err
    assert json.loads(out)["ab_comparison"]["ratio"] == comparison.ratio
    code, out, _ = call("show", "ab")
    assert code == 0
    assert "bicubic+channels_last" in out


def test_stored_choices_of_the_fastest_mode_are_recalled_and_kept(tmp_path: Path) -> None:
    shutil.copy(SPEED / "fastest.json", tmp_path)
    cache = ChoiceCache(tmp_path / "fastest.json")
    choice = cache.recall("0123456789abcdef", Mode(tile_px=7))
    assert choice is not None
    assert choice.mode.name == "bf16+split+channels_last+tile=7"
    assert (choice.mode.fp32_layers, choice.speed_up) == (("head.0", "last"), 1.67)
    assert choice.psnr_drop == PsnrDrop(-0.0004, 0.0033, 29.2, 12)
    assert choice.reason.startswith("bf16+split+channels_last: 1.67 times")
    cache.keep("new", choice)
    assert cache.recall("0123456789abcdef", Mode(tile_px=7)) == choice == cache.recall("new", Mode(tile_px=7))
    plain = cache.recall("fedcba9876543210", Mode())
    assert plain is not None
    assert (plain.mode, plain.psnr_drop) == (Mode(), None)


def test_a_damaged_line_is_told_once_and_measured_again(call: Call, tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "run")
    words = ("run", "--models", "nearest", "--metrics", "psnr", "--limit", "1", "--out", "run")
    assert call(*words)[0] == 0
    rows = tmp_path / "run" / "rows.jsonl"
    rows.write_bytes(rows.read_bytes()[:-80])
    _, out, _ = call(*words)
    assert "1 damaged line of run/rows.jsonl left out" in out
    for again in (words, ("show", "run")):
        code, out, _ = call(*again)
        assert code == 0
        assert "damaged" not in out
