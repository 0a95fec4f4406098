import csv
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest

from srbench.evaluation.results import Row
from srbench.evaluation.summary import summarise, tied_with_best
from srbench.protocol import find
from srbench.report.runs import caption, publish
from srbench.report.runs.tables import build
from srbench.report.table import Section


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
    assert {place[0] for place in tied_with_best(rows)} == {"tied"}


def test_lower_is_better_where_the_metric_says_so() -> None:
    rows = _rows({"good": [0.1, 0.1], "bad": [0.5, 0.5]}, "lpips", higher=False, unit="")
    (table,) = build(summarise(rows), tied_with_best(rows), {"set": (2, 2)})
    assert [(row[0].text, row[1].best) for row in table.rows] == [("good", True), ("bad", False)]
    assert [column.title for column in table.columns] == ["model", "LPIPS ↓"]


def _report() -> tuple[str, ...]:
    rows = _rows({"a_b": [30.0, 31.0], "c": [29.0, 33.0]}) + _rows(
        {"a_b": [5.0, 7.0], "c": [1.0, 2.0]}, "latency", False, "ms"
    )
    report = replace(publish.scores(find("classical_x4"), rows, 2), notes=["a note & more"])
    tables = tuple(build(summarise(rows), tied_with_best(rows), {"set": (2, 5)}))
    page = replace(report.page, tables=tables, sections=(Section("Notes", ("a note & more",), "list"),))
    report = replace(report, page=page)
    return tuple(report.text(form) for form in ("md", "latex", "csv", "html"))


def test_the_same_rows_give_the_same_bytes() -> None:
    assert _report() == _report()


def test_markdown_marks_the_best_the_tied_and_the_missing_images() -> None:
    page = _report()[0]
    assert "## set, first 2 of 5 images" in page
    assert "| c | **31.00** [29.00–33.00] | 1.50 [1.25–1.75] |" in page
    assert "| a_b | ≈ 30.50 [30.00–31.00] |" in page
    assert "## Notes\n\n- a note & more\n" in page


def test_html_marks_the_best_the_tied_and_the_intervals() -> None:
    page = _report()[3]
    assert '<span class="best">31.00</span> <span class="spread">[29.00–33.00]</span>' in page
    assert "≈ 30.50" in page
    assert "a note &amp; more" in page


def test_latex_escapes_what_tex_would_read() -> None:
    page = _report()[1]
    assert r"a\_b &" in page
    assert r"\textbf{31.00}\spread{29.00--33.00}" in page
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
