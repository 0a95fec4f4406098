"""What each metric is shown of an output, and what it answers."""

from dataclasses import dataclass

from torch import Tensor

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.metrics import catalogue
from srbench.metrics.metric import Metric, Score
from srbench.protocol import Protocol


@dataclass(frozen=True)
class Scorer:
    """A metric that is ready to measure under a protocol.

    Attributes:
        name: As asked for: "ssim" for the protocol's flavour, or a full name.
        metric: The metric it stands for.
        score: Its loaded function.
    """

    name: str
    metric: Metric
    score: Score


def scorers(names: list[str], protocol: Protocol, store: AssetStore) -> list[Scorer]:
    """Load metrics.

    Raises:
        UnknownName: No such metric.
        MissingWeights: A metric's network cannot be had.
    """
    found = [(name, catalogue.find(protocol.metric(name))) for name in dict.fromkeys(names)]
    return [Scorer(name, metric, metric.open(store)) for name, metric in found]


def quantise(sr: Tensor, protocol: Protocol) -> Tensor:
    """Turn a model's output into what is scored: clamped, and rounded to 8 bits unless the protocol says not to.

    Args:
        sr: Float `(N, C, H, W)` in [0, 1].
        protocol: Whether to round.

    Returns:
        Levels 0..255; uint8, or float64 where the protocol does not round. NaN stays NaN in the latter.
    """
    return image.to_uint8(sr) if protocol.sr_rounding else sr.double().clamp(0, 1) * 255


def prepare(levels: Tensor, metric: Metric, protocol: Protocol, luma: Tensor | None = None) -> Tensor:
    """The part of an image that a metric reads.

    Args:
        levels: `(N, C, H, W)`, 0..255.
        metric: What it reads.
        protocol: Channel, rounding and border.
        luma: Of the image, where it is known already.

    Returns:
        float64 `(N, C', H', W')`: luma or RGB inside the protocol's border, or the whole image in three channels.
    """
    if metric.reads == "rgb":
        return levels.expand(-1, 3, -1, -1).double()
    if protocol.channel == "y":
        seen = image.luma(levels) if luma is None else luma
        seen = image.round_half_up(seen) if protocol.y_rounding else seen
    else:
        seen = levels.double()
    return image.crop_border(seen, protocol.border_px)


def lumas(sr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
    """Luma of both images, float64 `(N, 1, H, W)`: metrics and flags share it."""
    return image.luma(sr), image.luma(hr)


def measure(
    sr: Tensor, hr: Tensor, protocol: Protocol, wanted: list[Scorer], known: tuple[Tensor, Tensor] | None = None
) -> dict[str, float]:
    """Score one output.

    Args:
        sr: `(1, C, H, W)` levels as `finish` leaves them.
        hr: uint8 of the same shape, on the same device.
        protocol: What the metrics see.
        wanted: Which ones.
        known: Their `lumas`, where they are known already.

    Returns:
        Values by the gauges' names.
    """
    y_sr, y_hr = known or (None, None)
    seen: dict[str, tuple[Tensor, Tensor]] = {}
    values = {}
    for gauge in wanted:
        key = gauge.metric.reads
        if key not in seen:
            seen[key] = (prepare(sr, gauge.metric, protocol, y_sr), prepare(hr, gauge.metric, protocol, y_hr))
        values[gauge.name] = float(gauge.score(*seen[key]))
    return values
