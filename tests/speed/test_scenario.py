"""One row: which batch, which figures, and what stands in it where there are none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from srbench.core import timing as timings
from srbench.core.timing import TimeBudget
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from srbench.speed import cold_cache, footprint, scenario
from srbench.speed.nvml import Energy
from srbench.speed.records import SpeedRow, Work
from srbench.speed.scenario import Size, Subject, example, largest_batch, timed_call
from tests.speed.synthetic import CEILING, Nearest, Raising, drop, model, nearest, of_registry, timing

SIZE = Size(8, 6)
SHORT = TimeBudget(0.001, 0.002)
WORK = Work(10, 1_000_000, 2_000_000, 5)


def _subject(network: Callable[[Tensor], Tensor], mode: Mode | None = None) -> Subject:
    made = model(network)
    return Subject(made, made.upscaler(mode), WORK, drop(-0.002))


def _measure(subject: Subject, kind: str = "latency", max_batch: int = 4) -> SpeedRow:
    return scenario.measure(subject, kind, SIZE, CEILING, SHORT, max_batch)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "gc", SimpleNamespace(collect=lambda: 0))  # half a second in a large process
    monkeypatch.setattr(cold_cache, "_last_cache_bytes", lambda: 2**20)  # a server's 500 MiB are slow to write


@pytest.mark.parametrize("text", ["180x320", "1x1"])
def test_a_size_is_height_by_width(text: str) -> None:
    size = Size.parse(text)
    assert f"{size.height}x{size.width}" == text


@pytest.mark.parametrize("text", ["", "x", "180", "180x", "0x5", "-1x5", "180x320x3", "180 x 320", "axb", "1.5x2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected HEIGHTxWIDTH"):
        Size.parse(text)


def test_the_input_is_what_the_network_takes_and_the_same_each_time() -> None:
    luma = of_registry("espcn").upscaler()
    x = example(luma, SIZE, 3)
    assert (x.shape, x.dtype) == ((3, 1, 8, 6), torch.float32)
    assert torch.equal(x, example(luma, SIZE, 3))
    assert torch.equal(x * 255, (x * 255).round())
    padded = example(Upscaler(nearest, 4, multiple_of=5), SIZE, 1)
    assert padded.shape == (1, 3, 10, 10)


def _tries(monkeypatch: pytest.MonkeyPatch, of: Callable[[int], tuple[float | None, float]]) -> list[int]:
    """Replaces the trial of a batch; returns the batches that were tried."""
    tried: list[int] = []

    def once(upscaler: Upscaler, size: Size, batch: int) -> tuple[float | None, float]:
        tried.append(batch)
        return of(batch)

    monkeypatch.setattr(scenario, "_try", once)
    return tried


@pytest.mark.parametrize(("most", "batch"), [(1, 1), (2, 2), (63, 32), (64, 64)])
def test_the_batch_is_doubled_up_to_the_largest_allowed(monkeypatch: pytest.MonkeyPatch, most: int, batch: int) -> None:
    tried = _tries(monkeypatch, lambda batch: (0.0, 0.01))
    assert largest_batch(Upscaler(nearest, 4), SIZE, most) == (batch, "--max-batch")
    assert tried == [2**n for n in range(len(tried))]
    assert tried[-1] == batch


def test_on_a_cpu_the_peak_of_one_batch_foretells_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = _tries(monkeypatch, lambda batch: (100.0 * batch, 0.01))
    monkeypatch.setattr(scenario, "free_mib", lambda device: 1000)
    assert largest_batch(Upscaler(nearest, 4), SIZE, 64) == (4, "memory")  # 8 would take 800 of 1000
    assert tried == [1, 2, 4]


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, RuntimeError])  # of CUDA; of the CPU
def test_a_batch_that_runs_out_of_memory_ends_it(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    def of(batch: int) -> tuple[float | None, float]:
        if batch > 8:
            raise kind("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")
        return None, 0.01

    _tries(monkeypatch, of)
    assert largest_batch(Upscaler(nearest, 4), SIZE, 64) == (8, "memory")


def test_not_one_image_may_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(batch: int) -> tuple[float | None, float]:
        raise torch.OutOfMemoryError("out of memory")

    _tries(monkeypatch, of)
    assert largest_batch(Upscaler(nearest, 4), SIZE, 64) == (0, "memory")
    row = _measure(_subject(nearest), "throughput")
    assert row.failure == "not even one image fits into memory"
    assert (row.batch, row.median_ms, row.valid) == (0, 0.0, False)


def test_a_call_that_takes_seconds_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = _tries(monkeypatch, lambda batch: (1.0, 0.6 * batch))
    assert largest_batch(Upscaler(nearest, 4), SIZE, 64) == (4, "time")
    assert tried == [1, 2, 4]


def test_what_an_engine_takes_once_for_each_size_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile takes half a minute at the first call of a shape."""
    calls: list[int] = []

    def network(x: Tensor) -> Tensor:
        calls.append(len(x))
        return nearest(x)

    def once(call: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, float]:
        made = call()
        return made, 30_000.0 if calls.count(len(made)) == 1 else 1.0

    monkeypatch.setattr(scenario, "once", once)
    upscaler = Upscaler(network, 4)
    upscaler.mode = Mode(engine="compile")  # as if the network were compiled
    assert largest_batch(upscaler, SIZE, 8) == (8, "--max-batch")


def test_a_row_has_the_figures_of_its_timing(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, ...]] = []

    def repeat(call: Callable[[], Tensor], *_: object) -> object:
        given.append(tuple(call().shape))
        return timing(20.0)

    monkeypatch.setattr(scenario, "repeat", repeat)
    row = _measure(_subject(Nearest(), Mode(precision="bf16", channels_last=True)), "throughput")
    assert given == [(4, 3, 32, 24)]
    assert (row.model, row.mode, row.device, row.scenario, row.scale) == (
        "m", "bf16+channels_last", "cpu", "throughput", 4,
    )  # fmt: skip
    assert (row.batch, row.batch_limit, row.lr_height, row.lr_width) == (4, "--max-batch", 8, 6)
    assert (row.median_ms, row.ms_per_image, row.images_per_s) == (20.0, 5.0, 200.0)
    assert row.output_mp_per_s == pytest.approx(4 * 32 * 24 / 20e-3 / 1e6)
    assert row.tflops == pytest.approx(4 * 2e6 / 20e-3 / 1e12)
    assert row.ceiling_share == pytest.approx(row.tflops / CEILING.tflops["bf16"])
    assert (row.calls, row.warm_up_calls, row.valid, row.reason, row.failure) == (40, 10, True, "", "")
    assert (row.work, row.psnr_drop, row.joule_per_image) == (WORK, drop(-0.002), None)
    assert row.peak_memory_mib is None or row.peak_memory_mib >= 0
    assert row.as_dict()["psnr_drop"]["exceeds_limit"] is False


def test_latency_is_that_of_one_image() -> None:
    row = _measure(_subject(nearest))
    assert (row.batch, row.batch_limit, row.failure) == (1, "", "")
    assert 0 < row.median_ms <= row.p90_ms <= row.p99_ms
    assert row.iqr_ms[0] <= row.median_ms <= row.iqr_ms[1]


def test_what_is_no_module_has_no_operations_a_second() -> None:
    row = _measure(replace(_subject(nearest), work=None, psnr_drop=None))
    assert (row.tflops, row.ceiling_share, row.work, row.psnr_drop) == (None, None, None, None)
    assert row.as_dict()["psnr_drop"] is None


def test_where_one_image_is_all_that_fits_latency_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _tries(monkeypatch, lambda batch: (1.0, 3.0))
    subject = _subject(nearest)
    latency = _measure(subject)
    row = scenario.measure(subject, "throughput", SIZE, CEILING, SHORT, 4, latency)
    assert row == replace(latency, scenario="throughput", batch_limit="time")
    failed = replace(latency, failure="broken")
    assert scenario.measure(subject, "throughput", SIZE, CEILING, SHORT, 4, failed).failure == ""


@pytest.mark.parametrize("kind", ["latency", "throughput"])
def test_a_network_that_raises_is_a_row_that_says_so(kind: str) -> None:
    row = _measure(_subject(Raising()), kind)
    assert row.failure == "ValueError: the kernel exploded"
    assert (row.mode, row.batch, row.valid) == ("fp32", 0, False)


def test_memory_that_runs_out_is_a_row_that_says_so() -> None:
    def greedy(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 TiB\nand more")

    row = _measure(_subject(greedy))
    assert row.failure.endswith("CUDA out of memory. Tried to allocate 9 TiB")


def test_energy_is_that_of_the_calls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixed work before and after, which only tells whether the clock fell, takes energy too."""
    watched = [False]
    seen: list[bool] = []

    class Driver:
        def __init__(self, device: torch.device) -> None:
            pass

        @contextmanager
        def watching(self, *_: object) -> Iterator[Energy]:
            watched[0] = True
            yield Energy()
            watched[0] = False

    def pace_ms(device: torch.device) -> float:
        seen.append(watched[0])
        return 1.0

    monkeypatch.setattr(scenario, "Driver", Driver)
    monkeypatch.setattr(timings, "calibration_ms", pace_ms)
    _measure(_subject(nearest))
    assert seen == [False, False]


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (nearest, ""),
        (lambda x: nearest(x) * float("nan"), "output has NaN or infinite values"),
        (lambda x: nearest(x) * 255, "output spans 0 to 254; expected 0 to 1: divide by 255?"),
        (Raising(), ""),
    ],
    ids=["right", "nan", "range", "raising"],
)
def test_a_networks_own_output_is_examined(network: Callable[[Tensor], Tensor], text: str) -> None:
    assert scenario.problem(Upscaler(network, 4), SIZE) == text


@pytest.mark.parametrize(
    ("network", "text"),
    [(lambda x: nearest(x).int(), "the network made int32 values"), (lambda x: x, r"made \(1, 3, 8, 6\) of")],
    ids=["type", "shape"],
)
def test_an_output_that_is_no_picture_is_an_error(network: Callable[[Tensor], Tensor], text: str) -> None:
    with pytest.raises(UserError, match=text):
        scenario.problem(Upscaler(network, 4), SIZE)


def test_a_row_of_a_broken_output_is_not_valid_and_says_why() -> None:
    row = _measure(replace(_subject(nearest), problem="output has NaN or infinite values"))
    assert not row.valid
    assert row.median_ms > 0
    assert row.reason.endswith("output has NaN or infinite values")


@pytest.mark.parametrize(
    ("mode", "calls"), [(Mode(), 1), (Mode(self_ensemble=True), 8), (Mode(tile_px=8), 6), (Mode(tile_px=32), 1)]
)
def test_a_timed_call_is_the_whole_of_x8_and_tiles(mode: Mode, calls: int) -> None:
    """An image of 16 x 24 px has six tiles of 8 px, and none of 32."""
    sizes: list[tuple[int, ...]] = []

    def counted(lr: Tensor) -> Tensor:
        sizes.append(tuple(lr.shape[-2:]))
        return nearest(lr)

    upscaler = Upscaler(counted, 4, mode=mode)
    timed_call(upscaler)(example(upscaler, Size(16, 24), 1))
    assert len(sizes) == calls, sizes


def test_the_first_call_is_timed_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(lr: Tensor) -> Tensor:
        calls.append(len(lr))
        return nearest(lr)

    def once(call: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, float]:
        return call(), 100.0 + len(calls)

    monkeypatch.setattr(scenario, "once", once)
    subject = _subject(counted)
    assert _measure(subject).first_call_ms == 101.0
    assert _measure(replace(subject, first_call_ms=7.0)).first_call_ms == 7.0
    assert _measure(subject, "throughput").first_call_ms is None
    assert scenario.first_call_ms(Upscaler(Raising(), 4), SIZE) is None


def test_a_row_has_warm_up_cold_caches_and_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario, "repeat", lambda *_: replace(timing(20.0), warm_up_ms=300.0))
    monkeypatch.setattr(scenario.cold_cache, "median_ms", lambda *_: (25.0, ""))
    row = _measure(_subject(nearest))
    assert (row.warm_up_ms, row.cold_ms, row.cold_reason) == (300.0, 25.0, "")
    monkeypatch.setattr(scenario.Clocks, "normalised", lambda self, ms: 1.5 * ms)
    assert _measure(_subject(nearest)).normalised_ms == 30.0
    real = timings.repeat(lambda: nearest(example(Upscaler(nearest, 4), SIZE, 1)), torch.device("cpu"), SHORT)
    assert real.warm_up_ms > 0
