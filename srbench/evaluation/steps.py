"""The way of one image through a model and a metric, step by step, each with its size, range and number."""

import math
from dataclasses import dataclass

from torch import Tensor

from srbench.core import image
from srbench.datasets.dataset import Item
from srbench.evaluation import pairing, scoring
from srbench.evaluation.scoring import Scorer, Views
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol


@dataclass(frozen=True)
class Step:
    """What there is after a step.

    Attributes:
        name: What was made, in words.
        size: Height, width and number of channels.
        lowest: Lowest level, 0..255.
        highest: Highest level.
        number: Mean level; of errors the mean of their squares.
    """

    name: str
    size: tuple[int, int, int]
    lowest: float
    highest: float
    number: float


@dataclass(frozen=True)
class Walk:
    """One image, walked through.

    Attributes:
        steps: In their order.
        values: Value of each metric at the end, as `srbench run` stores it.
        failed: Reason by metric that could not be had.
    """

    steps: list[Step]
    values: dict[str, float]
    failed: dict[str, str]


def walk(item: Item, upscaler: Upscaler, protocol: Protocol, scorers: list[Scorer]) -> Walk:
    """Upscale and measure one image as a run does.

    Args:
        item: The image.
        upscaler: The model, ready to run.
        protocol: Conventions, with LR that is made from HR.
        scorers: Metrics of single images.

    Raises:
        BadImage: HR cannot be read.
        ShapeError: HR is smaller than the crop.
    """
    pair = pairing.load(item, protocol)
    lr = pair.lr.to(upscaler.device)
    raw = upscaler(lr / 255)
    sr, hr = scoring.quantise(raw, protocol), pair.original.to(upscaler.device)
    steps = [
        _step("HR, as stored", _stored(item)),
        _step(f"HR, cropped to a multiple of {protocol.hr_multiple}", hr),
        _step("LR", pair.lr),
        _step("SR of the model, clamped to 0..255", raw.double() * 255),
        _step("SR, rounded to 8 bits" if protocol.sr_rounding else "SR, not rounded", sr),
    ]
    return _measured(steps, sr, hr, lr, scorers, protocol)


def walk_picture(item: Item, picture: Tensor, protocol: Protocol, scorers: list[Scorer]) -> Walk:
    """Measure a stored picture as `srbench score` does.

    Args:
        item: Its original.
        picture: uint8 `(1, C, H, W)`.
        protocol: Conventions of what is measured.
        scorers: Metrics of single images.

    Raises:
        ShapeError: The sizes differ.
    """
    sr, hr = pairing.output_beside(picture, _stored(item), protocol, ("the picture", item.hr.name))
    steps = [
        _step("HR, as stored", _stored(item)),
        _step(f"HR, cropped to a multiple of {protocol.hr_multiple}", hr),
        _step("SR, as stored", picture),
        _step("SR, as it is compared with HR", sr),
    ]
    return _measured(steps, sr, hr, None, scorers, protocol)


def _stored(item: Item) -> Tensor:
    return image.to_tensor(pairing.read(item.hr, item.hr_sha256, pinned=item.pinned))


def _measured(
    steps: list[Step], sr: Tensor, hr: Tensor, lr: Tensor | None, scorers: list[Scorer], protocol: Protocol
) -> Walk:
    measured = scoring.measure(Views(sr, hr, protocol, lr), scorers)
    failed = {name: str(error) for name, error in measured.failed.items()}
    return Walk(steps + measured_steps(sr, hr, protocol), measured.values, failed)


def measured_steps(sr: Tensor, hr: Tensor, protocol: Protocol) -> list[Step]:
    """Return the steps from levels to the mean squared error: channel, border, error.

    Args:
        sr: `(1, C, H, W)` levels 0..255, as they are scored.
        hr: uint8 of the same shape.
        protocol: Conventions of channel and border.
    """
    steps = []
    seen = []
    for name, levels in (("SR", sr), ("HR", hr)):
        channel = levels.double() if protocol.channel == "rgb" else image.luma(levels)
        if protocol.channel == "y":
            channel = image.round_half_up(channel) if protocol.y_rounding else channel
            grey = " (grey: its own luma)" if levels.shape[1] == 1 else ""
            rounded = ", rounded" if protocol.y_rounding else ", not rounded"
            steps.append(_step(f"Y of {name}{rounded}{grey}", channel))
        seen.append(image.crop_border(channel, protocol.border_px))
        steps.append(_step(f"{name} inside the border of {protocol.border_px} px", seen[-1]))
    error = seen[0] - seen[1]
    size = _step("error: SR - HR", error)
    return [*steps, Step(size.name, size.size, size.lowest, size.highest, float(error.square().mean()))]


def decibel(mse: float) -> float:
    """Return PSNR in dB of a mean squared error of levels."""
    return 10 * math.log10(255**2 / mse) if mse else math.inf


def _step(name: str, levels: Tensor) -> Step:
    values = levels.double()
    size = (values.shape[-2], values.shape[-1], values.shape[1])
    return Step(name, size, float(values.min()), float(values.max()), float(values.mean()))
