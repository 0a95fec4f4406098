"""`srbench report`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.errors import BadRun
from srbench.evaluation.results import RunFolder

if TYPE_CHECKING:
    from srbench.report.site.publish import Sources

_SESSION, _STUDY = "speed.json", "report.json"


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of `srbench run`; beside them folders of `srbench throughput` and of `srbench survey "
            "analyze`, whose speed and scores become columns."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the report; RUN/report by default.")] = None,
) -> None:
    """Write one folder that shows runs in a browser, by double click on its index.html.

    It holds the leaderboard, plots, caveats, and the commands that make the runs again.
    """
    sources = read(runs)
    folder = out or sources.runs[0].path / "report"
    from srbench.report.site import publish

    first = publish.write(sources, folder)
    console.out.print(f"Open in a browser: {first}", soft_wrap=True, markup=False)


def read(paths: Sequence[Path]) -> "Sources":
    """Sort folders by what they hold.

    Raises:
        BadRun: None of them is a run.
    """
    from srbench.report.ratings import record
    from srbench.report.site.publish import Sources
    from srbench.report.speed import publish as speed

    sessions = [path for path in paths if (path / _SESSION).exists()]
    studies = [path for path in paths if (path / _STUDY).exists() and path not in sessions]
    runs = [RunFolder(path) for path in paths if path not in {*sessions, *studies}]
    if not runs:
        raise BadRun(f"{', '.join(map(str, paths))}: no folder of `srbench run` among these; expected one or more")
    return Sources(runs, [speed.read(path) for path in sessions], [record.read(path / _STUDY) for path in studies])
