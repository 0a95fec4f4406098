"""Ours and its peers in turns, so that whatever else the machine does meets all of them alike.

Benchmarks that run one after the other drift apart on a shared machine. Here a ratio is taken within each round of
`srbench.core.timing.rounds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from srbench.core.timing import Call, TimeBudget, rounds

_SECONDS = 3.0


@dataclass(frozen=True)
class Ratio:
    """How many times as long as ours a peer takes.

    Attributes:
        median: Over rounds.
        quartiles: The first and the third.
        rounds: Their number.
    """

    median: float
    quartiles: tuple[float, float]
    rounds: int

    def judged(self, aim: float | None) -> dict[str, Any]:
        """Ready for JSON; with an aim, whether the peer takes at least that many times as long."""
        facts = {"times_ours": self.median, "quartiles": self.quartiles, "rounds": self.rounds}
        return facts if aim is None else facts | {"aim": aim, "met": self.median >= aim}


def compare(ours: Call, peers: Mapping[str, Call], *, seconds: float = _SECONDS) -> dict[str, Ratio]:
    """Time ours and each peer in turns, by the function that times models.

    Args:
        ours: What all are compared with.
        peers: By name.
        seconds: For each of them, at most, once there are enough rounds.
    """
    found = rounds([ours, *peers.values()], torch.device("cpu"), TimeBudget(min(0.3, seconds), seconds, seconds / 3))
    times = np.array([of for _, of in found])
    return dict(zip(peers, map(_ratio, times[1:] / times[0]), strict=True))


def _ratio(ratios: np.ndarray) -> Ratio:
    low, median, high = (round(float(value), 3) for value in np.percentile(ratios, [25, 50, 75]))
    return Ratio(median, (low, high), len(ratios))
