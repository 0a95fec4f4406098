"""PSNR and SSIM of a model, or of stored pictures, on a data set under any convention: what they share is made once."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from srbench.core import image
from srbench.datasets.dataset import Item
from srbench.evaluation import scoring
from srbench.evaluation.convention_outputs import Output, Source
from srbench.evaluation.conventions import Convention, Images
from srbench.evaluation.scoring import Scorer, Views
from srbench.metrics.ssim import Flavour, ssim
from srbench.protocol import Protocol

_KEPT_MIB = 1024
_REDUCED_PX = 384
"""Shortest side from which on `wang-ds` reduces an image; below it is `wang`."""

_FULL_Y = (0.299, 0.587, 0.114)


class ConventionScores:
    """Scores of one source.

    Args:
        source: Where SR comes from.
        scale: Upscaling factor.

    Attributes:
        grey: Whether an image is grey, by its name.
        psnrs: Mean PSNR by convention, of those that were asked for; with what is filled in, no output is made.
        ssims: The same of SSIM, to which it does not matter whether PSNR is pooled.
    """

    def __init__(self, source: Source, scale: int) -> None:
        self.source = source
        self.scale = scale
        self.grey = {item.name: len(image.read(item.hr).shape) == 2 for item in source.images.items}
        self._outputs: dict[tuple[str, Images], Output] = {}
        self._left_bytes = _KEPT_MIB * 2**20
        self._errors: dict[tuple[str, Images, str, str, str], tuple[float, int]] = {}
        self.psnrs: dict[Convention, float] = {}
        self.ssims: dict[Convention, float] = {}
        self._ssims: dict[tuple[str, Images, str, str, str, str], float] = {}

    def psnr(self, convention: Convention) -> float:
        """Return PSNR in dB; infinite where an image is equal to its original."""
        if convention not in self.psnrs:
            errors = [self._error(item, convention) for item in self.source.images.items]
            pooled = _decibel(sum(total for total, _ in errors), sum(count for _, count in errors))
            mean = sum(_decibel(*error) for error in errors) / len(errors)
            self.psnrs[convention] = pooled if convention.mean == "pooled" else mean
        return self.psnrs[convention]

    def ssim(self, convention: Convention) -> float:
        """Return the mean SSIM."""
        asked = replace(convention, mean="mean")
        if asked not in self.ssims:
            values = [self._ssim(item, asked) for item in self.source.images.items]
            self.ssims[asked] = sum(values) / len(values)
        return self.ssims[asked]

    def mean(self, scorer: Scorer, protocol: Protocol, convention: Convention) -> float:
        """Return the mean of any metric of single images, on the SR and HR of a convention.

        Args:
            scorer: The metric.
            protocol: Says which part of the images it sees.
            convention: Says which SR and HR there are.

        Raises:
            UserError: The metric cannot take an image.
        """
        values = []
        for item in self.source.images.items:
            made = self._output(item, self._way(item, convention.images))
            measured = scoring.measure(Views(made.levels(convention.sr), made.hr, protocol), [scorer])
            for error in measured.failed.values():
                raise error
            values.append(measured.values[scorer.name])
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
