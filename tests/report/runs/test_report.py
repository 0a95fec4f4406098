import csv
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from srbench.evaluation.ranking import rank
from srbench.evaluation.row import Row
from srbench.evaluation.summary import summarise
from srbench.protocol import find
from srbench.report.formats import terminal
from srbench.report.runs import caption, publish
from srbench.report.runs.tables import build
from srbench.report.table import Page, Section, Table


def _rows(values: dict[str, list[float]], metric: str = "psnr", higher: bool = True, unit: str = "dB") -> list[Row]:
    blank = {
        "protocol": "p",
        "identity": "i",
        "dataset": "set",
        "metric": metric,
        "unit": unit,
        "device": "cpu",
        "mode": "fp32",
    }
    return [
        Row(key=f"{model}{i}{metric}", model=model, image=f"im{i}", value=value, higher_is_better=higher, **blank)  # type: ignore[arg-type]
        for model, listed in values.items()
        for i, value in enumerate(listed)
    ]


def test_summaries_are_means_with_sample_deviation() -> None:
    (summary,) = summarise(_rows({"a": [1.0, 2.0, 6.0]}))
    assert (summary.mean, summary.n, summary.median) == (3.0, 3, 2.0)
    assert summary.std == pytest.approx(np.std([1, 2, 6], ddof=1))
    assert summarise(_rows({"a": [1.0]}))[0].std is None


def test_a_model_is_tied_when_images_disagree_and_not_when_they_agree() -> None:
    base = [30.0, 20.0, 25.0, 28.0, 33.0, 21.0]
    noise = [0.5, -0.6, 0.4, -0.3, 0.2, -0.3]
    rows = _rows(
        {"best": base, "tied": [v + n for v, n in zip(base, noise, strict=True)], "worse": [v - 0.1 for v in base]}
    )
    assert {variant[0] for variant in rank(rows)["set", "psnr"].tied} == {"tied"}


def test_models_that_a_stopped_run_has_not_come_to_are_named() -> None:
    rows = _rows({"a": [30.0], "b": [20.0]})
    call = {"models": dict.fromkeys("abcde"), "datasets": {"set": {}, "other": {}}}
    call |= {"unavailable": {"d": "no weights"}, "failed": [{"model": "e", "dataset": "", "image": "", "reason": "x"}]}
    assert caption.unfinished(call, [*rows, replace(rows[0], dataset="other")]) == [
        "not measured yet on set, where the same command goes on: c",
        "not measured yet on other, where the same command goes on: b, c",
    ]


def test_a_table_says_what_its_marks_rest_on_and_which_images_decide_them() -> None:
    base = [30.0, 20.0, 25.0, 28.0, 33.0, 21.0]
    rows = _rows({"a": base, "b": [v + n for v, n in zip(base, (2.0, -0.2, -0.3, -0.2, -0.4, -0.3), strict=True)]})
    rows += _rows({"c": [v - 2 - i / 10 for i, v in enumerate(base)]})
    (table,) = build(summarise(rows), rank(rows), {"set": (6, 6)})
    assert [(row[1].best, row[1].tied) for row in table.rows] == [(False, True), (True, False), (False, False)]
    assert table.notes == (
        "Intervals: 95 %, Student t over 6 images; ≈: mean not told from the best by a paired t test with and without "
        "outlying images, corrected for all 3 pairs of models (Holm)",
        "PSNR: 1 of 6 images (im0) reverses 1 of 3 orders; without it a is 1st, not 2nd. Without 1 of 6 images (im0) "
        "a is best, not b",
    )


def test_one_image_has_no_interval_and_compares_nothing() -> None:
    rows = _rows({"a": [30.0], "b": [29.0]})
    (table,) = build(summarise(rows), rank(rows), {"set": (1, 1)})
    assert [(row[1].spread, row[1].best, row[1].tied) for row in table.rows] == [("", True, False), ("", False, False)]
    assert table.notes == ("A single image compares no models, and nothing is marked ≈",)


def test_equal_models_are_told_apart_in_one_table_of_twenty() -> None:
    """200 tables of 5 equal models: at most 5 % + three standard errors."""
    generator = np.random.default_rng(0)
    false = 0
    for _ in range(200):
        (ranking,) = rank(_rows({str(i): list(generator.normal(30, 1, 14)) for i in range(5)})).values()
        false += len(ranking.tied) < 4
    assert false / 200 <= 0.05 + 3 * 0.0154


def test_a_lone_model_gets_no_star() -> None:
    rows = _rows({"a": [30.0, 20.0]})
    (table,) = build(summarise(rows), rank(rows), {"set": (2, 2)})
    assert not table.rows[0][1].best
    assert table.notes == ("Intervals: 95 %, Student t over 2 images",)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_cell_of_a_terminal_is_wrapped(width: int) -> None:
    values = {f"a_model_with_a_long_name_{i}": [30.0 + i, 25.0] for i in range(3)}
    names = [("psnr", "dB"), ("ssim", ""), ("lpips", ""), ("lpips.vgg", ""), ("latency", "ms"), ("throughput", "MP/s")]
    rows = [row for metric, unit in names for row in _rows(values, metric, unit=unit)]
    (table,) = build(summarise(rows), rank(rows), {"set": (2, 2)})
    out = io.StringIO()
    Console(width=width, file=out).print(terminal.page(Page("", tables=(table,)), width))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    for model in values:
        (line,) = (line for line in lines if line.strip().startswith(model))
        assert "27" in line or "28" in line
    assert sum(line.strip().startswith("a_model") for line in lines) == len(values)
    if width < 140:
        assert "Left out for lack of room: intervals" in out.getvalue()


def test_timings_have_three_digits() -> None:
    for value, text in ((0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1234")):
        rows = _rows({"a": [value]}, "latency", unit="ms")
        (table,) = build(summarise(rows), rank(rows), {"set": (1, 1)})
        assert table.rows[0][1].text == text
        assert table.rows[0][1].spread == ""  # one image has no quartiles


def test_timings_of_a_busy_machine_are_marked_where_a_quarter_was_disturbed() -> None:
    rows = _rows({"a": [5.0] * 8, "b": [6.0] * 8}, "latency", False, "ms")
    disturbed = [replace(row, warnings=("others ran",)) if row.image in ("im0", "im1") else row for row in rows[:8]]
    (table,) = build(summarise([*disturbed, *rows[8:]]), {}, {"set": (8, 8)})
    assert [row[1].ending for row in table.rows] == [" ?", ""]
    assert table.notes == ("?: not valid, since others ran; measure speed with srbench throughput",)
    (table,) = build(summarise([*rows[:1], *disturbed[1:], *rows[8:]]), {}, {"set": (8, 8)})
    assert [row[1].ending for row in table.rows] == ["", ""]
    assert not table.notes


def test_what_disturbed_a_timing_is_no_odd_output_and_stands_in_the_csv() -> None:
    rows = [replace(row, warnings=("others ran",)) for row in _rows({"a": [5.0, 5.0]}, "latency", False, "ms")]
    assert caption.odd_outputs(rows) == []
    (line,) = csv.DictReader(io.StringIO(publish.scores(find("classical_x4"), rows, (2, 2)).text("csv")))
    assert line["flag"] == "others ran"


def test_ranges_of_metrics_that_few_know_stand_below() -> None:
    rows = [*_rows({"a": [5.0]}, "niqe", False), *_rows({"a": [5.0]}, "psnr"), *_rows({"a": [0.5]}, "erqa.1.1")]
    assert caption.ranges(rows) == ["Ranges: ERQA 1.1 0 to 1; NIQE at least 0"]
    assert caption.ranges(_rows({"a": [5.0]}, "psnr")) == []


def test_lower_is_better_where_the_metric_says_so() -> None:
    rows = _rows({"good": [0.1, 0.1], "bad": [0.5, 0.5]}, "lpips", higher=False, unit="")
    (table,) = build(summarise(rows), rank(rows), {"set": (2, 2)})
    assert [(row[0].text, row[1].best) for row in table.rows] == [("good", True), ("bad", False)]
    assert [column.title for column in table.columns] == ["model", "LPIPS ↓"]


def _report() -> tuple[str, ...]:
    rows = _rows({"a_b": [30.0, 31.0], "c": [29.0, 33.0]}) + _rows(
        {"a_b": [5.0, 7.0], "c": [1.0, 2.0]}, "latency", False, "ms"
    )
    report = replace(publish.scores(find("classical_x4"), rows, (2, 2)), caveats=["a note & more"])
    tables = tuple(build(summarise(rows), rank(rows), {"set": (2, 5)}))
    page = replace(report.page, tables=tables, sections=(Section("Notes", ("a note & more",), "list"),))
    report = replace(report, page=page)
    return tuple(report.text(form) for form in ("md", "latex", "csv", "html"))


def test_the_same_rows_give_the_same_bytes() -> None:
    assert _report() == _report()


def test_markdown_marks_the_best_the_tied_and_the_missing_images() -> None:
    page = _report()[0]
    assert "## set, first 2 of 5 images" in page
    assert "| c | **31.00** [5.59–56.41] | 1.50 [1.25–1.75] |" in page
    assert "| a_b | ≈ 30.50 [24.15–36.85] |" in page
    assert "## Notes\n\n- a note & more\n" in page


def test_html_marks_the_best_the_tied_and_the_intervals() -> None:
    page = _report()[3]
    assert '<span class="best">31.00</span> <span class="spread">[5.59–56.41]</span>' in page
    assert "≈ 30.50" in page
    assert "a note &amp; more" in page


def test_latex_escapes_what_tex_would_read() -> None:
    page = _report()[1]
    assert r"a\_b &" in page
    assert r"\textbf{31.00}\spread{5.59--56.41}" in page
    body = page[page.index(r"\begin{table}") :]
    assert all(sign not in body.replace("\\" + sign, "") for sign in "#%")
    assert body.count("{") == body.count("}")


def test_csv_has_full_precision_and_one_line_each() -> None:
    lines = list(csv.DictReader(io.StringIO(_report()[2])))
    assert [(line["model"], line["metric"]) for line in lines] == list(
        itertools.product(["a_b", "c"], ["psnr"])
    ) + list(itertools.product(["a_b", "c"], ["latency"]))
    assert float(lines[0]["mean"]) == 30.5
    assert float(lines[0]["std"]) == pytest.approx(0.5**0.5)


def test_reasons_and_flags_are_grouped() -> None:
    lines = caption.missing(
        {"a": "no host", "b": "no host"}, [{"model": "c", "dataset": "set", "image": "x", "reason": "boom"}]
    )
    assert lines == ["not run (no host): a, b", "failed: c on set x: boom"]
    assert caption.missing({}, [{"model": "c", "dataset": "", "image": "", "reason": "boom"}]) == ["failed: c: boom"]


INF, NAN = float("inf"), float("nan")


def _table_of(values: dict[str, list[float]], count: int) -> Table:
    rows = _rows(values)
    (table,) = build(summarise(rows), rank(rows), {"set": (count, count)})
    return table


def test_a_model_that_is_worse_on_every_image_gets_no_star_from_infinite_values() -> None:
    table = _table_of({"nearest": [INF, 31.0], "bicubic": [INF, 33.43], "net": [40.27, 33.29]}, 2)
    cells = {row[0].text: row[1] for row in table.rows}
    assert {name: (cell.text, cell.best) for name, cell in cells.items()} == {
        "nearest": ("31.00 (1 of 2, 1 ∞)", False),
        "bicubic": ("33.43 (1 of 2, 1 ∞)", True),
        "net": ("36.78", False),
    }
    method, compared = table.notes
    assert method == (
        "Intervals: 95 %, Student t over 2 images; a single image compares no models, and nothing is marked ≈"
    )
    assert "compare two models on the images that are finite for both (1 of 2 are for all)" in compared
    assert "bicubic 2, nearest 1, net 0" in compared


def test_a_copy_of_the_originals_costs_the_others_no_comparison() -> None:
    """The copy is infinite on every image; the others are compared on all images, as if it were not there."""
    base = [20.0 + i for i in range(8)]
    near = [value - 0.3 * (-1) ** i for i, value in enumerate(base)]
    values = {"best": base, "near": near, "far": [value - 5 - 0.1 * (i % 3) for i, value in enumerate(base)]}
    rows = _rows({**values, "hr": [INF] * 8})
    ranking = rank(rows)["set", "psnr"]
    assert [variant[0] for variant in ranking.best] == ["hr"]
    assert (ranking.pairs, ranking.compared, len(ranking.influence_of)) == (3, 0, 3)
    (table,) = build(summarise(rows), rank(rows), {"set": (8, 8)})
    assert (table.rows[3][1].text, table.rows[3][1].best) == ("∞", True)
    assert "PSNR, the 3 models that are finite on every image: " in "; ".join(table.notes)
    values["near"][1] = INF
    one = rank(_rows(values))["set", "psnr"]
    assert [variant[0] for variant in one.best] == ["best"]
    assert {variant[0] for variant in one.tied} == {"near"}
    assert one.as_dict()["influence"]["images"] == []


def test_without_an_image_that_is_finite_for_all_nothing_is_marked() -> None:
    table = _table_of({"a": [INF, 30.0], "b": [31.0, INF]}, 2)
    assert not any(row[1].best or row[1].tied for row in table.rows)
    assert "none is marked" in table.notes[-1]
    assert _table_of({"a": [INF, INF]}, 2).rows[0][1].text == "∞"


def test_a_broken_model_costs_the_others_no_mark() -> None:
    table = _table_of({"broken": [NAN, 50.0, 50.0], "good": [30.0, 31.0, 32.0], "bad": [20.0, 21.0, 22.0]}, 3)
    cells = {row[0].text: row[1] for row in table.rows}
    assert cells["broken"].text == "50.00 (2 of 3, 1 n/a)"
    assert [name for name, cell in cells.items() if cell.best] == ["good"]
    assert not any("compare" in note for note in table.notes)


def test_images_that_no_model_has_are_counted_in_the_cell() -> None:
    table = _table_of({"a": [30.0, 31.0], "b": [29.0, 28.0]}, 3)
    assert table.rows[0][1].text == "30.50 (2 of 3)"
    assert "compare 2 of 3 images" in table.notes[1]


def test_seeds_of_a_method_are_one_line_whose_interval_counts_them() -> None:
    base = [20.0 + i for i in range(8)]
    seeds = {f"ours/{i}": [value + i for value in base] for i in range(3)}
    rows = _rows({**seeds, "bicubic": base})
    methods = dict.fromkeys(seeds, "ours")
    ours, bicubic = summarise(rows, methods)
    assert (ours.model, ours.seeds, ours.n, ours.mean) == ("ours", 3, 8, 24.5)
    assert ours.ci95 is not None
    assert bicubic.ci95 is not None
    assert ours.ci95[1] - ours.ci95[0] > bicubic.ci95[1] - bicubic.ci95[0]
    ranking = rank(rows, methods)["set", "psnr"]
    assert {variant[0] for variant in ranking.best} == {"ours"}
    assert {variant[0] for variant in ranking.tied} == {"bicubic"}
    (table,) = build([ours, bicubic], {("set", "psnr"): ranking}, {"set": (8, 8)})
    assert [row[0].text for row in table.rows] == ["ours (3 seeds)", "bicubic"]


def test_the_interval_of_seeds_does_not_depend_on_the_order_in_which_they_ran() -> None:
    """Else seeds would exchange values between images, and their means would come closer to one another."""
    seeds = {f"ours/{i}": [20.0 + 3 * i, 21.5 + 3 * i, 22.0 + 3 * i, 24.5 + 3 * i] for i in range(2)}
    rows = _rows(seeds)
    later = [row for row in rows if row.image > "im1"]
    mixed = [row for row in rows if row not in later] + later[::-1]
    methods = dict.fromkeys(seeds, "ours")
    assert summarise(mixed, methods)[0].ci95 == summarise(rows, methods)[0].ci95


def test_machines_that_differ_in_what_is_not_told_are_told_once() -> None:
    facts = {"device": "cpu", "machine": "a desk", "python": "3.11.7", "packages": {"torch": "2.6", "lpips": "0.1.4"}}
    other = {**facts, "packages": {**facts["packages"], "onnxruntime": "1.32"}}  # type: ignore[dict-item]
    line = "a desk; torch 2.6, lpips 0.1.4, Python 3.11.7"
    told = caption.machines([("fp32", facts), ("fp32", other), ("bf16", facts)])
    assert told == [f"cpu, fp32: {line}", f"cpu, bf16: {line}"]
