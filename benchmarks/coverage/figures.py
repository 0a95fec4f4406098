"""One measured figure: a share of trials, its error, and the aim beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["interval", "false claims", "right claims", "described"]

NORMAL_MEANS, INTERVALS = (0.94, 0.96), (0.93, 0.97)
AT_MOST_5 = (0.0, 0.05)


@dataclass(frozen=True)
class Figure:
    """A share of trials.

    Attributes:
        what: Interval, mark or test that was tried.
        regime: How the values came about.
        column: Size of the trials, as "n = 5".
        kind: "interval": share of intervals that hold the truth. "false claims": share of tables with one at least.
            "right claims": share of true differences that were found, or kept. "described": a share without an aim.
        share: The share, 0 to 1.
        error: Its standard error over trials.
        trials: Number of trials; each has draws of its own.
        aim: Lowest and highest share that hold the aim; None without one.
    """

    what: str
    regime: str
    column: str
    kind: Kind
    share: float
    error: float
    trials: int
    aim: tuple[float, float] | None = None

    @property
    def verdict(self) -> str:
        """What the share says of the aim.

        "holds"; "falls short" where the share misses the aim on the unsafe side by more than two standard errors;
        "within error" where by less; "wide" where an interval holds the truth more often than it says.
        """
        if self.aim is None:
            return ""
        low, high = self.aim
        missing = self.share - high if self.kind == "false claims" else low - self.share
        if missing > 2 * self.error:
            return "falls short"
        if missing > 0:
            return "within error"
        return "wide" if self.kind == "interval" and self.share - high > 2 * self.error else "holds"


def figure(
    what: str,
    regime: str,
    column: str,
    kind: Kind,
    trials: Sequence[float],
    aim: tuple[float, float] | None = None,
) -> Figure:
    """Make a figure of what came of each trial: 0 or 1, or the share among its intervals, which hang together."""
    values = np.asarray(trials, dtype=np.float64)
    # Of n trials that all came out alike the share of others is 3 / n at most (95 %): half of that as the error.
    alike = np.ptp(values) == 0
    error = 1.5 / len(values) if alike else float(values.std(ddof=1) / np.sqrt(len(values)))
    return Figure(what, regime, column, kind, float(values.mean()), error, len(values), aim)


def pooled(
    what: str,
    regime: str,
    column: str,
    kind: Kind,
    counts: Sequence[tuple[int, int]],
    aim: tuple[float, float] | None = None,
) -> Figure:
    """Make a figure of (hits, cases) of each trial; the error is that of a ratio of means over trials."""
    hits, cases = np.array(counts, dtype=np.float64).reshape(-1, 2).T
    total = max(float(cases.sum()), 1.0)
    share = float(hits.sum()) / total
    error = float(np.sqrt(((hits - share * cases) ** 2).sum())) / total
    return Figure(what, regime, column, kind, share, error, len(counts), aim)
