"""Ours and its peers in turns, so that whatever else the machine does meets all of them alike.

Benchmarks that run one after the other drift apart on a shared machine. Here every round calls each once, in one order
and then in the other, and a ratio is taken within the round.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Call = Callable[[], object]

_SECONDS, _AT_LEAST, _AT_MOST = 3.0, 5, 1_000


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


def compare(
    ours: Call, peers: Mapping[str, Call], *, seconds: float = _SECONDS, at_least: int = _AT_LEAST
) -> dict[str, Ratio]:
    """Call ours and each peer once a round, after a round that does not count.

    Args:
        ours: What all are compared with.
        peers: By name.
        seconds: After which no round begins.
        at_least: Rounds, however long they take.
    """
    calls = [ours, *peers.values()]
    _round(calls)
    end, rounds = time.perf_counter() + seconds, list[list[float]]()
    while len(rounds) < at_least or (time.perf_counter() < end and len(rounds) < _AT_MOST):
        rounds.append(_round(calls) if len(rounds) % 2 == 0 else _round(calls[::-1])[::-1])
    times = np.array(rounds)
    return dict(zip(peers, map(_ratio, (times[:, 1:] / times[:, :1]).T), strict=True))


def _round(calls: list[Call]) -> list[float]:
    return [_time(call) for call in calls]


def _time(call: Call) -> float:
    start = time.perf_counter()
    call()  # what it returns is dropped within the time that it takes, as a caller would
    return time.perf_counter() - start


def _ratio(ratios: np.ndarray) -> Ratio:
    low, median, high = (round(float(value), 3) for value in np.percentile(ratios, [25, 50, 75]))
    return Ratio(median, (low, high), len(ratios))
