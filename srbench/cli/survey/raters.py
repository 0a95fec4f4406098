"""`srbench survey exclude`, `include`, `withdraw` and `reconcile`: decisions about single raters, and panels' lists."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.cli.survey.collected import Database, open_votes
from srbench.cli.survey.plan import StudyFolder
from srbench.core.files import require_place
from srbench.errors import UserError

Person = Annotated[
    str,
    typer.Argument(
        metavar="RATER",
        help="Id of the rater as in the raters' table, the rater's link, the rater's own code, or the panel's id.",
    ),
]
_COLUMNS = ("id", "code", "status")


def exclude(
    study: StudyFolder,
    rater: Person,
    reason: Annotated[str, typer.Option(help="Why; it stands in the report and in exports.", show_default=False)],
    database: Database = "",
) -> None:
    """Leave a rater out of scores, exports of answers and reports; nothing is deleted, and `include` takes it back."""
    with open_votes(study, database) as store:
        found = store.identify(rater)
        store.exclude(found, reason)
    console.out.print(f"{found} is excluded: {reason.strip()}", markup=False, soft_wrap=True)


def include(
    study: StudyFolder,
    rater: Person,
    reason: Annotated[str, typer.Option(help="Why; it is stored with the decision.")] = "",
    database: Database = "",
) -> None:
    """Take a rater whom `exclude` has left out into scores, exports and reports again."""
    with open_votes(study, database) as store:
        found = store.identify(rater)
        store.include(found, reason)
    console.out.print(f"{found} is included again", markup=False, soft_wrap=True)


def withdraw(
    study: StudyFolder,
    rater: Person,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the panel's ids and the label of the invitation too.")
    ] = False,
    database: Database = "",
) -> None:
    """Delete everything that a rater has answered; only the fact of the withdrawal stays on record."""
    with open_votes(study, database) as store:
        found = store.identify(rater)
        count = store.withdraw(found, forget=forget)
    console.out.print(f"{found} is withdrawn; answers deleted: {count}", markup=False, soft_wrap=True)


def reconcile(
    study: StudyFolder,
    panel: Annotated[Path, typer.Argument(help="CSV file that the panel exports: Prolific's, Mechanical Turk's, any.")],
    columns: Annotated[
        list[str] | None,
        typer.Option(help="Names of the file's columns, as id=pid,code=token,status=state, where they are not known."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the comparison to a file too; its name ends in .csv, .json or .parquet.")
    ] = None,
    database: Database = "",
    json: options.Json = False,
) -> None:
    """Compare a panel's list of submissions with the study: ids, codes and endings, and what does not agree."""
    from srbench.ratings import table_io
    from srbench.report.survey import reconciliation as report
    from srbench.survey import reconciliation
    from srbench.survey.progress import study_progress

    rows = reconciliation.read(panel, _columns(columns))
    if out is not None:
        require_place(out)
    with open_votes(study, database, reading=True) as store:
        codes = [ending.code for ending in store.study.participation.endings if ending.code]
        found = reconciliation.reconcile(study_progress(store).people, rows, codes)
        if out is not None:
            table_io.write(reconciliation.records(found), out)
        if json:
            console.print_json([asdict(row) for row in found])
        else:
            console.show(report.page(store.study, found))


def _columns(typed: list[str] | None) -> dict[str, str]:
    pairs = {}
    for part in options.split(typed) if typed else []:
        ours, equals, theirs = part.partition("=")
        if ours not in _COLUMNS or not equals or not theirs:
            raise UserError(f"--columns has '{part}'; expected OURS=THEIRS with OURS of {', '.join(_COLUMNS)}")
        pairs[ours] = theirs
    return pairs
