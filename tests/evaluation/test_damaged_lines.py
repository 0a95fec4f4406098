"""A damaged line is told of, and goes once its row was measured again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.evaluation import damaged_lines
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row

A = Row(
    *("a" * 16, "classical_x4", "nearest", "id", "hr", "0", "psnr", 28.42, "dB", True, "cpu", "fp32"),
    output="0" * 16,
)
B = replace(A, key="b" * 16, image="1", value=30.25, output="1" * 16)


def _damaged(folder: Path, change: Callable[[str], str]) -> RunFolder:
    """Return a folder of which row A's line was changed, as it is after a run that told of it."""
    (folder / ROWS).write_text(f"{change(A.to_json())}\n{B.to_json()}\n", encoding="utf-8")
    found = RunFolder(folder)
    assert [row.key for row in found.rows()] == [B.key]
    assert "1 damaged line" in found.left_out[ROWS]
    return found


CHANGES = {
    "a digit": lambda line: line.replace("28.42", "29.42"),
    "the key": lambda line: line.replace("aaaa", "aaab", 1),
    "its metric": lambda line: line.replace("psnr", "pspr"),
    "its end": lambda line: line[:60],
    "nearly all": lambda line: line[:9],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_damaged_line_goes_once_its_row_is_there_again(tmp_path: Path, change: Callable[[str], str]) -> None:
    folder = _damaged(tmp_path, change)
    folder.append([A])
    damaged_lines.drop_measured_again(folder)
    assert (tmp_path / ROWS).read_text(encoding="utf-8") == f"{B.to_json()}\n{A.to_json()}\n"
    assert [row.key for row in folder.rows()] == [B.key, A.key]
    assert not folder.left_out


@pytest.mark.parametrize("change", ["a digit", "its end"])
def test_it_stays_and_is_counted_until_then(tmp_path: Path, change: str) -> None:
    folder = _damaged(tmp_path, CHANGES[change])
    before = (tmp_path / ROWS).read_bytes()
    damaged_lines.drop_measured_again(folder)
    assert (tmp_path / ROWS).read_bytes() == before
    folder.rows()
    assert ROWS in folder.left_out


def test_a_sound_file_is_not_written_anew(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([A, B])
    folder.rows()
    written = (tmp_path / ROWS).stat()
    damaged_lines.drop_measured_again(folder)
    assert (tmp_path / ROWS).stat().st_ino == written.st_ino
