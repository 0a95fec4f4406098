"""Whether the machine is busy with other work, for calls that are timed once each between other work of ours."""

import math
from time import perf_counter

import torch

from srbench.core.timing import MAX_CONTENTION, MAX_DRIFT, CpuContention, calibration_ms

OTHERS = "other programs used processors that srbench needed"
PACE = "the machine changed its speed"
_WINDOW_S = 2.0
"""Fixed work takes 0.04 s, and processors are counted in hundredths of a second: both need a while between looks."""


class BusyWatch:
    """Looks every two seconds whether a timing could be trusted, by the rules of `srbench.core.timing`.

    Args:
        device: Device on which calls are timed.

    Attributes:
        found: What the last look found to disturb timings, in sentences.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.found: tuple[str, ...] = ()
        self._open(math.nan)  # a run of less than two seconds is not held up by fixed work

    def look(self) -> None:
        """Look anew where two seconds have passed since the last look; otherwise what it found stands."""
        if perf_counter() - self.begin >= _WINDOW_S:
            taken = self.contention.processors_taken()
            pace_ms = _pace_ms(self.device)
            drift = pace_ms / self.pace_ms
            changed = drift > MAX_DRIFT or drift < 1 / MAX_DRIFT
            self.found = tuple(text for text, holds in ((OTHERS, taken > MAX_CONTENTION), (PACE, changed)) if holds)
            self._open(pace_ms)

    def _open(self, pace_ms: float) -> None:
        self.pace_ms = pace_ms
        self.begin = perf_counter()
        self.contention = CpuContention(torch.get_num_threads() if self.device.type == "cpu" else 1)


def _pace_ms(device: torch.device) -> float:
    """Return the time of fixed work; NaN where the device has no memory left for it."""
    try:
        return calibration_ms(device)
    except torch.OutOfMemoryError:
        return math.nan
