"""Grey images that are stored with three equal channels, beside partners with one."""

import torch
from torch import Tensor

from srbench.protocol import Protocol

_STUDIO_DB = 1.32
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
    if hr.shape[1] != 3 or protocol.channel != "y":
        return []
    if not _is_grey(hr):
        return []
    return [f"HR has three equal channels and counts as RGB; as grey its PSNR would be {_STUDIO_DB} dB lower"]
