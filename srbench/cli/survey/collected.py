"""`srbench survey status`, `export` and `report`: what a running study has collected."""

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.analyze import Full
from srbench.cli.survey.plan import StudyFolder
from srbench.core.files import require_place
from srbench.errors import BadStudy, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.survey.vote_store import VoteStore

Database = Annotated[
    str, typer.Option(help="SQLAlchemy URL of the database; a SQLite file in the study's folder by default.")
]
Unfinished = Annotated[bool, typer.Option("--unfinished", help="Count raters who have not finished too.")]


@contextmanager
def open_votes(study: Path, database: str, *, patience_s: float = 30, reading: bool = False) -> "Iterator[VoteStore]":
    """Open the votes of a study, and close them at the end.

    Args:
        study: Folder of the study.
        database: SQLAlchemy URL of the database; empty for SQLite in the folder.
        patience_s: How long a transaction waits for another one's lock, in seconds.
        reading: Whether nothing will be written, so that a read-only folder will do.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from srbench.survey.study import load

    loaded = load(study)
    from srbench.survey.store.archive import copied_votes, is_writable
    from srbench.survey.vote_store import VoteStore

    with ExitStack() as stack:
        if not database and not is_writable(study):
            if not reading:
                raise BadStudy(
                    f"{study} cannot be written, and its answers are in it; copy the folder to a place that can be "
                    "written, or give --database"
                )
            database = stack.enter_context(copied_votes(study))
        store = VoteStore(loaded, database, patience_s=patience_s)
        stack.callback(store.close)
        try:
            yield store
        except SQLAlchemyError as error:  # a full disk, a lost connection, a file that is damaged
            what = first_line(getattr(error, "orig", None) or error)
            raise BadStudy(
                f"the database of {study} failed ({what}); its answers are kept. Mend the database, then give the "
                "command again"
            ) from error


def status(study: StudyFolder, database: Database = "", json: options.Json = False) -> None:
    """Show how far a study is, its scores so far, and which raters the screening rules would reject."""
    from srbench.report.survey import progress as report
    from srbench.survey.progress import study_progress

    with open_votes(study, database, reading=True) as store:
        progress = study_progress(store)
        if json:
            console.print_json(report.record(progress))
        else:
            console.show(report.page(store.study, progress))


def export(
    study: StudyFolder,
    target: Annotated[Path, typer.Argument(help="File to write; its name ends in .csv, .json or .parquet.")],
    raters: Annotated[
        bool,
        typer.Option(
            "--raters",
            help="Write the raters in place of the answers: state, screen check, pixels per degree, rules that reject.",
        ),
    ] = False,
    unfinished: Unfinished = False,
    database: Database = "",
) -> None:
    """Write the answers as a table of ratings that `srbench survey analyze` reads."""
    from srbench.ratings import records, table_io
    from srbench.survey.export import ratings
    from srbench.survey.progress import rater_rows, study_progress

    require_place(target)
    with open_votes(study, database, reading=True) as store:
        if raters:
            table_io.write(rater_rows(study_progress(store)), target)
            return
        records.write(ratings(store, unfinished=unfinished), target)


def report(
    study: StudyFolder,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run whose images were rated: MOS joins its rows.")
    ] = None,
    screen: Annotated[
        list[str] | None,
        typer.Option(
            help="Comma-separated, or repeated: rules that reject raters, or none, in place of those that the plan "
            "names."
        ),
    ] = None,
    unfinished: Unfinished = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; runs/survey/<study> by default.")] = None,
    database: Database = "",
    full: Full = False,
    json: options.Json = False,
) -> None:
    """Analyse the answers of a study and write a report; `export` and `analyze` have more options."""
    from srbench.cli.survey.analyze import finish
    from srbench.survey.export import collected

    rules = None if screen is None else [rule for rule in options.split(screen) if rule != "none"]
    with open_votes(study, database, reading=True) as store:
        answers = collected(store, unfinished=unfinished)
    exported, choices = answers.analysed(rules)
    finish(exported, choices, None, run, out, full=full, json=json)
