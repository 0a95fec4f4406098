"""The panel of super-resolution papers: a whole image with a crop marked, and the crop from every model, enlarged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle as Frame
from PIL import Image

from srbench.errors import UserError
from srbench.evaluation.rectangle import Rectangle
from srbench.report.figures.crop_layout import Block, Box, Layout, Page, Size, arrange
from srbench.report.figures.panel_figure import DPI, STYLE, PanelFigure, line_px, text_width
from srbench.report.figures.style import label

WIDTHS_IN = {"single": 3.25, "double": 6.875}
"""Widths of one column and of both in inches, as in the proceedings of CVPR and ICCV."""

_RESOLUTIONS = (*range(DPI, 2 * DPI, 40), 2 * DPI, 4 * DPI)
"""Pixels an inch that are tried: with one of them, crops enlarged by a whole number nearly fill their places."""

_NO_VALUE = "–"
_GAP_IN = 0.05
_MARK = "#E6194B"
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Head:
    """A metric in the head of the values.

    Attributes:
        title: Name, as "PSNR".
        digits: Digits after the point.
        higher_is_better: Direction.
    """

    title: str
    digits: int
    higher_is_better: bool


@dataclass(frozen=True)
class Detail:
    """One crop.

    Attributes:
        label: Name of the model, "HR" or "LR".
        pixels: uint8 `(h, w, 3)` or `(h, w)`, not enlarged.
        values: One for each head, None where there is none; empty for an image that has no values.
    """

    label: str
    pixels: Picture
    values: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Panel:
    """One image of a figure.

    Attributes:
        label: Line below the whole image.
        whole: The original, uint8 `(H, W, 3)` or `(H, W)`.
        part: The crop in its pixels.
        details: The crop of each model.
        heads: Metrics whose values stand below the crops.
        of: Of what the values are: "crop" or "image".
    """

    label: str
    whole: Picture
    part: Rectangle
    details: tuple[Detail, ...]
    heads: tuple[Head, ...]
    of: str


def draw(panels: Sequence[Panel], width_in: float, columns: int = 0) -> PanelFigure:
    """Draw images one below the other, each with its crops.

    Pixels of crops are repeated a whole number of times, never smoothed. The best value of an image is bold.

    Args:
        panels: Images, each with the same number of crops and the same metrics.
        width_in: Width of the figure in inches.
        columns: Number of crops side by side; 0 chooses it.

    Raises:
        UserError: A crop does not fit.
    """
    sizes = [(_size(panel.whole), Size(panel.part.width, panel.part.height)) for panel in panels]
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        found = [(*_layout(panels, sizes, width_in, dpi, columns), dpi) for dpi in _RESOLUTIONS]
        fitting = [(layout, lines, dpi) for layout, lines, dpi in found if layout is not None]
        if fitting:
            layout, lines, dpi = max(fitting, key=lambda one: one[0].cell_width / one[2])
            return _Painter(layout, lines, dpi).paint(panels)
    raise UserError(
        f"a crop of {max(crop.width for _, crop in sizes)} pixels is too wide for its place; expected a smaller one, "
        "fewer models, or a wider figure"
    )


def _layout(
    panels: Sequence[Panel], sizes: Sequence[tuple[Size, Size]], width_in: float, dpi: int, columns: int
) -> tuple[Layout | None, int]:
    """Arrange with all values in one line, or in a line each where that is too wide for a crop."""
    count = len(panels[0].heads)
    texts = {"/".join(_texts(detail, panel.heads)) for panel in panels for detail in panel.details}
    widest = max(text_width(text, dpi, bold=True) for text in ["/".join(_heads(panels[0])), *texts])
    gap = round(_GAP_IN * dpi)
    layout = None
    for lines in sorted({min(1, count), count}):
        caption = round((1 + lines) * line_px(dpi) + _GAP_IN / 2 * dpi)
        layout = arrange(Page(round(width_in * dpi), gap, caption), sizes, len(panels[0].details), columns)
        if layout is None or widest <= layout.cell_width + gap / 2:
            return layout, lines
    return layout, count


@dataclass(frozen=True)
class _Painter:
    """Draws panels at the places of a layout."""

    layout: Layout
    lines: int
    dpi: int

    def paint(self, panels: Sequence[Panel]) -> PanelFigure:
        width, height = self.layout.size
        figure = PanelFigure(figsize=(width / self.dpi, height / self.dpi), dpi=self.dpi, facecolor="white")
        for panel, block in zip(panels, self.layout.blocks, strict=True):
            self._block(figure, panel, block)
        return figure

    def _block(self, figure: Figure, panel: Panel, block: Block) -> None:
        whole = self._picture(figure, _fitted(panel.whole, block.whole), block.whole)
        _mark(whole, panel)
        of = f"values of the {panel.of}" if panel.heads else ""
        if panel.heads and all(detail.values for detail in panel.details):
            of = f"{'/'.join(_heads(panel))} of the {panel.of}"
        room = block.whole.width + 2 * block.whole.x  # it stands in the middle of its place
        self._caption(figure, block.whole, panel.label, [[(of, False)]] if of else [], room)
        best = _best(panel)
        named = next((detail for detail in reversed(panel.details) if not detail.values), None)
        for detail, box in zip(panel.details, block.cells, strict=True):
            enlarged = detail.pixels.repeat(block.factor, 0).repeat(block.factor, 1)
            self._picture(figure, enlarged, box)
            pieces = [(head, False) for head in _heads(panel)] if detail is named else _values(detail, panel, best)
            self._caption(figure, box, detail.label, self._value_lines(pieces), self.layout.cell_width)

    def _value_lines(self, pieces: Sequence[tuple[str, bool]]) -> list[list[tuple[str, bool]]]:
        """The lines below a name, of pieces of text and whether each is bold: one line of all, or one each."""
        if self.lines != 1 or len(pieces) < 2:
            return [[piece] for piece in pieces]
        joined: list[tuple[str, bool]] = [pieces[0]]
        for piece in pieces[1:]:
            joined += [("/", False), piece]
        return [joined]

    def _picture(self, figure: Figure, pixels: Picture, box: Box) -> Axes:
        width, height = self.layout.size
        place = (box.x / width, 1 - (box.y + box.height) / height, box.width / width, box.height / height)
        axes = figure.add_axes(place)
        axes.set_axis_off()
        axes.imshow(_rgb(pixels), interpolation="none", aspect="auto")
        return axes

    def _caption(
        self, figure: Figure, box: Box, name: str, lines: Sequence[Sequence[tuple[str, bool]]], room: int
    ) -> None:
        """Write lines below a picture, each in the middle."""
        shown = next(
            (text for most in range(60, 3, -1) if text_width(text := label(name, most), self.dpi) <= room),
            label(name, 4),
        )
        for number, pieces in enumerate([[(shown, False)], *lines]):
            widths = [text_width(text, self.dpi, bold=bold) for text, bold in pieces]
            x = box.x + (box.width - sum(widths)) / 2
            baseline = box.y + box.height + (number + 0.95) * line_px(self.dpi)
            for (text, bold), width in zip(pieces, widths, strict=True):
                place = (x / self.layout.size.width, 1 - baseline / self.layout.size.height)
                figure.text(*place, text, weight="bold" if bold else "normal", va="baseline", ha="left")
                x += width


def _mark(axes: Axes, panel: Panel) -> None:
    """Draw the frame of the crop on the whole image, with a light edge that dark and red pictures need."""
    height, width = panel.whole.shape[:2]
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.images[0].set_extent((0, width, height, 0))
    x, y, w, h = panel.part
    for colour, points in (("white", 2.0), (_MARK, 1.1)):
        axes.add_patch(Frame((x, y), w, h, fill=False, edgecolor=colour, linewidth=points, joinstyle="miter"))


def _fitted(pixels: Picture, box: Box) -> Picture:
    """Reduce a picture that has more pixels than its place; a smaller one is left as it is."""
    if pixels.shape[1] <= box.width:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((box.width, box.height), Image.Resampling.LANCZOS))


def _best(panel: Panel) -> list[float | None]:
    """The best value of each metric; None where fewer than two models have one."""
    columns = [[d.values[i] for d in panel.details if d.values] for i in range(len(panel.heads))]
    found = [[value for value in column if value is not None and not math.isnan(value)] for column in columns]
    return [
        (max if head.higher_is_better else min)(values) if len(values) > 1 else None
        for head, values in zip(panel.heads, found, strict=True)
    ]


def _values(detail: Detail, panel: Panel, best: Sequence[float | None]) -> list[tuple[str, bool]]:
    """The values of a crop, and whether each is the best."""
    marked = (value is not None and value == top for value, top in zip(detail.values, best, strict=False))
    return list(zip(_texts(detail, panel.heads), marked, strict=True))


def _heads(panel: Panel) -> list[str]:
    return [f"{head.title}{'↑' if head.higher_is_better else '↓'}" for head in panel.heads]


def _texts(detail: Detail, heads: Sequence[Head]) -> list[str]:
    if not detail.values:
        return []
    return [_number(value, head.digits) for value, head in zip(detail.values, heads, strict=True)]


def _number(value: float | None, digits: int) -> str:
    if value is None or math.isnan(value):
        return _NO_VALUE
    return f"{value:.{digits}f}" if math.isfinite(value) else "∞"


def _size(pixels: Picture) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def _rgb(pixels: Picture) -> Picture:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
