"""How far a training has come: a bar in a terminal, lines elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from srbench.cli import console


class _ProgressBar:
    """Shows the newest line of the journal in a progress bar."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self.progress = progress
        self.task = progress.add_task("", total=steps, speed="", loss="", psnr="")
        self.last: tuple[int, float] | None = None

    def show(self, line: Mapping[str, Any]) -> None:
        """Show the line of a step."""
        fields = {"completed": line["step"], "description": line["phase"]}
        parts = [f"{name} {line[name]:.4g}" for name in ("loss", "discriminator") if name in line]
        if self.last is not None and line["seconds"] > self.last[1]:
            speed = (line["step"] - self.last[0]) / (line["seconds"] - self.last[1])
            fields["speed"] = f"{speed:.1f} it/s"
        if line.get("psnr") is not None:
            fields["psnr"] = f"{line['psnr']:.2f} dB"
        if self.last is None or line["step"] % 20 == 0:
            self.last = (line["step"], line["seconds"])
        self.progress.update(self.task, loss=" ".join(parts), **fields)


class _ProgressLines:
    """Prints a line for each validation and each minute, where stderr is no terminal."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.printed_s = 0.0

    def show(self, line: Mapping[str, Any]) -> None:
        """Print the line of a step if it is time to."""
        if "psnr" not in line and line["seconds"] < self.printed_s + console.LINE_EVERY_S:
            return
        self.printed_s = line["seconds"]
        remaining_min = line["seconds"] / line["step"] * (self.steps - line["step"]) / 60
        psnr = f", validation {line['psnr']:.2f} dB" if line.get("psnr") is not None else ""
        console.err.print(
            f"{line['phase']} {line['step']}/{self.steps}: loss {line['loss']:.4g}{psnr}, "
            f"about {remaining_min:.0f} min left"
        )


def bar(*, quiet: bool) -> Progress:
    """Return the bar on stderr; nothing is seen of it where there is no terminal."""
    columns = (
        TextColumn("{task.description} {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.fields[speed]} {task.fields[loss]} {task.fields[psnr]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console.err, disable=quiet or not console.err.is_terminal)


def shown(progress: Progress, steps: int, of_recipe: int) -> Callable[[Mapping[str, Any]], None]:
    """Return what shows the newest line of the journal.

    Args:
        progress: The bar.
        steps: Number of steps of this call.
        of_recipe: Number of steps of the recipe.
    """
    return _ProgressBar(progress, steps).show if console.err.is_terminal else _ProgressLines(of_recipe).show
