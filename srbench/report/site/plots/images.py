"""Models image by image: how their values spread, and where which model fails."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from srbench.evaluation.row import WHOLE_SET, Row
from srbench.report.figures import style
from srbench.report.figures.style import GREY, WIDE, draw, label
from srbench.report.site.boards import Board
from srbench.report.site.leaderboard import BoardLine, Leaderboard
from srbench.report.site.plots.links import file_part, named
from srbench.report.table import Column, Plot
from srbench.stats.arrays import Floats

PictureLink = Callable[[str, str], str]
"""Gives the address of the picture of an image and a model; an empty one where there are no pictures."""

_FEW = 40
"""Images up to which every point is a link and every column has a name."""
_LINKED = 3
"""Images at each end of a longer row of points that are links."""


@dataclass(frozen=True)
class _Grid:
    """Values of a metric: models from top to bottom, images from left to right; NaN where there is none."""

    labels: tuple[str, ...]
    images: tuple[str, ...]
    values: Floats
    column: Column


def distributions(board: Board, leaders: Leaderboard, dataset: str, metric: str, link: PictureLink) -> Plot | None:
    """Draw the values of every image, a row for each model, best mean on top; None for a single image."""
    grid = _grid(board, leaders, dataset, metric)
    if grid is None or len(grid.images) < 2:
        return None

    def paint(figure: Figure) -> None:
        panel = figure.subplots()
        for row in range(len(grid.labels)):
            _strip(panel, grid, row, link)
        style.rows(panel, list(grid.labels))
        if not grid.column.higher_is_better:
            panel.invert_xaxis()
        panel.set_xlabel(f"{_title(grid.column)} of each image (better →)")

    key = f"images-{dataset}-{metric}"
    return Plot(
        key,
        f"{grid.column.head} of every image, {dataset}",
        f"A point is one of {len(grid.images)} images; the bar spans the middle half of them, the stroke is their "
        "median. Models by their mean, the best on top.",
        named(draw(key, WIDE, 0.8 + 0.3 * len(grid.labels), paint)),
        f"{grid.column.head} of {len(grid.images)} images for {len(grid.labels)} models.",
        f"plots/{file_part(key)}.svg",
    )


def _strip(panel: Axes, grid: _Grid, row: int, link: PictureLink) -> None:
    values = grid.values[row]
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return
    low, middle, high = np.percentile(values[known], [25, 50, 75])
    panel.plot([low, high], [row, row], color="#BBD4E6", linewidth=8, solid_capstyle="butt", zorder=1.5)
    panel.plot([middle, middle], [row - 0.3, row + 0.3], color="black", linewidth=1.6, zorder=2)
    ranked = known[np.argsort(values[known], kind="stable")]
    linked = set(ranked) if len(known) <= _FEW else {*ranked[:_LINKED], *ranked[-_LINKED:]}
    others = [i for i in ranked if i not in linked]
    panel.plot(values[others], [row] * len(others), "o", color="#0072B2", markersize=3, alpha=0.5, zorder=2.5)
    for i in sorted(linked):
        (mark,) = panel.plot([values[i]], [row], "o", color="#0072B2", markersize=4, alpha=0.7, zorder=3)
        if address := link(grid.images[i], grid.labels[row]):
            mark.set_url(address)


def heat_map(board: Board, leaders: Leaderboard, dataset: str, metric: str, link: PictureLink) -> Plot | None:
    """Draw how far each model is behind the best one on each image; None where there is nothing to compare."""
    grid = _grid(board, leaders, dataset, metric)
    if grid is None or len(grid.labels) < 2:
        return None
    sign = 1 if grid.column.higher_is_better else -1
    merits = np.where(np.isfinite(grid.values), sign * grid.values, np.nan)
    known = [i for i in range(len(grid.images)) if np.isfinite(merits[:, i]).any()]
    if not known:
        return None
    merits = merits[:, known]
    behind = np.nanmax(merits, axis=0) - merits
    order = np.argsort(np.nanmax(merits, axis=0), kind="stable")
    images = [grid.images[known[i]] for i in order]

    def paint(figure: Figure) -> None:
        panel = figure.subplots()
        _cells(figure, panel, grid, images, behind[:, order], link)

    key = f"map-{dataset}-{metric}"
    unit = f" {grid.column.unit}" if grid.column.unit else ""
    return Plot(
        key,
        f"Where which model falls behind in {grid.column.head}, {dataset}",
        f"Each cell: how far a model is behind the best model of that image{unit and f', in{unit}'}. White is best, "
        "dark is far behind, striped is unknown. Images from hard (left) to easy.",
        named(draw(key, WIDE, 1.2 + 0.27 * len(grid.labels), paint)),
        f"{len(grid.labels)} models on {len(images)} images; the values stand in rows.csv.",
        f"plots/{file_part(key)}.svg",
    )


def _cells(figure: Figure, panel: Axes, grid: _Grid, images: Sequence[str], behind: Floats, link: PictureLink) -> None:
    finite = behind[np.isfinite(behind)]
    # A model that fails altogether would leave no colours for the others.
    top = float(np.percentile(finite, 95)) or float(finite.max()) or 1.0
    places = [(row, i) for row in range(behind.shape[0]) for i in range(behind.shape[1])]
    shown = [(row, i) for row, i in places if np.isfinite(behind[row, i])]
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    squares = [corners + np.array((i, row)) for row, i in shown]
    mesh = PolyCollection(squares, cmap="Blues", norm=Normalize(0, top), edgecolors="white", linewidths=0.4)
    mesh.set_array(np.array([behind[place] for place in shown]))
    addresses = [link(images[i], grid.labels[row]) for row, i in shown]
    if any(addresses):
        mesh.set_urls(addresses)
    panel.add_collection(mesh)
    for row, i in set(places) - set(shown):
        panel.fill_between([i - 0.5, i + 0.5], row - 0.5, row + 0.5, facecolor="white", edgecolor=GREY, hatch="///")
    panel.set_xlim(-0.5, len(images) - 0.5)
    panel.set_ylim(len(grid.labels) - 0.5, -0.5)
    panel.set_yticks(range(len(grid.labels)), [label(name) for name in grid.labels])
    panel.tick_params(length=0)
    if len(images) <= _FEW:
        style.names_below(panel, images, (WIDE - 3) / len(images))
    else:
        panel.set_xticks([])
        panel.set_xlabel(f"{len(images)} images, hard to easy")
    unit = f" [{grid.column.unit}]" if grid.column.unit else ""
    figure.colorbar(mesh, ax=panel, shrink=0.9, pad=0.01, label=f"{grid.column.head} behind the best{unit}")


def _grid(board: Board, leaders: Leaderboard, dataset: str, metric: str) -> _Grid | None:
    """Arrange values by model and image; seeds of a method are averaged."""
    place = next((i for i, c in enumerate(leaders.columns) if c.group == dataset and c.metric == metric), None)
    rows = [r for r in board.rows if r.dataset == dataset and r.metric == metric and r.image != WHOLE_SET]
    if place is None or not rows:
        return None
    values = _by_variant(board, rows)
    column = leaders.columns[place].column
    sign = -1 if column.higher_is_better else 1

    def merit(line: BoardLine) -> float:
        cell = line.cells[place]
        return math.inf if cell is None or cell.value is None else sign * cell.value

    lines = sorted((line for line in leaders.lines if line.variant in values), key=merit)
    images = list(dict.fromkeys(row.image for row in rows))
    table = [[float(np.mean(values[line.variant].get(image, [math.nan]))) for image in images] for line in lines]
    return _Grid(
        tuple(line.label for line in lines),
        tuple(images),
        np.array(table),
        column,
    )


def _by_variant(board: Board, rows: Sequence[Row]) -> Mapping[tuple[str, str, str], Mapping[str, list[float]]]:
    values: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for row in rows:
        variant = (board.methods.get(row.model, row.model), row.device, row.mode)
        values.setdefault(variant, {}).setdefault(row.image, []).append(row.value)
    return values


def _title(column: Column) -> str:
    return column.own_title.rstrip(" ↑↓")
