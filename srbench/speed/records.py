"""Records of what `srbench throughput` measures, ready for JSON. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from srbench.models import mode

Scenario = Literal["latency", "throughput"]
SCENARIOS: tuple[Scenario, ...] = ("latency", "throughput")

SIZES = ("180x320", "270x480", "360x640", "540x960", "256x256")
"""LR sizes of the field: quarters of 720p, 1080p, 1440p and 2160p, and NTIRE's."""

PSNR_DROP_LIMIT_DB = 0.01
"""Largest difference in PSNR from fp32, on any of the builtin images, that a fast mode may have."""


def _number(value: float | None) -> float:
    """Return NaN for the null that JSON has in its place."""
    return float("nan") if value is None else value


@dataclass(frozen=True)
class PsnrDrop:
    """Change in PSNR of a mode against fp32 (eager, contiguous, TF32 off) on the builtin images.

    Attributes:
        mean_db: Mean over the images of PSNR minus that of fp32; negative where quality is lost.
        worst_db: Difference that is farthest from 0, with its sign.
        psnr: Mean PSNR in this mode, in the channel and border of the classical protocol.
        images: Number of images.
    """

    mean_db: float
    worst_db: float
    psnr: float
    images: int

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "PsnrDrop":
        """Return the change of a record for JSON, where null stands for NaN."""
        mean_db, worst_db, psnr = (_number(record[name]) for name in ("mean_db", "worst_db", "psnr"))
        return cls(mean_db, worst_db, psnr, record["images"])

    @property
    def exceeds_limit(self) -> bool:
        """Whether PSNR differs by more than `PSNR_DROP_LIMIT_DB` on some image, in either direction."""
        return not abs(self.worst_db) <= PSNR_DROP_LIMIT_DB  # NaN exceeds it too


@dataclass(frozen=True)
class Work:
    """Operations of one image in the network before folding; convolutions and matrix products alone.

    FLOPs are counted in two ways, by torch's counter and by srbench from the shapes of operands. Where they differ, an
    operator has a formula in one of them alone.

    Attributes:
        parameters: Number of trainable values.
        macs: Number of multiply-accumulates.
        flops: 2 * macs, since a multiplication and an addition are two operations; by torch's counter.
        activations: Number of elements that all convolutions put out (as NTIRE's efficiency challenges count).
        flops_own: The same FLOPs counted by srbench; None in records of versions that did not.
        not_counted: Operators that compute and that torch's counter has no formula for, by name.
        parameters_by_file: Number of values that each weight file holds, trainable or not.
    """

    parameters: int
    macs: int
    flops: int
    activations: int
    flops_own: int | None = None
    not_counted: tuple[str, ...] = ()
    parameters_by_file: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Work":
        """Return the work of a record for JSON."""
        return cls(**{**record, "not_counted": tuple(record.get("not_counted", ()))})


@dataclass(frozen=True)
class SpeedRow:
    """One model in one mode, at one size, in one scenario.

    Attributes:
        model: Id of the model.
        identity: Fingerprint of the model.
        mode: Canonical name of the mode, as `--mode` takes it: "fp32", "bf16+split+channels_last".
        device: Kind of device: "cpu", "cuda".
        scenario: "latency" (batch of 1) or "throughput" (the largest batch that fits).
        scale: Upscaling factor.
        lr_height: Height of the input in pixels.
        lr_width: Width of the input in pixels.
        batch: Number of images in a call.
        batch_limit: What ended the doubling of the batch: "memory", "--max-batch", "time"; empty for latency.
        median_ms: Median time of one call in milliseconds.
        p90_ms: Time that nine of ten calls did not exceed.
        p99_ms: Time that 99 of 100 calls did not exceed; the slowest call where there were fewer.
        iqr_ms: First and third quartile of the times.
        calls: Number of timed calls.
        seconds: Time that the timed calls took together.
        warm_up_calls: Number of calls before the timed ones, until three in a row agreed.
        valid: Whether the timing can be trusted.
        reason: Why the timing cannot be trusted; empty where it can.
        images_per_s: Images a second: batch / median.
        output_mp_per_s: Output megapixels a second.
        ms_per_image: Milliseconds an image: median / batch.
        peak_memory_mib: Memory of weights, input and the call's own peak; None where the system does not tell.
        work: Operations of one image; None where the network is no torch module.
        tflops: Achieved tera-operations a second, counted on the unfolded network; None without `work`.
        ceiling_share: `tflops` as a share of the device's ceiling in this precision; None without `work`.
        joule_per_image: Energy of one image; None where NVML does not tell.
        psnr_drop: Change in PSNR by this mode; None where there are no builtin images at this scale.
        measured: Number of times that the row was measured: twice where the first was not valid.
        first_call_ms: Time of the first call at this size after the model was loaded, in which kernels are chosen and
            graphs compiled or recorded; None for throughput, whose batches were tried before.
        warm_up_ms: Time of the calls before the timed ones.
        cold_ms: Median of calls before which the caches were filled with other values, where `median_ms` finds what the
            last call left; None where it is not known.
        cold_reason: Why it is not known; empty where it is.
        clock_before_mhz: Clock of the processor or GPU before the timed calls; None where the system does not tell.
        clock_after_mhz: The same after them.
        base_clock_mhz: Clock that the maker guarantees; None where the system does not tell.
        normalised_ms: `median_ms` times the mean clock over the base clock; None where one is not known.
        failure: Why nothing was measured (the mode cannot run here, or memory ran out); then all numbers are 0.
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
    psnr_drop: PsnrDrop | None = None
    measured: int = 1
    first_call_ms: float | None = None
    warm_up_ms: float | None = None
    cold_ms: float | None = None
    cold_reason: str = ""
    clock_before_mhz: float | None = None
    clock_after_mhz: float | None = None
    base_clock_mhz: float | None = None
    normalised_ms: float | None = None
    failure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the row as a record for JSON."""
        record = asdict(self)
        if self.psnr_drop:
            record["psnr_drop"]["exceeds_limit"] = self.psnr_drop.exceeds_limit
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "SpeedRow":
        """Return the row of a record that `as_dict` made, or the version before it, which called the drop a price."""
        values = dict(record)
        drop = values.pop("price") if "price" in values else values["psnr_drop"]
        values |= {
            "mode": mode.canonical(record["mode"]),
            "iqr_ms": tuple(record["iqr_ms"]),
            "work": Work.from_dict(record["work"]) if record["work"] else None,
            "psnr_drop": PsnrDrop.from_dict(drop) if drop else None,
        }
        return cls(**values)


@dataclass(frozen=True)
class Ceiling:
    """Highest speeds of the device itself, measured in the same session.

    Attributes:
        tflops: Tera-operations a second of the fastest matrix product, by precision ("fp32", "tf32", "bf16", "fp16").
        copy_gb_per_s: Gigabytes a second that a copy reads and writes.
    """

    tflops: Mapping[str, float]
    copy_gb_per_s: float


@dataclass(frozen=True)
class SpeedSession:
    """Everything that one call of `srbench throughput` measured.

    Attributes:
        device: Facts about the machine, its versions and settings.
        ceiling: Highest speeds of the device.
        rows: Measurements in the order in which they were made.
        unavailable: Models that could not run, with the reason.
    """

    device: Mapping[str, Any]
    ceiling: Ceiling
    rows: Sequence[SpeedRow]
    unavailable: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the session as a record for JSON, as `--json` prints it."""
        return {
            "device": {**self.device, "ceiling": asdict(self.ceiling)},
            "rows": [row.as_dict() for row in self.rows],
            "unavailable": [{"model": model, "reason": reason} for model, reason in self.unavailable.items()],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "SpeedSession":
        """Return the session of a record that `as_dict` made."""
        device = dict(record["device"])
        ceiling = Ceiling(**device.pop("ceiling"))
        rows = [SpeedRow.from_dict(row) for row in record["rows"]]
        return cls(device, ceiling, rows, {entry["model"]: entry["reason"] for entry in record["unavailable"]})
