"""Natural image quality evaluator: without an original."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from srbench.core.image import round_half_up
from srbench.core.resize import resize
from srbench.errors import ShapeError
from srbench.metrics import generalised_gaussian
from srbench.metrics.metric import of_cards
from srbench.metrics.normalised_levels import normalised

_MODEL = Path(__file__).parent / "parameters" / "niqe.safetensors"
_BLOCK_PX, _SCALES = 96, 2


def niqe(sr: Tensor) -> Tensor:
    """Compute the distance between the statistics of an image and those of natural photographs.

    Blocks of 96 px, and of 48 px of the image reduced to a half, have 18 features each: shapes and widths of
    generalised Gaussians of the locally normalised levels and of products of neighbours. Rows and columns that fill no
    block are left out.

    Args:
        sr: `(N, 1, H, W)` grey or luma, levels 0..255.

    Returns:
        float64 `(N,)`, at least 0; smaller is more natural.

    Raises:
        ShapeError: A side is shorter than 96 px.

    Source:
        Mittal, Soundararajan and Bovik, Making a completely blind image quality analyzer, IEEE Signal Processing
        Letters 20(3), 2013, eqs. 1 to 10, with the model of natural photographs that the authors published.
    """
    rows, columns = (side // _BLOCK_PX for side in sr.shape[-2:])
    if not rows or not columns:
        raise ShapeError(f"sr is {sr.shape[-2]} x {sr.shape[-1]} px; NIQE needs at least {_BLOCK_PX} px a side")
    model = load_file(_MODEL, device=str(sr.device))
    image = sr.double()[..., : rows * _BLOCK_PX, : columns * _BLOCK_PX]
    features = []
    for scale in range(_SCALES):
        side = _BLOCK_PX >> scale
        normal = normalised(image, "replicate")[:, 0]
        blocks = normal.unfold(1, side, side).unfold(2, side, side).flatten(1, 2)
        features.append(_features(blocks))
        image = resize(image, (image.shape[-2] // 2, image.shape[-1] // 2))
    return torch.stack([_distance(each, model["mean"], model["covariance"]) for each in torch.cat(features, -1)])


def _distance(features: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """Distance between the model and the blocks of one image, `(blocks, 36)`; blocks without a value do not count."""
    known = features[~features.isnan().any(1)]
    centred = known - known.mean(0)
    spread = centred.T @ centred / max(1, len(known) - 1)
    difference = mean - features.nanmean(0)
    return (difference @ torch.linalg.pinv((covariance + spread) / 2) @ difference).clamp(min=0).sqrt()


def _features(blocks: Tensor) -> Tensor:
    """18 features of each block. `(N, blocks, side, side)` to `(N, blocks, 18)`."""
    shape, left, right = _fit(blocks)
    found = [shape, (left + right) / 2]
    for product in generalised_gaussian.neighbours(blocks):
        shape, left, right = _fit(product)
        found += [shape, generalised_gaussian.mean(shape, left, right), left, right]
    return torch.stack(found, -1)


def _fit(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shape, and scales to the left and to the right, of each block."""
    shape, left, right = generalised_gaussian.asymmetric(blocks.flatten(2))
    scale = generalised_gaussian.scale(shape)
    return shape, left * scale, right * scale


def _of_rounded_luma(sr: Tensor) -> Tensor:
    return niqe(round_half_up(sr))


METRICS = of_cards(__file__, {"niqe": lambda _: niqe, "niqe.basicsr": lambda _: _of_rounded_luma})
