"""Parts of images."""

from typing import NamedTuple


class Rectangle(NamedTuple):
    """A part of an image, in its pixels.

    Attributes:
        x: First column, from 0.
        y: First row, from 0.
        width: Number of columns.
        height: Number of rows.
    """

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        """The rectangle as "x,y,width,height"."""
        return ",".join(map(str, self))
