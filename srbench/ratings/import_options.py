"""How a file of ratings is to be understood, and what it says of its stimuli."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from srbench.errors import BadRatings
from srbench.ratings import table_io
from srbench.ratings.table_io import RowErrors, number
from srbench.ratings.votes import Scale, Stimulus

STIMULUS_COLUMNS = ("model", "dataset", "reference", "expected")
YES, NO = {"1", "true", "yes"}, {"", "0", "false", "no"}


@dataclass(frozen=True)
class ImportOptions:
    """How to understand a file.

    Attributes:
        columns: The file's name of a column, by ours, where they differ; "a+b" joins two columns with a _.
        scale: Allowed scores.
        references: Patterns (`*`, `?`) of stimuli that are hidden references.
        model_from: Regular expression whose first group, found in a stimulus's name, is its model.
        stimuli: A second file with one line a stimulus (`stimulus,content,model,dataset,reference,expected`).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = field(default_factory=Scale)
    references: tuple[str, ...] = ()
    model_from: str = ""
    stimuli: Path | None = None


class StimulusTable:
    """Collects stimuli in the order in which they appear."""

    def __init__(self, path: Path, reading: ImportOptions) -> None:
        self.reading = reading
        self.pattern = pattern_of(reading.model_from)
        self.fixed = _stimulus_file(reading.stimuli, reading) if reading.stimuli else None
        self.index: dict[str, int] = {}
        self.all: list[Stimulus] = []
        self.cells: dict[str, tuple[str, ...]] = {}
        self.path = path

    def place(self, where: str, row: Mapping[str, str], bad: RowErrors) -> int:
        """The stimulus of a row, by number; -1 for one that cannot be right."""
        name = row["stimulus"]
        cells = tuple(row.get(column, "") for column in ("content", *STIMULUS_COLUMNS))
        if name in self.index:
            if self.cells[name] != cells:
                bad.add(where, f"stimulus '{name}' is described otherwise than before")
            return self.index[name]
        made = self._made(where, name, row, bad)
        if made is None:
            return -1
        self.index[name] = len(self.all)
        self.cells[name] = cells
        self.all.append(made)
        return self.index[name]

    def _made(self, where: str, name: str, row: Mapping[str, str], bad: RowErrors) -> Stimulus | None:
        if self.fixed is not None:
            if name not in self.fixed:
                bad.add(where, f"unknown stimulus '{name}', it is not in {self.reading.stimuli}")
                return None
            fixed = self.fixed[name]
            for column in ("content", "model", "dataset"):
                if row.get(column, "") not in ("", getattr(fixed, column)):
                    bad.add(
                        where, f"{column} is '{row[column]}', and '{getattr(fixed, column)}' in {self.reading.stimuli}"
                    )
            return fixed
        if not name or not row.get("content"):
            bad.add(where, "no stimulus or no content")
            return None
        return _described(where, row, self.reading, self.pattern, bad)


def pattern_of(text: str) -> "re.Pattern[str] | None":
    """The expression of `model_from`; None where there is none.

    Raises:
        BadRatings: It is none, or has no group.
    """
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadRatings(f"--model-from '{text}' is no regular expression: {error}") from error
    if not pattern.groups:
        raise BadRatings(f"--model-from '{text}' has no group; expected one in round brackets, as in '_(x[24])$'")
    return pattern


def _described(
    where: str, row: Mapping[str, str], reading: ImportOptions, pattern: "re.Pattern[str] | None", bad: RowErrors
) -> Stimulus:
    name = row["stimulus"]
    model = row.get("model", "")
    if pattern and (found := pattern.search(name)):
        model = found.group(1) or ""
    given = row.get("reference", "").lower()
    if given not in YES | NO:
        bad.add(where, f"reference is '{given}'; expected 1 or 0")
    expected = number(where, "expected", row["expected"], bad) if row.get("expected") else None
    reference = given in YES or any(fnmatchcase(name, wanted) for wanted in reading.references)
    return Stimulus(name, row["content"], model, row.get("dataset", ""), reference, expected)


def _stimulus_file(path: Path, reading: ImportOptions) -> dict[str, Stimulus]:
    rows, names = table_io.read(path)
    for needed in ("stimulus", "content"):
        if needed not in names:
            raise BadRatings(
                f"{path} has no column {needed}; expected stimulus, content, {', '.join(STIMULUS_COLUMNS)}"
            )
    bad, pattern = RowErrors(path), pattern_of(reading.model_from)
    found: dict[str, Stimulus] = {}
    for where, row in rows:
        if not row["stimulus"] or not row["content"]:
            bad.add(where, "no stimulus or no content")
        if row["stimulus"] in found:
            bad.add(where, f"stimulus '{row['stimulus']}' for the second time")
        found[row["stimulus"]] = _described(where, row, reading, pattern, bad)
    bad.check()
    return found


def shortened(name: str, pattern: "re.Pattern[str] | None") -> str:
    """The model that a pattern finds in a name; the name where it finds none."""
    found = pattern.search(name) if pattern else None
    return (found.group(1) or name) if found else name


def matches(path: Path, stimuli: Sequence[Stimulus], reading: ImportOptions) -> list[str]:
    """How many stimuli the patterns of a reading fit.

    Raises:
        BadRatings: One of them fits none.
    """
    found = []
    for pattern in reading.references:
        fits = sum(fnmatchcase(s.name, pattern) for s in stimuli)
        if not fits:
            raise BadRatings(f"{path}: no stimulus is like '{pattern}'; expected names such as {stimuli[0].name}")
        found.append(f"{fits} stimuli are references, like '{pattern}'")
    if reading.model_from:
        fits = sum(bool(re.search(reading.model_from, s.name)) for s in stimuli)
        if not fits:
            raise BadRatings(
                f"{path}: '{reading.model_from}' is in no stimulus's name; names are such as {stimuli[0].name}"
            )
        found.append(f"{fits} of {len(stimuli)} stimuli have their model from '{reading.model_from}'")
    return found
