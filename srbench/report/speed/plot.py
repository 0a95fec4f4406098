"""Quality against speed: what nothing beats in both, seen at once."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from srbench.report.ratings.plots_canvas import COLOURS, GREY, SHAPES, WIDE, draw, label, legend, panels
from srbench.report.speed import labels
from srbench.report.speed.quality import Joined, Value
from srbench.speed.records import MOST_LOSS_DB, SpeedRow

DPI = 150
_POINT = 4.2  # half of a point's width with its edge, in points
_SIZE = 8.5  # of letters


@dataclass(frozen=True)
class _Spot:
    """A row that can be drawn."""

    row: SpeedRow
    value: Value


def svg_and_png(joined: Joined, device: str) -> tuple[str, bytes]:
    """Draw one panel for each metric: output megapixels a second against quality, better to the right and to the top.

    Args:
        joined: Quality and speed, `drawn`; rows that are not valid are left out.
        device: Its name, for the title.

    Returns:
        An SVG, whose text is text, and a PNG of 150 dots an inch.
    """
    png = io.BytesIO()

    def paint(sheet: Sheet) -> None:
        fill(sheet, joined, device)
        # Here, while the paper's style holds.
        sheet.savefig(png, format="png", dpi=DPI, metadata={"Software": None})

    count = sum(bool(_spots(joined, i)) for i in range(len(joined.metrics)))
    models = len({line.row.model for line in joined.lines})
    height = count * float(np.clip(3.4 + 0.12 * models, 4.2, 8.0)) + 1.1
    svg = draw(joined.stem, WIDE, height, paint)
    return svg + "\n", png.getvalue()


def fill(sheet: Sheet, joined: Joined, device: str) -> None:
    """Draw on a sheet; the layout stands still afterwards, as labels are placed for it."""
    shown = [i for i in range(len(joined.metrics)) if _spots(joined, i)]
    grid = panels(sheet, len(shown), 1, sharex=True)
    group = joined.group
    sheet.suptitle(
        f"Quality on {label(joined.dataset, 40)} ({label(joined.protocol, 40)}) against speed\n"
        f"{label(device, 70)}, {group.scenario}, {group.sizes}{_borrowed(joined)}",
        x=0.012,
        ha="left",
        fontsize=10.5,
    )
    colours, shapes = _colours(joined), _shapes(joined)
    for axes, place in zip(grid, shown, strict=True):
        _panel(axes, _spots(joined, place), colours, shapes)
        _scales(axes, joined, place)
    grid[-1].set_xlabel("output megapixels a second (faster →)")
    _key(grid[0], joined, shapes)
    legend(sheet, grid[0])
    sheet.draw_without_rendering()
    sheet.set_layout_engine("none")
    for axes, place in zip(grid, shown, strict=True):
        _names(sheet, axes, _spots(joined, place), colours)


def _spots(joined: Joined, place: int) -> list[_Spot]:
    lines = [(line.row, line.values[place]) for line in joined.lines]
    return [_Spot(row, value) for row, value in lines if value and row.valid and row.output_mp_per_s > 0]


def _borrowed(joined: Joined) -> str:
    """Where values come from that the run does not have, a line of the title."""
    origins = {value.origin for line in joined.lines for value in line.values if value}
    parts = []
    if "priced" in origins:
        parts.append("PSNR of fp32 plus the mode's price")
    if "fp32" in origins:
        parts.append("other values as in fp32" if parts else "values of fp32")
    return f"\nwhere the run lacks a mode: {', '.join(parts)}" if parts else ""


def _colours(joined: Joined) -> dict[str, str]:
    """Models by quality, so that those that share a colour lie far apart, and keep it in every scenario."""
    means: dict[str, list[float]] = {}
    for line in joined.lines:
        means.setdefault(line.row.model, []).extend(value.mean for value in line.values[:1] if value)
    ordered = sorted(means, key=lambda model: max(means[model], default=float("-inf")))
    return {model: COLOURS[i % len(COLOURS)] for i, model in enumerate(ordered)}


def _shapes(joined: Joined) -> dict[str, str]:
    modes = dict.fromkeys(line.row.mode for line in joined.lines)
    return {mode: SHAPES[i % len(SHAPES)] for i, mode in enumerate(modes)}


def _panel(axes: Axes, spots: Sequence[_Spot], colours: dict[str, str], shapes: dict[str, str]) -> None:
    for model in dict.fromkeys(spot.row.model for spot in spots):
        x, y = _path(spots, model).T
        axes.plot(x, y, color=colours[model], linewidth=1.0, alpha=0.45, zorder=1.5)
    for spot in spots:
        x, y, colour = spot.row.output_mp_per_s, spot.value.mean, colours[spot.row.model]
        low, high = _quartiles(spot.row)
        axes.plot([low, high], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
        face = "white" if _marked(spot.row) else colour
        axes.plot(x, y, shapes[spot.row.mode], color=colour, markerfacecolor=face, markersize=6, zorder=3)
    best = _front(spots)
    axes.plot(*best.T, drawstyle="steps-pre", color=GREY, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1.2)
    axes.plot(*best.T, "o", markerfacecolor="none", color="black", markersize=11, markeredgewidth=0.9, zorder=2.5)


def _path(spots: Sequence[_Spot], model: str) -> labels.Floats:
    """The points of a model, from slow to fast: `(n, 2)`."""
    own = [(spot.row.output_mp_per_s, spot.value.mean) for spot in spots if spot.row.model == model]
    return np.array(sorted(own))


def _front(spots: Sequence[_Spot]) -> labels.Floats:
    """From slow and good to fast and poor: `(n, 2)`."""
    best = [(spot.row.output_mp_per_s, spot.value.mean) for spot in spots if spot.value.best]
    return np.array(sorted(best)).reshape(-1, 2)


def _quartiles(row: SpeedRow) -> tuple[float, float]:
    """Output megapixels a second at the third and the first quartile of the time."""
    fast, slow = row.iqr_ms
    pixels = row.output_mp_per_s * row.median_ms
    return (pixels / slow, pixels / fast) if fast > 0 else (row.output_mp_per_s, row.output_mp_per_s)


def _marked(row: SpeedRow) -> bool:
    return row.price is not None and row.price.marked


def _scales(axes: Axes, joined: Joined, place: int) -> None:
    metric = joined.metrics[place]
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
    if not metric.higher_is_better:
        axes.invert_yaxis()
    axes.set_ylabel(f"{metric.head[:-2]} (better ↑{'' if metric.higher_is_better else ', lower values'})")
    axes.grid(axis="both")


def _key(axes: Axes, joined: Joined, shapes: dict[str, str]) -> None:
    """What shapes and lines mean; colours are named beside the points."""
    used = {line.row.mode for line in joined.lines if line.row.valid and any(line.values)}
    for mode, shape in shapes.items():
        if mode in used:
            axes.plot([], [], shape, color=GREY, label=label(mode, 40))
    if any(_marked(line.row) for line in joined.lines):
        hollow = {"markerfacecolor": "white", "color": GREY}
        axes.plot([], [], "o", **hollow, label=f"hollow: PSNR off by over {MOST_LOSS_DB} dB")  # type: ignore[arg-type]
    ring = {"markerfacecolor": "none", "markeredgecolor": "black", "markersize": 10}
    axes.plot([], [], "o", linestyle=(0, (4, 2)), color=GREY, **ring, label="nothing is better and faster")  # type: ignore[arg-type]
    axes.plot([], [], color=GREY, linewidth=1.8, label="bar: quartiles of the time")


def _names(sheet: Sheet, axes: Axes, spots: Sequence[_Spot], colours: dict[str, str]) -> None:
    """A model's name beside one of its points."""
    models = list(dict.fromkeys(spot.row.model for spot in spots))
    unit = sheet.dpi / 72
    texts = [axes.text(0, 0, label(model, 34), fontsize=_SIZE, transform=None) for model in models]
    wanted = []
    for model, text in zip(models, texts, strict=True):
        box = text.get_window_extent()
        wanted.append(labels.Wanted(axes.transData.transform(_path(spots, model)), box.width + 3 * unit, box.height))
        text.remove()
    lines = np.concatenate(
        [*(_segments(one.anchors) for one in wanted), _stairs(axes.transData.transform(_front(spots)))]
    )
    found = labels.place(wanted, _boxes(axes, spots, unit), lines, axes.get_window_extent().padded(-2 * unit).extents)
    for model, one, at in zip(models, wanted, found, strict=True):
        if at:
            _name(axes, label(model, 34), one, at, colours[model], unit)


def _segments(path: labels.Floats) -> labels.Floats:
    return np.stack([path[:-1], path[1:]], axis=1)


def _stairs(best: labels.Floats) -> labels.Floats:
    """The corners of the front, as it is drawn."""
    corners = np.repeat(best, 2, axis=0)[:-1]
    corners[1::2, 0] = best[:-1, 0]
    corners[1::2, 1] = best[1:, 1]
    return _segments(corners)


def _boxes(axes: Axes, spots: Sequence[_Spot], unit: float) -> labels.Floats:
    """Points with their bars: `(n, 4)`."""
    ends = np.array([[(end, spot.value.mean) for end in _quartiles(spot.row)] for spot in spots])
    low, high = (axes.transData.transform(ends[:, i]) for i in (0, 1))
    room = np.array([[5.8 if spot.value.best else _POINT] for spot in spots]) * unit
    return np.hstack([np.minimum(low, high) - room, np.maximum(low, high) + room])


def _name(axes: Axes, text: str, one: labels.Wanted, at: labels.Placed, colour: str, unit: float) -> None:
    anchor = one.anchors[at.anchor]
    x, y = axes.transData.inverted().transform(anchor)
    line = {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": _POINT}
    axes.annotate(
        text,
        xy=(x, y),
        xytext=((at.x - anchor[0]) / unit + 1.5, (at.y - anchor[1]) / unit),
        textcoords="offset points",
        color=_dark(colour),
        fontsize=_SIZE,
        va="bottom",
        arrowprops=line | {"relpos": _share(one, at)} if at.away else None,
        zorder=4,
    )


def _dark(colour: str) -> tuple[float, ...]:
    """As letters need it: thin strokes look paler than points."""
    return tuple(0.7 * part for part in to_rgb(colour))


def _share(one: labels.Wanted, at: labels.Placed) -> tuple[float, float]:
    """Where a leading line meets its label, in shares of the label's box."""
    x, y = (at.end - (at.x, at.y)) / (one.width, one.height)
    return float(np.clip(x, 0, 1)), float(np.clip(y, 0, 1))
