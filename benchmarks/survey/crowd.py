"""Raters in a hurry: who has finished makes room for the next, so that answers are always on their way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from benchmarks.load.raters import Log, Rater, SentVotes

AT_ONCE = 8
PAUSE_S = 0.1
"""Longest pause between two answers of one rater, in seconds."""
_LOOK_S = 0.002


class Crowd:
    """Raters who answer until it is enough.

    Args:
        address: Address of the study.
        tokens: Invitations.
    """

    def __init__(self, address: str, tokens: Sequence[str]) -> None:
        self.log = Log()
        self._address, self._tokens = address, list(enumerate(tokens))
        self._begun: list[Rater] = []
        self._enough = asyncio.Event()

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Let raters answer; at the end everybody's last answer is still acknowledged."""
        places = [asyncio.create_task(self._place()) for _ in range(AT_ONCE)]
        try:
            yield
            self._enough.set()
            await asyncio.gather(*places)
        finally:
            for place in places:
                place.cancel()
            await asyncio.gather(*places, return_exceptions=True)
            await asyncio.gather(*(rater.close() for rater in self._begun))

    def on_their_way(self) -> int:
        """Return the number of answers that were sent and are not acknowledged."""
        return sum(rater.votes.waiting for rater in self._begun)

    async def busy(self) -> None:
        """Wait until an answer is on its way."""
        while not self.on_their_way():
            await asyncio.sleep(_LOOK_S)

    def votes(self) -> list[SentVotes]:
        """Return what each rater has sent."""
        return [rater.votes for rater in self._begun]

    async def _place(self) -> None:
        while self._tokens and not self._enough.is_set():
            number, token = self._tokens.pop(0)
            rater = Rater(self._address, token, self.log, number)
            self._begun.append(rater)
            await rater.enter(0.0)
            await rater.hurry(self._enough, PAUSE_S)
