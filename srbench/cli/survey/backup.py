"""`srbench survey backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.core.files import require_folder, require_place
from srbench.errors import UserError


def backup(
    study: StudyFolder,
    target: Annotated[Path, typer.Argument(help="Name of the .zip file to write; only its owner can read it.")],
    database: Database = "",
) -> None:
    """Write plan, pictures, secrets and votes of a study to one file, also while it runs, and try to restore it."""
    from srbench.survey.store import backup as backups

    if target.suffix.lower() != ".zip":
        raise UserError(f"{target} does not end in .zip; give the backup a name that does")
    require_place(target)
    with open_votes(study, database, reading=True) as store, console.err.status("backup"):
        counts = backups.write(store, target)
        backups.try_restore(target)
    console.out.print(f"{target}: {_count_text(counts)}")


def restore(
    source: Annotated[Path, typer.Argument(help="File that `srbench survey backup` wrote.")],
    study: Annotated[Path, typer.Argument(help="Folder for the study; new, or empty.")],
    database: Database = "",
) -> None:
    """Make a study from a backup, in the same or another database. Invitation links stay valid."""
    from srbench.survey.store import backup as backups

    require_folder(study)
    with console.err.status("restore"):
        counts = backups.restore(source, study, database)
    console.out.print(f"{study}: {_count_text(counts)}")


def _count_text(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {table}{'' if number == 1 else 's'}" for table, number in counts.items())
