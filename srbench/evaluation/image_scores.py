"""PSNR, SSIM and LPIPS of one image in memory, under a protocol: the values that `srbench run` prints for it."""

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from srbench import protocol as protocols
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.errors import BadImage
from srbench.evaluation import pairing, scoring
from srbench.evaluation.scoring import Scorer
from srbench.protocol import Protocol

ImageLike = npt.NDArray[np.uint8] | npt.NDArray[np.floating] | Tensor
"""An array `(H, W, 3)` RGB, `(H, W, 1)` or `(H, W)` grey; or a tensor `(3, H, W)` RGB, `(1, H, W)` or `(H, W)` grey,
with or without a batch dimension of 1. uint8 in levels 0..255, or floating point in [0, 1]."""

_OVERSHOOT = 2.0
"""Largest value of a floating-point image that is taken for an overshoot of a network and not for a level."""


def psnr(sr: ImageLike, hr: ImageLike, protocol: str = protocols.DEFAULT) -> float:
    """Measure the peak signal-to-noise ratio of an image in dB, on the protocol's channel and inside its border.

    Args:
        sr: Super-resolved image. An array `(H, W, 3)` RGB, `(H, W, 1)` or `(H, W)` grey; or a tensor `(3, H, W)` RGB,
            `(1, H, W)` or `(H, W)` grey, with or without a batch dimension of 1. uint8 in levels 0..255, or floating
            point in [0, 1], which is clamped and, unless the protocol says otherwise, rounded to 8 bits.
        hr: Original in one of the same forms; cropped at the bottom and right to the protocol's multiple, and rounded
            to 8 bits. A grey original is compared with the grey of an RGB output, and an
            RGB original whose three channels are equal counts as grey beside a grey output.
        protocol: Name of a protocol or variant, as `srbench run --protocol` takes it.

    Returns:
        PSNR in dB; infinite for equal images, NaN where `sr` is not finite.

    Raises:
        ShapeError: The images differ in size or are smaller than the border, or `sr` is grey and `hr` has colours.
        BadImage: An image has another number of dimensions or channels, another dtype, or another range.
        UnknownName: There is no such protocol.

    Examples:
        >>> import numpy as np
        >>> hr = np.full((64, 64, 3), 100, np.uint8)
        >>> round(psnr(hr + 16, hr), 2)  # luma differs by 16 * 219 / 255 levels
        25.37
        >>> round(psnr((hr + 16) / 255, hr, "classical_x4+channel=rgb"), 2)
        24.05
    """
    return _score("psnr", sr, hr, protocol)


def ssim(sr: ImageLike, hr: ImageLike, protocol: str = protocols.DEFAULT) -> float:
    """Measure the structural similarity of an image in the protocol's flavour, channel and border.

    Args:
        sr: Super-resolved image, as for `psnr`.
        hr: Original, as for `psnr`.
        protocol: Name of a protocol or variant, as `srbench run --protocol` takes it.

    Returns:
        Mean SSIM, at most 1; NaN where `sr` is not finite.

    Raises:
        ShapeError: The images differ in size or are smaller than the window, or `sr` is grey and `hr` has colours.
        BadImage: An image has another number of dimensions or channels, another dtype, or another range.
        UnknownName: There is no such protocol.

    Examples:
        >>> import numpy as np
        >>> hr = np.random.default_rng(0).random((64, 64, 3))
        >>> ssim(hr, hr)
        1.0
    """
    return _score("ssim", sr, hr, protocol)


def lpips(sr: ImageLike, hr: ImageLike, protocol: str = protocols.DEFAULT) -> float:
    """Measure the learned perceptual distance (LPIPS 0.1) of an image, whole and in RGB, by the protocol's network.

    Args:
        sr: Super-resolved image, as for `psnr`; the network runs on the device of a tensor.
        hr: Original, as for `psnr`.
        protocol: Name of a protocol or variant, as `srbench run --protocol` takes it.

    Returns:
        Distance, at least 0; lower is better. NaN where `sr` is not finite.

    Raises:
        ShapeError: The images differ in size or are too small for the network, or `sr` is grey and `hr` has colours.
        BadImage: An image has another number of dimensions or channels, another dtype, or another range.
        MissingWeights: The protocol names a network other than AlexNet whose weights cannot be had.
        UnknownName: There is no such protocol.

    Examples:
        >>> import numpy as np
        >>> hr = np.random.default_rng(0).random((64, 64, 3))
        >>> lpips(hr, hr)
        0.0
    """
    return _score("lpips", sr, hr, protocol)


@cache
def _scorer(metric: str, protocol: str) -> tuple[Scorer, Protocol]:
    conventions = protocols.find(protocol)
    (scorer,) = scoring.scorers([metric], conventions, AssetStore())
    return scorer, conventions


@torch.no_grad()
def _score(metric: str, sr: ImageLike, hr: ImageLike, protocol: str) -> float:
    scorer, conventions = _scorer(metric, protocol)
    output, original = _batch(sr, "sr"), _batch(hr, "hr")
    original = original if original.dtype == torch.uint8 else image.to_uint8(original)
    if not torch.isfinite(output.sum()):
        return math.nan
    levels = output if output.dtype == torch.uint8 else scoring.quantise(output, conventions)
    names = ("sr", "hr")
    levels, original = pairing.output_beside(levels, original.to(levels.device), conventions, names)
    pair = (scoring.prepare(each, scorer.metric, conventions) for each in (levels, original))
    return float(scorer.score(*pair))


def _batch(pixels: ImageLike, name: str) -> Tensor:
    """Bring an image into the form `(1, C, H, W)`, uint8 in levels or floating point in [0, 1]."""
    planes = _planes_of_array(pixels) if isinstance(pixels, np.ndarray) else _planes_of_tensor(pixels.detach())
    if planes.ndim != 3 or planes.shape[0] not in (1, 3):
        array = isinstance(pixels, np.ndarray)
        expected = "(H, W, 3), (H, W, 1) or (H, W)" if array else "(3, H, W), (1, H, W) or (H, W)"
        kind = "an array" if array else "a tensor"
        raise BadImage(f"{name} is {kind} of shape {tuple(pixels.shape)}; expected one image, {expected}")
    if planes.dtype != torch.uint8 and not planes.is_floating_point():
        raise BadImage(f"{name} has the dtype {planes.dtype}; expected uint8 in 0..255 or floating point in [0, 1]")
    if planes.is_floating_point() and bool((planes > _OVERSHOOT).any()):
        raise BadImage(f"{name} reaches {float(planes.max()):g}; expected floating point in [0, 1], or uint8 in 0..255")
    return planes[None]


def _planes_of_array(array: npt.NDArray[Any]) -> Tensor:
    levels = torch.from_numpy(np.array(array, order="C"))  # a copy: torch takes no array that cannot be written to
    if levels.ndim == 2:
        return levels[None]
    return levels.permute(2, 0, 1) if levels.ndim == 3 else levels


def _planes_of_tensor(tensor: Tensor) -> Tensor:
    if tensor.ndim == 2:
        return tensor[None]
    return tensor[0] if tensor.ndim == 4 and len(tensor) == 1 else tensor
