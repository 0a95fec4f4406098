"""Data of jsPsych: a row for each trial, of which those that show pictures and have a response are votes.

Source: https://www.jspsych.org/latest/overview/data/ and the pages of the plugins: `response` counts the buttons from
0, is the position of a slider, the key, or an object of answers; `rt` is in milliseconds.
"""

import json
import math
import re
from collections.abc import Callable

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.column_names import claim, find, renamed, sides
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.json_records import SESSION, number_text
from srbench.ratings.layouts.layout import Layout, Sheet
from srbench.ratings.layouts.pairs import comparisons_of
from srbench.ratings.layouts.votes import votes_of
from srbench.ratings.table import Table, Texts, constant, mapped, number_of, texts
from srbench.ratings.table_io import Source
from srbench.stats.arrays import Flags

_KINDS = ("button-response", "slider-response", "keyboard-response", "likert", "multi-choice")
_COUNTED_FROM_0 = ("button-response", "likert")
_PICTURE = re.compile(
    r"""src\s*=\s*["']?([^"'\s>]+)|([^"'\s<>,\[\]]+\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif|svg))\b""", re.I
)
_OWN = (
    SESSION,
    "trial_type",
    "trial_index",
    "time_elapsed",
    "internal_node_id",
    "plugin_version",
    "response",
    "stimulus",
    "rt",
)


def recognises(source: Source, options: ImportOptions) -> bool:
    """Whether a table has the columns that jsPsych gives to every trial."""
    del options
    return {"trial_type", "trial_index", "response"} <= source.table.columns.keys()


def read(source: Source, options: ImportOptions) -> Sheet:
    """Read votes, or comparisons where a trial has two pictures.

    Raises:
        BadRatings: No trial is a vote, or several kinds of trials are.
    """
    table = renamed(source.table, options)
    rater, said = _raters(table)
    pictures = mapped(table.column("stimulus"), _pictures)
    sided = sides(table.with_columns({n: c for n, c in table.columns.items() if n not in _OWN}))
    named = [name for ours in ("stimulus", "content", "picture") for name in find(table, ours) if name not in _OWN]
    shown = pictures != ""
    for name in (*(sided or ()), *named):
        shown = shown | (table.columns[name] != "")
    wanted = shown & (table.column("response") != "") & _is_answer(table)
    kind = _one_kind(table, wanted)
    left_out = int(len(table) - wanted.sum())
    said += (f"{left_out} of {len(table)} trials left out, which show no picture or have no response",) * (left_out > 0)
    table, pictures, rater = table.keep(wanted), pictures[wanted], rater[wanted]
    two = all(len(cell.split("\n")) == 2 for cell in set(pictures))
    columns = {name: cells for name, cells in table.columns.items() if name not in _OWN}
    columns |= {"order": table.column("trial_index")} | ({"time": table.columns["rt"]} if "rt" in table.columns else {})
    if sided or two:
        return _comparisons(table, columns, pictures, rater, options, said)
    if not named:
        columns["stimulus"] = mapped(pictures, lambda cell: cell.split("\n")[0])
    columns["score"], more = _scores(table.column("response"), kind, options)
    sheet = votes_of(table.with_columns(columns), options, said + more, rater)
    return Sheet(sheet.kind, sheet.table, sheet.origin, (), sheet.said, milliseconds=True)


def _pictures(stimulus: str) -> str:
    """Return the names of the pictures in a stimulus, which is a path or HTML, a line each."""
    return "\n".join(one or other for one, other in _PICTURE.findall(stimulus))


def _is_answer(table: Table) -> Flags:
    return np.array([kind.endswith(_KINDS) for kind in table.columns["trial_type"]], dtype=bool)


def _one_kind(table: Table, wanted: Flags) -> str:
    kinds = sorted(set(table.columns["trial_type"][wanted]))
    if not kinds:
        found = ", ".join(sorted(set(table.columns["trial_type"]) - {""})[:5])
        raise BadRatings(
            f"{table.title} is data of jsPsych without a vote; expected trials that show a picture and end with a "
            f"button, slider or key; found {found}; pictures in another column: --columns stimulus=NAME"
        )
    if len(kinds) > 1:
        raise BadRatings(
            f"{table.title} has responses of {' and '.join(kinds)}; expected votes of one kind, say which: "
            f"--only trial_type={kinds[0]}"
        )
    return kinds[0]


def _raters(table: Table) -> tuple[Texts, tuple[str, ...]]:
    """Return the rater of each row where no column names one: the session, as jsPsych counts its trials."""
    if claim(table, ("rater",), ()):
        return constant("", len(table)), ()
    stem = table.parts[0].path.stem
    if SESSION in table.columns:
        names = mapped(table.columns[SESSION], lambda number: f"{stem}/{number}")
        return names, ("raters are the sessions of the file",)
    at = np.array([number_of(cell) for cell in table.columns["trial_index"]])
    session = np.cumsum(np.diff(at, prepend=-1) <= 0)
    if not len(table) or session[-1] == 0:
        return constant(stem, len(table)), (f"the rater is called {stem}, as the file",)
    return texts([f"{stem}/{number + 1}" for number in session]), ("raters are numbered where trials begin anew",)


def _scores(responses: Texts, kind: str, options: ImportOptions) -> tuple[Texts, tuple[str, ...]]:
    plain = mapped(responses, _single)
    if not kind.endswith(_COUNTED_FROM_0):
        return plain, ()
    low = options.scale.low

    def counted(cell: str) -> str:
        value = number_of(cell)
        return cell if math.isnan(value) or cell in options.words else number_text(value + low)

    return mapped(plain, counted), (f"responses, which jsPsych counts from 0, are scores from {low:g}",)


def _single(response: str) -> str:
    """Return the only answer of an object of answers; other responses as they are."""
    if not response.startswith("{"):
        return response
    try:
        answers = list(json.loads(response).values())
    except ValueError:
        return response
    return str(answers[0]) if len(answers) == 1 else response


def _comparisons(
    table: Table,
    columns: dict[str, Texts],
    pictures: Texts,
    rater: Texts,
    options: ImportOptions,
    said: tuple[str, ...],
) -> Sheet:
    columns = {name: cells for name, cells in columns.items() if name not in ("order", "time")}
    columns["order"] = table.column("trial_index")
    if not sides(table.with_columns(columns)):
        at: Callable[[int], Texts] = lambda side: mapped(pictures, lambda cell: cell.split("\n")[side])  # noqa: E731
        columns |= {"a": at(0), "b": at(1)}
    meaning = {"0": "a", "1": "b", "2": "tie"}
    said += ("buttons, which jsPsych counts from 0, are left, right and tie",)
    columns["choice"] = mapped(
        table.column("response"), lambda cell: options.words.get(cell.lower(), meaning.get(cell, cell))
    )
    return comparisons_of(table.with_columns(columns), options, said, rater)


LAYOUT = Layout("jsPsych", recognises, read)
