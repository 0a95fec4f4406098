"""`srbench merge`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.core.wording import counted
from srbench.evaluation.results import RunFolder


def merge(
    out: Annotated[Path, typer.Argument(help="New folder for the run that holds all others.")],
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs under one protocol, in any order.")],
    json: options.Json = False,
) -> None:
    """Unite runs of several machines or days in one folder, which every other verb reads as a run.

    The order of the runs changes nothing. Runs that contradict each other are refused with both values. A model's times
    on a data set stay of one machine; those of others are left out and counted.
    """
    folders = [RunFolder(run) for run in runs]
    for folder in folders:
        folder.head()  # a wrong folder is told before anything loads
    from srbench.evaluation.merge import merge as unite
    from srbench.evaluation.merge import write
    from srbench.report.runs import publish

    merged = unite(folders)
    publish.refresh(write(merged, out))
    models, datasets = ({getattr(row, field) for row in merged.rows} for field in ("model", "dataset"))
    if json:
        console.print_json(
            {
                "run": str(out),
                "rows": len(merged.rows),
                "models": sorted(models),
                "datasets": sorted(datasets),
                "pictures": len(merged.pictures),
                "doubles": merged.doubles,
                "other_times": merged.other_times,
                "notes": list(merged.notes),
            }
        )
        return
    dropped = [
        f"{counted(merged.doubles, 'double')} dropped" if merged.doubles else "",
        f"{counted(merged.other_times, 'time')} of other machines or runs left out" if merged.other_times else "",
        *merged.notes,
    ]
    for line in filter(None, dropped):
        console.err.print(line, soft_wrap=True, markup=False)
    held = f"{counted(len(merged.rows), 'row')} of {counted(len(models), 'model')} on {', '.join(sorted(datasets))}"
    console.out.print(
        f"{out}: {held}; see: srbench show {out}",
        soft_wrap=True,
        markup=False,
    )
