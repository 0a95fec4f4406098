"""`srbench rm` and `srbench rename`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.core.wording import counted
from srbench.evaluation.results import RunFolder

if TYPE_CHECKING:
    from srbench.evaluation.stored_models import Changed


def rm(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    models: Annotated[list[str], typer.Option(help="Models to take out; names or patterns, comma-separated.")],
    json: options.Json = False,
) -> None:
    """Take models out of a run: their rows and kept outputs are gone for good, and the tables are written anew.

    Sheets and the report in the folder, which still show the models, are removed.
    """
    folder = RunFolder(run)
    folder.head()  # a wrong folder is told before anything loads
    from srbench.evaluation.stored_models import remove

    changed = remove(folder, options.split(models))
    _report(folder, changed, f"{', '.join(changed.models)} taken out of {run}", json)


def rename(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    old: Annotated[str, typer.Argument(help="Name of a model of the run.")],
    new: Annotated[str, typer.Argument(help="Name that it gets.")],
    json: options.Json = False,
) -> None:
    """Give a model of a run another name, in its rows, tables and kept outputs.

    Sheets and the report in the folder, which still show the old name, are removed. A later `srbench run` measures the
    model anew, by either name.
    """
    folder = RunFolder(run)
    folder.head()
    from srbench.evaluation.stored_models import rename as give_name

    changed = give_name(folder, old, new)
    _report(folder, changed, f"{old} is called {new} in {run}", json)


def _report(folder: RunFolder, changed: "Changed", sentence: str, json: bool) -> None:
    """Write the tables anew, take out what shows the old names, and say what was done."""
    from srbench.report.runs import kept_sheets, publish
    from srbench.report.site.publish import remove as remove_report

    publish.refresh(folder)
    sheets, report = kept_sheets.remove(folder, changed.images), remove_report(folder.path / "report")
    if json:
        console.print_json(
            {
                "run": str(folder.path),
                "models": list(changed.models),
                "rows": changed.rows,
                "pictures": changed.pictures,
                "sheets_removed": sheets,
                "report_removed": report,
            }
        )
        return
    kept = f" and {counted(changed.pictures, 'kept output')}" if changed.pictures else ""
    console.out.print(f"{sentence}: {counted(changed.rows, 'row')}{kept}", soft_wrap=True, markup=False)
    showed = [counted(sheets, "sheet")] if sheets else []
    showed += [f"{folder.path}/report (again: srbench report {folder.path})"] if report else []
    if showed:
        text = f"Removed, since they showed what was: {' and '.join(showed)}"
        console.out.print(text, soft_wrap=True, markup=False)
