"""`srbench train` and `srbench recipes`."""

import contextlib
import logging
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from json import loads as read_json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from srbench.cli import console, options
from srbench.core.paths import weights_roots
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.training.comparison import Comparison
    from srbench.training.images import Found
    from srbench.training.trainer import Trainer

_EVERY_S = 60
_TOLERATED = 0.02
"""Relative difference of a repeated loss, between a CPU and a GPU or between versions."""


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name (see: srbench recipes) or a TOML file.")],
    data: Annotated[Path, typer.Option(help="Folder of training images, or of the folders that the recipe names.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/train/<recipe> by default.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key: --set phases.0.steps=100. May be repeated.")
    ] = None,
    start: Annotated[str, typer.Option(help="Weights to start from: an id or a file; instead of the recipe's.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's last checkpoint.")] = False,
    device: options.Device = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Processes on this machine, one a GPU; they share a batch.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a process; 0: as torch chooses.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make samples.")] = 2,
    cache_mib: Annotated[int, typer.Option(min=0, help="Decoded images that each worker keeps in memory.")] = 1024,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations, with sample images.")] = 1000,
    save_every: Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")] = 500,
    keep_every: Annotated[int, typer.Option(min=0, help="Steps between weights kept by number; 0: none.")] = 0,
    compare: Annotated[
        Path | None, typer.Option(help="Only repeat the first steps of a published log.jsonl and compare the losses.")
    ] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard events too.")] = False,
    weights_root: options.WeightsRoot = None,
    json: options.Json = False,
) -> None:
    """Train a network by a recipe.

    Writes last.ckpt (to resume from), last.safetensors and best.safetensors (for srbench run), journal.jsonl and
    validation images. Ctrl-C saves and stops. With several GPUs or machines: --devices, or torchrun.
    """
    import torch

    from srbench.core.assets import AssetStore
    from srbench.training import recipe as recipes
    from srbench.training import start as starting
    from srbench.training.journal import thin
    from srbench.training.trainer import LoopSettings, Trainer
    from srbench.training.validation import Validation

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if threads:
        torch.set_num_threads(threads)
    plan = recipes.load(recipe, [*(set_ or []), *([f"start={start}"] if start else [])])
    fabric = starting.launch(starting.Machine(device, devices), plan)
    first = fabric.global_rank == 0
    store = AssetStore(weights_roots(weights_root))
    with console.fetching(store):
        generator = starting.network(plan, store)
    with _folder(out or Path("runs") / "train" / Path(recipe).stem, passing=compare is not None) as folder:
        starting.prepare(folder, plan, fabric, resume=resume)
        with console.bars() as progress:
            patches, found = starting.samples(plan, data, cache_mib, progress)
        if first:
            console.err.print(_describe(found), soft_wrap=True)
        validation = Validation([] if compare else found.held_out, plan, fabric.device)
        habits = LoopSettings(validate_every, save_every, keep_every, workers)
        trainer = Trainer(plan, generator, patches, validation, folder, fabric, store, habits)
        if tensorboard and first:
            trainer.listeners.append(_tensorboard(folder))
        if compare is not None:
            _compare(trainer, compare, json)
            return
        _run(trainer, resume)
        if first:
            thin(folder, _command())
            _report(trainer, json)


@contextlib.contextmanager
def _folder(path: Path, *, passing: bool) -> Iterator[Path]:
    """The run's folder, or one that is gone afterwards."""
    if not passing:
        yield path
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show one recipe in full.")] = None, json: options.Json = False
) -> None:
    """List the training recipes, or show all keys of one."""
    from rich.table import Table

    from srbench.training import recipe as recipes

    if name is not None:
        console.print_json(recipes.load(name).model_dump(mode="json"))
        return
    loaded = {known: recipes.load(known) for known in recipes.names()}
    if json:
        console.print_json([{"name": known, **recipe.model_dump(mode="json")} for known, recipe in loaded.items()])
        return
    table = Table(title="recipes", box=None)
    for column in ("name", "what", "steps", "source"):
        table.add_column(column, overflow="fold")
    for known, recipe in loaded.items():
        table.add_row(known, recipe.title, f"{recipe.steps:,}", recipe.source)
    console.out.print(table)


def _run(trainer: "Trainer", resume: bool, steps: int | None = None) -> None:
    """Train, and show how it goes.

    Raises:
        KeyboardInterrupt: Ctrl-C; everything is saved.
    """
    quiet = trainer.fabric.global_rank != 0
    with _bar(quiet=quiet) as bar:
        if not quiet:
            live = (
                _Live(bar, steps or trainer.recipe.steps) if console.err.is_terminal else _Plain(trainer.recipe.steps)
            )
            trainer.listeners.append(live.show)
        try:
            trainer.run(resume=resume)
        except KeyboardInterrupt:
            if steps is None and not quiet:
                console.err.print(f"Saved after step {trainer.progress.step}; go on with the same command and --resume")
            raise


def _compare(trainer: "Trainer", log: Path, json: bool) -> None:
    """Repeat the beginning of a log."""
    from srbench.training.comparison import Comparison

    comparison = Comparison(log, trainer.recipe, trainer.stop)
    trainer.listeners.append(comparison)
    with contextlib.suppress(KeyboardInterrupt):  # how a run ends that was asked to stop
        _run(trainer, resume=False, steps=comparison.steps)
    if trainer.progress.step < comparison.steps:
        raise KeyboardInterrupt
    _judge(comparison, trainer.folder, json)


def _describe(found: "Found") -> str:
    left = "".join(f"; left out: {count} {reason}" for reason, count in found.left_out.items())
    return f"{len(found.training)} training images, {len(found.held_out)} held out for validation{left}"


class _Live:
    """Shows the journal's lines as they are written."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self.progress = progress
        self.task = progress.add_task("", total=steps, speed="", loss="", psnr="")
        self.last: tuple[int, float] | None = None

    def show(self, line: Mapping[str, Any]) -> None:
        """One step is done."""
        told = {"completed": line["step"], "description": line["phase"]}
        parts = [f"{name} {line[name]:.4g}" for name in ("loss", "critic") if name in line]
        if self.last is not None and line["seconds"] > self.last[1]:
            speed = (line["step"] - self.last[0]) / (line["seconds"] - self.last[1])
            told["speed"] = f"{speed:.1f} it/s"
        if line.get("psnr") is not None:
            told["psnr"] = f"{line['psnr']:.2f} dB"
        if self.last is None or line["step"] % 20 == 0:
            self.last = (line["step"], line["seconds"])
        self.progress.update(self.task, loss=" ".join(parts), **told)


class _Plain:
    """Where nobody watches a bar: a line for each validation and each minute."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.told_s = 0.0

    def show(self, line: Mapping[str, Any]) -> None:
        """One step is done."""
        if "psnr" not in line and line["seconds"] < self.told_s + _EVERY_S:
            return
        self.told_s = line["seconds"]
        left_min = line["seconds"] / line["step"] * (self.steps - line["step"]) / 60
        psnr = f", validation {line['psnr']:.2f} dB" if line.get("psnr") is not None else ""
        console.err.print(
            f"{line['phase']} {line['step']}/{self.steps}: loss {line['loss']:.4g}{psnr}, about {left_min:.0f} min left"
        )


def _bar(*, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description} {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.fields[speed]} {task.fields[loss]} {task.fields[psnr]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console.err, disable=quiet or not console.err.is_terminal)


def _tensorboard(folder: Path) -> Callable[[Mapping[str, Any]], None]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UserError("--tensorboard needs: pip install 'sr-bench-suite[tensorboard]'") from error
    writer = SummaryWriter(str(folder / "tensorboard"))

    def write(line: Mapping[str, Any]) -> None:
        for key, value in line.items():
            if isinstance(value, float):
                writer.add_scalar(key, value, line["step"])
        writer.flush()

    return write


def _command() -> str:
    """The command line, without what only goes on with a run."""
    return shlex.join(["srbench", *(word for word in sys.argv[1:] if word != "--resume")])


def _judge(comparison: "Comparison", folder: Path, json: bool) -> None:
    """Print how far a repeated run is from its log.

    Raises:
        UserError: It is more than 2 % away.
    """
    here = read_json((folder / "machine.json").read_text(encoding="utf-8"))
    unlike = _unlike(comparison.machine, here)
    verdict = "bit-equal" if comparison.largest == 0 else f"largest relative difference {comparison.largest:.2g}"
    if json:
        told = {"steps": comparison.steps, "largest_relative_difference": comparison.largest, "machine_differs": unlike}
        console.print_json(told)
    else:
        console.out.print(f"{comparison.steps} steps: losses {verdict}" + (f" ({'; '.join(unlike)})" if unlike else ""))
    if comparison.largest > _TOLERATED:
        raise UserError(f"the losses differ by up to {comparison.largest:.1%}; expected at most {_TOLERATED:.0%}")


def _unlike(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What moves last digits and is not as it was."""
    facts = [(name, there.get(name), here.get(name)) for name in ("machine", "cpu_capability", "threads", "processes")]
    facts.append(("torch", there["packages"]["torch"], here["packages"]["torch"]))
    return [f"{name}: {now}, in the log {then}" for name, then, now in facts if then != now]


def _report(trainer: "Trainer", json: bool) -> None:
    progress, folder = trainer.progress, trainer.folder
    share = progress.waited / max(progress.seconds, 1e-9)
    best = progress.best if trainer.validation.names else None
    if json:
        told = {"folder": str(folder), "steps": progress.step, "seconds": progress.seconds, "waiting_share": share}
        console.print_json({**told, "best_psnr": best, "weights": str(folder / "best.safetensors")})
        return
    console.out.print(
        f"{progress.step} steps in {progress.seconds / 60:.1f} min, {share:.1%} of it waiting for samples"
        + (f"; validation PSNR {best:.2f} dB" if best is not None else "")
    )
    console.out.print(f"Compare it: srbench run --models bicubic,{folder / 'best.safetensors'} --datasets set5")
