"""The figure of a crop panel: its fonts, its files, and how wide texts are in it."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 600
"""Least pixels an inch."""

_POINTS, _LINE = 7.0, 1.2
STYLE: Any = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "font.size": _POINTS,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "srbench",
    "text.parse_math": False,
    "image.composite_image": False,
}
_METADATA = {
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "png": {"Software": None},
}
FORMATS = tuple(_METADATA)
"""Endings of the files."""


class PanelFigure(Figure):
    """A figure whose files have embedded fonts and the same bytes for the same content."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write a file; see `matplotlib.figure.Figure.savefig`."""
        kind = options.get("format") or Path(str(fname)).suffix[1:].lower() or "png"
        with mpl.rc_context(STYLE):
            super().savefig(fname, **{"dpi": self.dpi, "metadata": _METADATA.get(kind), **options})

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=self.dpi / 3)
        return out.getvalue()


def line_px(dpi: int) -> float:
    """Return the height of a line in pixels."""
    return _POINTS * _LINE / 72 * dpi


def text_width(text: str, dpi: int, *, bold: bool = False) -> float:
    """The width of a text in pixels."""
    return _width_at(text, bold) * dpi / DPI


@cache
def _width_at(text: str, bold: bool) -> float:
    if not text:
        return 0.0
    figure = Figure(figsize=(1, 1), dpi=DPI)
    renderer = FigureCanvasAgg(figure).get_renderer()
    written = figure.text(0, 0, text, weight="bold" if bold else "normal")
    return float(written.get_window_extent(renderer).width)
