"""How much is timed, and how the time that a session may take is shared out among its benchmarks.

| extent | asked for by | what |
|---|---|---|
| once | --benchmark-disable | each benchmark once on less data, to show that it runs |
| quick | --quick | the first case of each kind, within 2 minutes |
| usual | neither | most cases, within 10 minutes |
| whole | --whole | every case on all data, without a limit: an hour |

`@pytest.mark.extent("usual")` on a benchmark, or on a value of a parameter, names the least extent that has it; without
it a benchmark is quick.
"""

import time
from dataclasses import dataclass, field
from typing import Literal, get_args

import pytest

Extent = Literal["once", "quick", "usual", "whole"]
_EXTENTS: tuple[Extent, ...] = get_args(Extent)
_MINUTES = {"quick": 1.5, "usual": 8.0}
"""Less than what is promised: the last benchmark ends, and the table is written."""
_ROUNDS = {"once": 1, "quick": 2, "usual": 3, "whole": 5}


def of(config: pytest.Config) -> Extent:
    """Which extent the command line asks for."""
    if config.getoption("benchmark_disable"):
        return "once"
    return "whole" if config.getoption("whole") else "quick" if config.getoption("quick") else "usual"


def has(extent: Extent, item: pytest.Item) -> bool:
    """Whether an extent has a benchmark; all are run once."""
    least = [_EXTENTS.index(mark.args[0]) for mark in item.iter_markers("extent")]
    return extent == "once" or _EXTENTS.index(extent) >= max(least, default=0)


@dataclass
class TimeLeft:
    """The time of a session, shared out in equal parts among the benchmarks that are still to come.

    Args:
        extent: Extent of the session.
        benchmarks: Number of its benchmarks.
    """

    extent: Extent
    benchmarks: int
    begun: float = field(default_factory=time.monotonic)

    @property
    def rounds(self) -> int:
        """Number of times that what takes long is repeated."""
        return _ROUNDS[self.extent]

    def share_s(self) -> float:
        """Return the seconds of the next benchmark; 0 where none are left, infinite where there is no limit."""
        if self.extent not in _MINUTES:
            return float("inf")
        left_s = 60 * _MINUTES[self.extent] - (time.monotonic() - self.begun)
        return max(0.0, left_s / max(1, self.benchmarks))

    def one_less(self) -> None:
        """Count a benchmark that is done."""
        self.benchmarks -= 1
