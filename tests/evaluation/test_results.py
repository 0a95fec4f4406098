import gc
import json
import math
from pathlib import Path

import pytest

from srbench.errors import BadRun
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.row import Row, key
from srbench.evaluation.shown import choose


def _row(**changes: object) -> Row:
    base = {"key": "k", "protocol": "p", "model": "m", "identity": "i", "dataset": "d", "image": "x", "metric": "psnr"}
    base |= {"value": 1.0, "unit": "dB", "higher_is_better": True, "device": "cpu", "mode": "fp32"}
    return Row(**(base | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1 / 3, math.inf, -math.inf, math.nan])
def test_rows_come_back_as_they_were(tmp_path: Path, value: float) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row(value=value, warnings=("odd ≈",))])
    (row,) = folder.rows()
    assert row.warnings == ("odd ≈",)
    assert row.value == value or (math.isnan(row.value) and math.isnan(value))
    stored = json.loads((tmp_path / ROWS).read_text())
    assert (stored["schema"], stored["version"]) == ("row", 3)
    assert (stored["value"] is None) == (not math.isfinite(value))


def test_a_torn_line_is_ignored_and_does_not_swallow_the_next(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row(key="a")])
    with (tmp_path / ROWS).open("a") as file:
        file.write('{"schema": 1, "key": "b", "mod')
    folder.append([_row(key="c")])
    assert [row.key for row in folder.rows()] == ["a", "c"]


def test_torn_lines_among_many_take_no_whole_one_with_them(tmp_path: Path) -> None:
    folder, torn = RunFolder(tmp_path), {7, 8, 5_000, 9_999}
    folder.append([_row(key=str(number)) for number in range(10_000)])
    file = tmp_path / ROWS
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line[: 40 + i % 200] if i in torn else line for i, line in enumerate(lines)) + "\n7\n")
    assert [int(row.key) for row in folder.rows()] == [number for number in range(10_000) if number not in torn]


def test_rows_share_their_words(tmp_path: Path) -> None:
    """A million rows of ten models would otherwise hold each name a hundred thousand times."""
    folder = RunFolder(tmp_path)
    folder.append([_row(key="a", model="some model")])
    folder.append([_row(key="b", model="some model")])
    first, second = folder.rows()
    assert first.model is second.model
    assert not hasattr(first, "__dict__")


def test_reading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row()])
    folder.rows()
    assert gc.isenabled()
    gc.disable()
    try:
        folder.rows()
        assert not gc.isenabled()
    finally:
        gc.enable()
    (tmp_path / ROWS).write_text('{"schema": 99}\n')
    with pytest.raises(BadRun):
        folder.rows()
    assert gc.isenabled()


def test_the_newest_row_of_a_key_counts(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row(key="a", value=1.0), _row(key="b"), _row(key="a", value=2.0)])
    assert [(row.key, row.value) for row in folder.rows()] == [("b", 1.0), ("a", 2.0)]


def test_rows_of_replaced_weights_are_not_mixed_with_new_ones() -> None:
    old = [_row(identity="old", image=name) for name in "xyz"]
    new = [_row(identity="new", image="x", value=2.0)]
    assert choose([*old, *new], []).rows == new


def test_a_run_of_before_schemas_had_names_is_read_and_goes_on(tmp_path: Path) -> None:
    row = {**json.loads(_row(key="a").to_json()), "schema": 1}
    for name in ("version", "title", "digits", "images", "crc32"):
        del row[name]
    (tmp_path / ROWS).write_text(json.dumps(row) + "\n")
    head = {"schema": 1, "environments": {}, "calls": [], "protocol": {"name": "p"}}
    (tmp_path / HEAD).write_text(json.dumps(head))
    folder = RunFolder(tmp_path)
    assert folder.head()["protocol"] == {"name": "p"}
    assert folder.rows() == [_row(key="a")]
    _, call = folder.record({"name": "p"}, {"machine": "m"}, {"models": {}})
    folder.append([_row(key="b")])
    assert call == 0
    stored = json.loads((tmp_path / HEAD).read_text())
    assert (stored["schema"], stored["version"]) == ("run", 3)
    assert [row.key for row in folder.rows()] == ["a", "b"]


def test_a_run_of_a_later_version_is_refused_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text('{"schema": "row", "version": 4}\n')
    (tmp_path / HEAD).write_text('{"schema": "run", "version": 4}\n')
    with pytest.raises(BadRun, match="schema row, version 4; expected row, version 3 or older"):
        RunFolder(tmp_path).rows()
    with pytest.raises(BadRun, match="version 4 of run; expected run, version 3 or older"):
        RunFolder(tmp_path).head()


def test_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text('{"schema": 99}\n')
    (tmp_path / HEAD).write_text('{"schema": 99}\n')
    for read in (RunFolder(tmp_path).rows, RunFolder(tmp_path).head):
        with pytest.raises(BadRun, match=r"schema 99.*; expected (row|run), version 3 or older"):
            read()


def test_keys_follow_every_condition() -> None:
    assert key(a=1, b={"x": 2}) == key(b={"x": 2}, a=1)
    assert key(a=1) != key(a=2) != key(b=2)


def test_names_with_line_separators_and_torn_letters_do_no_harm(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row(key="a", image="odd\u2028name é")])
    with (tmp_path / ROWS).open("ab") as file:
        file.write(b'{"schema": 1, "image": "caf\xc3')
    folder.append([_row(key="c")])
    assert [row.image for row in folder.rows()] == ["odd\u2028name é", "x"]


def test_a_file_where_the_folder_should_be_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRun, match="choose another --out"):
        RunFolder(tmp_path / "file").record({"name": "p"}, {}, {})


def test_a_changed_digit_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.append([_row(key="a", value=28.42), _row(key="b", value=30.0)])
    file = tmp_path / ROWS
    file.write_text(file.read_text().replace("28.42", "29.42"))
    assert [row.key for row in folder.rows()] == ["b"]
    assert folder.left_out[ROWS].startswith(f"1 damaged line of {file} left out; ")


@pytest.mark.parametrize("change", [("key", "[]"), ("key", "{}"), ("protocol", "3"), ("mode", "null")])
def test_a_line_without_a_checksum_whose_field_is_of_another_type_is_damaged(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    record = json.loads(_row().to_json())
    del record["crc32"]
    (tmp_path / ROWS).write_text(json.dumps({**record, change[0]: json.loads(change[1])}) + "\n")
    folder = RunFolder(tmp_path)
    assert folder.rows() == []
    assert ROWS in folder.left_out


def test_a_line_that_lacks_a_field_is_damaged(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text('{"schema": "row", "version": 3}\n')
    folder = RunFolder(tmp_path)
    assert folder.rows() == []
    assert ROWS in folder.left_out


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"schema": "speed", "version": 1}', "\0\0"])
def test_a_damaged_head_is_refused_and_set_aside_by_the_next_call(tmp_path: Path, content: str) -> None:
    (tmp_path / HEAD).write_text(content)
    folder = RunFolder(tmp_path)
    with pytest.raises(BadRun, match="sets it aside") if content[:1] not in ("[", "{") else pytest.raises(BadRun):
        folder.head()
    folder.record({"name": "p"}, {"python": "3"}, {"notes": []})
    assert (tmp_path / "run.damaged-1.json").read_text() == content
    assert folder.head()["calls"][0]["notes"] == [folder.left_out[HEAD]]


def test_a_head_of_a_later_version_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / HEAD).write_text('{"schema": "run", "version": 99}')
    with pytest.raises(BadRun, match="Install a newer srbench"):
        RunFolder(tmp_path).record({"name": "p"}, {}, {"notes": []})
    assert len(list(tmp_path.glob("run*.json"))) == 1


def test_a_digit_that_changed_in_the_head_is_damage(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.record({"name": "p", "scale": 4}, {"python": "3"}, {"notes": []})
    assert folder.head()["protocol"] == {"name": "p", "scale": 4}
    file = tmp_path / HEAD
    file.write_text(file.read_text().replace('"scale": 4', '"scale": 3'))
    with pytest.raises(BadRun, match="is damaged: it is not as it was written"):
        folder.head()
    folder.require_place()
    assert not file.exists()
