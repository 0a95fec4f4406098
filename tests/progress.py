"""Progress that remembers what it was told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from srbench.core.progress import Task


@dataclass
class RecordedTask:
    """What one task was told."""

    description: str
    total: int | None
    done: int = 0
    texts: list[str] = field(default_factory=list)

    def describe(self, text: str) -> None:
        self.texts.append(text)

    def advance(self, steps: int = 1) -> None:
        self.done += steps


@dataclass
class Recorder:
    """All tasks, in the order in which they began."""

    tasks: list[RecordedTask] = field(default_factory=list)

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        self.tasks.append(RecordedTask(description, total))
        yield self.tasks[-1]


class Calling(RecordedTask):
    """A task that calls a function with the steps it is told of."""

    def __init__(self, call: Callable[[int], object]) -> None:
        super().__init__("", None)
        self.call = call

    def advance(self, steps: int = 1) -> None:
        super().advance(steps)
        self.call(steps)
