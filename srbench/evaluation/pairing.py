"""From an item of a data set to the two images that a protocol uses: LR to upscale and HR to compare with."""

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srbench.core import image, image_file
from srbench.core.resize import resize
from srbench.core.shelf import Shelf
from srbench.datasets.dataset import Item
from srbench.errors import BadImage, BadProtocol, ShapeError
from srbench.evaluation import channels
from srbench.protocol import Protocol

_KEPT_MIB = 256


@dataclass(frozen=True)
class Pair:
    """One image in both sizes.

    Attributes:
        lr: `(1, C, h, w)` levels 0..255; uint8, or float64 where the protocol does not round it.
        hr: uint8 `(1, C, s h, s w)`; None where the protocol has none.
    """

    lr: Tensor
    hr: Tensor | None

    @property
    def original(self) -> Tensor:
        """HR.

        Raises:
            BadProtocol: The protocol has none.
        """
        if self.hr is None:
            raise BadProtocol("the images have no HR (lr=alone); expected a protocol with HR")
        return self.hr

    def kept(self, shelf: Shelf) -> "Pair | None":
        """Return a copy on a shelf; None where it has no room for both."""
        if not shelf.has_room(self.lr, *(() if self.hr is None else (self.hr,))):
            return None
        return Pair(shelf.keep(self.lr), None if self.hr is None else shelf.keep(self.hr))


def original(path: Path, protocol: Protocol) -> Tensor:
    """Read an HR image as a protocol uses it: cropped, and its luma where that is all that counts.

    Returns:
        uint8 `(1, C, H, W)`.

    Raises:
        BadImage: The file cannot be read.
        ShapeError: It is smaller than the crop.
    """
    return _original(image.read(path), protocol)


def _original(array: image.Array, protocol: Protocol) -> Tensor:
    return image.crop_to_multiple(content(image.to_tensor(array), protocol), protocol.hr_multiple)


def content(levels: Tensor, protocol: Protocol) -> Tensor:
    """Return the part of an image that a protocol uses: the whole, or its rounded luma. uint8 `(1, C, H, W)`.

    A grey image has three equal channels where the protocol takes it for RGB.
    """
    if protocol.grey == "rgb":
        levels = levels.expand(-1, 3, -1, -1)
    if protocol.content == "luma":
        return image.round_half_up(image.luma(levels)).to(levels.dtype)
    return levels


def load(item: Item, protocol: Protocol) -> Pair:
    """Read HR, crop it, and make LR, or read the given one.

    Raises:
        BadImage: A file cannot be read, or is no longer what it was when it was found.
        ShapeError: HR is smaller than the crop, or a given LR does not fit it.
    """
    array = read(item.hr, item.hr_sha256, pinned=item.pinned)
    if protocol.lr == "alone":
        return Pair(content(image.to_tensor(array), protocol), None)
    if item.lr is None:
        hr = _original(array, protocol)
        return Pair(degrade(hr, protocol), hr)
    lr_array = read(item.lr, item.lr_sha256)
    lr, hr = channels.match(image.to_tensor(lr_array), image.to_tensor(array))
    lr, hr = content(lr, protocol), image.crop_to_multiple(content(hr, protocol), protocol.hr_multiple)
    expected = (hr.shape[1], hr.shape[-2] // protocol.scale, hr.shape[-1] // protocol.scale)
    if tuple(lr.shape[1:]) != expected:
        raise ShapeError(
            f"{item.lr} is {tuple(lr.shape[1:])} (channels, height, width); {item.hr.name} cropped to a multiple of "
            f"{protocol.hr_multiple} needs {expected} at x{protocol.scale}"
        )
    return Pair(lr, hr)


def output_beside(
    sr: Tensor, hr: Tensor, protocol: Protocol, names: tuple[str, str] = ("sr", "hr")
) -> tuple[Tensor, Tensor]:
    """Return an output and its original as metrics see them: of equal size and number of channels.

    Three equal channels are grey beside a partner with one; the colours of an output are reduced beside a grey
    original.

    Args:
        sr: `(1, C, H, W)` levels 0..255.
        hr: uint8 `(1, C, H', W')` on the same device; cropped to the protocol's multiple.
        protocol: Says what part of an image counts, and the crop.
        names: Names of both, for messages.

    Raises:
        ShapeError: The sizes differ, or the output is grey and the original has colours.
    """
    sr, hr = channels.match(sr, hr)
    sr, hr = content(sr, protocol), image.crop_to_multiple(content(hr, protocol), protocol.hr_multiple)
    if sr.shape[-2:] != hr.shape[-2:]:
        raise ShapeError(
            f"{names[0]} is {sr.shape[-2]} x {sr.shape[-1]} px; {names[1]} cropped to a multiple of "
            f"{protocol.hr_multiple} is {hr.shape[-2]} x {hr.shape[-1]} px; expected equal sizes"
        )
    if sr.shape[1] == 1 and hr.shape[1] == 3:
        raise ShapeError(f"{names[0]} is grey and {names[1]} has colours; score it against a grey original")
    return (image.grey(sr).to(sr.dtype) if sr.shape[1] > hr.shape[1] else sr), hr


def read(path: Path, expected: str, *, pinned: bool = False) -> image.Array:
    """Read an image whose content was found before: other bytes would be measured under the key of these.

    Args:
        path: The file.
        expected: SHA-256 of its bytes, or of its pixels.
        pinned: Whether it is that of its pixels.

    Returns:
        uint8, `(H, W, 3)` RGB or `(H, W)` grey.

    Raises:
        BadImage: The file cannot be read, or has another content by now.
    """
    data = image_file.content(path)
    array = image.read(path, data)
    found = image.pixels_sha256(array) if pinned else hashlib.sha256(data).hexdigest()
    if found != expected:
        raise BadImage(f"{path} changed while it was in use; expected sha256 {expected[:8]}…. Give the command again")
    return array


def lr_size(item: Item, protocol: Protocol) -> tuple[int, int]:
    """Return height and width of LR from the headers of the files; 0 x 0 where they cannot be read."""
    try:
        if item.lr is not None:
            return image.size(item.lr)
        height, width = image.size(item.hr)
        if protocol.lr == "alone":
            return height, width
    except BadImage:
        return 0, 0
    multiple, scale = protocol.hr_multiple, protocol.scale
    return height // multiple * multiple // scale, width // multiple * multiple // scale


def degrade(hr: Tensor, protocol: Protocol) -> Tensor:
    """Make LR from HR by MATLAB's bicubic imresize.

    Args:
        hr: uint8 `(N, C, H, W)`, both sides multiples of the scale.
        protocol: Protocol, for its scale, edge and rounding.

    Raises:
        BadProtocol: The protocol is for LR images that are given.

    Returns:
        `(N, C, H / s, W / s)` levels; uint8, or float64 where the protocol does not round.
    """
    if protocol.lr != "bicubic":
        raise BadProtocol(
            f"{protocol.name} takes LR images that are there, as srbench run --lr and --no-hr do; expected a protocol "
            "that makes LR"
        )
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
        self.sizes: dict[Item, tuple[int, int]] = {}
        self._shelf = Shelf(_KEPT_MIB * 2**20)
        self._begun: dict[Item, Future[Pair]] = {}
        self._reader = ThreadPoolExecutor(1)  # its thread starts with the first image that is begun

    def lr_size(self, item: Item) -> tuple[int, int]:
        """Return height and width of an image's LR, as `lr_size` does."""
        if item not in self.sizes:
            self.sizes[item] = lr_size(item, self.protocol)
        return self.sizes[item]

    def begin(self, item: Item) -> None:
        """Begin to load an image beside what the program does next; `load` waits for it."""
        if item not in self.kept and item not in self._begun:
            self._begun[item] = self._reader.submit(load, item, self.protocol)

    def load(self, item: Item) -> Pair:
        """Return HR and LR of an image, as `load` does."""
        if item in self.kept:
            return self.kept[item]
        begun = self._begun.pop(item, None)
        images = begun.result() if begun else load(item, self.protocol)
        if kept := images.kept(self._shelf):
            self.kept[item] = kept
        return kept or images
