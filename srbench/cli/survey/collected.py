"""`srbench survey status`, `export` and `report`: what a running study has collected."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.create import StudyFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.survey.store import Store

Database = Annotated[str, typer.Option(help="SQLAlchemy's URL; SQLite in the study's folder by default.")]
Unfinished = Annotated[bool, typer.Option("--unfinished", help="Raters who have not finished count too.")]


@contextmanager
def opened(study: Path, database: str) -> "Iterator[Store]":
    """A study's votes, closed at the end."""
    from srbench.survey.store import Store
    from srbench.survey.study import load

    store = Store(load(study), database)
    try:
        yield store
    finally:
        store.close()


def status(study: StudyFolder, database: Database = "", json: options.Json = False) -> None:
    """How many raters are where, and how many answers there are."""
    with opened(study, database) as store:
        counts, answers, wanted = store.counts(), len(store.answers()), store.study.raters
    content = {"raters_wanted": wanted, "raters": counts, "answers": answers}
    if json:
        console.print_json(content)
        return
    states = ", ".join(f"{number} {state}" for state, number in counts.items()) or "nobody yet"
    console.out.print(f"{states}; {wanted} wanted; {answers} answers")


def export(
    study: StudyFolder,
    target: Annotated[Path, typer.Argument(help="Ends in .csv, .json or .parquet.")],
    unfinished: Unfinished = False,
    database: Database = "",
) -> None:
    """Write the answers as ratings that `srbench survey analyze` reads."""
    from srbench.opinion import files
    from srbench.survey.export import ratings

    with opened(study, database) as store:
        files.write(ratings(store, unfinished=unfinished), target)


def report(
    study: StudyFolder,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run whose images were rated: MOS joins its rows.")
    ] = None,
    screen: Annotated[str, typer.Option(help="Rules that reject raters, as in analyze.")] = "bt500",
    unfinished: Unfinished = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; runs/survey/<study> by default.")] = None,
    database: Database = "",
    json: options.Json = False,
) -> None:
    """Analyse what was collected; for more options: export, then analyze."""
    from srbench.cli.survey.analyze import finish
    from srbench.opinion.choices import Choices
    from srbench.survey.export import ratings

    with opened(study, database) as store:
        read = ratings(store, unfinished=unfinished)
    choices = Choices() if read.pairs else Choices(screen=() if screen == "none" else tuple(options.split(screen)))
    finish(read, choices, None, run, out, json=json)
