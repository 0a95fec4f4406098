"""What models trade: distortion for perception, quality for speed."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from srbench.report.site.boards import Board
from srbench.report.site.leaderboard import BoardLine, Leaderboard
from srbench.report.site.plots.links import file_part
from srbench.report.site.plots.scatter import Axis, Point, scatter
from srbench.report.speed.pareto import front
from srbench.report.table import Column, Plot

Link = Callable[[str], str]
"""Gives the address that a click on a model opens; an empty one where there are no pictures."""


def perception(board: Board, leaders: Leaderboard, dataset: str, link: Link) -> Plot | None:
    """Draw PSNR against LPIPS, networks between two as curves; None where one of them was not measured.

    Source:
        Blau and Michaeli, The perception-distortion tradeoff, CVPR 2018.
    """
    places = [_place(leaders, dataset, name) for name in ("psnr", "lpips")]
    if None in places:
        return None
    across, up = (place for place in places if place is not None)
    sweeps = _sweeps(board)
    inner = {name for sweep in sweeps for name in sweep[1:-1]}
    points = {
        line.label: Point(line.label, x, y, link(line.label), quiet=line.label in inner)
        for line in leaders.lines
        if (x := _value(line, across)) is not None and (y := _value(line, up)) is not None
    }
    if len(points) < 2:
        return None
    curves = [[points[name] for name in sweep if name in points] for sweep in sweeps]
    columns = leaders.columns[across].column, leaders.columns[up].column
    svg = scatter(
        f"perception-{dataset}",
        list(points.values()),
        (_axis(columns[0]), _axis(columns[1])),
        curves,
    )
    sweep_said = " A line joins networks between two, whose weights are mixed." if any(curves) else ""
    return Plot(
        f"perception-{dataset}",
        f"Perception against distortion, {dataset}",
        f"Means over {board.images(dataset)} images. To the right: closer to the original in PSNR; to the top: closer "
        f"in LPIPS. No model can have both in full (Blau and Michaeli, CVPR 2018).{sweep_said}",
        svg,
        f"{len(points)} models by PSNR and LPIPS on {dataset}; the values stand in the leaderboard.",
        f"plots/perception-{file_part(dataset)}.svg",
    )


def speed(board: Board, leaders: Leaderboard, dataset: str, link: Link) -> Plot | None:
    """Draw PSNR, or the first metric of a data set, against the time of an image, with the Pareto front."""
    up = next((i for i, c in enumerate(leaders.columns) if c.group == dataset and c.kind == "metric"), None)
    sessions = [i for i, c in enumerate(leaders.columns) if c.kind == "speed" and c.metric == "ms"]
    own = _place(leaders, dataset, "latency")
    across = sessions[0] if sessions else own
    if up is None or across is None:
        return None
    metric = leaders.columns[up].column
    sign = 1 if metric.higher_is_better else -1
    known = [
        (line, x, y)
        for line in leaders.lines
        if (x := _value(line, across)) and (y := _value(line, up)) is not None and math.isfinite(y)
    ]
    if len(known) < 2:
        return None
    valid = [entry for entry in known if not _doubtful(entry[0], across)]
    best = {valid[i][0].label for i in front([(-x, sign * y) for _, x, y in valid])}
    points = [
        Point(*(line.label, x, y, link(line.label)), doubtful=_doubtful(line, across), best=line.label in best)
        for line, x, y in known
    ]
    axes = (Axis("ms an image", False, logarithmic=True), _axis(metric))
    svg = scatter(f"speed-{dataset}", points, axes, front="nothing is better and faster")
    where = leaders.columns[across].group if sessions else f"the run's own calls on {dataset}"
    return Plot(
        f"speed-{dataset}",
        f"Quality against speed, {dataset}",
        f"{metric.head}: mean over {board.images(dataset)} images. Time: {where}; median. What stands on the dashed "
        "line is beaten by none in both.",
        svg,
        f"{len(points)} models by time and {metric.head}. On the front: {', '.join(sorted(best)) or 'none'}.",
        f"plots/speed-{file_part(dataset)}.svg",
    )


def _place(leaders: Leaderboard, dataset: str, metric: str) -> int | None:
    """Find the column of a metric, in whatever flavour."""
    columns = enumerate(leaders.columns)
    return next((i for i, c in columns if c.group == dataset and c.metric.partition(".")[0] == metric), None)


def _value(line: BoardLine, place: int) -> float | None:
    cell = line.cells[place]
    return cell.value if cell and cell.value is not None and math.isfinite(cell.value) else None


def _doubtful(line: BoardLine, place: int) -> bool:
    cell = line.cells[place]
    return cell is not None and cell.cell.doubtful


def _axis(column: Column) -> Axis:
    return Axis(column.own_title.rstrip(" ↑↓"), bool(column.higher_is_better), column.unit)


def _sweeps(board: Board) -> list[list[str]]:
    """Return the networks between each two, in order, with the two at the ends, by the hashes of their weights."""
    facts: dict[str, Mapping[str, Any]] = {
        name: of for folder in board.folders for call in folder.head()["calls"] for name, of in call["models"].items()
    }
    by_ends: dict[str, list[tuple[float, str]]] = {}
    for name, of in facts.items():
        weights = of.get("weights", {})
        if "alpha" in of and {"psnr", "gan"} <= weights.keys():
            ends = [
                (alpha, other)
                for alpha, end in ((0.0, "psnr"), (1.0, "gan"))
                for other, each in facts.items()
                if each.get("weights") == weights[end]
            ]
            by_ends.setdefault(repr(weights), ends).append((float(of["alpha"]), name))
    return [[name for _, name in sorted(of)] for of in by_ends.values()]
