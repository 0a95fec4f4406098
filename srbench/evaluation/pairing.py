"""From an item of a data set to the two images that a protocol uses: LR to upscale and HR to compare with."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srbench.core import image
from srbench.core.resize import resize
from srbench.datasets.dataset import Item
from srbench.errors import ShapeError
from srbench.protocol import Protocol

_KEPT_MIB = 256


@dataclass(frozen=True)
class Pair:
    """One image in both sizes.

    Attributes:
        lr: `(1, C, h, w)` levels 0..255; uint8, or float64 where the protocol does not round it.
        hr: uint8 `(1, C, s h, s w)`.
    """

    lr: Tensor
    hr: Tensor


def original(path: Path, protocol: Protocol) -> Tensor:
    """Read an HR image as a protocol uses it: cropped, and its luma where that is all that counts.

    Returns:
        uint8 `(1, C, H, W)`.

    Raises:
        BadImage: The file cannot be read.
        ShapeError: It is smaller than the crop.
    """
    hr = image.to_tensor(image.read(path))
    return image.crop_to_multiple(content(hr, protocol), protocol.hr_multiple)


def content(levels: Tensor, protocol: Protocol) -> Tensor:
    """Return the part of an image that a protocol uses: the whole, or its rounded luma. uint8 `(1, C, H, W)`."""
    if protocol.content == "luma":
        return image.round_half_up(image.luma(levels)).to(levels.dtype)
    return levels


def load(item: Item, protocol: Protocol) -> Pair:
    """Read HR, crop it, and make LR, or read the given one.

    Raises:
        BadImage: A file cannot be read.
        ShapeError: HR is smaller than the crop, or a given LR does not fit it.
    """
    hr = original(item.hr, protocol)
    if item.lr is None:
        return Pair(degrade(hr, protocol), hr)
    lr = content(image.to_tensor(image.read(item.lr)), protocol)
    expected = (hr.shape[1], hr.shape[-2] // protocol.scale, hr.shape[-1] // protocol.scale)
    if tuple(lr.shape[1:]) != expected:
        raise ShapeError(
            f"{item.lr} is {tuple(lr.shape[1:])} (channels, height, width); {item.hr.name} cropped to a multiple of "
            f"{protocol.hr_multiple} needs {expected} at x{protocol.scale}"
        )
    return Pair(lr, hr)


def degrade(hr: Tensor, protocol: Protocol) -> Tensor:
    """Make LR from HR by MATLAB's bicubic imresize.

    Args:
        hr: uint8 `(N, C, H, W)`, both sides multiples of the scale.
        protocol: Protocol, for its scale, edge and rounding.

    Returns:
        `(N, C, H / s, W / s)` levels; uint8, or float64 where the protocol does not round.
    """
    size = (hr.shape[-2] // protocol.scale, hr.shape[-1] // protocol.scale)
    lr = resize(hr, size, edge=protocol.lr_edge, round_passes=protocol.lr_rounding == "passes")
    return lr if protocol.lr_rounding == "none" else image.round_half_up(lr).to(hr.dtype)


class PairCache:
    """Keeps pairs that one model needed for the next, as far as they fit: reading takes longer than a small model.

    What came first stays, since each model walks through all images anew.

    Args:
        protocol: Conventions under which pairs are loaded.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.kept: dict[Item, Pair] = {}
        self.left_bytes = _KEPT_MIB * 2**20

    def load(self, item: Item) -> Pair:
        """Return HR and LR of an image, as `load` does."""
        if item in self.kept:
            return self.kept[item]
        images = load(item, self.protocol)
        size_bytes = images.hr.nbytes + images.lr.nbytes
        if size_bytes <= self.left_bytes:
            self.kept[item] = images
            self.left_bytes -= size_bytes
        return images
