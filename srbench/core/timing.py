"""The one way in which this project times a call: warmed up, synchronised, repeated until its median is known.

With CUDA device events mark the beginning and the end of a call, and the device is idle before each; elsewhere it is
the process's monotonic clock. Two checks tell whether to trust a timing: a fixed calibration workload before and after
(a throttled clock), and CPU contention: the processors that other programs used meanwhile.
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
Context = contextlib.AbstractContextManager[object]

MIN_CALLS = 5
_WARM_UP_AGREEMENT, _MAX_WARM_UP_CALLS = 0.1, 30
_MAX_RELATIVE_IQR, MAX_DRIFT = 0.15, 1.15
_MEDIAN_PRECISION = 0.02
"""Half the notch of McGill, Tukey and Larsen (1978), 1.57 IQR / sqrt(n), which is about a 95 % interval of a median."""
_CALIBRATION_SIDE = {"cpu": 256, "cuda": 4096}
_CALIBRATION_PRODUCTS, _CALIBRATION_ROUNDS = 8, 7
_STAT = Path("/proc/stat")
MAX_CONTENTION = 0.2
"""Processors that other programs may take of those that our threads need; the system itself takes a tenth of it."""


@dataclass(frozen=True)
class TimeBudget:
    """Time for which a call is repeated.

    Attributes:
        min_s: Seconds that the timed calls take at least; with fewer the timing is invalid.
        max_s: Seconds after which repetition ends, however much the calls differ, once `MIN_CALLS` are done.
        warm_up_s: Seconds after which the calls before the timed ones end, once there was one.
    """

    min_s: float = 1.0
    max_s: float = 10.0
    warm_up_s: float = 20.0


@dataclass(frozen=True)
class Timing:
    """Times of repeated calls, summarised.

    Attributes:
        median_ms: Median time of a call in milliseconds.
        p90_ms: Time that nine of ten calls did not exceed; it was observed.
        p99_ms: Time that 99 of 100 calls did not exceed; the slowest call where there were fewer.
        iqr_ms: First and third quartile of the times.
        calls: Number of timed calls.
        seconds: Time that the timed calls took together.
        warm_up_calls: Number of calls before the timed ones.
        warm_up_ms: Time that they took together.
        valid: Whether the timing can be trusted.
        reason: Why the timing cannot be trusted; empty where it can.
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
    warm_up_ms: float = 0.0


def once(call: Callable[[], T], device: torch.device) -> tuple[T, float]:
    """Call once; return the result and the milliseconds that it took the device, with nothing else in its queue."""
    if device.type != "cuda":
        _finish(device)
        start = time.perf_counter()
        result = call()
        _finish(device)
        return result, (time.perf_counter() - start) * 1000
    torch.cuda.synchronize(device)
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    stream = torch.cuda.current_stream(device)
    begin.record(stream)
    result = call()
    end.record(stream)
    torch.cuda.synchronize(device)
    return result, float(begin.elapsed_time(end))


def _finish(device: torch.device) -> None:
    """Wait for all that was given to a GPU without events of its own; the CPU has nothing in a queue."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def repeat(
    call: Call, device: torch.device, budget: TimeBudget | None = None, context: Context | None = None
) -> Timing:
    """Time a call until its median is known.

    Args:
        call: The model on an input that is on the device; what it returns is dropped.
        device: Device on which the call runs.
        budget: Time for which the call is repeated.
        context: Context manager that is open while calls are timed, and only then.
    """
    ((timing, _),) = rounds([call], device, budget, context)
    return timing


def rounds(
    calls: Sequence[Call], device: torch.device, budget: TimeBudget | None = None, context: Context | None = None
) -> list[tuple[Timing, list[float]]]:
    """Time several calls side by side, so that whatever else the machine does affects all of them alike.

    Args:
        calls: Functions, each called once a round, in an order that is reversed after each round.
        device: Device on which the calls run.
        budget: Time for which each call is repeated.
        context: Context manager that is open while calls are timed, and only then.

    Returns:
        For each call its timing and the milliseconds of every round.
    """
    budget = budget or TimeBudget()
    warmed = [_warmed_up(call, device, budget.warm_up_s) for call in calls]
    before = calibration_ms(device)
    contention = CpuContention(torch.get_num_threads() if device.type == "cpu" else 1)
    times: list[list[float]] = [[] for _ in calls]
    order = list(range(len(calls)))
    with context or contextlib.nullcontext():
        while not (all(is_known(of, budget) for of in times) or _is_spent(times, budget)):
            for at in order:
                times[at].append(once(calls[at], device)[1])
            order.reverse()
    processors_taken = contention.processors_taken()
    drift = calibration_ms(device) / before
    shared_s = sum(map(sum, times)) / 1000 / len(calls)
    return [
        (validate(of, drift, processors_taken, budget, shared_s, *warm), of)
        for of, warm in zip(times, warmed, strict=True)
    ]


def _warmed_up(call: Call, device: torch.device, most_s: float) -> tuple[int, bool, float]:
    """Warm up, and return the number of calls, whether they came to agree, and the milliseconds that it took."""
    begun = time.perf_counter()
    calls, settled = warm_up(call, device, most_s)
    return calls, settled, (time.perf_counter() - begun) * 1000


def warm_up(call: Call, device: torch.device, most_s: float) -> tuple[int, bool]:
    """Call until three calls in a row agree within a tenth; at most 30 times, and no more after so many seconds.

    Returns:
        The number of calls, and whether they came to agree.
    """
    times = [once(call, device)[1]]
    while len(times) < _MAX_WARM_UP_CALLS and sum(times) < most_s * 1000:
        times.append(once(call, device)[1])
        last = times[-3:]
        if len(last) == 3 and max(last) <= min(last) * (1 + _WARM_UP_AGREEMENT):
            return len(times), True
    return len(times), False


def calibration_ms(device: torch.device) -> float:
    """Return the time of a fixed workload, in milliseconds: small matrix products, median of a few rounds."""
    side = _CALIBRATION_SIDE.get(device.type, 256)
    a = torch.full((side, side), 1 / side, device=device)

    def work() -> None:
        b = a
        for _ in range(_CALIBRATION_PRODUCTS):
            b = b @ a

    work()
    return float(np.median([once(work, device)[1] for _ in range(_CALIBRATION_ROUNDS)]))


class CpuContention:
    """Measures which share of the processors other programs use, from now on.

    Args:
        threads: Number of threads with which this program computes.
    """

    def __init__(self, threads: int) -> None:
        self.spare = (os.cpu_count() or 1) - threads
        self.start = time.perf_counter(), _busy_s(), _this_process_s()

    def processors_taken(self) -> float:
        """Return how many processors others took beyond those that we left free; 0 where the system does not tell."""
        start, busy, this_process = self.start
        if busy is None or (now := _busy_s()) is None:
            return 0.0
        others = (now - busy - (_this_process_s() - this_process)) / (time.perf_counter() - start)
        return max(0.0, others - max(0, self.spare))


def _busy_s() -> float | None:
    """Return the seconds for which all processors were busy, or lent to another machine, since the system started."""
    if not _STAT.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, _STAT.read_text(encoding="ascii").split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _this_process_s() -> float:
    times = os.times()
    return times.user + times.system


def validate(
    times_ms: Sequence[float],
    drift: float,
    processors_taken: float,
    budget: TimeBudget,
    shared_s: float = 0.0,
    warm_up_calls: int = 0,
    settled: bool = True,
    warm_up_ms: float = 0.0,
) -> Timing:
    """Summarise the times of calls, and say whether they can be trusted.

    Args:
        times_ms: Time of each call in milliseconds.
        drift: Time of the calibration workload afterwards over that before.
        processors_taken: Number of processors that other programs took of those that our threads need.
        budget: Time that was asked for.
        shared_s: Length of the rounds of several candidates, for each of them: a fast one need not fill it alone.
        warm_up_calls: Number of calls before the timed ones.
        settled: Whether the last warm-up calls agreed.
        warm_up_ms: Time of the calls before the timed ones.
    """
    times = np.asarray(times_ms)
    q1, median, q3 = np.percentile(times, [25, 50, 75])
    p90, p99 = np.percentile(times, [90, 99], method="higher")
    seconds = float(times.sum()) / 1000
    spread = (q3 - q1) / median
    reasons = {
        f"the middle half of the calls spreads over {spread:.0%} of the median (at most {_MAX_RELATIVE_IQR:.0%})": (
            spread > _MAX_RELATIVE_IQR
        ),
        f"fixed work took {drift:.2f} times as long afterwards: the clock fell, or another program ran": (
            drift > MAX_DRIFT
        ),
        f"fixed work took {drift:.2f} times as long afterwards: another program ran before": drift < 1 / MAX_DRIFT,
        f"other programs took {processors_taken:.2f} of the processors that this one needs": processors_taken
        > MAX_CONTENTION,
        f"{seconds:.2f} s and {len(times)} calls; expected at least {budget.min_s:g} s and {MIN_CALLS} calls": (
            max(seconds, shared_s) < budget.min_s or len(times) < MIN_CALLS
        ),
        f"after {warm_up_calls} calls to warm up three in a row still differed by more than {_WARM_UP_AGREEMENT:.0%}": (
            not settled and spread > _WARM_UP_AGREEMENT
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
        warm_up_ms=warm_up_ms,
    )


def _is_spent(times_ms: Sequence[Sequence[float]], budget: TimeBudget) -> bool:
    """Return whether the budget of all calls together is used up, so that a slow call is not held up by a fast one."""
    total_s = sum(map(sum, times_ms)) / 1000
    return len(times_ms[0]) >= MIN_CALLS and total_s >= budget.max_s * len(times_ms)


def is_known(times_ms: Sequence[float], budget: TimeBudget) -> bool:
    """Return whether the minimum is done and the median is known within 2 %, or the budget is used up."""
    seconds = sum(times_ms) / 1000
    if len(times_ms) < MIN_CALLS or seconds < budget.min_s:
        return False
    if seconds >= budget.max_s:
        return True
    q1, median, q3 = np.percentile(times_ms, [25, 50, 75])
    return bool(1.57 * (q3 - q1) / len(times_ms) ** 0.5 <= _MEDIAN_PRECISION * median)
