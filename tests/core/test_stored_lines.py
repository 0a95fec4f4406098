"""Lines with checksums: what is damaged is never another number."""

import json
import resource
from pathlib import Path

import pytest

from srbench.core.stored_lines import Lines, append, is_whole, line

RECORDS = [{"key": f"{i:04x}", "value": 28.42 + i} for i in range(50)]


def _write(path: Path) -> list[str]:
    lines = [line(record) for record in RECORDS]
    append(path, lines)
    return lines


def _read(path: Path) -> tuple[list[float], int]:
    lines = Lines(path)
    return [record["value"] for record in lines], lines.damaged


def test_records_come_back(tmp_path: Path) -> None:
    _write(tmp_path / "rows.jsonl")
    assert _read(tmp_path / "rows.jsonl") == ([record["value"] for record in RECORDS], 0)
    assert _read(tmp_path / "none.jsonl") == ([], 0)


def test_each_flipped_byte_is_damage_and_no_other_value(tmp_path: Path) -> None:
    whole = line(RECORDS[3]).encode()
    for at in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << bit
            try:
                record = json.loads(bytes(flipped)) if is_whole(bytes(flipped)) else None
            except ValueError:
                record = None
            assert record is None or {name: record.get(name) for name in RECORDS[3]} == RECORDS[3]


def test_torn_lines_are_counted_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = _write(path)
    path.write_text("\n".join([*lines[:3], lines[3][:20], "", "[1]", *lines[4:]]) + "\n" + lines[0][:30])
    values, damaged = _read(path)
    assert values == [record["value"] for i, record in enumerate(RECORDS) if i != 3]
    assert damaged == 3
    append(path, [lines[3]])
    assert _read(path)[0][-1] == RECORDS[3]["value"]


def test_lines_that_do_not_fit_leave_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = _write(path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            append(path, lines)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
