"""Pictures to compare by eye: one sheet an image, the same detail from HR, LR and every output, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from srbench.core import image_file
from srbench.evaluation.busiest import busiest

_DETAIL_PX, _ZOOM, _COLUMNS, _GAP, _LABEL_PX = 96, 3, 4, 8, 40
_PAPER, _INK, _FRAME = (255, 255, 255), (30, 30, 30), (220, 40, 40)


@dataclass(frozen=True)
class Output:
    """The output of one model, for a sheet.

    Attributes:
        label: First line under the picture.
        values: Second line under the picture.
        path: File of the picture.
    """

    label: str
    values: str
    path: Path


def sheet(
    hr_path: Path, outputs: Sequence[Output], between: Mapping[str, npt.NDArray[np.uint8]] | None = None
) -> Image.Image:
    """Lay out HR with the chosen detail framed, the detail of HR, of pictures to compare with, and of each output.

    The detail is the square in which the outputs differ most from one another, or a lone output from HR; pixels are
    repeated, never smoothed.

    Args:
        hr_path: Original; it may be larger than the outputs, which begin at its top left.
        outputs: Outputs in the order of the table, all of one size.
        between: Pictures by label that stand between HR and the outputs, uint8 `(H, W, 3)` or `(H, W)`, as large as
            the outputs.
    """
    pictures = [_rgb(output.path) for output in outputs]
    height, width = pictures[0].shape[:2]
    hr = _rgb(hr_path)[:height, :width]
    side = min(_DETAIL_PX, height, width)
    (left, top, *_), _ = busiest(pictures if len(pictures) > 1 else [hr, *pictures], side)
    box = (slice(top, top + side), slice(left, left + side))
    beside = [(label, "", _three_channels(picture)) for label, picture in (between or {}).items()]
    details = [("HR", "", hr), *beside, *((o.label, o.values, p) for o, p in zip(outputs, pictures, strict=True))]
    cells = [(_framed(hr, top, left, side), "HR, whole", "framed: the detail")]
    cells += [(_enlarged(picture[box]), label, values) for label, values, picture in details]
    return _grid(cells)


def _rgb(path: Path) -> npt.NDArray[np.uint8]:
    pixels = image_file.read_stored(path)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)


def _three_channels(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def _enlarged(detail: npt.NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(detail.repeat(_ZOOM, 0).repeat(_ZOOM, 1))


def _framed(hr: npt.NDArray[np.uint8], top: int, left: int, side: int) -> Image.Image:
    whole = Image.fromarray(hr)
    draw = ImageDraw.Draw(whole)
    for line in range(3):
        draw.rectangle((left - line, top - line, left + side + line, top + side + line), outline=_FRAME)
    whole.thumbnail((_DETAIL_PX * _ZOOM, _DETAIL_PX * _ZOOM))
    return whole


def _grid(cells: Sequence[tuple[Image.Image, str, str]]) -> Image.Image:
    side = _DETAIL_PX * _ZOOM
    columns = min(_COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    size = (columns * (side + _GAP) + _GAP, rows * (side + _LABEL_PX + _GAP) + _GAP)
    page = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(14)
    for number, (picture, label, values) in enumerate(cells):
        x = _GAP + number % columns * (side + _GAP)
        y = _GAP + number // columns * (side + _LABEL_PX + _GAP)
        page.paste(picture, (x, y))
        for line, text in enumerate((label, values)):
            draw.text((x, y + side + 2 + 17 * line), _fitting(text, font, side), _INK, font)
    return page


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    while font.getlength(text) > width:
        text = text.rstrip("…")[:-1] + "…"
    return text


def values_line(values: Mapping[str, float], units: Mapping[str, str]) -> str:
    """Print the second line of a cell: "28.43 dB, ssim 0.8111"."""
    texts = (f"{v:.2f} {units[name]}" if units[name] == "dB" else f"{name} {v:.4f}" for name, v in values.items())
    return ", ".join(texts)
