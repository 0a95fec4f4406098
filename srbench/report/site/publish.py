"""The report as a folder: pages, plots and tables that need neither a server nor the network."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from srbench import __version__
from srbench import protocol as protocols
from srbench.datasets.catalogue import catalogue
from srbench.evaluation.matched import match
from srbench.evaluation.published import published
from srbench.evaluation.results import RunFolder
from srbench.report.formats import csv, html
from srbench.report.publish import PAGES, write_files
from srbench.report.runs.paper_table import PaperTable
from srbench.report.site import beside, boards, facts, leaderboard, verdict
from srbench.report.site.boards import Board
from srbench.report.site.gallery import NO_PICTURES, THUMBNAILS, Gallery
from srbench.report.site.leaderboard import BoardColumn, Leaderboard
from srbench.report.site.plots import images, links, trade_offs
from srbench.report.table import Plot
from srbench.report.viewer import publish as viewer
from srbench.speed.records import SpeedSession

INDEX = "index.html"
_ASSETS = ("site.css", "site.js")
_FILES = (
    ("table.tex", "all means as the table of a paper, in LaTeX, with the scores that others published"),
    ("table.md", "the same in Markdown"),
    ("summary.csv", "every mean with its interval"),
    ("rows.csv", "the value of every image"),
)
"""What a reader takes home, and what it holds; plots have links of their own."""


@dataclass(frozen=True)
class Sources:
    """What a report is made of.

    Attributes:
        runs: Folders of runs.
        sessions: Sessions of `srbench throughput`.
        studies: Contents of ratings reports.
    """

    runs: Sequence[RunFolder]
    sessions: Sequence[SpeedSession] = ()
    studies: Sequence[Mapping[str, Any]] = field(default_factory=list)


View = Callable[[Sequence[RunFolder], Path], Gallery]
"""Writes the pictures of runs under one protocol into a folder."""


def write(sources: Sources, folder: Path, view: View = lambda *_: NO_PICTURES) -> Path:
    """Write the report; runs under further protocols have folders of their own in it.

    Args:
        sources: Runs, and what stands beside them.
        folder: Folder of the report.
        view: Writes the pictures; without it there are none.

    Returns:
        Path of the first page.

    Raises:
        BadRun: A folder holds no run, or the report cannot be written.
    """
    found = boards.read(sources.runs)
    places = ["", *(f"{links.file_part(board.name)}-{i}/" for i, board in enumerate(found[1:], start=2))]
    for board, place in zip(found, places, strict=True):
        up = "../" if place else ""
        others = [
            (other.name, f"{up}{elsewhere}{INDEX}")
            for other, elsewhere in zip(found, places, strict=True)
            if other is not board
        ]
        viewer.remove(folder / place)
        stale = sorted((folder / place / THUMBNAILS).glob("*.webp"))
        write_files(folder / place, _files(board, sources, others, view(board.folders, folder / place)), stale)
    return folder / INDEX


def remove(folder: Path) -> bool:
    """Remove a report and leave what else is in its folder.

    Args:
        folder: Folder of the report.

    Returns:
        Whether there was one.

    Raises:
        BadRun: The folder cannot be written.
    """
    places = [path.parent for path in folder.glob(f"**/{INDEX}") if (path.parent / _ASSETS[1]).exists()]
    for place in sorted(places, reverse=True):  # those of further protocols lie within
        viewer.remove(place)
        drawn = [path for part in ("plots/*.svg", f"{THUMBNAILS}/*.webp") for path in place.glob(part)]
        named = [place / name for name in (INDEX, *_ASSETS, *(name for name, _ in _FILES))]
        write_files(place, {}, [*drawn, *named])
        for emptied in (place / "plots", place / THUMBNAILS, place):
            if emptied.is_dir() and not any(emptied.iterdir()):
                emptied.rmdir()
    return bool(places)


def _files(
    board: Board, sources: Sources, others: Sequence[tuple[str, str]], gallery: Gallery
) -> dict[str, str | bytes]:
    leaders, scale = leaderboard.leaderboard(board), int(board.protocol["scale"])
    left_out = [*gallery.left_out, *beside.unjoined(leaders, sources.sessions, sources.studies, scale)]
    leaders = beside.with_opinions(beside.with_speed(leaders, sources.sessions, scale), sources.studies)
    plots = _plots(board, leaders, gallery)
    files: dict[str, str | bytes] = {name: _asset(name) for name in _ASSETS}
    files |= {plot.file: _alone(plot.svg) for _, plot in plots}
    files |= gallery.thumbnails
    files["summary.csv"] = csv.records([record for report in board.reports for record in report.records()])
    files["rows.csv"] = csv.records(list(map(_record, board.rows)))
    files |= _paper_tables(board)
    # Names come from the users' files: everything is escaped but the drawings, which are made here.
    drawings = {plot.key: markupsafe.Markup(plot.svg) for _, plot in plots}
    page = _page(board, leaders, plots, gallery) | {"others": others, "caveats": [*board.caveats, *left_out]}
    page["files"] = [(name, what) for name, what in _FILES if name in files]
    files[INDEX] = _template().render(page=page, drawings=drawings, version=__version__)
    return files


@cache
def _template() -> jinja2.Template:
    environment = html.environment()
    environment.filters["breakable"] = _breakable
    return environment.from_string(_asset(INDEX))


def _paper_tables(board: Board) -> dict[str, str | bytes]:
    """Write the table that `srbench table` prints, in LaTeX and Markdown."""
    matches = match(board.folders)
    records = catalogue()
    names = {name: records[name].title if name in records else name for name in board.datasets}
    metrics = list(dict.fromkeys(table.metric for table in matches.tables))
    table = PaperTable(matches, names, metrics, published(board.name))
    forms = {"table.tex": "latex", "table.md": "md"} if table.places else {}
    return {name: PAGES[form](table.page()) for name, form in forms.items()}


def _plots(board: Board, leaders: Leaderboard, gallery: Gallery) -> list[tuple[str, Plot]]:
    """Draw the plots of every data set, with its name."""
    drawn: list[tuple[str, Plot | None]] = []
    for dataset in board.datasets:
        metrics = [c.metric for c in leaders.columns if c.group == dataset and c.kind == "metric"]
        first, each = partial(gallery.opening, dataset), partial(gallery.link, dataset)
        drawn += [(dataset, draw(board, leaders, dataset, first)) for draw in (trade_offs.perception, trade_offs.speed)]
        for metric in metrics:
            drawn += [
                (dataset, draw(board, leaders, dataset, metric, each))
                for draw in (images.heat_map, images.distributions)
            ]
    return [(dataset, plot) for dataset, plot in drawn if plot]


def _page(board: Board, leaders: Leaderboard, plots: Sequence[tuple[str, Plot]], gallery: Gallery) -> dict[str, Any]:
    """Collect what the template shows."""
    columns = leaders.columns
    sets = ", ".join(f"{name} ({board.images(name)})" for name in board.datasets)
    return {
        "title": f"{len(leaders.lines)} models under {board.name}",
        "lead": f"{protocols.read(dict(board.protocol)).describe('')}. Images: {sets}.",
        "main": leaders.main,
        "advices": verdict.advise(board, leaders),
        "datasets": board.datasets,
        "devices": list(dict.fromkeys(f"{line.variant[1]} {line.variant[2]}" for line in leaders.lines)),
        "timed": any(column.metric in ("ms", "latency") for column in columns),
        "sized": any(column.metric == "mib" for column in columns),
        "metrics": _choices(columns),
        "groups": [(name, list(of)) for name, of in groupby(columns, key=lambda column: column.group)],
        "columns": columns,
        "lines": leaders.lines,
        "pictures": {
            line.label: address for line in leaders.lines if (address := gallery.opening(leaders.main, line.label))
        },
        "viewer": gallery.page,
        "disputed": gallery.lists(),
        "tables": leaders.tables,
        "plots": plots,
        "commands": facts.commands(board),
        "machines": board.machines,
        "facts": [facts.protocol(board), facts.models(board), facts.datasets(board), facts.environments(board)],
        "runs": [str(folder.path) for folder in board.folders],
    }


def _choices(columns: Sequence[BoardColumn]) -> list[tuple[str, str]]:
    """Name what a reader may show or hide: metrics, times, and all columns of speed together."""
    names = {
        "speed" if column.kind == "speed" else column.metric: "speed, memory"
        if column.kind == "speed"
        else column.column.own_title.rstrip(" ↑↓")
        for column in columns
    }
    return list(names.items())


def _breakable(name: str) -> markupsafe.Markup:
    """Let a browser break a name behind its stops."""
    return markupsafe.Markup(re.sub(r"([._@/-])", r"\1<wbr>", str(markupsafe.escape(name))))


def _record(row: Any) -> dict[str, Any]:
    fields = ("protocol", "model", "dataset", "image", "metric", "value", "unit", "device", "mode", "identity")
    return {name: getattr(row, name) for name in fields}


def _alone(svg: str) -> str:
    """Return a drawing as a file of its own: of a fixed size, without links to pages that are not beside it."""
    svg = re.sub(r"</?a\b[^>]*>", "", svg)
    return svg.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1) + "\n"


def _asset(name: str) -> str:
    return resources.files("srbench.report.site").joinpath(name).read_text(encoding="utf-8")
