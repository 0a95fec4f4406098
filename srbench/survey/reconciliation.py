"""A panel's own list beside the study's raters: who is to be paid, and what does not agree."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from srbench.core.files import absent_or
from srbench.core.spreadsheet import inert
from srbench.errors import BadStudy, first_line
from srbench.survey.progress import RaterProgress

Finding = Literal[
    "agrees",
    "code of another ending or rater",
    "code of nobody",
    "no code entered",
    "ended here, given up there",
    "at work",
    "withdrawn",
    "not in the study",
    "not in the panel's list",
    "twice in the panel's list",
]
_IDS = ("participant id", "prolific_pid", "prolific pid", "participant_id", "workerid", "worker id")
_CODES = ("completion code", "entered code", "answer.surveycode", "answer.survey code", "surveycode", "code")
_STATUSES = ("status", "assignmentstatus", "submission status")
_GONE = ("returned", "timed-out", "timed out", "expired", "abandoned")
"""Statuses of submissions that a panel does not pay for: nobody entered a code."""
_NO_CODE = ("", "nocode", "consent revoked", "data_expired")
"""What Prolific writes in place of a code."""


@dataclass(frozen=True)
class PanelRow:
    """A row of a panel's list.

    Attributes:
        person: The panel's id of the person.
        code: Code that the person entered; empty where there is none.
        status: Status of the submission, as the panel calls it.
    """

    person: str
    code: str
    status: str


@dataclass(frozen=True)
class Reconciled:
    """A person, as panel and study know them.

    Attributes:
        person: The panel's id.
        rater: Id of the rater; empty where the study has none.
        ending: How the rater's way has ended, or the rater's state before that.
        code: Code that the study has shown.
        entered: Code that the panel has.
        status: The panel's status of the submission.
        finding: What is to be said of it.
    """

    person: str
    rater: str
    ending: str
    code: str
    entered: str
    status: str
    finding: Finding


def read(path: Path, columns: Mapping[str, str]) -> list[PanelRow]:
    """Read a panel's list; the columns of Prolific's and Mechanical Turk's exports are known.

    Args:
        path: CSV file.
        columns: Names of the file's columns for "id", "code" and "status", where they are other ones.

    Raises:
        BadStudy: The file cannot be read, or has no column of ids.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.strip().lower(): name for name in reader.fieldnames or ()}
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = absent_or(path, f"cannot be read ({first_line(error)})")
        raise BadStudy(f"{path} {what}; expected the CSV file that the panel exports") from error
    missing = [name for name in columns.values() if name.strip().lower() not in names]
    if missing:
        raise BadStudy(f"{path} has no column '{missing[0]}'; it has {', '.join(names.values())}")
    known = {"id": _IDS, "code": _CODES, "status": _STATUSES}
    wanted = {key: (columns[key].strip().lower(),) if key in columns else known[key] for key in known}
    found = {key: next((names[name] for name in wanted[key] if name in names), None) for key in known}
    if found["id"] is None:
        raise BadStudy(f"{path} has no column of ids ({', '.join(names.values())}); name it with --columns id=NAME")
    cells = [{key: (row.get(name) or "").strip() if name else "" for key, name in found.items()} for row in rows]
    return [PanelRow(cell["id"], cell["code"], cell["status"]) for cell in cells if cell["id"]]


def reconcile(people: Sequence[RaterProgress], rows: Sequence[PanelRow], fixed: Sequence[str] = ()) -> list[Reconciled]:
    """Compare a panel's list with the raters of a study.

    Args:
        people: Raters of the study, with the panel's ids.
        rows: The panel's list.
        fixed: Codes that are the same for all raters with an ending.

    Returns:
        Each row of the list in its order, then the raters whom it lacks.
    """
    by_person = {next(iter(person.panel_ids.values())): person for person in people if person.panel_ids}
    codes = {code.casefold() for code in (*(person.code for person in people), *fixed)}
    times = Counter(row.person for row in rows if row.status.lower() not in _GONE)
    compared = [_reconciled(row, by_person.get(row.person), codes, twice=times[row.person] > 1) for row in rows]
    listed = {row.person for row in rows}
    lacking = [
        Reconciled(name, person.id, person.ending or person.state, _shown(person), "", "", "not in the panel's list")
        for name, person in by_person.items()
        if name not in listed
    ]
    return [*compared, *lacking]


def _shown(person: RaterProgress) -> str:
    return person.code if person.ending else ""


def _reconciled(row: PanelRow, person: RaterProgress | None, codes: set[str], *, twice: bool) -> Reconciled:
    if person is None:
        return Reconciled(row.person, "", "", "", row.code, row.status, "not in the study")
    finding = "twice in the panel's list" if twice else _finding(row, person, codes)
    state = person.ending or person.state
    return Reconciled(row.person, person.id, state, _shown(person), row.code, row.status, finding)


def _finding(row: PanelRow, person: RaterProgress, codes: set[str]) -> Finding:
    entered = "" if row.code.lower() in _NO_CODE else row.code.casefold()
    other: Finding = "code of another ending or rater" if entered in codes else "code of nobody"
    if person.state == "withdrawn":
        return "withdrawn"
    if not person.ending:
        return other if entered else "at work"
    if row.status.lower() in _GONE:
        return "ended here, given up there"
    if not entered:
        return "no code entered"
    return "agrees" if entered == person.code.casefold() else other


def records(found: Sequence[Reconciled]) -> list[dict[str, str]]:
    """Return a comparison as records for a table, in which no text is a formula of a spreadsheet.

    Raises:
        BadStudy: There is nothing to compare.
    """
    if not found:
        raise BadStudy("neither the panel's list nor the study has anybody; nothing is to be compared")
    return [{name: inert(value) for name, value in asdict(row).items()} for row in found]
