import json
import math
import random
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srbench
from srbench.core import line_columns
from srbench.errors import BadRun
from srbench.evaluation import kept_columns, row_columns
from srbench.evaluation.results import ROWS, RunFolder
from srbench.evaluation.row import Row
from srbench.evaluation.shown import shown

_NAMES = (
    "a",
    "ä",
    'b", "value": 3, "c',
    "back\\slash",
    'ends, "',
    "{}",
    "[1, 2]",
    "",
    "0123456789abcdefg",
    "0123456789abcdefh",
)
_VALUES = (30.0, 0.1, -0.0, 1e-300, math.inf, -math.inf, math.nan)
_FLAGS = ((), ("constant",), ('said "so"', "shifted"), ("a", "b", "c"))


def _row(choose: random.Random) -> Row:
    name: Any = choose.choice
    return Row(
        **{field: name(_NAMES) for field in ("protocol", "model", "dataset", "image", "unit", "hr", "lr", "picture")},
        **{"key": f"{choose.randrange(200):016x}", "identity": name("xxxxy"), "metric": name(("psnr", "ssim"))},
        **{"value": name(_VALUES), "higher_is_better": name((True, False)), "device": name(("cpu", "cuda"))},
        **{"mode": name(("fp32", "bf16")), "environment": name(("", "e1")), "warnings": name(_FLAGS)},
        **{"title": name(("", "PSNR")), "digits": name((None, 2, 4)), "images": name((1, 5)), "output": name("pq")},
        **{"pipeline": name((0, 7, 7, 7)), "tile_px": name((0, 128))},
    )


def _old(row: Row) -> str:
    """A line as versions before checksums wrote it, without some fields."""
    record = json.loads(row.to_json())
    return json.dumps({name: record[name] for name in record if name not in ("crc32", "title", "digits", "hr")})


def _other_order(row: Row) -> str:
    record = json.loads(row.to_json())
    return json.dumps(dict(sorted(record.items())), separators=(",", ":"))


def _odd(row: Row, choose: random.Random) -> str:
    line = row.to_json()
    changed = (line[:-9], line.replace("0", "1", 1), _old(row), _other_order(row), line + "\r", line + " ")
    return choose.choice((*changed, "", "  ", "[1, 2]", '"'))


@pytest.mark.parametrize("block_bytes", [700, 2**21])
def test_columns_hold_what_the_rows_hold_however_odd_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    choose = random.Random(block_bytes)
    rows = [_row(choose) for _ in range(150)]
    plain = [replace(rows[0], key=f"{i:x}", value=i / 7, image=f"{i % 9}", model=f"m{i % 3}") for i in range(60)]
    lines = [_odd(row, choose) if choose.random() < 0.2 else row.to_json() for row in rows]
    lines += [row.to_json() for row in plain]
    folder = RunFolder(tmp_path)
    images = {"a": {"hr_sha256": "a", "lr_sha256": "a"}}
    call = {"pipeline": 7, "datasets": {"a": {"files": images, "content": "c"}}, "models": {"a": {"fingerprint": "x"}}}
    folder.record({"name": "p"}, {"torch": "2"}, call)
    (tmp_path / ROWS).write_bytes("\n".join(lines).encode())
    monkeypatch.setattr(line_columns, "_READ_BYTES", block_bytes)
    _compare(folder)
    (tmp_path / ROWS).write_bytes("\n".join(lines).encode() + b"\n")
    _compare(folder)


def _compare(folder: RunFolder) -> None:
    columns = kept_columns.read(folder.path / ROWS, [], row_columns.vocabularies())
    assert repr(columns.rows(np.arange(len(columns)))) == repr(folder.rows())
    expected = shown(folder).rows
    assert len(columns) > len(expected) > 30
    found = srbench.load_results(folder.path)
    names = [field.name for field in fields(Row)]
    assert list(found) == ["run", *names]
    for name in names:
        values = [getattr(row, name) for row in expected]
        if name == "digits":
            values = [math.nan if value is None else float(value) for value in values]
        assert repr(found[name].tolist()) == repr(values), name


def test_a_line_of_a_later_version_is_refused_among_others(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.record({"name": "p"}, {"torch": "2"}, {})
    row = _row(random.Random(0))
    folder.append([replace(row, key=str(number)) for number in range(5)])
    with (tmp_path / ROWS).open("a") as file:
        record = json.loads(row.to_json()) | {"version": 99}
        file.write(json.dumps({name: record[name] for name in record if name != "crc32"}) + "\n")
    with pytest.raises(BadRun, match=r"version 99; expected row, version 3"):
        srbench.load_results(tmp_path)


def test_lines_of_one_shape_are_read_together(tmp_path: Path) -> None:
    row = replace(_row(random.Random(0)), value=1.5, warnings=())
    rows = [replace(row, key=f"{number:016x}", image=f"{number}") for number in range(50)]
    RunFolder(tmp_path).append([*rows[:20], replace(row, value=math.inf), *rows[20:]])
    block = line_columns.block((tmp_path / ROWS).read_bytes())
    assert [len(group.numbers) for group in block.groups] == [50, 1]
    assert block.others == []
    changed = row.to_json().replace('"value": 1.5', '"value": 2.5')
    infinite = [replace(row, value=math.inf).to_json()] * 20
    block = line_columns.block("".join(line + "\n" for line in [changed, *infinite]).encode())
    assert [len(group.numbers) for group in block.groups] == [20]
    assert block.others == [(0, changed.encode())]


def test_kept_columns_are_used_while_their_bytes_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_columns, "_SMALLEST_BYTES", 1000)
    choose = random.Random(1)
    folder, kept = RunFolder(tmp_path), tmp_path / kept_columns.FILE
    folder.append([_row(choose) for _ in range(50)])
    parsed: list[int] = []
    of_block = row_columns._of_block
    monkeypatch.setattr(row_columns, "_of_block", lambda *args: parsed.append(1) or of_block(*args))

    def read() -> list[Row]:
        parsed.clear()
        columns = kept_columns.read(tmp_path / ROWS, [], row_columns.vocabularies())
        found = columns.rows(np.arange(len(columns)))
        assert repr(found) == repr(folder.rows())
        return found

    read()
    assert (len(parsed), kept.exists()) == (1, True)
    read()
    assert parsed == []
    first = kept.read_bytes()
    folder.append([_row(choose)])
    assert (len(read()) > 40, parsed, kept.read_bytes() == first) == (True, [1], True)
    folder.append([_row(choose) for _ in range(20)])
    read()
    assert kept.read_bytes() != first
    (tmp_path / ROWS).write_bytes((tmp_path / ROWS).read_bytes().replace(b'"digits": 2', b'"digits": 4'))
    read()  # damaged lines are left out, as their bytes are others
    kept.write_bytes(first[: len(first) // 2])
    read()
    kept.write_bytes(first.replace(b"psnr", b"ssim"))
    read()
    (tmp_path / ROWS).write_bytes(b"")
    assert read() == []


def test_a_folder_that_cannot_be_written_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_columns, "_SMALLEST_BYTES", 100)
    RunFolder(tmp_path).append([_row(random.Random(2))])
    (tmp_path / kept_columns.FILE).mkdir()
    assert len(kept_columns.read(tmp_path / ROWS, [], row_columns.vocabularies())) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", kept_columns.FILE, ROWS]
