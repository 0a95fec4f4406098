"""Grey images: stored with three equal channels beside partners with one, and what they count as."""

from pathlib import Path

import torch
from torch import Tensor

from srbench.core import image_file
from srbench.datasets.locate import ImageSet
from srbench.errors import BadImage
from srbench.protocol import Protocol

_STUDIO_DB = 1.3219
"""20 log10(255 / 219): what studio luma of equal channels adds to the PSNR of the grey values."""


def match(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Reduce an image of three equal channels to one where its partner has one; two RGB images stay RGB.

    Args:
        first: `(1, C, H, W)`.
        second: Its partner, of any size: LR or output beside HR.
    """
    if first.shape[1] == second.shape[1]:
        return first, second
    return (first, _reduced(second)) if first.shape[1] == 1 else (_reduced(first), second)


def _reduced(picture: Tensor) -> Tensor:
    return picture[:, :1] if _is_grey(picture) else picture


def _is_grey(picture: Tensor) -> bool:
    red, green, blue = picture.split(1, 1)
    return torch.equal(red, green) and torch.equal(red, blue)


def remarks(hr: Tensor, protocol: Protocol) -> list[str]:
    """Say where an original that looks grey is measured as RGB.

    Args:
        hr: `(1, C, H, W)`, levels.
        protocol: Says which channel is measured.
    """
    if hr.shape[1] != 3 or protocol.channel != "y" or protocol.grey == "rgb":
        return []
    if not _is_grey(hr):
        return []
    return [f"HR has three equal channels and counts as RGB; as grey its PSNR would be {_STUDIO_DB:.2f} dB lower"]


def grey_line(images: ImageSet, protocol: Protocol) -> list[str]:
    """Say of a data set that has grey images what these count as, and what the other way would give.

    Args:
        images: The data set.
        protocol: Says what they count as, and which channel is measured.
    """
    if protocol.channel != "y" or protocol.lr == "alone":
        return []
    grey = [item.name for item in images.items if _is_grey_file(item.hr)]
    if not grey:
        return []
    named = ", ".join(grey[:4]) + (f", and {len(grey) - 4} more" if len(grey) > 4 else "")
    ways = ("luma (grey=luma), as in MATLAB", "RGB (grey=rgb), as in Python toolboxes since about 2018")
    this, other = ways if protocol.grey == "luma" else ways[::-1]
    higher = "higher" if protocol.grey == "luma" else "lower"
    moved = _STUDIO_DB * len(grey) / len(images.items)
    return [
        f"{images.id}: grey HR ({named}) counts as {this}; as {other}, the mean PSNR would be {moved:.3f} dB {higher}"
    ]


def _is_grey_file(path: Path) -> bool:
    try:
        return image_file.header(path).grey
    except BadImage:
        return False
