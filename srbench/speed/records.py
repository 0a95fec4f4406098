"""What `srbench throughput` finds out, as records that JSON can hold. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Scenario = Literal["latency", "throughput"]
SCENARIOS: tuple[Scenario, ...] = ("latency", "throughput")

SIZES = ("180x320", "270x480", "360x640", "540x960", "256x256")
"""LR sizes of the field: quarters of 720p, 1080p, 1440p and 2160p, and NTIRE's."""

MOST_LOSS_DB = 0.01
"""A fast mode whose PSNR differs from fp32 by more, on any of the builtin images, is marked."""


@dataclass(frozen=True)
class Price:
    """What a mode costs against fp32 (eager, contiguous, TF32 off) on the builtin images.

    Attributes:
        mean_db: PSNR minus that of fp32, mean over the images; negative where quality is lost.
        worst_db: The difference that is farthest from 0, with its sign.
        psnr: Mean PSNR in this mode, in the channel and border of the classical protocol.
        images: How many.
    """

    mean_db: float
    worst_db: float
    psnr: float
    images: int

    @property
    def marked(self) -> bool:
        """Whether it costs more than `MOST_LOSS_DB` on some image, in either direction."""
        return not abs(self.worst_db) <= MOST_LOSS_DB  # NaN is marked too


@dataclass(frozen=True)
class Work:
    """What one image takes, counted on the network as published; convolutions and matrix products alone.

    Attributes:
        parameters: Trainable values.
        macs: Multiply-accumulates of one image.
        flops: 2 * macs: a multiplication and an addition are two operations.
        activations: Elements that all convolutions put out for one image (as NTIRE's efficiency challenges count).
    """

    parameters: int
    macs: int
    flops: int
    activations: int


@dataclass(frozen=True)
class SpeedRow:
    """One model in one mode, at one size, in one scenario.

    Attributes:
        model: Id.
        identity: The model's fingerprint.
        mode: As `--modes` takes it: "fp32", "bf16+split+channels_last".
        device: Kind: "cpu", "cuda".
        scenario: latency: batch of 1; throughput: the largest batch that fits.
        scale: Upscaling factor.
        lr_height: LR pixels.
        lr_width: LR pixels.
        batch: Images a call.
        batch_limit: What ended the doubling of the batch: "memory", "--max-batch", "time"; empty for latency.
        median_ms: Of one call.
        p90_ms: Nine of ten calls were no slower.
        p99_ms: 99 of 100 calls were no slower; the slowest call where there were fewer.
        iqr_ms: First and third quartile.
        calls: That were timed.
        seconds: That they took together.
        warm_up_calls: Before them, until three calls in a row agreed.
        valid: Whether the figure stands.
        reason: Why it does not.
        images_per_s: batch / median.
        output_mp_per_s: Output megapixels a second.
        ms_per_image: median / batch.
        peak_memory_mib: Weights, input and the most that the call took, measured from a fresh mark; None where the
            system does not tell.
        work: Of one image; None where the network is no torch module.
        tflops: Achieved, counting the published network's operations; None without `work`.
        ceiling_share: tflops over the device's own in this precision; None without `work`.
        joule_per_image: Where NVML tells.
        price: None where there are no builtin images at this scale.
        failure: Why there is no figure: the mode cannot run here, or memory ran out; then all figures are 0.
    """

    model: str
    identity: str
    mode: str
    device: str
    scenario: Scenario
    scale: int
    lr_height: int
    lr_width: int
    batch: int = 0
    batch_limit: str = ""
    median_ms: float = 0.0
    p90_ms: float = 0.0
    p99_ms: float = 0.0
    iqr_ms: tuple[float, float] = (0.0, 0.0)
    calls: int = 0
    seconds: float = 0.0
    warm_up_calls: int = 0
    valid: bool = False
    reason: str = ""
    images_per_s: float = 0.0
    output_mp_per_s: float = 0.0
    ms_per_image: float = 0.0
    peak_memory_mib: float | None = None
    work: Work | None = None
    tflops: float | None = None
    ceiling_share: float | None = None
    joule_per_image: float | None = None
    price: Price | None = None
    failure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        record = asdict(self)
        if self.price:
            record["price"]["marked"] = self.price.marked
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "SpeedRow":
        """The row of what `as_dict` gave."""
        work, price = record["work"], record["price"]
        parts = {
            "iqr_ms": tuple(record["iqr_ms"]),
            "work": Work(**work) if work else None,
            "price": Price(**{name: _number(price[name]) for name in _PRICE}) if price else None,
        }
        return cls(**{**record, **parts})


_PRICE = ("mean_db", "worst_db", "psnr", "images")


def _number(value: float | None) -> Any:
    """JSON has null for NaN."""
    return float("nan") if value is None else value


@dataclass(frozen=True)
class Ceiling:
    """What the device itself reaches, measured in the same session.

    Attributes:
        tflops: The best matrix product found, by precision ("fp32", "tf32", "bf16", "fp16").
        copy_gb_per_s: Bytes read and written a second by a copy.
    """

    tflops: Mapping[str, float]
    copy_gb_per_s: float


@dataclass(frozen=True)
class Session:
    """One call of `srbench throughput`.

    Attributes:
        device: Machine facts, versions, settings.
        ceiling: Of the device.
        rows: In the order measured.
        unavailable: Models that could not run, with the reason.
    """

    device: Mapping[str, Any]
    ceiling: Ceiling
    rows: Sequence[SpeedRow]
    unavailable: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "device": {**self.device, "ceiling": asdict(self.ceiling)},
            "rows": [row.as_dict() for row in self.rows],
            "unavailable": [{"model": model, "reason": reason} for model, reason in self.unavailable.items()],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Session":
        """The session of what `as_dict` gave."""
        device = dict(record["device"])
        ceiling = Ceiling(**device.pop("ceiling"))
        rows = [SpeedRow.from_dict(row) for row in record["rows"]]
        return cls(device, ceiling, rows, {entry["model"]: entry["reason"] for entry in record["unavailable"]})


@dataclass(frozen=True)
class Duel:
    """Two contestants in interleaved rounds.

    Attributes:
        names: As asked for, first and second.
        median_ms: Of each.
        iqr_ms: Of each.
        rounds: How often both were called.
        ratio: Median time of the first over that of the second; above 1 the second is faster.
        ratio_ci95: 95 % bootstrap interval of it.
        p_value: Mann-Whitney U, two-sided.
        valid: Whether the figures stand.
        reason: Why they do not.
        lr_height: LR pixels.
        lr_width: LR pixels.
        batch: Images a call.
    """

    names: tuple[str, str]
    median_ms: tuple[float, float]
    iqr_ms: tuple[tuple[float, float], tuple[float, float]]
    rounds: int
    ratio: float
    ratio_ci95: tuple[float, float]
    p_value: float
    valid: bool
    reason: str
    lr_height: int = 0
    lr_width: int = 0
    batch: int = 1

    @property
    def faster(self) -> str:
        """The name of the one that is faster beyond doubt; empty where the difference may be chance."""
        low, high = self.ratio_ci95
        if not self.valid or self.p_value >= 0.05 or low <= 1 <= high:
            return ""
        return self.names[1] if low > 1 else self.names[0]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {**asdict(self), "faster": self.faster}
