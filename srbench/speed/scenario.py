"""Latency and throughput of one model in one mode at one size, as MLPerf defines them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from srbench.core.timing import TimeBudget, Timing, once, repeat
from srbench.errors import BadOutput, ShapeError, UserError, reason
from srbench.models.arch import channels_of
from srbench.models.memory import free_mib, ran_out
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.output_check import RawOutput, check_form
from srbench.models.upscaler import VIEWS, Upscaler
from srbench.models.user_code import contained
from srbench.speed import cold_cache
from srbench.speed.clocks import Clocks
from srbench.speed.footprint import Footprint
from srbench.speed.nvml import Driver, Energy
from srbench.speed.records import Ceiling, PsnrDrop, Scenario, SpeedRow, Work

_LONGEST_CALL_S = 2.0
"""Doubling ends when a call takes longer: by then a larger batch gains nothing that could be measured."""


@dataclass(frozen=True)
class Size:
    """Size of an LR image.

    Attributes:
        height: Height in pixels.
        width: Width in pixels.
    """

    height: int
    width: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Return the size that a text such as "180x320" names, height by width.

        Raises:
            UserError: The text has another form.
        """
        height, _, width = text.partition("x")
        if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
            raise UserError(f"'{text}' is no LR size; expected HEIGHTxWIDTH in pixels, such as 180x320")
        return cls(int(height), int(width))

    def __str__(self) -> str:
        return f"{self.height}x{self.width}"


@dataclass(frozen=True)
class Subject:
    """A model in a mode, with what is known before its speed is measured.

    Attributes:
        model: Model, for its name and identity.
        upscaler: The model in its mode.
        work: Operations of one image of this size; None where they cannot be counted.
        psnr_drop: Change in PSNR by the mode; None where it is not known.
        problem: What is wrong with the pictures that the model makes in this mode; empty where nothing is.
        first_call_ms: Time of its first call at this size; None where it was not called yet.
    """

    model: Model
    upscaler: Upscaler
    work: Work | None
    psnr_drop: PsnrDrop | None
    problem: str = ""
    first_call_ms: float | None = None

    def blank(self, scenario: Scenario, size: Size) -> SpeedRow:
        """Return a row of what is known before anything was measured."""
        known = blank(self.model, self.upscaler.mode, scenario, size)
        return replace(known, work=self.work, psnr_drop=self.psnr_drop)


def blank(model: Model, mode: Mode, scenario: Scenario, size: Size) -> SpeedRow:
    """Return a row that says what it is of, without any measurement."""
    return SpeedRow(
        model=model.id,
        identity=model.fingerprint,
        mode=mode.name,
        device=mode.as_dict()["device"],
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
    budget: TimeBudget,
    max_batch: int,
    latency: SpeedRow | None = None,
) -> SpeedRow:
    """Measure one row.

    The network alone is timed, on a float input that is on the device, in the network's own colours: no reading, no
    conversion, no tiles, and for a network of luma no chroma. A mode with x8 or tile=N is timed with its views or
    tiles. Running out of memory is a row that says so.

    Args:
        subject: Model in its mode.
        scenario: Batch of 1, or the largest that fits.
        size: Size of LR.
        ceiling: Highest speeds of the device.
        budget: Time for which calls are repeated.
        max_batch: Largest batch to try.
        latency: Latency of the same subject, where it is known; it is the throughput too where only one image fits.
    """
    row = subject.blank(scenario, size)
    upscaler = subject.upscaler
    device = torch.device(upscaler.mode.device)
    try:
        with contained(subject.model.id):
            batch, limit = (1, "") if scenario == "latency" else largest_batch(upscaler, size, max_batch)
            if batch == 0:
                return replace(row, failure="not even one image fits into memory")
            if scenario == "throughput" and batch == 1 and latency is not None and not latency.failure:
                return replace(latency, scenario=scenario, batch_limit=limit)
            first_ms = subject.first_call_ms
            if scenario == "latency" and first_ms is None:
                first_ms = first_call_ms(upscaler, size)
            peak_mib = _peak_mib(upscaler, subject.work, size, batch)
            call, x = timed_call(upscaler), example(upscaler, size, batch)
            driver = Driver(upscaler.device)
            energy, clocks = Energy(), Clocks(device, driver)
            with torch.no_grad():
                timing = repeat(lambda: call(x), upscaler.device, budget, _watching(driver, energy, clocks))
                cold_ms, cold_reason = cold_cache.median_ms(lambda: call(x), device, budget.min_s)
    except Exception as error:  # an engine that cannot run this network: the other rows go on
        return replace(row, failure=reason(error)[:300])
    row = replace(row, batch=batch, batch_limit=limit, peak_memory_mib=peak_mib)
    row = replace(row, joule_per_image=_per_image(energy.joule, timing, batch))
    row = replace(
        row,
        first_call_ms=first_ms if scenario == "latency" else None,
        warm_up_ms=timing.warm_up_ms,
        cold_ms=cold_ms,
        cold_reason=cold_reason,
    )
    row = _with_clocks(row, clocks, timing)
    views = VIEWS if upscaler.mode.self_ensemble else 1
    doubts = [timing.reason, *(f"clocks were held down by {by}" for by in energy.slowed_by), subject.problem]
    return _with_speed(row, timing, ceiling, "; ".join(filter(None, doubts)), views)


@contextmanager
def _watching(driver: Driver, energy: Energy, clocks: Clocks) -> Iterator[None]:
    with driver.watching(energy), clocks.watching():
        yield


def _with_clocks(row: SpeedRow, clocks: Clocks, timing: Timing) -> SpeedRow:
    return replace(
        row,
        clock_before_mhz=clocks.before_mhz,
        clock_after_mhz=clocks.after_mhz,
        base_clock_mhz=clocks.base_mhz,
        normalised_ms=clocks.normalised(timing.median_ms),
    )


def first_call_ms(upscaler: Upscaler, size: Size) -> float | None:
    """Time a call, for a model that was not called at this size before; None where it fails."""
    call, x = timed_call(upscaler), example(upscaler, size, 1)
    try:
        with torch.no_grad():
            return once(lambda: call(x), upscaler.device)[1]
    except Exception:  # what looks at the output next, or the row, will say why
        return None


def problem(upscaler: Upscaler, size: Size) -> str:
    """Say what is wrong with a network's own output for one random image; empty where nothing is, or where it fails.

    Raises:
        BadOutput: The output is no tensor of floating point.
        ShapeError: The output has another size.
    """
    x = example(upscaler, size, 1)
    raw = RawOutput(upscaler.scale)
    try:
        with torch.no_grad():
            raw.see(x, check_form(upscaler.network(x), x, upscaler.scale))
        found = raw.problem()
    except (BadOutput, ShapeError):
        raise
    except Exception:  # the row of this size will say why
        return ""
    return found.text if found else ""


def timed_call(upscaler: Upscaler) -> Callable[[Tensor], Tensor]:
    """Return the function that is timed: the network alone, or with the views of x8 or the tiles of tile=N."""
    mode = upscaler.mode
    return upscaler if mode.self_ensemble or mode.tile_px else upscaler.network


def example(upscaler: Upscaler, size: Size, batch: int) -> Tensor:
    """Return random LR as the network takes it: float32 `(batch, C, height, width)` in [0, 1], on its device."""
    height, width = (side + -side % upscaler.multiple_of for side in (size.height, size.width))
    channels = channels_of(upscaler.colour)
    generator = torch.Generator().manual_seed(0)
    levels = torch.randint(0, 256, (batch, channels, height, width), generator=generator, dtype=torch.uint8)
    return (levels / 255).to(upscaler.device)


def largest_batch(upscaler: Upscaler, size: Size, most: int) -> tuple[int, str]:
    """Find the largest batch that fits, by doubling.

    On a GPU the batch that runs out of memory ends it. On a CPU the system would kill the process instead: there the
    peak of one batch tells how much the next takes.

    Args:
        upscaler: Model in its mode.
        size: Size of LR.
        most: Largest batch to try.

    Returns:
        Batch, 0 where not even one image fits; and what ended the doubling: "memory", "--max-batch" or "time".
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
    """Return the peak memory and the seconds of a call, after engines have compiled or recorded this shape."""
    call, x = timed_call(upscaler), example(upscaler, size, batch)
    footprint = Footprint(upscaler.device)
    with torch.no_grad():
        if upscaler.mode.engine != "eager":
            call(x)
        _, ms = once(lambda: call(x), upscaler.device)
    return footprint.peak_mib(), ms / 1000


def _peak_mib(upscaler: Upscaler, work: Work | None, size: Size, batch: int) -> float | None:
    """Return the memory of weights and input together with the peak of a call.

    None on a GPU for engines whose memory torch does not count: graphs reuse a pool of their own, and onnxruntime has
    an allocator of its own.
    """
    if upscaler.device.type == "cuda" and upscaler.mode.engine in ("graph", "onnx"):
        return None
    call, x = timed_call(upscaler), example(upscaler, size, batch)
    with torch.no_grad():
        call(x)  # what engines allocate once, at the first call, does not count
        footprint = Footprint(upscaler.device)
        call(x)
    peak = footprint.peak_mib()
    if peak is None or upscaler.device.type == "cuda":
        return peak
    weights = 4 * work.parameters if work else 0
    return peak + (weights + x.numel() * x.element_size()) / 2**20


def _with_speed(row: SpeedRow, timing: Timing, ceiling: Ceiling, reason: str, views: int) -> SpeedRow:
    pixels = row.batch * row.lr_height * row.lr_width * row.scale**2
    flops = row.work.flops if row.work else 0
    tflops = views * row.batch * flops / timing.median_ms / 1e9 if flops else None
    top = ceiling.tflops.get(row.mode.partition("+")[0])
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
    )


def _per_image(joule: float | None, timing: Timing, batch: int) -> float | None:
    return None if joule is None else joule / (timing.calls * batch)
