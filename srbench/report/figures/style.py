"""The style of all plots, without global state; SVG that can stand beside others in a page."""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours without yellow, which white swallows; always with a shape of its own.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHAPES = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#5A5A5A"
WIDE = 10.0
"""Width in inches of a plot over the whole page."""

_LEAST_SPAN_DB, _LEAST_SPAN = 0.2, 0.01

_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    # Names come from the users' files: a dollar is a dollar.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "image.composite_image": False,
}
# Fonts narrower than DejaVu Sans, or as wide: where it is missing, nothing grows over its place.
_FONTS = "'DejaVu Sans', Verdana, 'Helvetica Neue', Arial, sans-serif"


def draw(key: str, width: float, height: float, paint: Callable[[Figure], None]) -> str:
    """Draw a figure as SVG: the same input gives the same bytes.

    Args:
        key: Key of the plot; its ids begin with it.
        width: Width in inches.
        height: Height in inches.
        paint: Function that draws on the empty figure.
    """
    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": key})
        # The text stays text: what the font here lacks, the reader's browser has.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.06, h_pad=0.06)  # type: ignore[union-attr, call-arg]
        paint(figure)
        figure.savefig(out, format="svg", metadata=nothing)
    return _inline(out.getvalue(), key, width * 72)


def _inline(svg: str, key: str, points: float) -> str:
    """Remove header and fixed size, and give the ids a prefix of their own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style type=\"text/css\">.*?</style>", "", svg, flags=re.DOTALL)
    # At 1.25 pixels a point the smallest letters have 10 pixels: below that a figure scrolls.
    look = (
        f"width:100%;min-width:{points * 1.25:.0f}px;max-width:{points * 1.45:.0f}px;height:auto;"
        "stroke-linejoin:round;stroke-linecap:butt"
    )
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', rf'\1 style="{look}"', svg, count=1)
    own = "svg-" + re.sub(r"[^A-Za-z0-9_-]", "-", key) + "-"

    def tag(found: re.Match[str]) -> str:
        # The text between tags is left as it is: a rater may be called 'id="x"'.
        named = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{own}", found.group())
        return named.replace("'DejaVu Sans'", _FONTS)

    return re.sub(r"<[^<>]*>", tag, svg).strip()


def label(text: str, most: int = 30) -> str:
    """Shorten a user's name to one line that a drawing can hold, without signs that XML forbids."""
    clean = "".join(sign if sign.isprintable() else "�" for sign in text)
    half = (most - 1) // 2
    return clean if len(clean) <= most else f"{clean[: most - 1 - half]}…{clean[-half:]}"


def panels(figure: Figure, count: int, across: int, **options: Any) -> list[Axes]:
    """Make so many panels in rows of `across`, in reading order."""
    down = -(-count // across)
    grid = figure.subplots(down, across, squeeze=False, **options).ravel()
    for spare in grid[count:]:
        spare.set_axis_off()
    return list(grid[:count])


def show_quality(axes: Axes, side: Literal["x", "y"], unit: str) -> None:
    """Make an axis of quality span what can be seen: 0.2 dB, or 0.01 of another unit; ticks are whole values.

    Args:
        axes: Panel with everything on it.
        side: Horizontal or vertical axis, its values not inverted yet.
        unit: Unit of the values.
    """
    low, high = axes.get_xlim() if side == "x" else axes.get_ylim()
    least = _LEAST_SPAN_DB if unit == "dB" else _LEAST_SPAN
    room = max(0.0, least - (high - low)) / 2
    limits = (low - room, high + room)
    if side == "x":
        axes.set_xlim(limits)
    else:
        axes.set_ylim(limits)
    axes.ticklabel_format(axis=side, style="plain", useOffset=False)


def names_below(axes: Axes, names: Sequence[str], room: float) -> None:
    """Write names under columns, turned where they would touch.

    Args:
        axes: Panel with a column at each whole number.
        names: Names of the columns.
        room: Width of one column in inches.
    """
    texts = [label(name) for name in names]
    axes.set_xticks(range(len(texts)), texts)
    longest = max(map(len, texts), default=0)
    # A letter of 8.5 points is about 0.075 inches wide.
    if longest * 0.075 > room * 0.95:
        for text in axes.get_xticklabels():
            text.set(rotation=40, ha="right", rotation_mode="anchor")


def legend(figure: Figure, axes: Axes) -> None:
    """Write the key of colours and shapes under all panels, in as many columns as fit."""
    handles, texts = axes.get_legend_handles_labels()
    if handles:
        fit = int(figure.get_figwidth() * 12.5 / (max(map(len, texts)) + 6))
        figure.legend(handles, texts, loc="outside lower center", ncols=max(1, min(fit, len(texts))))


def rows(axes: Axes, names: Sequence[str], most: int = 30) -> None:
    """Write names beside rows, the first on top."""
    axes.set_yticks(range(len(names)), [label(name, most) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="both")


def number(value: float, digits: int = 2) -> str:
    """Print a number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")
