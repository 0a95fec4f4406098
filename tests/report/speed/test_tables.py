import csv
import io
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console

from srbench.errors import BadRun
from srbench.report.formats import markdown, terminal
from srbench.report.speed import page, publish, records, tables
from srbench.report.speed.trade_off import Quality
from srbench.report.table import DASH, Cell, Table
from srbench.speed.records import PsnrDrop, SpeedRow, SpeedSession, Work
from tests.report.speed.synthetic import MODELS, broken, row, session, summaries


def _cells(table: Table, model: str, mode: str) -> dict[str, Cell]:
    (row,) = (row for row in table.rows if (row[0].text, row[1].text) == (model, mode))
    return {column.title: cell for column, cell in zip(table.columns, row, strict=True)}


def _line(table: Table, model: str, mode: str) -> dict[str, str]:
    return {head: cell.text + cell.ending for head, cell in _cells(table, model, mode).items()}


def _column(table: Table, head: str) -> tuple[str, ...]:
    (place,) = (i for i, column in enumerate(table.columns) if column.title == head)
    return tuple(row[place].text for row in table.rows)


def _markdown(made: SpeedSession, quality: Quality | None = None) -> str:
    return markdown.page(page.build(made, quality).page)


def _speed(*rows: SpeedRow) -> Table:
    (group,) = tables.groups(rows)
    return tables.speed(group)


def _printed(made: SpeedSession, width: int) -> str:
    out = io.StringIO()
    Console(width=width, file=out, color_system=None).print(
        terminal.page(page.build(made, Quality(summaries(), "classical_x4", 4)).page, width)
    )
    return out.getvalue()


def test_a_row_is_told_in_stated_units() -> None:
    line = _line(_speed(row(speed=6.8, batch=32)), "srresnet", "fp32")
    pixels = 16 * 180 * 320 / 1e6
    assert line["batch"] == "32 (memory)"
    assert line["ms/image median"] == f"{1000 * pixels / 6.8:.0f}"
    assert line["ms/image IQR"] == f"{0.97e3 * pixels / 6.8:.0f}–{1.06e3 * pixels / 6.8:.0f}"
    assert line["ms/call p99"] == f"{32 * 1.21e3 * pixels / 6.8:,.0f}"
    assert line["output MP/s"] == "6.80"
    assert float(line["TFLOP/s"]) == pytest.approx(2 * 0.166 * 6.8 / pixels, rel=0.01)
    assert line["valid"] == "yes"


def test_the_legend_explains_the_marks_that_occur() -> None:
    def legend(*cells: Cell) -> str:
        return page._legend([Table("t", "", (), (cells,))])

    assert legend(Cell("1"), Cell("2")) == ""
    assert legend(Cell("1", doubtful=True)) == "? not valid, see the notes"
    both = legend(Cell("1", mark=" !"), Cell("2", best=True))
    assert both.startswith("! PSNR differs from fp32's")
    assert both.endswith("; * no other is both better and faster (Pareto)")


@pytest.mark.parametrize(("worst", "mark"), [(-0.011, "!"), (0.02, "!"), (-0.009, ""), (float("nan"), "!")])
def test_a_mode_that_costs_too_much_is_marked(worst: float, mark: str) -> None:
    line = _line(_speed(replace(row(), psnr_drop=PsnrDrop(0.0, worst, 30.0, 3))), "srresnet", "fp32")
    assert line["ΔPSNR dB worst"].partition(" ")[2] == mark


def test_an_invalid_row_keeps_its_values_with_a_question_mark_and_its_reason() -> None:
    table = _speed(row(), replace(row("edsr"), valid=False, reason="the clock fell"))
    line = _line(table, "edsr", "fp32")
    assert all(line[head].endswith(" ?") for head in ("ms/image median", "images/s", "output MP/s", "TFLOP/s"))
    assert not line["peak MiB"].endswith("?")
    cells = [_cells(table, model, "fp32")["output MP/s"] for model in ("srresnet", "edsr")]
    assert [cell.doubtful for cell in cells] == [False, True]
    assert table.notes == ("? not valid (the clock fell): edsr fp32",)


def test_rows_of_a_second_measurement_are_named() -> None:
    table = _speed(row(), replace(row("edsr"), measured=2), replace(row("vdsr"), measured=2))
    assert table.notes == ("measured twice, since the first time was not valid: edsr fp32, vdsr fp32",)


def test_a_failed_row_has_dashes_and_its_reason() -> None:
    table = _speed(row(batch=32), broken("edsr", "bf16", "out of memory"), broken("vdsr", "bf16", "out of memory"))
    line = _line(table, "edsr", "bf16")
    assert {line.pop(head) for head in ("model", "mode", "valid")} == {"edsr", "bf16", "failed"}
    assert set(line.values()) == {DASH}
    assert table.notes == ("failed (out of memory): edsr bf16, vdsr bf16",)


def test_energy_has_a_column_where_it_is_known() -> None:
    heads = [{c.head for c in _speed(one).columns} for one in (row(), replace(row(), joule_per_image=None))]
    assert ["J/image" in found for found in heads] == [True, False]


def test_rows_are_grouped_by_scenario_scale_and_size() -> None:
    rows = [row(), row(batch=4), replace(row(), scale=2), replace(row(), lr_width=90), row("edsr")]
    assert [len(group.rows) for group in tables.groups(rows)] == [2, 1, 1, 1]


def test_work_stands_once_for_each_model() -> None:
    table = tables.work(tables.groups(session().rows))
    assert _column(table, "model") == tuple(model for model, *_ in MODELS)
    place = _column(table, "model").index("srresnet")
    assert [_column(table, head)[place] for head in ("parameters", "GMACs", "GFLOPs")] == ["1,543,000", "166", "332"]
    assert _column(table, "GMACs")[0] == DASH


def test_work_names_the_size_where_there_are_several() -> None:
    table = tables.work(tables.groups([row(), replace(row(), lr_width=90)]))
    assert _column(table, "image") == (
        "x4, 320 × 180 to 1280 × 720 pixels",
        "x4, 90 × 180 to 360 × 720 pixels",
    )


def test_the_heading_tells_machine_settings_and_ceiling() -> None:
    made = page.build(session()).page
    assert made.title == "Speed on NVIDIA H200"
    assert "torch 2.7.1" in made.lead[0]
    assert "power limit 700 W, clocks (sm 1980 MHz, memory 3201 MHz), tf32 off" in made.lead[0]
    assert made.lead[1] == "ceiling: fp32 52.1, tf32 380, bf16 712 TFLOP/s; copy 4,120 GB/s"
    assert made.sections[0].lines == ("not run (no weights): srgan",)


def test_a_session_without_facts_or_rows_is_a_page_too() -> None:
    empty = replace(session(), device={}, rows=[])
    assert page.build(empty).page.tables == ()
    assert _markdown(empty).startswith("# Speed on an unnamed device\n")


@pytest.mark.parametrize("width", [100, 160, 240])
def test_no_number_is_cut_on_a_terminal(width: int) -> None:
    text = _printed(session(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for one in session().rows:
        if not one.failure:
            shown = [line for line in text.splitlines() if line.split()[:2] == [one.model, one.mode]]
            assert any(f" {tables.number(one.output_mp_per_s)} " in line for line in shown)


def test_a_wide_terminal_shows_more_columns() -> None:
    narrow, wide = (_printed(session(), width) for width in (100, 160))
    assert "IQR" not in re.sub(r"Left out for lack of room:[^.]*\.", "", narrow)
    assert "IQR" in wide
    assert "Left out" not in _printed(session(), 240)


def test_long_names_fold_rather_than_numbers() -> None:
    text = _printed(replace(session(), rows=[row("a_model_with_a_name_" * 5, "fp32")]), 60)
    assert max(map(len, text.splitlines())) <= 60
    assert " 6.80 " in text


def test_markdown_has_all_columns_and_the_caption() -> None:
    text = _markdown(session(), Quality(summaries(), "classical_x4", 4))
    heads = next(line for line in text.splitlines() if line.startswith("| model | mode | batch"))
    for head in ("ms/image IQR", "ms/call p90", "GMACs /image", "% of ceiling", "J/image", "ΔPSNR dB worst", "valid"):
        assert f"| {head} |" in heads
    assert "GFLOPs = 2 × GMACs" in text
    counts = {
        line.count("|") for line in text.splitlines() if line.startswith(("| nearest | bf16 | 1", "| model | mode | b"))
    }
    assert counts == {heads.count("|")}


def test_work_has_both_counts_and_names_what_neither_has() -> None:
    text = _markdown(session())
    assert "| GFLOPs | GFLOPs by srbench | activations, M |" in text
    assert "| srresnet | 1,543,000 | 1,547,000 | 166 | 332 | 331 |" in text
    assert "operators not counted: add, relu (srcnn.mmagic_div2k, fsrcnn, " in text
    before = {name: value for name, value in asdict(row())["work"].items() if "own" not in name}
    assert Work.from_dict({**before, "not_counted": ["add"]}) == replace(
        row().work, flops_own=None, not_counted=("add",)
    )


def test_a_bar_in_a_name_does_not_break_the_table() -> None:
    assert "| a\\|b |" in _markdown(replace(session(), rows=[row("a|b")]))


def test_csv_holds_every_field_in_full() -> None:
    made = session()
    read = list(csv.DictReader(io.StringIO(records.table_csv(made.rows, made.device))))
    for line in read:
        where = {name: line.pop(name) for name in records.MACHINE}
        assert where["machine"] == made.device["machine"]
        assert where["torch"] == made.device["packages"]["torch"]
    assert [_parsed(line) for line in read] == list(made.rows)


def _parsed(line: dict[str, str]) -> SpeedRow:
    """A row of the file, by the types of its record."""
    low, high = float(line.pop("q1_ms")), float(line.pop("q3_ms"))
    line.pop("psnr_drop_exceeds_limit")
    parts: dict[str, Any] = {"iqr_ms": (low, high)}
    for name, kind in (("work", Work), ("psnr_drop", PsnrDrop)):
        cells = {key.removeprefix(f"{name}_"): line.pop(key) for key in list(line) if key.startswith(f"{name}_")}
        parts[name] = (
            kind(**{key: _cell(kind, key, cell) for key, cell in cells.items()}) if any(cells.values()) else None
        )
    return SpeedRow(**{key: _cell(SpeedRow, key, cell) for key, cell in line.items()}, **parts)


def _cell(record: type, name: str, cell: str) -> Any:
    kind = record.__annotations__[name]
    if name == "not_counted":
        return tuple(cell.split())
    if name == "parameters_by_file":
        return {file: int(held) for file, held in (part.split("=") for part in cell.split())}
    if type(None) in get_args(kind):
        return float(cell) if cell else None
    return {"True": True, "False": False}[cell] if kind is bool else kind(cell) if kind in (int, float) else cell


def test_json_holds_what_is_not_finite_as_null() -> None:
    made = replace(session(), rows=[replace(row(), psnr_drop=PsnrDrop(float("nan"), float("inf"), 30.0, 3))])
    content = publish.content(made)
    json.dumps(content, allow_nan=False)
    assert content["rows"][0]["psnr_drop"] == {
        "mean_db": None, "worst_db": None, "psnr": 30.0, "images": 3, "exceeds_limit": True
    }  # fmt: skip
    assert content["device"]["ceiling"] == asdict(made.ceiling)


def test_the_same_session_gives_the_same_text() -> None:
    texts = {_markdown(session(), Quality(summaries())) for _ in range(2)}
    assert len(texts) == 1
    assert not re.search(r"\bnan\b", texts.pop())


def test_a_session_comes_back_from_its_file(tmp_path: Path) -> None:
    made = session()
    publish.keep(made, tmp_path)
    again = publish.read(tmp_path)
    assert again.as_dict() == made.as_dict()
    assert list(again.rows) == list(made.rows)
    whole = (tmp_path / "speed.json").read_text(encoding="utf-8")
    (tmp_path / "speed.json").write_text(re.sub(r'("median_ms": \d*)', r"\g<1>7", whole, count=1))
    with pytest.raises(BadRun, match=r"speed\.json is damaged: it is not as it was written. Measure again with `srben"):
        publish.read(tmp_path)
    (tmp_path / "speed.json").write_text("{}")
    with pytest.raises(BadRun, match=r"speed\.json has no schema, and the keys -; expected speed"):
        publish.read(tmp_path)


def test_what_is_kept_after_each_row_leaves_the_rest_of_a_folder_alone(tmp_path: Path) -> None:
    picture = tmp_path / "quality-speed-latency.png"
    picture.write_bytes(b"of an earlier session")
    publish.keep(session(), tmp_path)
    assert picture.exists()


def test_calls_and_clocks_have_a_table_of_their_own() -> None:
    (group,) = tables.groups([row()])
    assert tables.calls(group) is None  # a session of an earlier version
    measured = replace(
        row(), first_call_ms=812.0, warm_up_ms=450.0, cold_ms=148.0, clock_before_mhz=1980.0, clock_after_mhz=1755.0,
        normalised_ms=171.0,
    )  # fmt: skip
    unknown = replace(row(mode="bf16"), warm_up_ms=90.0, cold_reason="no memory for a buffer of 256 MiB", valid=False)
    (group,) = tables.groups([measured, unknown])
    table = tables.calls(group)
    assert table is not None
    steady = tables.number(measured.median_ms)
    assert [cell.text for cell in table.rows[0]] == [
        "srresnet", "fp32", "812", "5", "450", steady, "148", "1,980", "1,755", "171",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1]][2:5] == ["–", "5", "90.0"]
    assert table.rows[1][4].doubtful
    assert table.notes == ("no time with cold caches: no memory for a buffer of 256 MiB",)
    shown = page.build(replace(session(), rows=[measured])).page.tables
    assert "calls-latency-x4-320x180" in [each.key for each in shown]
