"""`srbench survey person` and `forget`: one person's data, and personal data that is no longer needed."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.cli.survey.raters import Person
from srbench.core.files import require_place, write_private


def person(
    study: StudyFolder,
    rater: Person,
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write, which only its owner can read; printed by default.")
    ] = None,
    database: Database = "",
) -> None:
    """Show everything that is stored of one rater, to whom it has to be given on request; `withdraw` deletes it."""
    import json

    if out is not None:
        require_place(out)
    with open_votes(study, database, reading=True) as store:
        found = store.everything(store.identify(rater))
    if out is None:
        console.print_json(found)
    else:
        write_private(out, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def forget(
    study: StudyFolder,
    days: Annotated[
        float, typer.Option(min=0, max=36_500, help="Days since a rater was last seen.", show_default=False)
    ],
    database: Database = "",
) -> None:
    """Delete panel ids, labels of invitations, answers in words and IP addresses of raters long gone; answers stay.

    The panel's link then lets the same person in again, so that the study should be closed before.
    """
    with open_votes(study, database) as store:
        written = [item.name for item in store.study.participation.questions if item.kind == "text"]
        count = store.forget(days, written)
    console.out.print(f"personal data deleted of {count} rater{'' if count == 1 else 's'}")
