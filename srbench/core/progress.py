"""How work tells how far it has come. `srbench/cli/console.py` draws it; `NO_PROGRESS` shows nothing."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class Task(Protocol):
    """One piece of work, whose steps are counted."""

    def describe(self, text: str) -> None:
        """Say what is being done now."""

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done."""


class Progress(Protocol):
    """Shows the tasks that are going on."""

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Begin a task, which ends with the block.

        Args:
            description: What is being done.
            total: Number of steps; None where it is not known.
        """


class NoProgress:
    """Shows nothing."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        """Begin a task that nobody is shown."""
        yield self

    def describe(self, text: str) -> None:
        """Show nothing."""

    def advance(self, steps: int = 1) -> None:
        """Count nothing."""


NO_PROGRESS = NoProgress()


def track(progress: Progress, items: Collection[T], description: str) -> Iterator[T]:
    """Go through items, each of which is one step of a task."""
    with progress.task(description, len(items)) as task:
        for item in items:
            yield item
            task.advance()
