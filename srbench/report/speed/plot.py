"""Quality against speed: what nothing beats in both, seen at once."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from srbench.report.figures import labels
from srbench.report.figures.label_placement import Floats
from srbench.report.figures.style import COLOURS, GREY, SHAPES, WIDE, draw, label, legend, panels, show_quality
from srbench.report.speed.trade_off import QualityValue, TradeOff
from srbench.speed.records import PSNR_DROP_LIMIT_DB, SpeedRow

DPI = 150
_HALF_PT = 4.2  # half of a point's width with its edge, in points


@dataclass(frozen=True)
class _Point:
    """A row that can be drawn."""

    row: SpeedRow
    value: QualityValue


def svg_and_png(trade_off: TradeOff, device: str) -> tuple[str, bytes]:
    """Draw one panel for each metric: output megapixels a second against quality, better to the right and to the top.

    Args:
        trade_off: Quality and speed that can be drawn; rows that are not valid are left out.
        device: Name of the device, for the title.

    Returns:
        An SVG, whose text is text, and a PNG of 150 dots an inch.
    """
    png = io.BytesIO()

    def paint(figure: Figure) -> None:
        fill(figure, trade_off, device)
        # Here, while the paper's style holds.
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})

    count = sum(bool(_points(trade_off, i)) for i in range(len(trade_off.metrics)))
    models = len({line.row.model for line in trade_off.lines})
    height = count * float(np.clip(3.4 + 0.12 * models, 4.2, 8.0)) + 1.1
    svg = draw(trade_off.stem, WIDE, height, paint)
    return svg + "\n", png.getvalue()


def fill(figure: Figure, trade_off: TradeOff, device: str) -> None:
    """Draw on a figure; the layout stands still afterwards, as labels are placed for it."""
    shown = [i for i in range(len(trade_off.metrics)) if _points(trade_off, i)]
    grid = panels(figure, len(shown), 1, sharex=True)
    group = trade_off.group
    figure.suptitle(
        f"Quality on {label(trade_off.dataset, 40)} ({label(trade_off.protocol, 40)}) against speed\n"
        f"{label(device, 70)}, {group.scenario}, {group.sizes}{_borrowed(trade_off)}",
        x=0.012,
        ha="left",
        fontsize=10.5,
    )
    colours, shapes = _colours(trade_off), _shapes(trade_off)
    for axes, place in zip(grid, shown, strict=True):
        _panel(axes, _points(trade_off, place), colours, shapes)
        _scales(axes, trade_off, place)
    grid[-1].set_xlabel("output megapixels a second (faster →)")
    _key(grid[0], trade_off, shapes)
    legend(figure, grid[0])
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes, place in zip(grid, shown, strict=True):
        _names(axes, _points(trade_off, place), colours)


def _points(trade_off: TradeOff, place: int) -> list[_Point]:
    lines = [(line.row, line.values[place]) for line in trade_off.lines]
    return [_Point(row, value) for row, value in lines if value and row.valid and row.output_mp_per_s > 0]


def _borrowed(trade_off: TradeOff) -> str:
    """Say where values come from that the run does not have, in a line of the title."""
    origins = {value.origin for line in trade_off.lines for value in line.values if value}
    parts = []
    if "psnr_drop" in origins:
        parts.append("PSNR of fp32 plus the mode's ΔPSNR")
    if "fp32" in origins:
        parts.append("other values as in fp32" if parts else "values of fp32")
    return f"\nwhere the run lacks a mode: {', '.join(parts)}" if parts else ""


def _colours(trade_off: TradeOff) -> dict[str, str]:
    """Give colours by quality: models that share one lie far apart, and keep it in every scenario."""
    means: dict[str, list[float]] = {}
    for line in trade_off.lines:
        means.setdefault(line.row.model, []).extend(value.mean for value in line.values[:1] if value)
    ordered = sorted(means, key=lambda model: max(means[model], default=float("-inf")))
    return {model: COLOURS[i % len(COLOURS)] for i, model in enumerate(ordered)}


def _shapes(trade_off: TradeOff) -> dict[str, str]:
    modes = dict.fromkeys(line.row.mode for line in trade_off.lines)
    return {mode: SHAPES[i % len(SHAPES)] for i, mode in enumerate(modes)}


def _panel(axes: Axes, points: Sequence[_Point], colours: dict[str, str], shapes: dict[str, str]) -> None:
    for model in dict.fromkeys(point.row.model for point in points):
        x, y = _path(points, model).T
        axes.plot(x, y, color=colours[model], linewidth=1.0, alpha=0.45, zorder=1.5)
    for point in points:
        x, y, colour = point.row.output_mp_per_s, point.value.mean, colours[point.row.model]
        low, high = _quartiles(point.row)
        axes.plot([low, high], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
        face = "white" if _marked(point.row) else colour
        axes.plot(x, y, shapes[point.row.mode], color=colour, markerfacecolor=face, markersize=6, zorder=3)
    best = _front(points)
    axes.plot(*best.T, drawstyle="steps-pre", color=GREY, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1.2)
    axes.plot(*best.T, "o", markerfacecolor="none", color="black", markersize=11, markeredgewidth=0.9, zorder=2.5)


def _path(points: Sequence[_Point], model: str) -> Floats:
    """Return the points of a model from slow to fast, `(n, 2)`."""
    path = [(point.row.output_mp_per_s, point.value.mean) for point in points if point.row.model == model]
    return np.array(sorted(path))


def _front(points: Sequence[_Point]) -> Floats:
    """Return the front from slow and good to fast and poor, `(n, 2)`."""
    best = [(point.row.output_mp_per_s, point.value.mean) for point in points if point.value.best]
    return np.array(sorted(best)).reshape(-1, 2)


def _quartiles(row: SpeedRow) -> tuple[float, float]:
    """Return output megapixels a second at the third and the first quartile of the time."""
    fast, slow = row.iqr_ms
    pixels = row.output_mp_per_s * row.median_ms
    return (pixels / slow, pixels / fast) if fast > 0 else (row.output_mp_per_s, row.output_mp_per_s)


def _marked(row: SpeedRow) -> bool:
    return row.psnr_drop is not None and row.psnr_drop.exceeds_limit


def _scales(axes: Axes, trade_off: TradeOff, place: int) -> None:
    metric = trade_off.metrics[place]
    axes.set_xscale("log")
    # Room at the sides for names.
    axes.margins(x=0.07, y=0.09)
    axes.autoscale_view()
    left, right = axes.get_xlim()
    # Powers of ten need words of mathematics, which this paper does not speak.
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if right < 300 * left:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    show_quality(axes, "y", metric.unit)
    if not metric.higher_is_better:
        axes.invert_yaxis()
    name = replace(metric.column, higher_is_better=None).title
    axes.set_ylabel(f"{name} (better ↑{'' if metric.higher_is_better else ', lower values'})")
    axes.grid(axis="both")


def _key(axes: Axes, trade_off: TradeOff, shapes: dict[str, str]) -> None:
    """Explain shapes and lines; colours are named beside the points."""
    used = {line.row.mode for line in trade_off.lines if line.row.valid and any(line.values)}
    for mode, shape in shapes.items():
        if mode in used:
            axes.plot([], [], shape, color=GREY, label=label(mode, 40))
    if any(_marked(line.row) for line in trade_off.lines):
        hollow = {"markerfacecolor": "white", "color": GREY}
        axes.plot([], [], "o", **hollow, label=f"hollow: PSNR off by over {PSNR_DROP_LIMIT_DB} dB")  # type: ignore[arg-type]
    ring = {"markerfacecolor": "none", "markeredgecolor": "black", "markersize": 10}
    axes.plot([], [], "o", linestyle=(0, (4, 2)), color=GREY, **ring, label="nothing is better and faster")  # type: ignore[arg-type]
    axes.plot([], [], color=GREY, linewidth=1.8, label="bar: quartiles of the time")


def _names(axes: Axes, points: Sequence[_Point], colours: dict[str, str]) -> None:
    """Write each model's name beside one of its points."""
    models = dict.fromkeys(point.row.model for point in points)
    paths = {model: _path(points, model) for model in models}
    lines = [_segments(axes.transData.transform(path)) for path in paths.values()]
    lines.append(_stairs(axes.transData.transform(_front(points))))
    labels.write(
        axes,
        [labels.PointLabel(label(model, 34), path, colours[model]) for model, path in paths.items()],
        _boxes(axes, points),
        np.concatenate(lines),
        _HALF_PT,
    )


def _segments(path: Floats) -> Floats:
    return np.stack([path[:-1], path[1:]], axis=1)


def _stairs(best: Floats) -> Floats:
    """Return the segments of the front as it is drawn."""
    corners = np.repeat(best, 2, axis=0)[:-1]
    corners[1::2, 0] = best[:-1, 0]
    corners[1::2, 1] = best[1:, 1]
    return _segments(corners)


def _boxes(axes: Axes, points: Sequence[_Point]) -> Floats:
    """Return the boxes of the points with their bars in pixels, `(n, 4)`."""
    ends = np.array([[(end, point.value.mean) for end in _quartiles(point.row)] for point in points])
    low, high = (axes.transData.transform(ends[:, i]) for i in (0, 1))
    half = np.array([[5.8 if point.value.best else _HALF_PT] for point in points]) * labels.pixels_per_point(axes)
    return np.hstack([np.minimum(low, high) - half, np.maximum(low, high) + half])
