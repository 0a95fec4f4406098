"""`srbench survey plan`, and what `srbench survey create` prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import console, options
from srbench.report.table import Column, Table, text_column, text_rows

if TYPE_CHECKING:
    from srbench.ratings.model_differences import Test
    from srbench.survey.study import Study

PlannedTest = Annotated[
    Literal["two-way", "wilcoxon", "permutation"],
    typer.Option(help="Test of votes on a scale that the plan is for, as in `srbench survey analyze`."),
]
StudyFolder = Annotated[Path, typer.Argument(help="Folder of the study.")]


def plan(
    study: StudyFolder,
    rater: Annotated[
        int | None, typer.Option(min=0, help="List the trials of the session with this number, from 0.")
    ] = None,
    test: PlannedTest = "two-way",
    json: options.Json = False,
) -> None:
    """Show a plan before anybody rates."""
    from srbench.survey.plan.planning import practice, session, sittings
    from srbench.survey.study import load

    loaded = load(study)
    if rater is None:
        show_plan(loaded, test, json=json)
        return
    split = sittings(loaded.design, session(loaded.design, loaded.stimuli(), rater))
    first = [(1, 0, trial) for trial in practice(loaded.design, loaded.calibration())]
    asked = [(i, k, trial) for i, blocks in enumerate(split, 1) for k, block in enumerate(blocks, 1) for trial in block]
    rows = [
        {"sitting": sitting, "block": block, "kind": trial.kind, "first": trial.first, "second": trial.second}
        for sitting, block, trial in [*first, *asked]
    ]
    if json:
        console.print_json(rows)
        return
    numbered = ((str(at), *map(str, row.values())) for at, row in enumerate(rows, start=1))
    columns = (Column("trial"), *map(text_column, rows[0]))
    console.show_table(Table("trials", "", columns, text_rows(numbered)))


def show_plan(study: "Study", test: "Test", *, json: bool, written: bool = True) -> None:
    """Print what a study will cost and find; for one that is not written, say so."""
    from srbench.report.survey import plan as report
    from srbench.survey.plan.forecast import forecast

    with console.err.status("simulating panels"):
        expected = forecast(study, test)
    if json:
        console.print_json(report.record(study, expected))
    else:
        console.show(report.page(study, expected))
        if not written:
            console.out.print("Nothing was written.")
