"""PSNR and SSIM of a model, or of stored pictures, on a data set under any convention: what they share is made once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
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
from srbench.evaluation.conventions import Convention, Images
from srbench.metrics.ssim import Flavour, ssim
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol

_KEPT_MIB = 1024
_WHOLE = 1e-3
"""Levels by which an output that was rounded may seem to be off whole ones: it was divided by 255 in float32."""

_REDUCED_PX = 384
"""Shortest side from which on `wang-ds` reduces an image; below it is `wang`."""

_FULL_Y = (0.299, 0.587, 0.114)


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


class ConventionScores:
    """Scores of one source.

    Args:
        source: Where SR comes from.
        scale: Upscaling factor.
    """

    def __init__(self, source: Source, scale: int) -> None:
        self.source = source
        self.scale = scale
        self.grey = {item.name: len(image.read(item.hr).shape) == 2 for item in source.images.items}
        self._outputs: dict[tuple[str, Images], Output] = {}
        self._left_bytes = _KEPT_MIB * 2**20
        self._errors: dict[tuple[str, Images, str, str, str], tuple[float, int]] = {}
        self._ssims: dict[tuple[str, Images, str, str, str, str], float] = {}

    def psnr(self, convention: Convention) -> float:
        """Return PSNR in dB; infinite where an image is equal to its original."""
        errors = [self._error(item, convention) for item in self.source.images.items]
        if convention.mean == "pooled":
            return _decibel(sum(total for total, _ in errors), sum(count for _, count in errors))
        return sum(_decibel(*error) for error in errors) / len(errors)

    def ssim(self, convention: Convention) -> float:
        """Return the mean SSIM."""
        values = [self._ssim(item, convention) for item in self.source.images.items]
        return sum(values) / len(values)

    def _way(self, item: Item, way: Images) -> Images:
        """Return the way by which an image is known: it does not matter to colours what grey counts as."""
        return way if self.grey[item.name] else Images(way.crop, way.content, way.lr)

    def _output(self, item: Item, way: Images) -> Output:
        if (item.name, way) in self._outputs:
            return self._outputs[item.name, way]
        made = self.source.output(item, way)
        size_bytes = made.sr.nbytes + made.hr.nbytes
        if size_bytes <= self._left_bytes:
            self._outputs[item.name, way] = made
            self._left_bytes -= size_bytes
        return made

    def _error(self, item: Item, convention: Convention) -> tuple[float, int]:
        """Return the sum of squared errors and the number of values."""
        way = self._way(item, convention.images)
        asked = (item.name, way, convention.sr, convention.channel, convention.border)
        if asked not in self._errors:
            self._measure(item, way, convention.border)
        return self._errors[asked]

    def _measure(self, item: Item, way: Images, border: str) -> None:
        """Measure the errors of an image in all channels and borders, with and without rounding."""
        made = self._output(item, way)
        originals = _channels(made.hr)
        borders = dict.fromkeys([border, "0", "s", "s+2", "s+6"])
        for sr in ("rounded", "float"):
            kept = (item.name, way, sr)
            if sr == "float" and made.is_whole:
                rounded = {key: of for key, of in self._errors.items() if key[:3] == (item.name, way, "rounded")}
                self._errors |= {(*kept, *key[3:]): of for key, of in rounded.items()}
                continue
            for channel, levels in _channels(made.levels(sr)).items():
                squares = (levels - originals[channel]).square_()
                for each in borders:
                    inner = image.crop_border(squares, Convention(border=each).border_px(self.scale))
                    self._errors[*kept, channel, each] = float(inner.sum()), inner.numel()

    def _ssim(self, item: Item, convention: Convention) -> float:
        way = self._way(item, convention.images)
        made = self._output(item, way)
        sr = "rounded" if made.is_whole else convention.sr
        border_px = convention.border_px(self.scale)
        is_small = min(made.hr.shape[-2:]) - 2 * border_px < _REDUCED_PX
        flavour = "wang" if convention.ssim == "wang-ds" and is_small else convention.ssim
        asked = (item.name, way, sr, convention.channel, convention.border, flavour)
        if asked not in self._ssims:
            shave = partial(image.crop_border, border_px=border_px)
            seen = [shave(_channel(levels, convention.channel)) for levels in (made.levels(sr), made.hr)]
            self._ssims[asked] = float(ssim(seen[0], seen[1], _flavour(flavour)))
        return self._ssims[asked]


def _flavour(name: str) -> Flavour:
    flavours: Sequence[Flavour] = ("wang", "wang-ds", "skimage-default", "daala")
    return next(flavour for flavour in flavours if flavour == name)


def _channels(levels: Tensor) -> dict[str, Tensor]:
    """Return what PSNR may see of an image; luma is computed once for each range."""
    y, full = image.luma(levels), _full_luma(levels)
    rounded = {"y rounded": image.round_half_up(y), "full rounded": image.round_half_up(full)}
    return {"y": y, "full": full, "rgb": levels.double(), **rounded}


def _channel(levels: Tensor, name: str) -> Tensor:
    if name == "rgb":
        return levels.double()
    luma = image.luma(levels) if name.startswith("y") else _full_luma(levels)
    return image.round_half_up(luma) if name.endswith("rounded") else luma


def _full_luma(levels: Tensor) -> Tensor:
    """Luma of JPEG, 0..255, not rounded. float64 `(1, 1, H, W)`."""
    if levels.shape[1] == 1:
        return levels.double()
    weights = torch.tensor(_FULL_Y, dtype=torch.float64).view(1, 3, 1, 1)
    return (levels.double() * weights).sum(1, keepdim=True)


def _decibel(total: float, count: int) -> float:
    return 10 * math.log10(255**2 * count / total) if total else math.inf
