"""Exports of Label Studio: JSON with all annotations of a task, JSON_MIN and CSV with one annotation a row.

Source: https://labelstud.io/guide/task_format.html; https://labelstud.io/tags/rating, choices, pairwise.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from srbench.errors import BadRatings
from srbench.ratings import json_records
from srbench.ratings.column_names import find, renamed
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.json_records import Record
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.pairs import comparisons_of
from srbench.ratings.layouts.votes import votes_of
from srbench.ratings.table import Table, mapped
from srbench.ratings.table_io import Source

_ANNOTATION = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "id")
_VALUE = re.compile(r'"(rating|choices|number|selected)"\s*:\s*\[?\s*"?([^"\]}]*)')
"""The value in what an export leaves of an answer, such as [{"rating": 4}]."""


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a file holds tasks with annotations, or rows of annotations."""
    del options
    return _is_nested(source.records) or {"annotator", "annotation_id", "lead_time"} <= source.table.columns.keys()


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read ratings, choices or comparisons.

    Raises:
        BadRatings: Nothing is rated, or several questions were asked.
    """
    if _is_nested(source.records):
        rows, cancelled = _annotations(source.records)
        answers = list(dict.fromkeys(name for row, names in rows for name in names))
        flat = json_records.table(source.table.parts[0].path, [row for row, _ in rows])
    else:
        flat, cancelled = _unpacked(source.table), 0
        answers = _answer_columns(flat) or _packed_columns(source.table)
    said = (f"{cancelled} skipped annotation{'s' if cancelled > 1 else ''} left out",) if cancelled else ()
    table = renamed(flat, options)
    left = [name for name in answers if name in table.columns]
    if not left and not find(table, "score") and "choice" not in table.columns:
        raise BadRatings(
            f"{table.title} is an export of Label Studio without ratings; expected results of Rating, Choices, Number "
            "or Pairwise; where a column of another name holds them: --columns 'score=NAME'"
        )
    asked = "choice" if "choice" in table.columns or _is_sided(table, left) else "score"
    if len(left) > 1 and asked not in table.columns:
        raise BadRatings(
            f"{table.title} has answers to '{left[0]}' and '{left[1]}'; expected one question, say which: --columns "
            f"'{asked}={left[0]}'"
        )
    columns = dict(table.columns)
    if left and asked not in columns:
        columns[asked] = columns.pop(left[0])
    wanted = columns[asked] != ""
    kept = {name: cells for name, cells in columns.items() if name not in _ANNOTATION}
    kept |= {"rater": columns["annotator"]} if "annotator" in columns else {}
    kept |= {"timestamp": columns["created_at"]} if "created_at" in columns else {}
    if asked == "choice":
        return comparisons_of(table.with_columns(_two(kept)).keep(wanted), options, said)
    kept |= {"time": columns["lead_time"]} if "lead_time" in columns else {}
    sheet = votes_of(table.with_columns(kept).keep(wanted), options, said)
    return Sheet(sheet.kind, sheet.table, sheet.origin, sheet.unused, sheet.said, milliseconds=False)


def _is_nested(records: Sequence[Record]) -> bool:
    return bool(records) and all(isinstance(record.get("annotations"), list) for record in records)


def _annotations(tasks: Sequence[Record]) -> tuple[list[tuple[dict[str, Any], list[str]]], int]:
    """Return a row for each annotation with the names of its answers, and the number of those that were skipped."""
    rows, cancelled = [], 0
    for task in tasks:
        data = task.get("data")
        shown = {k: v for k, v in data.items() if not isinstance(v, dict | list)} if isinstance(data, Mapping) else {}
        for annotation in task["annotations"]:
            if annotation.get("was_cancelled"):
                cancelled += 1
                continue
            answers = dict(_answers(annotation.get("result") or []))
            who = annotation.get("completed_by")
            who = who.get("email") or who.get("id") if isinstance(who, Mapping) else who
            facts = {"annotator": who} | {name: annotation.get(name) for name in ("created_at", "lead_time")}
            rows.append((shown | facts | answers, list(answers)))
    return rows, cancelled


def _answers(results: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for result in results:
        value = result.get("value") or {}
        for kind in ("rating", "number", "selected"):
            if kind in value:
                yield str(result.get("from_name")), str(value[kind])
        if len(value.get("choices") or ()) == 1:
            yield str(result.get("from_name")), str(value["choices"][0])


def _unpacked(table: Table) -> Table:
    """Return a table with the values in place of the JSON around them."""

    def unpack(cell: str) -> str:
        found = _VALUE.search(cell) if cell.startswith(("{", "[")) else None
        return found.group(2).strip() if found else cell

    return table.with_columns({name: mapped(cells, unpack) for name, cells in table.columns.items()})


def _answer_columns(table: Table) -> list[str]:
    """Return the columns after the data and apart from those of the annotation: scores come by a usual name."""
    return [name for ours in ("choice", "score") for name in find(table, ours) if name not in _ANNOTATION][:1]


def _packed_columns(table: Table) -> list[str]:
    """Return the columns in which an export has left answers as JSON, whatever their names are."""
    found = []
    for name, cells in table.columns.items():
        known = [cell for cell in dict.fromkeys(cells.tolist()) if cell]
        if known and all(cell.startswith(("{", "[")) and _VALUE.search(cell) for cell in known):
            found.append(name)
    return found


def _is_sided(table: Table, answers: Sequence[str]) -> bool:
    return any(set(table.columns[name]) - {""} <= {"left", "right"} for name in answers)


def _two(columns: dict[str, Any]) -> dict[str, Any]:
    """Name the two columns of a comparison's pictures, where their names do not say it."""
    pictures = [name for name in columns if name not in ("rater", "timestamp", "choice", "content")]
    if len(pictures) != 2:
        return columns
    return {dict(zip(pictures, "ab", strict=True)).get(name, name): cells for name, cells in columns.items()}


LAYOUT = Layout("Label Studio", recognises, read)
