"""Points with names, each a model: perception against distortion, quality against speed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from srbench.report.figures import labels
from srbench.report.figures.label_placement import Floats
from srbench.report.figures.style import COLOURS, GREY, WIDE, draw, label, legend, show_quality
from srbench.report.site.plots.links import named

_HALF_PT = 4.5  # half of a point's width with its edge, in points


@dataclass(frozen=True)
class Axis:
    """An axis of a plot.

    Attributes:
        title: What it shows, with its unit.
        higher_is_better: Direction; the better side is at the right or at the top.
        unit: Unit of the values of a metric; empty for none.
        logarithmic: Whether it shows times on a logarithmic scale.
    """

    title: str
    higher_is_better: bool
    unit: str = ""
    logarithmic: bool = False


@dataclass(frozen=True)
class Point:
    """A model in a plot.

    Attributes:
        name: Name of the model.
        x: Value on the horizontal axis, finite.
        y: Value on the vertical axis, finite.
        link: Address that a click opens; empty for none.
        doubtful: Whether the measurement is not valid; the point is hollow.
        quiet: Whether its name is left out, as that of a point between two others.
        best: Whether nothing is better in both; it has a ring.
    """

    name: str
    x: float
    y: float
    link: str = ""
    doubtful: bool = False
    quiet: bool = False
    best: bool = False


def scatter(
    key: str, points: Sequence[Point], axes: tuple[Axis, Axis], curves: Sequence[Sequence[Point]] = (), front: str = ""
) -> str:
    """Draw points with their names.

    Args:
        key: Key of the plot; its ids begin with it.
        points: Points; those of curves are among them.
        axes: The horizontal and the vertical axis.
        curves: Points that are joined by a line, in order.
        front: What the line through the best points means; empty for no line.

    Returns:
        An SVG, whose text is text and whose points are links.
    """
    colours = _colours(points)
    height = float(np.clip(3.6 + 0.1 * len(points), 4.4, 6.4))

    def paint(figure: Figure) -> None:
        panel = figure.subplots()
        for curve in curves:
            panel.plot([p.x for p in curve], [p.y for p in curve], color=GREY, linewidth=1.4, zorder=1.5)
        if front:
            _front(panel, points, front)
        for point in points:
            _point(panel, point, colours[point.name])
        _scale(panel, *axes)
        if any(point.doubtful for point in points):
            panel.plot([], [], "o", color=GREY, markerfacecolor="white", label="hollow: the time is not valid")
        legend(figure, panel)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        _names(panel, points, curves, colours)

    return named(draw(key, WIDE, height, paint))


def _colours(points: Sequence[Point]) -> dict[str, str]:
    """Give colours by height, so that neighbours differ."""
    ordered = sorted(points, key=lambda point: (point.y, point.name))
    return {point.name: COLOURS[i % len(COLOURS)] for i, point in enumerate(ordered)}


def _point(panel: Axes, point: Point, colour: str) -> None:
    size = 4.5 if point.quiet else 7.0
    (mark,) = panel.plot(
        [point.x],
        [point.y],
        "o",
        color=GREY if point.quiet else colour,
        markersize=size,
        markerfacecolor="white" if point.doubtful else None,
        zorder=3,
    )
    if point.link:
        mark.set_url(point.link)


def _front(panel: Axes, points: Sequence[Point], meaning: str) -> None:
    """Draw stairs through the best points, from small to large x, and a ring around each."""
    best = sorted((point.x, point.y) for point in points if point.best)
    if best:
        x, y = zip(*best, strict=True)
        panel.plot(x, y, drawstyle="steps-post", color=GREY, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1.2)
        ring = {"markerfacecolor": "none", "markeredgecolor": "black", "markersize": 11, "markeredgewidth": 0.9}
        panel.plot(x, y, "o", zorder=2.5, **ring)  # type: ignore[arg-type]
        panel.plot([], [], "o", linestyle=(0, (4, 2)), color=GREY, label=meaning, **ring)  # type: ignore[arg-type]


def _stairs(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Return the corners of the line through the best points."""
    best = sorted((point.x, point.y) for point in points if point.best)
    corners = best[:1]
    for (_, low), (x, y) in pairwise(best):
        corners += [(x, low), (x, y)]
    return corners


def _scale(panel: Axes, across: Axis, up: Axis) -> None:
    panel.margins(x=0.09, y=0.09)
    if across.logarithmic:
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_minor_formatter(NullFormatter())
    panel.autoscale_view()
    show_quality(panel, "y", up.unit)
    if not across.logarithmic:
        show_quality(panel, "x", across.unit)
    if not across.higher_is_better and not across.logarithmic:
        panel.invert_xaxis()
    if not up.higher_is_better:
        panel.invert_yaxis()
    side = "←" if across.logarithmic and not across.higher_is_better else "→"
    lower = "" if across.higher_is_better else ", lower values"
    panel.set_xlabel(f"{across.title} (better {side}{lower})")
    panel.set_ylabel(f"{up.title} (better ↑{'' if up.higher_is_better else ', lower values'})")
    panel.grid(axis="both")


def _names(panel: Axes, points: Sequence[Point], curves: Sequence[Sequence[Point]], colours: dict[str, str]) -> None:
    """Write the name of each point beside it, off the other points and the curves."""
    centres = panel.transData.transform(np.array([(point.x, point.y) for point in points]))
    half = _HALF_PT * labels.pixels_per_point(panel)
    boxes: Floats = np.hstack([centres - half, centres + half])
    lines = [np.zeros((0, 2, 2))]
    for corners in [[(point.x, point.y) for point in curve] for curve in curves] + [_stairs(points)]:
        if len(corners) > 1:
            path = panel.transData.transform(np.array(corners))
            lines.append(np.stack([path[:-1], path[1:]], axis=1))
    wanted = [
        labels.PointLabel(label(point.name, 34), np.array([[point.x, point.y]]), colours[point.name])
        for point in points
        if not point.quiet
    ]
    labels.write(panel, wanted, boxes, np.concatenate(lines), _HALF_PT)
