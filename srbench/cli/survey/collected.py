"""`srbench survey status`, `export` and `report`: what a running study has collected."""

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.plan import StudyFolder
from srbench.cli.survey.reporting import Full, finish
from srbench.core.files import require_place
from srbench.errors import BadStudy, UserError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.survey.store.vote_store import VoteStore

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
    from srbench.survey.store.vote_store import VoteStore

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
    from srbench.survey.monitor import monitor
    from srbench.survey.progress import study_progress

    with open_votes(study, database, reading=True) as store:
        progress = study_progress(store)
        if json:
            console.print_json(report.record(progress, monitor(store)))
        else:
            console.show(report.page(store.study, progress, monitor(store)))


def export(
    study: StudyFolder,
    target: Annotated[
        Path,
        typer.Argument(
            help="What to write: ratings alone, as a file that ends in .csv, .json or .parquet; or a Data Package "
            "with everything, as a new folder or a .zip."
        ),
    ],
    raters: Annotated[
        bool,
        typer.Option(
            "--raters",
            help="Write the raters in place of the answers: state, screen check, pixels per degree, rules that reject.",
        ),
    ] = False,
    pictures: Annotated[bool, typer.Option("--pictures", help="Put the pictures into the package.")] = False,
    panel_ids: Annotated[
        bool, typer.Option("--panel-ids", help="Put the ids by which a panel knows its raters into the package.")
    ] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Leave ids, free text and clock times out of the package.")
    ] = False,
    licence: Annotated[str, typer.Option(help="Licence of the package's data, as CC-BY-4.0.")] = "",
    unfinished: Unfinished = False,
    database: Database = "",
) -> None:
    """Write what a study has collected, as a table of ratings or as a package; `srbench survey analyze` reads both."""
    if target.suffix.lower() in ("", ".zip"):
        if raters or unfinished:
            option = "raters" if raters else "unfinished"
            raise UserError(f"a package holds all raters and all answers; --{option} goes with .csv, .json or .parquet")
        _export_package(study, target, database, public=public, panel_ids=panel_ids, pictures=pictures, licence=licence)
        return
    idle = [n for n, given in (("pictures", pictures), ("panel-ids", panel_ids), ("public", public)) if given]
    if idle or licence:
        raise UserError(f"--{(*idle, 'licence')[0]} goes with a package: give a folder or a .zip in place of {target}")
    from srbench.ratings import records, table_io
    from srbench.survey.export import ratings
    from srbench.survey.progress import rater_rows, study_progress

    require_place(target)
    with open_votes(study, database, reading=True) as store:
        if raters:
            table_io.write(rater_rows(study_progress(store)), target)
            return
        records.write(ratings(store, unfinished=unfinished), target)


def _export_package(
    study: Path, target: Path, database: str, *, public: bool, panel_ids: bool, pictures: bool, licence: str
) -> None:
    from srbench.survey.package import writing

    require_place(target)
    with open_votes(study, database) as store:
        wanted = writing.PackageOptions(public=public, panel_ids=panel_ids, pictures=pictures, licence=licence)
        writing.write(store, target, wanted)
    if not licence:
        console.err.print("No licence is named, so that others may not use the data; --licence CC-BY-4.0 names one.")


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
    from srbench.survey.export import collected

    rules = None if screen is None else [rule for rule in options.split(screen) if rule != "none"]
    with open_votes(study, database, reading=True) as store:
        answers = collected(store, unfinished=unfinished)
    exported, choices = answers.analysed(rules)
    finish(exported, choices, None, run, out, full=full, json=json)
