"""stdout for results, stderr for everything else."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Display

from srbench.cli import streams
from srbench.core.progress import Progress, Task

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore
    from srbench.report.table import Page, Table

_PIPE_WIDTH = 160
LINE_EVERY_S = 60.0
"""Seconds between two lines of a log that say how far something has come."""

out = Console(highlight=False)
if not out.is_terminal:
    out = Console(highlight=False, width=_PIPE_WIDTH)
err = Console(stderr=True, highlight=False)


def print_json(content: Any) -> None:
    """Print one JSON value; numbers that JSON cannot hold must have become null before."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    if not streams.can_write(text):
        text = json.dumps(content, indent=1, allow_nan=False, default=str)
    out.file.write(text + "\n")


def print_text(text: str) -> None:
    """Print text as it stands, neither wrapped nor coloured."""
    out.file.write(text)


def show(page: "Page", most_rows: int | None = None, folder: str = "") -> None:
    """Print a report as tables that fit the terminal.

    Args:
        page: The report.
        most_rows: Rows above which a table is cut; None for no limit.
        folder: Folder whose files hold the tables whole.
    """
    from srbench.report.formats import terminal

    out.print(terminal.page(page, out.width, most_rows=most_rows, folder=folder))


def show_table(table: "Table") -> None:
    """Print one table as it fits the terminal."""
    from srbench.report.formats import terminal

    out.print(terminal.table(table, out.width))


def print_failures(failures: Mapping[str, str]) -> None:
    """Name on stderr the modules of other packages that could not be used, a line each with the reason."""
    for name, reason in failures.items():
        err.print(f"not loaded: {name}: {reason}", markup=False, soft_wrap=True)


class _Bar:
    """One task of a display."""

    def __init__(self, display: Display, id_: TaskID) -> None:
        self.display = display
        self.id = id_

    def describe(self, text: str) -> None:
        self.display.update(self.id, description=text)

    def advance(self, steps: int = 1) -> None:
        self.display.advance(self.id, steps)


class _Bars:
    """Draws a bar for each task."""

    def __init__(self, display: Display) -> None:
        self.display = display

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        bar = self.display.add_task(description, total=total)
        try:
            yield _Bar(self.display, bar)
        finally:
            self.display.remove_task(bar)


class _Lines:
    """Prints a line a minute for what is going on, where no bar can be drawn: a log shows that it goes on."""

    def __init__(self) -> None:
        self.printed = time.monotonic()

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        yield _Line(self, description, total)

    def show(self, text: str) -> None:
        """Print a line if it is time to."""
        if time.monotonic() - self.printed >= LINE_EVERY_S:
            self.printed = time.monotonic()
            err.print(text, markup=False, soft_wrap=True)


class _Line:
    """One task, told by lines."""

    def __init__(self, lines: _Lines, description: str, total: int | None) -> None:
        self.lines, self.description, self.total, self.done = lines, description, total, 0

    def describe(self, text: str) -> None:
        self.description = text
        self._show()

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        self._show()

    def _show(self) -> None:
        of = f"{self.done} of {self.total}" if self.total else f"{self.done}"
        self.lines.show(f"{self.description}: {of}")


class _OneBar:
    """Draws one bar for all tasks together, from the first one on."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.bar = display.add_task("", total=0)
        self.total = 0
        self.lock = threading.Lock()

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        with self.lock:
            self.total += total or 0
            self.display.start()
            self.display.update(self.bar, description=description, total=self.total)
        yield _Bar(self.display, self.bar)


@contextmanager
def bars() -> Iterator[Progress]:
    """Draw on stderr how work goes; where that is no terminal, print a line a minute."""
    if not err.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Display(*columns, console=err, transient=True) as display:
        yield _Bars(display)


@contextmanager
def fetching(store: "AssetStore") -> Iterator[None]:
    """Draw what a store downloads; nothing appears where nothing is downloaded."""
    columns = (TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn())
    display = Display(*columns, console=err, transient=True, disable=not err.is_terminal)
    store.progress = _OneBar(display)
    try:
        yield
    finally:
        display.stop()
