"""Metrics of a part of an output: the part is the crop, and nothing else is cut away."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from srbench.core import image
from srbench.errors import ShapeError
from srbench.evaluation import pairing, scoring
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.scoring import Measured, Scorer, Views
from srbench.protocol import Protocol


def crop_scores(
    output: Path, original: Path, part: Rectangle, scorers: Sequence[Scorer], protocol: Protocol
) -> Measured:
    """Score a part of an output under a protocol, but for its border: the part is the crop.

    Luma is that of the whole image. Windows of SSIM lie inside the part; one that is smaller than them has none.

    Args:
        output: File of the whole output, in 8 bits.
        original: File of the whole original.
        part: The part.
        scorers: Metrics of single images.
        protocol: Says channel, rounding and crop of the original.

    Raises:
        BadImage: A file cannot be read.
        ShapeError: The images differ in size, or the part is not inside them.
    """
    sr, hr = pairing.output_beside(
        image.to_tensor(image.read(output)),
        pairing.original(original, protocol),
        protocol,
        (str(output), original.name),
    )
    height, width = sr.shape[-2:]
    if part.x + part.width > width or part.y + part.height > height:
        raise ShapeError(
            f"{output} is {width} x {height} px; expected one that holds the part {part} (x,y,width,height)"
        )
    return part_scores(sr, hr, part, scorers, protocol)


@torch.no_grad()
def part_scores(sr: Tensor, hr: Tensor, part: Rectangle, scorers: Sequence[Scorer], protocol: Protocol) -> Measured:
    """Score a part of an output that is in memory; see `crop_scores`.

    Args:
        sr: Output, uint8 `(1, C, H, W)`.
        hr: Original of the same size; of a grey output beside three equal channels, one of these counts.
        part: The part, which lies inside.
        scorers: Metrics of single images.
        protocol: Says channel and rounding.
    """
    hr = hr[:, :1] if sr.shape[1] < hr.shape[1] else hr
    rows, columns = slice(part.y, part.y + part.height), slice(part.x, part.x + part.width)
    views = Views(sr[..., rows, columns], hr[..., rows, columns], replace(protocol, border_px=0))
    return scoring.measure(views, scorers)
