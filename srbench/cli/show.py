"""`srbench show`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console, options
from srbench.errors import BadRun
from srbench.evaluation.results import RunFolder, latest


def show(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or of `srbench throughput`.")],
    json: options.Json = False,
) -> None:
    """Print the table of everything a run's folder holds.

    Of a session of `srbench throughput` that was killed, tables and plots are written too.
    """
    if (run / "speed.json").exists():
        _speed(run, json)
    else:
        _run(run, json)


def _speed(folder: Path, json: bool) -> None:
    from srbench.report.speed import page, publish, terminal

    session = publish.read(folder)
    if not (folder / publish.MARKDOWN).exists():
        publish.write(session, folder)
    if json:
        console.print_json(publish.content(session))
    else:
        console.out.print(terminal.show(page.build(session), console.out.width))


def _run(run: Path, json: bool) -> None:
    from srbench.report.runs import publish

    folder = RunFolder(run)
    head = folder.head()
    rows = latest(folder.rows())
    if not rows:
        raise BadRun(f"{run} holds no rows yet; run: srbench run --out {run}")
    notes = list(dict.fromkeys(note for call in head["calls"] for note in call["notes"]))
    last = head["calls"][-1]
    made = publish.report(folder, rows, notes, last["unavailable"], last["failed"])
    if json:
        console.print_json(made.as_dict(str(run)))
    else:
        console.show(made)
