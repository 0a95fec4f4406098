"""Options of `srbench survey create` about who takes part: panels, endings, gates and questionnaires."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli import options
from srbench.survey.people import endings, gates, questionnaires
from srbench.survey.people.panel import Panel
from srbench.survey.people.participation import Participation, validated, with_measures

PanelKind = Annotated[
    Literal["prolific", "mturk", "own"] | None,
    typer.Option(
        help="Panel that sends raters: the ids in its links (Prolific's PROLIFIC_PID, STUDY_ID, SESSION_ID; Mechanical "
        "Turk's workerId, assignmentId, hitId) are kept apart from the answers, and one id is one session."
    ),
]
Capture = Annotated[
    list[str] | None,
    typer.Option(
        help="Comma-separated, or repeated: further parts of the link's address that are kept. Of a panel of your own "
        "the first one tells a person."
    ),
]
EndingOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--ending",
        help=f"KIND=CODE or KIND=https://...: the code or address of an ending; repeat it. KIND is one of "
        f"{', '.join(endings.KINDS)}. An ending without a fixed code shows a code of the rater's own; {{code}} and the "
        "names of ids are filled into addresses.",
    ),
]
Quota = Annotated[
    bool | None,
    typer.Option(
        "--quota/--no-quota",
        help="Turn newcomers away once --raters have finished or are at work, or not. Default: with a panel.",
    ),
]
GateOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        help=f"NAME=LEVEL or NAME=LEVEL:LIMITS: a condition that is off, record(ed) or require(d); repeat it. NAME is "
        f"one of {', '.join(gates.GATES)}. A required one that fails ends as screened-out.",
    ),
]
Questions = Annotated[
    Path | None, typer.Option(help="TOML file of questionnaires, [[before]] and [[after]] the trials.")
]


def joined(
    basis: Participation,
    kind: Literal["prolific", "mturk", "own"] | None,
    capture: list[str] | None,
    ending: list[str] | None,
    quota: bool | None,
    gate: list[str] | None,
    questions: Path | None,
) -> Participation:
    """Return conditions of taking part with what was typed about people; --capture alone is a panel of one's own.

    Raises:
        BadStudy: Something cannot be understood, or cannot be asked.
    """
    names = tuple(options.split(capture)) if capture else ()
    panel = Panel(kind or "own", names) if kind or names else None
    conditions = tuple(found for text in gate or [] if (found := gates.parse(text)))
    return validated(
        replace(
            basis,
            ask=with_measures(basis.ask, conditions),
            panel=panel,
            endings=tuple(endings.parse(text) for text in ending or []),
            quota=panel is not None if quota is None else quota,
            gates=conditions,
            questions=questionnaires.read(questions) if questions else (),
        )
    )
