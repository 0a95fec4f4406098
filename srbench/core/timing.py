"""The one way in which this project times a call: warmed up, synchronised, repeated until the figure is worth printing.

On a GPU device events mark the beginning and the end of a call, and the device is idle before each; on the CPU it is
the process's monotonic clock. Two checks tell whether the machine was its usual self: a fixed piece of work before and
after (a throttled clock), and what other programs took of the processors meanwhile.
"""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

T = TypeVar("T")
Call = Callable[[], object]
Watch = contextlib.AbstractContextManager[object]

LEAST_CALLS = 5
_AGREE, _MOST_WARM_UP_CALLS, _MOST_WARM_UP_S = 0.1, 30, 20.0
_WIDEST_IQR, _LARGEST_DRIFT = 0.15, 1.15
_KNOWN = 0.02
"""Half the notch of McGill, Tukey and Larsen (1978), 1.57 IQR / sqrt(n), which is about a 95 % interval of a median."""
_PACE_SIDE = {"cpu": 256, "cuda": 4096}
_PACE_PRODUCTS, _PACE_ROUNDS = 8, 7
_STAT = Path("/proc/stat")
_MOST_CROWDING = 0.2
"""Processors that others may take of those that our threads need; the system's own chores are a tenth of it."""


@dataclass(frozen=True)
class TimeBudget:
    """How long a call is repeated.

    Attributes:
        least_s: Of timed calls; fewer seconds make a figure invalid.
        most_s: Repetition ends, however much the calls differ, once `LEAST_CALLS` are done.
    """

    least_s: float = 1.0
    most_s: float = 10.0


@dataclass(frozen=True)
class Timing:
    """What repeated calls took.

    Attributes:
        median_ms: Of a call.
        p90_ms: Nine of ten calls took no longer; a time that was observed.
        p99_ms: 99 of 100; the slowest call where there were fewer.
        iqr_ms: First and third quartile.
        calls: That were timed.
        seconds: That they took together.
        warm_up_calls: Before them.
        valid: Whether to believe it.
        reason: Why not; empty where valid.
    """

    median_ms: float
    p90_ms: float
    p99_ms: float
    iqr_ms: tuple[float, float]
    calls: int
    seconds: float
    warm_up_calls: int
    valid: bool
    reason: str


def once(call: Callable[[], T], device: torch.device) -> tuple[T, float]:
    """What a call returns, and the milliseconds that it took the device; nothing else is in its queue."""
    if device.type != "cuda":
        start = time.perf_counter()
        result = call()
        return result, (time.perf_counter() - start) * 1000
    torch.cuda.synchronize(device)
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    stream = torch.cuda.current_stream(device)
    begin.record(stream)
    result = call()
    end.record(stream)
    torch.cuda.synchronize(device)
    return result, float(begin.elapsed_time(end))


def repeat(call: Call, device: torch.device, patience: TimeBudget | None = None, watch: Watch | None = None) -> Timing:
    """Time a call until its median stands.

    Args:
        call: The model on an input that is on the device; what it returns is dropped.
        device: Where it runs.
        patience: How long to go on.
        watch: Is open while calls are timed, and only then.
    """
    ((timing, _),) = rounds([call], device, patience, watch)
    return timing


def rounds(
    calls: Sequence[Call], device: torch.device, patience: TimeBudget | None = None, watch: Watch | None = None
) -> list[tuple[Timing, list[float]]]:
    """Time several calls side by side, so that what the machine does meanwhile meets all of them alike.

    Args:
        calls: Each is called once a round, in an order that is turned around after each round.
        device: Where they run.
        patience: With each of them.
        watch: Is open while calls are timed, and only then.

    Returns:
        For each call its timing and the milliseconds of every round.
    """
    patience = patience or TimeBudget()
    warmed = [warm_up(call, device) for call in calls]
    before = calibration_ms(device)
    crowd = CpuContention(torch.get_num_threads() if device.type == "cpu" else 1)
    times: list[list[float]] = [[] for _ in calls]
    order = list(range(len(calls)))
    with watch or contextlib.nullcontext():
        while not (all(_enough(of, patience) for of in times) or _spent(times, patience)):
            for at in order:
                times[at].append(once(calls[at], device)[1])
            order.reverse()
    crowding = crowd.crowding()
    drift = calibration_ms(device) / before
    shared_s = sum(map(sum, times)) / 1000 / len(calls)
    return [(judge(of, drift, crowding, patience, shared_s, *warm), of) for of, warm in zip(times, warmed, strict=True)]


def warm_up(call: Call, device: torch.device) -> tuple[int, bool]:
    """Call until three calls in a row agree within a tenth; at most 30 calls or 20 seconds.

    Returns:
        The number of calls, and whether they came to agree.
    """
    times: list[float] = []
    while len(times) < _MOST_WARM_UP_CALLS and sum(times) < _MOST_WARM_UP_S * 1000:
        times.append(once(call, device)[1])
        last = times[-3:]
        if len(last) == 3 and max(last) <= min(last) * (1 + _AGREE):
            return len(times), True
    return len(times), False


def calibration_ms(device: torch.device) -> float:
    """What a fixed piece of work takes just now: small matrix products, median of a few rounds."""
    side = _PACE_SIDE.get(device.type, 256)
    a = torch.full((side, side), 1 / side, device=device)

    def work() -> None:
        b = a
        for _ in range(_PACE_PRODUCTS):
            b = b @ a

    work()
    return float(np.median([once(work, device)[1] for _ in range(_PACE_ROUNDS)]))


class CpuContention:
    """What other programs take of the processors, from now on.

    Args:
        threads: That this program computes with.
    """

    def __init__(self, threads: int) -> None:
        self.spare = (os.cpu_count() or 1) - threads
        self.start = time.perf_counter(), _busy_s(), _own_s()

    def crowding(self) -> float:
        """How many processors others took beyond those that we left free; 0 where the system does not tell."""
        start, busy, own = self.start
        if busy is None or (now := _busy_s()) is None:
            return 0.0
        others = (now - busy - (_own_s() - own)) / (time.perf_counter() - start)
        return max(0.0, others - max(0, self.spare))


def _busy_s() -> float | None:
    """Seconds that all processors were at work, or kept from us by another machine, since the system started."""
    if not _STAT.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, _STAT.read_text(encoding="ascii").split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    times = os.times()
    return times.user + times.system


def judge(
    times_ms: Sequence[float],
    drift: float,
    crowding: float,
    patience: TimeBudget,
    shared_s: float = 0.0,
    warm_up_calls: int = 0,
    settled: bool = True,
) -> Timing:
    """Figures of single times, and whether they stand.

    Args:
        times_ms: One for each call.
        drift: How many times as long the fixed work took afterwards as before.
        crowding: Processors that our threads had to share.
        patience: What was asked for.
        shared_s: How long the rounds of several contestants were, for each of them: a fast one need not fill it alone.
        warm_up_calls: Before them.
        settled: Whether these came to agree.
    """
    times = np.asarray(times_ms)
    q1, median, q3 = np.percentile(times, [25, 50, 75])
    p90, p99 = np.percentile(times, [90, 99], method="higher")
    seconds = float(times.sum()) / 1000
    spread = (q3 - q1) / median
    reasons = {
        f"the middle half of the calls spreads over {spread:.0%} of the median (at most {_WIDEST_IQR:.0%})": (
            spread > _WIDEST_IQR
        ),
        f"fixed work took {drift:.2f} times as long afterwards: the clock fell, or another program ran": (
            drift > _LARGEST_DRIFT
        ),
        f"fixed work took {drift:.2f} times as long afterwards: another program ran before": drift < 1 / _LARGEST_DRIFT,
        f"other programs took {crowding:.2f} of the processors that this one needs": crowding > _MOST_CROWDING,
        f"{seconds:.2f} s and {len(times)} calls; expected at least {patience.least_s:g} s and {LEAST_CALLS} calls": (
            max(seconds, shared_s) < patience.least_s or len(times) < LEAST_CALLS
        ),
        f"after {warm_up_calls} calls to warm up three in a row still differed by more than {_AGREE:.0%}": (
            not settled and spread > _AGREE
        ),
    }
    reason = "; ".join(text for text, holds in reasons.items() if holds)
    return Timing(
        median_ms=float(median),
        p90_ms=float(p90),
        p99_ms=float(p99),
        iqr_ms=(float(q1), float(q3)),
        calls=len(times),
        seconds=seconds,
        warm_up_calls=warm_up_calls,
        valid=not reason,
        reason=reason,
    )


def _spent(times_ms: Sequence[Sequence[float]], patience: TimeBudget) -> bool:
    """One that is much faster than another does not make the other run for as many seconds as itself."""
    total_s = sum(map(sum, times_ms)) / 1000
    return len(times_ms[0]) >= LEAST_CALLS and total_s >= patience.most_s * len(times_ms)


def _enough(times_ms: Sequence[float], patience: TimeBudget) -> bool:
    """The least is done, and the median is known within 2 %, or patience is at its end."""
    seconds = sum(times_ms) / 1000
    if len(times_ms) < LEAST_CALLS or seconds < patience.least_s:
        return False
    if seconds >= patience.most_s:
        return True
    q1, median, q3 = np.percentile(times_ms, [25, 50, 75])
    return bool(1.57 * (q3 - q1) / len(times_ms) ** 0.5 <= _KNOWN * median)
