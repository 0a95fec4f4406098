"""`srbench table`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.core.names import fits
from srbench.evaluation.results import RunFolder


def table(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs under one protocol; their models are united.")],
    datasets: Annotated[
        list[str], typer.Option(help="Data sets, in the order of the columns; comma-separated. Default: all.")
    ] = [],  # noqa: B006  (typer reads it, nothing writes to it)
    metrics: Annotated[
        list[str], typer.Option(help="Metrics, in the order of a data set's columns. Default: all.")
    ] = [],  # noqa: B006
    models: Annotated[list[str], typer.Option(help="Models; names or patterns. Default: all.")] = [],  # noqa: B006
    published: Annotated[
        bool, typer.Option("--published/--ours", help="Add scores that others printed under the same protocol, or not.")
    ] = True,
    form: options.Format = "terminal",
    json: options.Json = False,
) -> None:
    """Print the table of a paper: models as rows, data sets as groups of columns.

    The best value is bold, the second underlined, and what is not told from the best has a sign. Scores that others
    published under the protocol stand below, with their sources.
    """
    form = options.format_of(form)
    wanted = [options.split(names) if names else [] for names in (models, datasets, metrics)]
    from srbench.evaluation.matched import match
    from srbench.evaluation.published import published as printed
    from srbench.report.formats import csv
    from srbench.report.publish import PAGES
    from srbench.report.runs.paper_table import PaperTable

    matches = match([RunFolder(run) for run in runs], models=wanted[0], datasets=wanted[1], metrics=wanted[2])
    known = dict.fromkeys(of.dataset for of in matches.tables)
    report = PaperTable(
        matches,
        {name: _title(name) for name in _ordered(wanted[1], known)},
        _ordered(wanted[2], dict.fromkeys(of.metric for of in matches.tables)),
        printed(str(matches.protocol["name"])) if published else (),
    )
    if json:
        console.print_json({"protocol": dict(matches.protocol), "scores": report.records(), "notes": report.notes()})
    elif form == "terminal":
        console.show(report.page())
    else:
        console.print_text(csv.records(report.records()) if form == "csv" else PAGES[form](report.page()))


def _ordered(asked: list[str], known: Iterable[str]) -> list[str]:
    """Names in the order in which they, or patterns of them, were asked for."""
    names = list(known)
    return list(dict.fromkeys(name for glob in asked for name in names if fits(name, glob))) or names


def _title(dataset: str) -> str:
    """The name of a data set as papers print it; its own where it is a folder's."""
    from srbench.datasets.catalogue import catalogue

    record = catalogue().get(dataset)
    return record.title if record else dataset
