"""What the scheduler's loop asks of those who run workers, whatever engine they stand on."""

from dataclasses import dataclass
from typing import Protocol

from srbench.evaluation.plan import Unit
from srbench.scale.worker import Done


@dataclass(frozen=True)
class Death:
    """The end of a worker's process that nobody asked for.

    Attributes:
        how: What is known of it, as "signal 9".
    """

    how: str


class Crew(Protocol):
    """Workers with numbers from 0, each of whom does one unit of work at a time."""

    def start(self, worker: int) -> None:
        """Start a worker, also in the place of one that died."""

    def send(self, worker: int, unit: Unit) -> None:
        """Give a worker something to do; one that has died meanwhile is told by `wait`."""

    def wait(self) -> tuple[int, Done | Death]:
        """Wait until a worker has done its unit, or has died.

        Raises:
            UserError: A worker found something that the user has to mend.
            OSError: A worker could not store its rows.
        """
        ...

    def end(self) -> None:
        """Let workers close their segments and end; whoever is at work is ended at once."""
