"""Labels beside the points of a plot; every plot that names its points writes them here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from srbench.report.figures.label_placement import Floats, Place, Wanted, place

_SIZE = 8.5
"""Height of letters in points."""


@dataclass(frozen=True, eq=False)
class PointLabel:
    """A label of one or several points.

    Attributes:
        text: Text of the label.
        anchors: Points that it may stand beside, in units of the data, `(n, 2)`; one is enough.
        colour: Colour of the points.
    """

    text: str
    anchors: Floats
    colour: str


def write(axes: Axes, labels: Sequence[PointLabel], points: Floats, lines: Floats, shrink: float) -> None:
    """Write each label at the best place near its points; one for which there is no room is left out.

    The layout of the figure must stand still: places are found in pixels of the drawing.

    Args:
        axes: Panel with the points.
        labels: Labels to write.
        points: Boxes `(n, 4)` in pixels (left, lower, right, upper edge) that no label may cover.
        lines: Segments `(n, 2, 2)` in pixels that labels should not lie on.
        shrink: Distance in points between the end of a leading line and its point.
    """
    unit = pixels_per_point(axes)
    wanted = []
    for label in labels:
        text = axes.text(0, 0, label.text, fontsize=_SIZE, transform=None)
        box = text.get_window_extent()
        text.remove()
        wanted.append(Wanted(axes.transData.transform(label.anchors), box.width + 3 * unit, box.height))
    frame = axes.get_window_extent().padded(-2 * unit).extents
    for label, box_wanted, chosen in zip(labels, wanted, place(wanted, points, lines, frame), strict=True):
        if chosen:
            _annotate(axes, label, box_wanted, chosen, shrink)


def pixels_per_point(axes: Axes) -> float:
    """Return how many pixels a point (1/72 inch) has in the drawing of a panel."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure.dpi / 72


def _annotate(axes: Axes, label: PointLabel, wanted: Wanted, chosen: Place, shrink: float) -> None:
    unit = pixels_per_point(axes)
    anchor = wanted.anchors[chosen.anchor]
    x, y = label.anchors[chosen.anchor]
    line = {"arrowstyle": "-", "color": label.colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": shrink}
    axes.annotate(
        label.text,
        xy=(x, y),
        xytext=((chosen.x - anchor[0]) / unit + 1.5, (chosen.y - anchor[1]) / unit),
        textcoords="offset points",
        color=_dark(label.colour),
        fontsize=_SIZE,
        va="bottom",
        arrowprops=line | {"relpos": _share(wanted, chosen)} if chosen.away else None,
        zorder=4,
    )


def _dark(colour: str) -> tuple[float, ...]:
    """Darken a colour for letters, whose thin strokes look paler than points."""
    return tuple(0.7 * part for part in to_rgb(colour))


def _share(wanted: Wanted, chosen: Place) -> tuple[float, float]:
    """Where a leading line meets its label, in shares of the label's box."""
    x, y = (chosen.end - (chosen.x, chosen.y)) / (wanted.width, wanted.height)
    return float(np.clip(x, 0, 1)), float(np.clip(y, 0, 1))
