"""SR and HR of a data set in each way that circulates: made by a model from its LR, or read from stored pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol as Kind

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from srbench import protocol as protocols
from srbench.core import image
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet, by_stem, image_listing
from srbench.datasets.name_pairs import pair
from srbench.evaluation import pairing
from srbench.evaluation.conventions import Images
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol

_WHOLE = 1e-3
"""Levels by which an output that was rounded may seem to be off whole ones: it was divided by 255 in float32."""


@dataclass(frozen=True)
class Output:
    """SR and HR of one image.

    Attributes:
        sr: `(1, C, H, W)`: uint8 levels where all are whole, else the model's output in [0, 1], not rounded.
        hr: uint8 of the same shape.
    """

    sr: Tensor
    hr: Tensor

    @property
    def is_whole(self) -> bool:
        """Whether rounding changes nothing."""
        return self.sr.dtype == torch.uint8

    def levels(self, sr: str) -> Tensor:
        """Return SR in levels 0..255, as "rounded" or "float"; uint8 or float64."""
        if self.is_whole:
            return self.sr
        return image.to_uint8(self.sr) if sr == "rounded" else self.sr.double() * 255


class Source(Kind):
    """Where SR comes from.

    Attributes:
        images: The data set.
        made: Whether SR can be made anew from another LR.
    """

    images: ImageSet
    made: bool

    def output(self, item: Item, way: Images) -> Output:
        """Return SR and HR of an image."""
        ...


@cache
def protocol_of(way: Images, scale: int) -> Protocol:
    """Return the protocol that crops HR and makes LR in a way; for a resampler of others the edge is MATLAB's."""
    rounding, _, edge = way.lr.partition(" ")
    changes = {"content": way.content, "grey": way.grey, "hr_multiple": str(way.multiple(scale))}
    changes |= {"lr_edge": edge, "lr_rounding": rounding} if edge else {}
    return protocols.find("+".join([f"classical_x{_known(scale)}", *(f"{k}={v}" for k, v in _fitted(changes, scale))]))


def _known(scale: int) -> int:
    return scale if f"classical_x{scale}" in protocols.PROTOCOLS else 4


def _fitted(changes: dict[str, str], scale: int) -> list[tuple[str, str]]:
    return list((changes if _known(scale) == scale else {"scale": str(scale), **changes}).items())


def degrade(hr: Tensor, way: Images, scale: int) -> Tensor:
    """Make LR of HR in a way. `(1, C, h, w)` levels: uint8, or float64 where it is not rounded.

    Source: Pillow's and OpenCV's own documentation. OpenCV's cubic kernel has a = -0.75 and does not widen when it
    shrinks, and its edges are repeated, as torch's `interpolate` without antialias.
    """
    size = (hr.shape[-2] // scale, hr.shape[-1] // scale)
    if way.lr == "opencv":
        lr = interpolate(hr.double(), size=size, mode="bicubic", align_corners=False)
        return image.round_half_up(lr).to(torch.uint8)
    if way.lr == "pillow":
        made = Image.fromarray(image.to_array(hr)).resize(size[::-1], Image.Resampling.BICUBIC)
        return image.to_tensor(np.asarray(made))
    return pairing.degrade(hr, protocol_of(way, scale))


class _Files:
    """Originals, each read once."""

    def __init__(self) -> None:
        self._read: dict[Item, Tensor] = {}

    def of(self, item: Item) -> Tensor:
        """Return HR as it is stored. uint8 `(1, C, H, W)`."""
        if item not in self._read:
            self._read[item] = image.to_tensor(pairing.read(item.hr, item.hr_sha256, pinned=item.pinned))
        return self._read[item]


class ModelSource:
    """SR that a model makes.

    Args:
        upscaler: The model, ready to run.
        images: The data set.
    """

    made = True

    def __init__(self, upscaler: Upscaler, images: ImageSet) -> None:
        self.images = images
        self._upscaler = upscaler
        self._files = _Files()
        self._scale = upscaler.scale

    def output(self, item: Item, way: Images) -> Output:
        """Upscale an image in a way."""
        conventions = protocol_of(way, self._scale)
        hr = image.crop_to_multiple(pairing.content(self._files.of(item), conventions), conventions.hr_multiple)
        lr = degrade(hr, way, self._scale).to(self._upscaler.device) / 255
        raw = self._upscaler(lr).cpu()
        rounded = image.to_uint8(raw)
        is_whole = float((raw.double() * 255 - rounded).abs().max()) < _WHOLE
        return Output(rounded if is_whole else raw, hr)


class PictureSource:
    """SR that is stored.

    Args:
        pictures: uint8 `(1, C, H, W)` by name of the image.
        images: The data set.
        scale: Upscaling factor.
    """

    made = False

    def __init__(self, pictures: Callable[[Item], Tensor], images: ImageSet, scale: int) -> None:
        self.images = images
        self._pictures = pictures
        self._files = _Files()
        self._scale = scale

    def output(self, item: Item, way: Images) -> Output:
        """Read an image."""
        hr = self._files.of(item)
        return Output(*pairing.output_beside(self._pictures(item), hr, protocol_of(way, self._scale)))


def folder_pictures(folder: Path, images: ImageSet, scale: int, pattern: str = "") -> Callable[[Item], Tensor]:
    """Return what reads the picture of an image, uint8 `(1, C, H, W)`, in a folder; names hold those of the originals.

    Args:
        folder: Folder of pictures that any software made.
        images: Originals.
        scale: Upscaling factor.
        pattern: Name of the pictures, `{name}` standing for the original's; empty to find it.

    Raises:
        BadData: Files that cannot be paired, named.
    """
    hr_of = {item.name: item.hr for item in images.items}
    listed = by_stem(image_listing(folder))
    paths = pair(hr_of, listed, images.items[0].hr.parent, folder, scale, pattern, images.names).paths
    return lambda item: image.to_tensor(image.read(paths[item.name]))
