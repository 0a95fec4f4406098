"""`srbench survey backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.create import StudyFolder


def backup(
    study: StudyFolder,
    target: Annotated[Path, typer.Argument(help="A .zip; only its owner can read it.")],
    database: Database = "",
) -> None:
    """Write plan, pictures, secrets and votes to one file; the study may run meanwhile."""
    from srbench.survey import backup as backups

    with open_votes(study, database) as store, console.err.status("backup"):
        counts = backups.write(store, target)
    console.out.print(f"{target}: {_counted(counts)}")


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `srbench survey backup` wrote.")],
    study: Annotated[Path, typer.Argument(help="Folder of the study; new, or empty.")],
    database: Database = "",
) -> None:
    """Make a study of a backup, in this or in another database. Invitation links stay good."""
    from srbench.survey import backup as backups

    with console.err.status("restore"):
        counts = backups.restore(source, study, database)
    console.out.print(f"{study}: {_counted(counts)}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {table}s" for table, number in counts.items())
