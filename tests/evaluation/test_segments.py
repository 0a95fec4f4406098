"""Segments: written by one process each, read together, closed by a manifest, and joined to rows.jsonl."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.evaluation import segments
from srbench.evaluation.frame import load_results
from srbench.evaluation.merge import merge, write
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.segment_folder import SegmentFolder, join_segments
from srbench.evaluation.shown import shown
from srbench.evaluation.stored_models import remove
from tests.evaluation.runs import write_run


def _row(folder: RunFolder, key: str, value: float, model: str = "ours") -> Row:
    return replace(folder.rows()[0], key=key, value=value, model=model, identity=model, image=key)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return write_run(tmp_path / "run", {"ours": [30.0]})


def _values(folder: RunFolder) -> dict[str, float]:
    return {row.key: row.value for row in folder.rows()}


def test_segments_are_read_beside_the_rows_newer_calls_last(folder: RunFolder) -> None:
    late, early = SegmentFolder(folder.path, 7), SegmentFolder(folder.path, 2)
    late.append([_row(folder, "b", 2.0)])
    early.append([_row(folder, "b", 1.0), _row(folder, "c", 3.0)])
    assert _values(folder) == {"ours0psnrset": 30.0, "b": 2.0, "c": 3.0}
    assert len(shown(folder).rows) == len(load_results(folder.path)) == 3
    for writer in (late, early):
        writer.close()
    assert folder.rows()
    assert not folder.left_out
    join_segments(folder)
    assert _values(folder) == {"ours0psnrset": 30.0, "b": 2.0, "c": 3.0}
    assert sorted(path.name for path in folder.path.iterdir()) == [".lock", "rows.jsonl", "run.json"]


def test_what_a_dead_writer_left_counts_but_for_its_torn_last_line(folder: RunFolder) -> None:
    dead = SegmentFolder(folder.path, 1)
    dead.append([_row(folder, "b", 2.0)])
    (path,) = segments.paths(folder.path)
    with path.open("ab") as file:
        file.write(_row(folder, "c", 3.0).to_json()[:50].encode())
    assert set(_values(folder)) == {"ours0psnrset", "b"}
    assert not folder.left_out
    join_segments(folder)
    assert path.exists(), "it is still locked"
    del dead  # its lock goes with its process
    join_segments(folder)
    assert set(_values(folder)) == {"ours0psnrset", "b"}
    assert not path.parent.exists()
    assert not folder.left_out


@pytest.mark.parametrize(
    "change", [lambda text: text[: text.index(b"\n") + 1], lambda text: text.replace(b": 2.0", b": 9.0")]
)
def test_a_closed_segment_that_changed_is_named(folder: RunFolder, change: Callable[[bytes], bytes]) -> None:
    writer = SegmentFolder(folder.path, 1)
    writer.append([_row(folder, "b", 2.0), _row(folder, "c", 3.0)])
    writer.close()
    (path,) = segments.paths(folder.path)
    path.write_bytes(change(path.read_bytes()))
    folder.rows()
    assert "is not as it was closed (expected 2 rows)" in folder.left_out[path.name]


def test_a_full_disk_leaves_a_segment_as_it_was(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentFolder(folder.path, 1)
    writer.append([_row(folder, "b", 2.0)])
    (path,) = segments.paths(folder.path)
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segments.os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*segments"):
        writer.append([_row(folder, "c", 3.0)])
    monkeypatch.undo()
    assert path.read_bytes() == before
    writer.append([_row(folder, "c", 3.0)])
    writer.close()
    assert set(_values(folder)) == {"ours0psnrset", "b", "c"}
    assert not folder.left_out


def test_other_verbs_take_segments_in(folder: RunFolder, tmp_path: Path) -> None:
    writer = SegmentFolder(folder.path, 1)
    writer.append([_row(folder, "b", 2.0, "theirs")])
    writer.close()
    assert set(_values(write(merge([folder]), tmp_path / "all"))) == {"ours0psnrset", "b"}
    assert remove(folder, ["theirs"]).rows == 1
    assert set(_values(folder)) == {"ours0psnrset"}
    assert not segments.paths(folder.path)
    assert (folder.path / ROWS).exists()
