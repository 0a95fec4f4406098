"""`srbench report`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console
from srbench.core.paths import weights_roots
from srbench.errors import BadRun, UserError
from srbench.evaluation.results import RunFolder

if TYPE_CHECKING:
    from srbench.evaluation.scenes import Perceptual
    from srbench.report.site.gallery import Gallery
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
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Add the viewer of the pictures that runs kept, or not.")
    ] = True,
) -> None:
    """Write one folder that shows runs in a browser, by double click on its index.html.

    It holds the leaderboard, plots, pictures, caveats, and the commands that make the runs again.
    """
    console.out.print(f"Open in a browser: {write(runs, out, pictures=pictures)}", soft_wrap=True, markup=False)


def write(paths: Sequence[Path], out: Path | None = None, *, pictures: bool = True) -> Path:
    """Write the report and return its first page.

    Args:
        paths: Folders of runs, sessions and studies.
        out: Folder of the report; in the first run by default.
        pictures: Whether the pictures that runs kept are part of it.

    Raises:
        BadRun: None of them is a run.
    """
    sources = _sorted(paths)
    folder = out or sources.runs[0].path / "report"
    from srbench.report.site import publish

    return publish.write(sources, folder, _view) if pictures else publish.write(sources, folder)


def _sorted(paths: Sequence[Path]) -> "Sources":
    """Sort folders by what they hold."""
    from srbench.report.ratings import record
    from srbench.report.site.publish import Sources
    from srbench.report.speed import publish as speed

    sessions = [path for path in paths if (path / _SESSION).exists()]
    studies = [path for path in paths if (path / _STUDY).exists() and path not in sessions]
    runs = [RunFolder(path) for path in paths if path not in {*sessions, *studies}]
    if not runs:
        raise BadRun(f"{', '.join(map(str, paths))}: no folder of `srbench run` among these; expected one or more")
    return Sources(runs, [speed.read(path) for path in sessions], [record.read(path / _STUDY) for path in studies])


def _view(folders: Sequence[RunFolder], folder: Path) -> "Gallery":
    """Write the viewer of runs under one protocol, with a small picture of each disputed crop."""
    from srbench.evaluation.matched import match
    from srbench.evaluation.scenes import Scenes
    from srbench.report.site.gallery import Gallery, thumbnail_of
    from srbench.report.site.thumbnails import strip
    from srbench.report.viewer import publish as viewer

    scenes = Scenes(folders, perceptual=_perceptual(folders))
    run = " ".join(str(of.path) for of in folders)
    with console.bars() as progress, progress.task("pictures", len(scenes)) as task:
        files = viewer.write(folder, scenes, match(folders).tables, run=run, stepped=lambda _: task.advance())
    shown = {thumbnail_of(i): strip(scenes.of((one.dataset, one.image)), one) for i, one in enumerate(files.disputes)}
    return Gallery(files, shown)


def _perceptual(folders: Sequence[RunFolder]) -> "Perceptual | None":
    """Return what makes maps of LPIPS; None where its backbone is not at hand."""
    from srbench.core.assets import AssetStore
    from srbench.metrics.lpips import open_map

    try:
        return open_map(folders[0].head()["protocol"]["lpips"], AssetStore(weights_roots(None)))
    except UserError:
        return None
