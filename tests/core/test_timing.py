"""The one way to time a call, on times that are made up: what is done to them must not depend on this machine."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from srbench.core import timing
from srbench.core.timing import TimeBudget

CPU = torch.device("cpu")
STEADY = [100.0] * 20


def _validate(
    times_ms: Sequence[float] = STEADY, drift: float = 1.0, processors_taken: float = 0.0, settled: bool = True
) -> timing.Timing:
    return timing.validate(times_ms, drift, processors_taken, TimeBudget(min_s=1.0), warm_up_calls=3, settled=settled)


def test_figures_of_a_hundred_calls() -> None:
    times = np.random.default_rng(0).permutation(np.arange(901.0, 1001.0))
    found = _validate(times)
    assert (found.calls, found.warm_up_calls) == (100, 3)
    assert found.seconds == pytest.approx(sum(range(901, 1001)) / 1000)
    assert found.median_ms == 950.5
    assert found.iqr_ms == (925.75, 975.25)
    assert (found.p90_ms, found.p99_ms) == (991.0, 1000.0)  # were observed; no longer: 91 and 100 of 100
    assert (found.valid, found.reason) == (True, "")


def test_the_slowest_of_a_few_calls_is_their_p99() -> None:
    found = _validate([*[200.0] * 9, 300.0])
    assert (found.p90_ms, found.p99_ms) == (300.0, 300.0)
    assert found.median_ms == 200.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"times_ms": [80.0, 120.0] * 20}, "the middle half of the calls spreads over 40% of the median"),
        ({"drift": 1.2}, "1.20 times as long afterwards: the clock fell"),
        ({"drift": 0.8}, "0.80 times as long afterwards: another program ran before"),
        ({"processors_taken": 0.25}, "other programs took 0.25 of the processors"),
        ({"times_ms": [100.0] * 9}, "0.90 s and 9 calls; expected at least 1 s and 5 calls"),
        ({"times_ms": [1000.0] * 4}, "4.00 s and 4 calls; expected at least 1 s and 5 calls"),
        ({"times_ms": [94.0, 106.0] * 20, "settled": False}, "after 3 calls to warm up three in a row still differed"),
    ],
)
def test_each_reason_alone_makes_a_figure_invalid(change: dict[str, object], reason: str) -> None:
    found = _validate(**change)  # type: ignore[arg-type]
    assert not found.valid
    assert reason in found.reason
    assert "; " not in found.reason.replace("calls; expected", "")


def test_what_is_just_bearable_is_valid() -> None:
    assert _validate([93.0, 107.0] * 20, drift=1.14, processors_taken=0.19).valid
    assert _validate(drift=0.88).valid
    assert _validate(settled=False).valid  # the calls that count agreed


def test_all_reasons_are_named() -> None:
    found = _validate([1.0, 10.0], drift=2.0, processors_taken=1.0, settled=False)
    assert [part in found.reason for part in ("spreads", "clock fell", "other programs", "expected", "warm up")] == [
        True
    ] * 5


def _clock(monkeypatch: pytest.MonkeyPatch, processors: int) -> SimpleNamespace:
    """A machine whose time, own work and number of processors are made up; attributes `now` and `own` set them."""
    machine = SimpleNamespace(now=0.0, own=0.0)
    times = lambda: SimpleNamespace(user=machine.own, system=0.0)  # noqa: E731
    system = SimpleNamespace(cpu_count=lambda: processors, times=times, sysconf=lambda name: 100)
    monkeypatch.setattr(timing, "os", system)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: machine.now))
    return machine


def _busy(path: Path, seconds: float) -> None:
    """A /proc/stat with so many seconds of work, spread over its columns; idle and waiting do not count."""
    part, rest = divmod(int(seconds * 100), 6)
    waited = int(seconds) * 7
    path.write_text(
        f"cpu  {part + rest} {part} {part} {waited} {waited} {part} {part} {part} 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    )


@pytest.mark.parametrize(
    ("threads", "own_s", "busy_s", "expected"),
    [
        (4, 40.0, 40.0, 0.0),  # alone
        (4, 40.0, 50.0, 1.0),  # one of four is lost
        (3, 30.0, 40.0, 0.0),  # another program on the one left free
        (3, 30.0, 45.0, 0.5),
        (8, 40.0, 45.0, 0.5),  # more threads than processors
        (4, 40.0, 39.0, 0.0),  # clocks differ a little
    ],
)
def test_contention_is_what_others_take_beyond_what_is_free(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, threads: int, own_s: float, busy_s: float, expected: float
) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(timing, "_STAT", stat)
    machine = _clock(monkeypatch, processors=4)
    machine.now, machine.own = 100.0, 7.0
    _busy(stat, 1000)
    contention = timing.CpuContention(threads)
    machine.now, machine.own = 110.0, 7.0 + own_s
    _busy(stat, 1000 + busy_s)
    assert contention.processors_taken() == pytest.approx(expected)


def test_a_system_that_does_not_tell_has_no_contention(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(timing, "_STAT", tmp_path / "none")
    assert timing.CpuContention(1).processors_taken() == 0


def _scripted(monkeypatch: pytest.MonkeyPatch, *scripts: Iterator[float]) -> tuple[list[timing.Call], list[int]]:
    """Calls that take what their scripts say, in milliseconds, and the order in which they were called."""
    order: list[int] = []
    numbers = dict(enumerate(scripts))

    def take(call: Callable[[], int], device: torch.device) -> tuple[int, float]:
        number = call()
        order.append(number)
        return number, next(numbers[number])

    monkeypatch.setattr(timing, "once", take)
    monkeypatch.setattr(timing, "calibration_ms", lambda device: 1.0)
    monkeypatch.setattr(timing, "CpuContention", lambda threads: SimpleNamespace(processors_taken=lambda: 0.0))
    return [lambda number=number: number for number in numbers], order


def test_warming_up_ends_when_three_calls_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), order = _scripted(monkeypatch, iter([900.0, 120.0, 100.0, 105.0, 109.0, 1.0]))
    assert timing.warm_up(call, CPU, 20) == (5, True)
    assert len(order) == 5


def test_warming_up_takes_three_calls_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), _ = _scripted(monkeypatch, repeat(1.0))
    assert timing.warm_up(call, CPU, 20) == (3, True)


def test_warming_up_ends_after_thirty_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), _ = _scripted(monkeypatch, chain.from_iterable(repeat([1.0, 2.0])))
    assert timing.warm_up(call, CPU, 20) == (30, False)


def test_warming_up_ends_after_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), _ = _scripted(monkeypatch, chain.from_iterable(repeat([8000.0, 4000.0])))
    assert timing.warm_up(call, CPU, 20) == (3, False)


def test_rounds_turn_the_order_around_and_call_all_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, order = _scripted(monkeypatch, repeat(100.0), repeat(40.0), repeat(70.0))
    found = timing.rounds(calls, CPU, TimeBudget(1.0, 10.0))
    timed = order[9:]  # three calls each to warm up
    assert timed == ([0, 1, 2, 2, 1, 0] * len(timed))[: len(timed)]
    assert [len(times) for _, times in found] == [25, 25, 25]  # 25 of 40 ms are a second
    assert [timing.median_ms for timing, _ in found] == [100.0, 40.0, 70.0]
    assert all(timing.valid and timing.warm_up_calls == 3 for timing, _ in found)


def test_a_steady_call_is_repeated_for_the_least_time(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), _ = _scripted(monkeypatch, repeat(10.0))
    found = timing.repeat(call, CPU, TimeBudget(0.5, 9.0))
    assert (found.calls, found.valid) == (50, True)


def test_five_calls_are_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    (call,), _ = _scripted(monkeypatch, repeat(60_000.0))
    found = timing.repeat(call, CPU, TimeBudget(1.0, 2.0))
    assert (found.calls, found.valid) == (timing.MIN_CALLS, True)


def test_a_budget_with_an_unsteady_call_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    wild = np.random.default_rng(0).lognormal(0, 3, 100_000) * 10
    (call,), _ = _scripted(monkeypatch, iter(wild.tolist()))
    found = timing.repeat(call, CPU, TimeBudget(1.0, 4.0))
    assert 4.0 <= found.seconds < 4.0 + wild.max() / 1000
    assert not found.valid


def test_a_call_is_repeated_until_its_median_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = np.random.default_rng(0).normal(10, 1, 100_000)
    (call,), _ = _scripted(monkeypatch, iter(noisy.tolist()))
    found = timing.repeat(call, CPU, TimeBudget(0.06, 60.0))
    assert 0.06 < found.seconds < 60
    assert 1.57 * (found.iqr_ms[1] - found.iqr_ms[0]) / found.calls**0.5 <= 0.02 * found.median_ms


def test_a_budget_with_a_slow_call_beside_a_fast_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own most: a call of 2 s must not be repeated until one of 1 ms has made up a second."""
    calls, order = _scripted(monkeypatch, repeat(2000.0), repeat(1.0))
    (slow, _), _ = timing.rounds(calls, CPU, TimeBudget(1.0, 10.0))
    assert slow.seconds <= 20
    assert len(order) < 50


def test_one_call_on_the_cpu_is_timed_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = _clock(monkeypatch, processors=1)

    def call() -> str:
        machine.now += 0.25
        return "made"

    assert timing.once(call, CPU) == ("made", 250.0)


def test_the_pace_of_this_machine_is_some_time() -> None:
    assert timing.calibration_ms(CPU) > 0
    assert timing.repeat(lambda: torch.ones(10).sum(), CPU, TimeBudget(0.001, 0.002)).median_ms > 0


@pytest.mark.gpu
def test_a_gpu_is_waited_for() -> None:
    x = torch.rand(4096, 4096, device="cuda")
    x @ x
    _, one_ms = timing.once(lambda: x @ x, torch.device("cuda"))
    _, many_ms = timing.once(lambda: [x @ x for _ in range(50)], torch.device("cuda"))
    assert many_ms > 10 * one_ms
