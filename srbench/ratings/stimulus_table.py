"""Stimuli of a table of ratings, as its rows or a file of their own describe them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.import_options import ImportOptions, found_in, name_pattern
from srbench.ratings.table import RowErrors, Table, factorized, number_of
from srbench.ratings.votes import Stimulus
from srbench.stats.arrays import Ints

STIMULUS_COLUMNS = ("model", "dataset", "reference", "expected", "output_key", "picture_sha256", "crop")
YES, NO = {"1", "true", "yes"}, {"", "0", "false", "no"}


def stimuli_of(table: Table, options: ImportOptions, errors: RowErrors) -> tuple[Ints, tuple[Stimulus, ...]]:
    """Return the number of each row's stimulus, `(rows,)`, and the stimuli in the order in which they appear.

    Args:
        table: A table with a column `stimulus`, and with `content` or a file of stimuli.
        options: Options for reading.
        errors: Gets the rows whose stimulus cannot be right.
    """
    codes, names = factorized(table.column("stimulus"))
    first = np.full(len(names), len(codes), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    described = _stimulus_file(options.stimuli, options) if options.stimuli else None
    known = ("content", *STIMULUS_COLUMNS) if described is None else ("content", "model", "dataset")
    _check_same(table, codes, first, known, errors)
    if described is not None:
        stimuli = _described_apart(table, codes, names, first, described, options, errors)
        return codes, stimuli
    read = _row_reader(options, errors)
    columns = {name: table.column(name)[first] for name in ("stimulus", *known)}
    rows = [dict(zip(columns, map(str, cells), strict=True)) for cells in zip(*columns.values(), strict=True)]
    return codes, tuple(read(int(at), row) for at, row in zip(first, rows, strict=True))


def _check_same(table: Table, codes: Ints, first: Ints, known: Sequence[str], errors: RowErrors) -> None:
    stimulus = table.column("stimulus")
    for name in known:
        cells = table.column(name)
        if len(codes):
            errors.flag(
                (cells != cells[first[codes]]) & (stimulus != ""),
                lambda row: f"stimulus '{stimulus[row]}' is described differently from before",
            )


def _described_apart(
    table: Table,
    codes: Ints,
    names: Sequence[str],
    first: Ints,
    described: Mapping[str, Stimulus],
    options: ImportOptions,
    errors: RowErrors,
) -> tuple[Stimulus, ...]:
    unknown = np.array([name not in described for name in names], dtype=bool)
    errors.flag(unknown[codes], lambda row: f"unknown stimulus '{names[codes[row]]}', it is not in {options.stimuli}")
    stimuli = [described.get(name, Stimulus(name, "")) for name in names]
    for column in ("content", "model", "dataset"):
        cells = table.column(column)
        for at, stimulus in zip(first, stimuli, strict=True):
            said, right = str(cells[at]), getattr(stimulus, column)
            if said not in ("", right) and stimulus.content:
                errors.add(int(at), f"{column} is '{said}', and '{right}' in {options.stimuli}")
    return tuple(stimuli)


def _row_reader(options: ImportOptions, errors: RowErrors) -> Callable[[int, Mapping[str, str]], Stimulus]:
    """Return a function that reads the stimulus that a row describes, from the number of the row and its cells."""
    model_from = name_pattern(options.model_from, "--model-from")
    content_from = name_pattern(options.content_from, "--content-from")

    def read(at: int, row: Mapping[str, str]) -> Stimulus:
        name = row["stimulus"]
        content = found_in(name, content_from, row.get("content", ""))
        if not name or (not content and not content_from):
            errors.add(at, "no stimulus or no content")
        elif not content:
            errors.add(at, f"no content: '{options.content_from}' finds none in '{name}'")
        flag = row.get("reference", "").lower()
        if flag not in YES | NO:
            errors.add(at, f"reference is '{flag}'; expected 1 or 0")
        expected = number_of(row["expected"]) if row.get("expected") else None
        if expected is not None and math.isnan(expected):
            errors.add(at, f"expected '{row['expected']}' is not a number")
        reference = flag in YES or any(fnmatchcase(name, wanted) for wanted in options.references)
        model = found_in(name, model_from, row.get("model", ""))
        identity = [row.get(column, "") for column in ("output_key", "picture_sha256", "crop")]
        return Stimulus(name, content, model, row.get("dataset", ""), reference, expected, *identity)

    return read


def _stimulus_file(path: Path, options: ImportOptions) -> dict[str, Stimulus]:
    table = table_io.read_table(path)
    for needed in ("stimulus",) if options.content_from else ("stimulus", "content"):
        if needed not in table.columns:
            raise BadRatings(
                f"{path} has no column {needed}; expected stimulus, content, {', '.join(STIMULUS_COLUMNS)}"
            )
    errors = RowErrors(table)
    read = _row_reader(options, errors)
    stimuli: dict[str, Stimulus] = {}
    for at in range(len(table)):
        row = {name: str(cells[at]) for name, cells in table.columns.items()}
        if row["stimulus"] in stimuli:
            errors.add(at, f"stimulus '{row['stimulus']}' is listed a second time")
        stimuli[row["stimulus"]] = read(at, row)
    errors.check()
    return stimuli


def pattern_notes(title: str, stimuli: Sequence[Stimulus], options: ImportOptions) -> list[str]:
    """Say how many stimuli each pattern of the options fits.

    Raises:
        BadRatings: One of them fits none.
    """
    notes = []
    for pattern in options.references:
        fits = sum(fnmatchcase(s.name, pattern) for s in stimuli)
        if not fits:
            raise BadRatings(f"{title}: no stimulus is like '{pattern}'; expected names such as {stimuli[0].name}")
        notes.append(f"{fits} stimuli are references, like '{pattern}'")
    for what, expression in (("model", options.model_from), ("content", options.content_from)):
        if not expression:
            continue
        fits = sum(bool(re.search(expression, s.name)) for s in stimuli)
        if not fits:
            raise BadRatings(f"{title}: '{expression}' is in no stimulus's name; names are such as {stimuli[0].name}")
        notes.append(f"{fits} of {len(stimuli)} stimuli have their {what} from '{expression}'")
    return notes
