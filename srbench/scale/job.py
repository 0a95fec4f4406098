"""A worker as a job of a cluster: it gets its units of work and answers through boxes on the disk that all see."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from srbench.evaluation.plan import Unit
from srbench.scale.mailbox import Box
from srbench.scale.processes import Desk, Order

HERE, LEFT = "here", "left"
"""What a job says when it starts, and when it ends as it should: after its last unit, or before its time is up."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.25
_GONE_S = 180


@dataclass(frozen=True)
class Place:
    """Where a job finds its boxes.

    Attributes:
        inbox: File of its units of work; None there ends it.
        outbox: File of its answers.
        beat: File that whoever gives orders touches again and again as long as it lives.
    """

    inbox: Path
    outbox: Path
    beat: Path


class _Leaving:
    """Whether the job is to end after its unit: its time is almost up, or nobody gives orders any more.

    Times of the file are compared with each other alone, for clocks of two machines differ.
    """

    def __init__(self, beat: Path) -> None:
        self.beat, self.asked = beat, False
        self.seen, self.since = 0, time.monotonic()

    def ask(self, _: int, __: FrameType | None) -> None:
        """Take the signal that comes before the end of the time."""
        self.asked = True

    def __bool__(self) -> bool:
        modified = self.beat.stat().st_mtime_ns
        if modified != self.seen:
            self.seen, self.since = modified, time.monotonic()
        return self.asked or time.monotonic() - self.since > _GONE_S


def serve(order: Order, place: Place) -> None:
    """Do what comes in until there is nothing more; boxes that are gone end it too.

    Args:
        order: What the worker has to know.
        place: Where its boxes are.
    """
    if order.request.mode.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    leaving = _Leaving(place.beat)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # submitit lets jobs live on
    signal.signal(signal.SIGUSR2, leaving.ask)  # submitit would raise an error in the middle of a model
    outbox, desk = Box(place.outbox), Desk(order)
    try:
        outbox.post(HERE)
        for unit in _units(Box(place.inbox), leaving):
            outbox.post(desk.answer(unit))
        desk.close()
        outbox.post(LEFT)
    except FileNotFoundError:
        desk.close()


def _units(inbox: Box, leaving: _Leaving) -> Iterator[Unit]:
    pause = FIRST_PAUSE_S
    while not leaving:
        for unit in inbox.take():
            if unit is None:
                return
            yield unit
            pause = FIRST_PAUSE_S
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
