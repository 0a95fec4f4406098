"""stdout for results, stderr for everything else."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore, PinnedFile
    from srbench.report.runs.publish import Report

_PIPE_WIDTH = 160

out = Console(highlight=False)
if not out.is_terminal:
    out = Console(highlight=False, width=_PIPE_WIDTH)
err = Console(stderr=True, highlight=False)


def print_json(content: Any) -> None:
    """Print one JSON value; numbers that JSON cannot hold must have become null before."""
    out.file.write(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n")


def show(report: "Report") -> None:
    """Print a report's tables."""
    from srbench.report.runs import legend, terminal

    out.print(terminal.page(report.tables, report.heading, report.notes, legend.READING, out.width))


@contextmanager
def fetching(store: "AssetStore") -> Iterator[None]:
    """Show what a store downloads; nothing appears where nothing is downloaded."""
    columns = (TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn())
    progress = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
    task = progress.add_task("", total=0)
    seen: set[PinnedFile] = set()
    lock = threading.Lock()

    def show(file: "PinnedFile", n: int) -> None:
        with lock:
            progress.start()
            if file not in seen:
                seen.add(file)
                total = (progress.tasks[0].total or 0) + (file.size_bytes or 0)
                progress.update(task, description=file.path, total=total)
        progress.advance(task, n)

    store.on_transfer = show
    try:
        yield
    finally:
        progress.stop()


class Bars:
    """Shows how a run goes: a bar for the model whose turn it is. A `harness.Listener`."""

    def __init__(self, progress: Progress, models: int) -> None:
        self.progress = progress
        self.task = progress.add_task("", total=None)
        self.models = models
        self.turn = 0

    def model(self, model: str, images: int) -> None:
        """A model's turn has come."""
        self.turn += 1
        self.progress.reset(self.task, total=images, description=f"[{self.turn}/{self.models}] {model}")

    def image(self, dataset: str, name: str) -> None:
        """An image is done."""
        self.progress.update(self.task, advance=1)


def bars() -> Progress:
    """A progress display on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
