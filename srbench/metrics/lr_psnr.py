"""PSNR at LR size: whether an output, reduced again, is the LR image that it was made from."""

from torch import Tensor

from srbench.core.image import round_half_up
from srbench.core.resize import resize
from srbench.errors import ShapeError
from srbench.metrics.metric import check, of_cards
from srbench.metrics.psnr import psnr


def lr_psnr(sr: Tensor, hr: Tensor, scale: int) -> Tensor:
    """Compute the PSNR of output and original, both reduced by MATLAB's bicubic `imresize` on 8 bits.

    Args:
        sr: `(N, C, H, W)`, levels 0..255; rounded to whole levels first. Both sides are cropped to a multiple of
            the scale.
        hr: Original of the same shape and range.
        scale: Upscaling factor.

    Returns:
        float64 `(N,)` in dB; infinite where both have the same LR.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than the scale.

    Source:
        Lugmayr, Danelljan and Timofte, NTIRE 2021 learning the super-resolution space challenge, section 3.3; goal of
        45 dB.
    """
    check(sr, hr, scale)
    height, width = (side // scale for side in hr.shape[-2:])
    x, y = (_reduced(image[..., : height * scale, : width * scale], (height, width)) for image in (sr, hr))
    return psnr(x, y)


def given_lr_psnr(sr: Tensor, lr: Tensor, scale: int) -> Tensor:
    """Compute the PSNR of an output, reduced by MATLAB's bicubic `imresize` on 8 bits, and the LR that was given.

    Args:
        sr: `(N, C, s h, s w)`, levels 0..255; rounded to whole levels first.
        lr: `(N, C, h, w)`, the same range.
        scale: Upscaling factor s.

    Returns:
        float64 `(N,)` in dB; infinite where the reduced output is LR.

    Raises:
        ShapeError: The output is not s times as large as LR.

    Source:
        As `lr_psnr`, with the LR that the model got in place of the reduced original.
    """
    if sr.shape[-2:] != (lr.shape[-2] * scale, lr.shape[-1] * scale):
        raise ShapeError(f"sr is {tuple(sr.shape)}, lr is {tuple(lr.shape)}; expected sr {scale} times as large as lr")
    return psnr(_reduced(sr, (lr.shape[-2], lr.shape[-1])), lr)


def _reduced(levels: Tensor, size: tuple[int, int]) -> Tensor:
    return resize(round_half_up(levels.double()), size, round_passes=True)


METRICS = of_cards(__file__, {"lr-psnr": lambda _: lr_psnr, "lr-psnr.given": lambda _: given_lr_psnr})
