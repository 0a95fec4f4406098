"""Where the pictures of a crop panel stand, in whole pixels, so that every enlarged pixel is a square of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SMALLEST_WHOLE, _LARGEST_WHOLE = 1.2, 0.6
"""Width of the whole image: at least so many crops, at most so much of the figure."""


class Box(NamedTuple):
    """A place on the page: left, top, width and height in pixels, from the top left."""

    x: int
    y: int
    width: int
    height: int


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class Block:
    """Places of one image: the whole at the left, its crops beside it.

    Attributes:
        whole: Place of the whole image.
        cells: Places of the crops, in reading order.
        factor: Number of times that each pixel of a crop is repeated each way.
    """

    whole: Box
    cells: tuple[Box, ...]
    factor: int


@dataclass(frozen=True)
class Layout:
    """A whole figure.

    Attributes:
        size: Of the figure.
        blocks: One for each image.
        cell_width: Width that a crop and the text below it may take.
    """

    size: Size
    blocks: tuple[Block, ...]
    cell_width: int


@dataclass(frozen=True)
class Page:
    """What all images of a figure share.

    Attributes:
        width: Of the figure in pixels.
        gap: Between pictures in pixels.
        caption: Height of the text below a picture in pixels.
    """

    width: int
    gap: int
    caption: int


def arrange(page: Page, images: Sequence[tuple[Size, Size]], cells: int, columns: int = 0) -> Layout | None:
    """Find the places of images and crops.

    Crops are as large as the figure allows while the whole image is larger than they are.

    Args:
        page: Width, gaps and height of captions.
        images: Sizes of each whole image and of its crop.
        cells: Number of crops of each image.
        columns: Number of crops side by side; 0 chooses it.

    Returns:
        None where a crop is wider than its place.
    """
    columns = min(columns or _columns(page, images, cells), cells)
    room = min(math.floor(_crop_width(page, *image, cells, columns)) for image in images)
    factors = [room // crop.width for _, crop in images]
    if min(factors) < 1:
        return None
    cell = max(factor * crop.width for factor, (_, crop) in zip(factors, images, strict=True))
    blocks, top = [], 0
    for factor, (whole, crop) in zip(factors, images, strict=True):
        block, top = _block(page, top, (whole, crop), factor, cell, (cells, columns))
        blocks.append(block)
        top += page.gap
    return Layout(Size(page.width, top - page.gap), tuple(blocks), cell)


def _columns(page: Page, images: Sequence[tuple[Size, Size]], cells: int) -> int:
    """The number of columns that gives the largest crops beside a whole image that is larger."""

    def value(columns: int) -> tuple[bool, float]:
        widths = [_crop_width(page, *image, cells, columns) for image in images]
        wholes = [page.width - columns * (width + page.gap) for width in widths]
        fits = all(
            _SMALLEST_WHOLE * width <= whole <= _LARGEST_WHOLE * page.width
            for width, whole in zip(widths, wholes, strict=True)
        )
        return fits, min(widths)

    rows = range(1, cells + 1)
    return max(dict.fromkeys(math.ceil(cells / count) for count in rows), key=value)


def _crop_width(page: Page, whole: Size, crop: Size, cells: int, columns: int) -> float:
    """The width of a crop with which the grid is as high as the whole image, and both fill the figure."""
    rows = math.ceil(cells / columns)
    aspect = whole.width / whole.height
    fixed = columns * page.gap + aspect * (rows - 1) * (page.caption + page.gap)
    return (page.width - fixed) / (aspect * rows * crop.height / crop.width + columns)


def _block(
    page: Page, top: int, image: tuple[Size, Size], factor: int, cell: int, grid: tuple[int, int]
) -> tuple[Block, int]:
    """Place one image below the others; returns where it ends, too."""
    (whole, crop), (cells, columns) = image, grid
    width, height = factor * crop.width, factor * crop.height
    left = page.width - columns * cell - (columns - 1) * page.gap
    step = height + page.caption + page.gap
    rows = math.ceil(cells / columns)
    bottom = top + rows * step - page.gap
    places = tuple(
        Box(left + i % columns * (cell + page.gap) + (cell - width) // 2, top + i // columns * step, width, height)
        for i in range(cells)
    )
    scale = min((left - page.gap) / whole.width, (bottom - top - page.caption) / whole.height)
    shown = Size(max(1, math.floor(whole.width * scale)), max(1, math.floor(whole.height * scale)))
    return Block(Box((left - page.gap - shown.width) // 2, top, *shown), places, factor), bottom
