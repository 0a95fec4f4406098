"""Latency and throughput of one model in one mode at one size, as MLPerf tells them apart."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from srbench.core.timing import TimeBudget, Timing, once, repeat
from srbench.errors import UserError, reason
from srbench.models.arch import channels_of
from srbench.models.memory import free_mib, ran_out
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed.footprint import Footprint
from srbench.speed.nvml import Driver, Spent
from srbench.speed.records import Ceiling, Price, Scenario, SpeedRow, Work

_LONGEST_CALL_S = 2.0
"""Doubling ends when a call takes longer: by then a larger batch gains nothing that could be measured in patience."""


@dataclass(frozen=True)
class Size:
    """Of an LR image, in pixels."""

    height: int
    width: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Of "180x320", height by width.

        Raises:
            UserError: It is not that.
        """
        height, _, width = text.partition("x")
        if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
            raise UserError(f"'{text}' is no LR size; expected HEIGHTxWIDTH in pixels, such as 180x320")
        return cls(int(height), int(width))


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        model: For its name and identity.
        upscaler: The model in its mode.
        work: Of one image of this size.
        price: Of the mode.
    """

    model: Model
    upscaler: Upscaler
    work: Work | None
    price: Price | None

    def blank(self, scenario: Scenario, size: Size) -> SpeedRow:
        """What is known before anything was measured."""
        known = blank(self.model, self.upscaler.mode, self.upscaler.device, scenario, size)
        return replace(known, work=self.work, price=self.price)


def blank(model: Model, mode: Mode, device: torch.device, scenario: Scenario, size: Size) -> SpeedRow:
    """A row that says what it is of, and no figure."""
    return SpeedRow(
        model=model.id,
        identity=model.fingerprint,
        mode=mode.name,
        device=device.type,
        scenario=scenario,
        scale=model.scale,
        lr_height=size.height,
        lr_width=size.width,
    )


def measure(
    subject: Subject,
    scenario: Scenario,
    size: Size,
    ceiling: Ceiling,
    patience: TimeBudget,
    most_batch: int,
    latency: SpeedRow | None = None,
) -> SpeedRow:
    """One row.

    What is timed is the network alone, on a float input that is on the device, in the network's own colours: no
    reading, no conversion, no tiles, and for a network of luma no chroma. Running out of memory is a row that says so.

    Args:
        subject: What.
        scenario: Batch of 1, or the largest that fits.
        size: Of LR.
        ceiling: Of the device, for the share.
        patience: How long calls are repeated.
        most_batch: Where doubling ends.
        latency: The same subject's latency, where it is known: it stands for throughput too where one image is all
            that fits.
    """
    row = subject.blank(scenario, size)
    upscaler = subject.upscaler
    try:
        batch, limit = (1, "") if scenario == "latency" else largest_batch(upscaler, size, most_batch)
        if batch == 0:
            return replace(row, failure="not even one image fits into memory")
        if scenario == "throughput" and batch == 1 and latency is not None and not latency.failure:
            return replace(latency, scenario=scenario, batch_limit=limit)
        peak_mib = _peak_mib(upscaler, subject.work, size, batch)
        x = example(upscaler, size, batch)
        driver = Driver(upscaler.device)
        spent = Spent()
        with torch.no_grad():
            timing = repeat(lambda: upscaler.network(x), upscaler.device, patience, driver.watching(spent))
    except Exception as error:  # an engine that cannot run this network: the other rows go on
        return replace(row, failure=reason(error)[:300])
    row = replace(row, batch=batch, batch_limit=limit, peak_memory_mib=peak_mib)
    return _figures(row, timing, ceiling, spent.slowed_by, _per_image(spent.joule, timing, batch))


def example(upscaler: Upscaler, size: Size, batch: int) -> Tensor:
    """Random LR as the network takes it: float32 `(batch, C, height, width)` in [0, 1], on its device."""
    height, width = (side + -side % upscaler.multiple_of for side in (size.height, size.width))
    channels = channels_of(upscaler.colour)
    generator = torch.Generator().manual_seed(0)
    levels = torch.randint(0, 256, (batch, channels, height, width), generator=generator, dtype=torch.uint8)
    return (levels / 255).to(upscaler.device)


def largest_batch(upscaler: Upscaler, size: Size, most: int) -> tuple[int, str]:
    """The largest batch that fits, by doubling.

    On a GPU the batch that runs out of memory ends it. A CPU has no such mercy: there the peak of one image foretells
    what the next batch takes.

    Args:
        upscaler: The model in its mode.
        size: Of LR.
        most: The largest batch to try.

    Returns:
        The batch, 0 where not even one image fits; and what ended the doubling: "memory", "--max-batch" or "time".
    """
    batch = 0
    each_mib = 0.0
    while True:
        following = max(1, 2 * batch)
        if following > most:
            return batch, "--max-batch"
        if batch and upscaler.device.type == "cpu" and following * each_mib > free_mib(upscaler.device) * 0.75:
            return batch, "memory"
        try:
            peak_mib, seconds = _try(upscaler, size, following)
        except Exception as error:
            if not ran_out(error):
                raise
            if upscaler.device.type == "cuda":
                torch.cuda.empty_cache()
            return batch, "memory"
        batch, each_mib = following, (peak_mib or 0.0) / following
        if seconds > _LONGEST_CALL_S:
            return batch, "time"


def _try(upscaler: Upscaler, size: Size, batch: int) -> tuple[float | None, float]:
    """Peak and seconds of a call; engines that compile or record for each shape have done so before."""
    x = example(upscaler, size, batch)
    footprint = Footprint(upscaler.device)
    with torch.no_grad():
        if upscaler.mode.engine != "eager":
            upscaler.network(x)
        _, ms = once(lambda: upscaler.network(x), upscaler.device)
    return footprint.peak_mib(), ms / 1000


def _peak_mib(upscaler: Upscaler, work: Work | None, size: Size, batch: int) -> float | None:
    """Weights, input and what the call takes beside them.

    None on a GPU for engines that hold memory which torch's accounts do not show: graphs have a pool of their own, in
    which nothing is taken anew, and onnxruntime has an allocator of its own.
    """
    if upscaler.device.type == "cuda" and upscaler.mode.engine in ("graph", "onnx"):
        return None
    x = example(upscaler, size, batch)
    with torch.no_grad():
        upscaler.network(x)  # what engines take once, at the first call, is not the call's
        footprint = Footprint(upscaler.device)
        upscaler.network(x)
    peak = footprint.peak_mib()
    if peak is None or upscaler.device.type == "cuda":
        return peak
    weights = 4 * work.parameters if work else 0
    return peak + (weights + x.numel() * x.element_size()) / 2**20


def _figures(row: SpeedRow, timing: Timing, ceiling: Ceiling, slowed_by: list[str], joule: float | None) -> SpeedRow:
    pixels = row.batch * row.lr_height * row.lr_width * row.scale**2
    flops = row.work.flops if row.work else 0
    tflops = row.batch * flops / timing.median_ms / 1e9 if flops else None
    top = ceiling.tflops.get(row.mode.partition("+")[0])
    reason = "; ".join([timing.reason] * bool(timing.reason) + [f"clocks were held down by {by}" for by in slowed_by])
    return replace(
        row,
        median_ms=timing.median_ms,
        p90_ms=timing.p90_ms,
        p99_ms=timing.p99_ms,
        iqr_ms=timing.iqr_ms,
        calls=timing.calls,
        seconds=timing.seconds,
        warm_up_calls=timing.warm_up_calls,
        valid=not reason,
        reason=reason,
        images_per_s=row.batch * 1000 / timing.median_ms,
        output_mp_per_s=pixels / timing.median_ms / 1000,
        ms_per_image=timing.median_ms / row.batch,
        tflops=tflops,
        ceiling_share=tflops / top if tflops and top else None,
        joule_per_image=joule,
    )


def _per_image(joule: float | None, timing: Timing, batch: int) -> float | None:
    return None if joule is None else joule / (timing.calls * batch)
