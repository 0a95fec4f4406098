"""Stimuli of a file of ratings, as its rows or a file of their own describe them."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.import_options import ImportOptions, model_pattern
from srbench.ratings.table_io import RowErrors, number
from srbench.ratings.votes import Stimulus

STIMULUS_COLUMNS = ("model", "dataset", "reference", "expected", "output_key", "picture_sha256")
YES, NO = {"1", "true", "yes"}, {"", "0", "false", "no"}


class StimulusTable:
    """Collects stimuli in the order in which they appear."""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path = path
        self.options = options
        self.pattern = model_pattern(options.model_from)
        self.described = _stimulus_file(options.stimuli, options) if options.stimuli else None
        self.index: dict[str, int] = {}
        self.all: list[Stimulus] = []
        self._cells: dict[str, tuple[str, ...]] = {}

    def number_of(self, where: str, row: Mapping[str, str], errors: RowErrors) -> int:
        """Return the number of a row's stimulus; -1, and an error, for one that cannot be right."""
        name = row["stimulus"]
        cells = tuple(row.get(column, "") for column in ("content", *STIMULUS_COLUMNS))
        if name in self.index:
            if self._cells[name] != cells:
                errors.add(where, f"stimulus '{name}' is described otherwise than before")
            return self.index[name]
        stimulus = self._stimulus(where, name, row, errors)
        if stimulus is None:
            return -1
        self.index[name] = len(self.all)
        self._cells[name] = cells
        self.all.append(stimulus)
        return self.index[name]

    def _stimulus(self, where: str, name: str, row: Mapping[str, str], errors: RowErrors) -> Stimulus | None:
        if self.described is not None:
            return self._described_apart(where, name, row, errors)
        if not name or not row.get("content"):
            errors.add(where, "no stimulus or no content")
            return None
        return _from_row(where, row, self.options, self.pattern, errors)

    def _described_apart(self, where: str, name: str, row: Mapping[str, str], errors: RowErrors) -> Stimulus | None:
        stimulus = (self.described or {}).get(name)
        if stimulus is None:
            errors.add(where, f"unknown stimulus '{name}', it is not in {self.options.stimuli}")
            return None
        for column in ("content", "model", "dataset"):
            described = getattr(stimulus, column)
            if row.get(column, "") not in ("", described):
                errors.add(where, f"{column} is '{row[column]}', and '{described}' in {self.options.stimuli}")
        return stimulus


def _from_row(
    where: str, row: Mapping[str, str], options: ImportOptions, pattern: "re.Pattern[str] | None", errors: RowErrors
) -> Stimulus:
    name = row["stimulus"]
    model = row.get("model", "")
    if pattern and (match := pattern.search(name)):
        model = match.group(1) or ""
    flag = row.get("reference", "").lower()
    if flag not in YES | NO:
        errors.add(where, f"reference is '{flag}'; expected 1 or 0")
    expected = number(where, "expected", row["expected"], errors) if row.get("expected") else None
    reference = flag in YES or any(fnmatchcase(name, wanted) for wanted in options.references)
    identity = row.get("output_key", ""), row.get("picture_sha256", "")
    return Stimulus(name, row["content"], model, row.get("dataset", ""), reference, expected, *identity)


def _stimulus_file(path: Path, options: ImportOptions) -> dict[str, Stimulus]:
    rows, names = table_io.read(path)
    for needed in ("stimulus", "content"):
        if needed not in names:
            raise BadRatings(
                f"{path} has no column {needed}; expected stimulus, content, {', '.join(STIMULUS_COLUMNS)}"
            )
    errors, pattern = RowErrors(path), model_pattern(options.model_from)
    stimuli: dict[str, Stimulus] = {}
    for where, row in rows:
        if not row["stimulus"] or not row["content"]:
            errors.add(where, "no stimulus or no content")
        if row["stimulus"] in stimuli:
            errors.add(where, f"stimulus '{row['stimulus']}' for the second time")
        stimuli[row["stimulus"]] = _from_row(where, row, options, pattern, errors)
    errors.check()
    return stimuli


def pattern_notes(path: Path, stimuli: Sequence[Stimulus], options: ImportOptions) -> list[str]:
    """Say how many stimuli each pattern of the options fits.

    Raises:
        BadRatings: One of them fits none.
    """
    notes = []
    for pattern in options.references:
        fits = sum(fnmatchcase(s.name, pattern) for s in stimuli)
        if not fits:
            raise BadRatings(f"{path}: no stimulus is like '{pattern}'; expected names such as {stimuli[0].name}")
        notes.append(f"{fits} stimuli are references, like '{pattern}'")
    if options.model_from:
        fits = sum(bool(re.search(options.model_from, s.name)) for s in stimuli)
        if not fits:
            raise BadRatings(
                f"{path}: '{options.model_from}' is in no stimulus's name; names are such as {stimuli[0].name}"
            )
        notes.append(f"{fits} of {len(stimuli)} stimuli have their model from '{options.model_from}'")
    return notes
