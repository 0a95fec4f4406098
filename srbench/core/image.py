"""All pixel conventions of the project: reading, luma, rounding, crops.

Images are RGB or grey, 8 bits. At the file boundary they are NumPy arrays, `(H, W, 3)` or `(H, W)` uint8; everywhere
else they are torch tensors `(N, C, H, W)` with C = 3 (RGB) or 1 (grey), in levels 0..255 unless a docstring says
[0, 1].

Arithmetic on whole images is done in place where the operand is ours: taking fresh memory costs more than the sums.

The matrices are those of ITU-R BT.601: studio range as in MATLAB's `rgb2ycbcr`, full range as in JPEG (JFIF).
"""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from srbench.core import image_file
from srbench.errors import ShapeError

Array = npt.NDArray[np.uint8]

_STUDIO_Y = (65.481, 128.553, 24.966)
_STUDIO_CB = (-37.797, -74.203, 112.0)
_STUDIO_CR = (112.0, -93.786, -18.214)
_FULL_Y = (0.299, 0.587, 0.114)
_MATLAB_GREY = (0.298936021293776, 0.587043074451121, 0.114020904255103)


def read(path: Path, data: bytes | None = None) -> Array:
    """Read an 8-bit grey or RGB image, pixels as stored.

    Palette images become RGB, bilevel images grey (0 and 255). An alpha channel is dropped when it is opaque
    everywhere. Orientation tags and colour profiles are not applied: what is measured is what is stored.

    Args:
        path: A file of a format of `srbench.core.image_file`, whatever its ending.
        data: Its content, where it was read before (`image_file.content`); the file is not read again.

    Returns:
        uint8, `(H, W, 3)` RGB or `(H, W)` grey.

    Raises:
        BadImage: The file is not an image, is truncated, has 16 bits a sample, transparency, or CMYK.
        TooLarge: It needs more memory than is free.
    """
    return image_file.read_stored(path, data)


def size(path: Path) -> tuple[int, int]:
    """Read height and width of the stored pixels from the file's header alone.

    Raises:
        BadImage: The file is not an image that can be read.
    """
    header = image_file.header(path)
    return header.height, header.width


def write(path: Path, array: Array) -> None:
    """Write an image losslessly as PNG, whole or not at all.

    Args:
        path: File to write; its parent folders are created.
        array: uint8, `(H, W, 3)` RGB or `(H, W)` grey.
    """
    image_file.write(path, array)


def pixels_sha256(array: Array) -> str:
    """Return the SHA-256 of an image's pixels, as 64 hex digits; files that hold the same pixels have the same.

    Args:
        array: uint8, `(H, W, 3)` RGB or `(H, W)` grey.
    """
    return hashlib.sha256(array.tobytes()).hexdigest()


def to_tensor(array: Array) -> Tensor:
    """Turn an array into a batch of one.

    Args:
        array: uint8, `(H, W, 3)` or `(H, W)`.

    Returns:
        uint8 `(1, 3, H, W)` or `(1, 1, H, W)`.
    """
    planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(planes.copy(order="C")).unsqueeze(0)


def to_array(levels: Tensor) -> Array:
    """Turn a batch of one into an array.

    Args:
        levels: uint8 `(1, C, H, W)`.

    Returns:
        uint8 `(H, W, 3)` or `(H, W)`.
    """
    planes = levels[0].cpu().numpy()
    return np.ascontiguousarray(planes[0] if planes.shape[0] == 1 else planes.transpose(1, 2, 0))


def round_half_up(levels: Tensor) -> Tensor:
    """Round to the nearest level, halves up, and clamp to 0..255, as MATLAB's uint8() does.

    Args:
        levels: Float, any shape, in levels.

    Returns:
        The same dtype and shape, whole numbers in 0..255.
    """
    return levels.clamp(0, 255).add_(0.5).floor_()


def to_uint8(unit: Tensor) -> Tensor:
    """Turn a network's output into the 8-bit image that is scored.

    The product is taken in float64 so that a value which stands for the level n comes back as n.

    Args:
        unit: Float `(N, C, H, W)`, nominally in [0, 1].

    Returns:
        uint8 `(N, C, H, W)`. NaN becomes 0; `srbench.evaluation.sanity` reports it.
    """
    levels = unit.double() * 255
    return levels.nan_to_num_(nan=0.0).clamp_(0, 255).add_(0.5).to(torch.uint8)


def crop_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Crop the bottom and right so that both sides are a multiple.

    Args:
        image: `(N, C, H, W)`.
        multiple: Number of pixels, at least 1.

    Raises:
        ShapeError: A side is shorter than the multiple.
    """
    height, width = image.shape[-2] // multiple * multiple, image.shape[-1] // multiple * multiple
    if height == 0 or width == 0:
        raise ShapeError(
            f"an image of {image.shape[-2]} x {image.shape[-1]} px has no crop to a multiple of {multiple}; "
            f"both sides need at least {multiple} px"
        )
    return image[..., :height, :width]


def crop_border(image: Tensor, border_px: int) -> Tensor:
    """Shave a border off all four sides.

    Args:
        image: `(N, C, H, W)`.
        border_px: Pixels on each side, at least 0.

    Raises:
        ShapeError: Nothing would be left.
    """
    if border_px == 0:
        return image
    height, width = image.shape[-2:]
    if min(height, width) <= 2 * border_px:
        raise ShapeError(f"an image of {height} x {width} px has nothing left inside a border of {border_px} px")
    return image[..., border_px:-border_px, border_px:-border_px]


def luma(levels: Tensor) -> Tensor:
    """Compute luma of BT.601 in studio range: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255.

    A grey image is its own luma.

    Args:
        levels: `(N, 3, H, W)` RGB or `(N, 1, H, W)` grey, 0..255, any dtype.

    Returns:
        float64 `(N, 1, H, W)`, 16..235 for RGB; not rounded.
    """
    if levels.shape[1] == 1:
        return levels.double()
    return _dot(levels.double(), _STUDIO_Y).div_(255).add_(16)


def grey(levels: Tensor) -> Tensor:
    """Reduce RGB to grey in full range, 0.299 R + 0.587 G + 0.114 B, rounded.

    This is how the colour output of an RGB network is compared with a grey original.

    Args:
        levels: `(N, 3, H, W)` RGB, 0..255.

    Returns:
        float64 `(N, 1, H, W)`, whole numbers in 0..255.
    """
    return round_half_up(_dot(levels.double(), _FULL_Y))


def matlab_grey(levels: Tensor) -> Tensor:
    """Reduce RGB to grey as MATLAB's rgb2gray does on 8 bits: luma of the inverse YIQ matrix, rounded.

    Its weights differ from those of `grey` in the fifth digit, which moves a pixel in a thousand by one level.

    Args:
        levels: `(N, 3, H, W)` RGB or `(N, 1, H, W)` grey, 0..255.

    Returns:
        float64 `(N, 1, H, W)`, whole numbers in 0..255; a grey image is left as it is.
    """
    if levels.shape[1] == 1:
        return levels.double()
    return round_half_up(_dot(levels.double(), _MATLAB_GREY))


def rgb_to_ycbcr(unit: Tensor, *, studio: bool) -> Tensor:
    """Convert RGB to Y'CbCr of BT.601, both scaled so that 255 levels are 1.

    Args:
        unit: Float `(N, 3, H, W)` in [0, 1].
        studio: Studio range (Y 16..235, MATLAB's rgb2ycbcr) or full range (JPEG).

    Returns:
        `(N, 3, H, W)` of the same dtype.
    """
    if studio:
        y = _dot(unit, _STUDIO_Y) + 16
        cb, cr = _dot(unit, _STUDIO_CB) + 128, _dot(unit, _STUDIO_CR) + 128
        return torch.cat([y, cb, cr], 1) / 255
    y = _dot(unit, _FULL_Y)
    red, _, blue = unit.split(1, 1)
    return torch.cat([y, (blue - y) / 1.772 + 128 / 255, (red - y) / 1.402 + 128 / 255], 1)


def ycbcr_to_rgb(ycbcr: Tensor, *, studio: bool) -> Tensor:
    """Convert Y'CbCr to RGB, the inverse of `rgb_to_ycbcr`.

    Args:
        ycbcr: Float `(N, 3, H, W)`, 255 levels are 1.
        studio: Whether the input is in studio range, or in full range.

    Returns:
        RGB `(N, 3, H, W)`, nominally in [0, 1], not clamped.
    """
    offset = torch.tensor([16.0 if studio else 0.0, 128.0, 128.0], dtype=torch.float64) / 255
    rows = [_STUDIO_Y, _STUDIO_CB, _STUDIO_CR] if studio else _full_rows()
    inverse = torch.linalg.inv(torch.tensor(rows, dtype=torch.float64) / (255 if studio else 1))
    centred = ycbcr - offset.to(ycbcr).view(1, 3, 1, 1)
    return torch.einsum("ij,njhw->nihw", inverse.to(ycbcr), centred)


def _full_rows() -> list[tuple[float, ...]]:
    red, green, blue = _FULL_Y
    return [
        _FULL_Y,
        (-red / 1.772, -green / 1.772, (1 - blue) / 1.772),
        ((1 - red) / 1.402, -green / 1.402, -blue / 1.402),
    ]


def _dot(rgb: Tensor, weights: tuple[float, float, float]) -> Tensor:
    red, green, blue = rgb.split(1, 1)
    return (red * weights[0]).add_(green * weights[1]).add_(blue * weights[2])
