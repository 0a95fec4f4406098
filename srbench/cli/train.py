"""`srbench train` and `srbench recipes`."""

import contextlib
import logging
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import console, names, options, training_pace, training_progress
from srbench.core.files import refused, require_folder
from srbench.core.paths import weights_roots
from srbench.core.wording import counted
from srbench.errors import UserError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from srbench.training.images import TrainingImages
    from srbench.training.log_comparison import LogComparison
    from srbench.training.recipe import Recipe
    from srbench.training.trainer import Trainer

_TOLERANCE = 0.02
"""Largest relative difference of a repeated loss; it covers a CPU and a GPU, or two versions of torch."""


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe (see: srbench recipes), or a TOML file.")],
    data: Annotated[Path, typer.Option(help="Folder of training images, or of the folders that the recipe names.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; by default runs/train/<recipe>.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key of the recipe, as in phases.0.steps=100; repeatable."),
    ] = None,
    start: Annotated[str, typer.Option(help="Model id or file of the weights to start from.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    device: options.Device = "auto",
    devices: Annotated[
        int,
        typer.Option(
            min=1,
            max=4096,
            help="Number of processes on this machine, one for each GPU; they divide each batch among them.",
        ),
    ] = 1,
    threads: Annotated[
        int, typer.Option(min=0, max=4096, help="Number of CPU threads of a process; 0 lets torch choose.")
    ] = 0,
    workers: Annotated[
        int,
        typer.Option(
            min=0, max=256, help="Number of processes that load and crop images; 0 does this in the training process."
        ),
    ] = 2,
    cache_mib: Annotated[int, typer.Option(min=0, help="Memory for decoded images of each worker, in MiB.")] = 1024,
    validate_every: Annotated[int, typer.Option(min=1, help="Number of steps between validations.")] = 1000,
    save_every: Annotated[int, typer.Option(min=1, help="Number of steps between checkpoints.")] = 500,
    keep_every: Annotated[
        int,
        typer.Option(
            min=0, help="Number of steps between weights that are kept as weights/<step>.safetensors; 0 keeps none."
        ),
    ] = 0,
    answers_only: Annotated[
        bool,
        typer.Option(
            "--answers-only",
            help="Only make the teacher's answers, which a later training finds, on whatever device it runs.",
        ),
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(help="Repeat the first steps of this log.jsonl, compare the losses, keep nothing."),
    ] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False,
    weights_root: options.WeightsRoot = None,
    trust_unpinned: options.TrustUnpinned = False,
    json: options.Json = False,
) -> None:
    """Train a network by a recipe.

    Writes last.ckpt (for --resume), last.safetensors and best.safetensors (for
    srbench run), journal.jsonl and validation images. Ctrl-C saves and stops.
    Several GPUs: --devices. Several machines: torchrun.
    """
    names.refuse_unknown(models=[start] if start else [], recipe=recipe)
    import torch

    from srbench.core.assets import AssetStore
    from srbench.training import recipe as recipes
    from srbench.training import resident, setup
    from srbench.training.journal import steps_done, write_log
    from srbench.training.trainer import LoopSettings, Trainer
    from srbench.training.validation import Validation

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if threads:
        torch.set_num_threads(threads)
    loaded = recipes.load(recipe, [*(set_ or []), *([f"start={start}"] if start else [])])
    require_folder(place := out or Path("runs") / "train" / Path(recipe).stem)
    if not (keeps_nothing := _keeps_nothing(answers_only, compare)):
        setup.check_folder(place, resume=resume, go_on=_command("--resume"))
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    machine = setup.DeviceSettings(device, devices)
    loaded = training_pace.settled(loaded, machine, store, place if resume else None, compare)
    fabric = setup.launch(machine, loaded)
    is_first = fabric.global_rank == 0
    with console.fetching(store):
        teacher = setup.find_teacher(loaded, store, fabric)
        generator = setup.build_generator(loaded, store)
    if answers_only and teacher is None:
        raise UserError(f"--answers-only: the recipe {recipe} has no teacher; expected one, as in --set teacher=haesr")
    comparison = _comparison(compare, loaded, fabric) if compare else None
    with _folder(place, temporary=keeps_nothing) as folder:
        with console.bars() as progress:
            samples = loaded.batches_of(comparison.steps) * loaded.data.batch if comparison else None
            patches, images = setup.build_dataset(loaded, data, cache_mib, progress, teacher, samples)
        if is_first:
            for line in (*images.remarks, _describe(images)):
                console.err.print(line, soft_wrap=True, markup=False)
        if answers_only:
            return
        if not resume:
            setup.write_facts(folder, loaded, fabric)
        validation = Validation([] if compare else images.held_out, loaded, fabric.device)
        # A comparison takes too few steps for all images to be worth reading, and not all answers are there.
        resident_bytes = 0 if compare else resident.budget_bytes(fabric.device)
        settings = LoopSettings(validate_every, save_every, keep_every, workers, resident_bytes)
        trainer = Trainer(loaded, generator, patches, validation, folder, fabric, store, settings)
        if tensorboard and is_first:
            trainer.listeners.append(_tensorboard(folder))
        if comparison is not None:
            _compare(trainer, comparison, json)
            return
        training_pace.foretell(trainer, steps_done(folder) if resume else 0)
        _run(trainer, resume)
        if is_first:
            write_log(folder, _command())
            _report(trainer, json)


@contextlib.contextmanager
def _folder(path: Path, *, temporary: bool) -> Iterator[Path]:
    """Give the run's folder, or a temporary one that is removed afterwards."""
    if not temporary:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def recipes(
    name: Annotated[str | None, typer.Argument(help="Recipe to show with all its keys.")] = None,
    json: options.Json = False,
) -> None:
    """List the training recipes, or show all keys of one as JSON."""
    names.refuse_unknown(recipe=name or "")
    from srbench.report.table import Column, Table, text_column, text_rows
    from srbench.training import recipe as recipes

    if name is not None:
        console.print_json(recipes.load(name).model_dump(mode="json"))
        return
    loaded = {known: recipes.load(known) for known in recipes.names()}
    if json:
        console.print_json([{"name": known, **recipe.model_dump(mode="json")} for known, recipe in loaded.items()])
        return
    columns = (text_column("name"), text_column("what"), Column("steps"), text_column("source"))
    rows = text_rows((known, recipe.title, f"{recipe.steps:,}", recipe.source) for known, recipe in loaded.items())
    console.show_table(Table("recipes", "", columns, rows))


def _run(trainer: "Trainer", resume: bool, steps: int | None = None) -> None:
    """Train, and show the progress.

    Raises:
        KeyboardInterrupt: The user pressed Ctrl-C; everything is saved.
        UserError: A file could not be written.
    """
    quiet = trainer.fabric.global_rank != 0
    with training_progress.bar(quiet=quiet) as bar:
        if not quiet:
            total = steps or trainer.recipe.steps
            trainer.listeners.append(training_progress.shown(bar, total, trainer.recipe.steps))
        try:
            trainer.run(resume=resume)
        except KeyboardInterrupt:
            if steps is None and not quiet:
                console.err.print(
                    f"Saved after step {trainer.state.step}; go on with: {_command('--resume')}",
                    soft_wrap=True,
                    markup=False,
                )
            raise
        except OSError as error:
            raise UserError(f"{refused(error)}; {_go_on(trainer.folder)}") from error


def _go_on(folder: Path) -> str:
    """Say what goes on after a fault is mended."""
    if (folder / "last.ckpt").exists():
        return f"mend that; what is saved is kept, and this goes on: {_command('--resume')}"
    return "mend that; nothing is saved yet, and the same command begins again"


def _keeps_nothing(answers_only: bool, compare: Path | None) -> bool:
    """Tell whether a call leaves the run's folder alone.

    Raises:
        UserError: Answers alone and a comparison are both wanted.
    """
    if answers_only and compare:
        raise UserError("--answers-only and --compare exclude each other: a comparison makes the answers that it needs")
    return answers_only or compare is not None


def _comparison(log: Path, recipe: "Recipe", fabric: "Fabric") -> "LogComparison":
    """Read the log to compare with, before anything takes long."""
    from srbench.training.log_comparison import LogComparison

    if fabric.world_size > 1:
        raise UserError(f"--compare repeats a log in one process, not in {fabric.world_size}; leave out --devices")
    return LogComparison(log, recipe)


def _compare(trainer: "Trainer", comparison: "LogComparison", json: bool) -> None:
    """Repeat the beginning of a log, and compare the losses."""

    def follow(line: Mapping[str, Any]) -> None:
        comparison(line)
        if line["step"] == comparison.steps:
            trainer.stop()

    trainer.listeners.append(follow)
    with contextlib.suppress(KeyboardInterrupt):  # raised by a run that was asked to stop
        _run(trainer, resume=False, steps=comparison.steps)
    if trainer.state.step < comparison.steps:
        raise KeyboardInterrupt
    _report_comparison(comparison, trainer.folder, json)


def _describe(images: "TrainingImages") -> str:
    excluded = "".join(f"; left out: {count} {reason}" for reason, count in images.excluded.items())
    return (
        f"{counted(len(images.training), 'training image')}, {len(images.held_out)} held out for validation{excluded}"
    )


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


def _command(*more: str) -> str:
    """Return the command line, without --resume, and with other words at its end."""
    return shlex.join(["srbench", *(word for word in sys.argv[1:] if word != "--resume"), *more])


def _report_comparison(comparison: "LogComparison", folder: Path, json: bool) -> None:
    """Print how far the losses of a repeated run are from those of its log.

    Raises:
        UserError: They differ by more than 2 %.
    """
    from srbench.training import run_facts

    machine = run_facts.read(folder, "machine")
    differing = _differing_facts(comparison.facts["machine"], machine)
    verdict = "bit-equal" if comparison.largest == 0 else f"largest relative difference {comparison.largest:.2g}"
    if json:
        result = {"steps": comparison.steps, "largest_relative_difference": comparison.largest}
        console.print_json({**result, "machine_differs": differing})
    else:
        console.out.print(
            f"{counted(comparison.steps, 'step')}: losses {verdict}"
            + (f" ({'; '.join(differing)})" if differing else "")
        )
    if comparison.largest > _TOLERANCE:
        raise UserError(f"the losses differ by up to {comparison.largest:.1%}; expected at most {_TOLERANCE:.0%}")


def _differing_facts(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """List the facts about two machines that move last digits of a loss and are not the same."""
    facts = [(name, there.get(name), here.get(name)) for name in ("machine", "cpu_capability", "threads", "processes")]
    facts.append(("torch", there["packages"]["torch"], here["packages"]["torch"]))
    return [f"{name}: {now}, in the log {then}" for name, then, now in facts if then != now]


def _report(trainer: "Trainer", json: bool) -> None:
    state, folder = trainer.state, trainer.folder
    waiting_share = state.waited / max(state.seconds, 1e-9)
    best = state.best if trainer.validation.names else None
    if json:
        result = {"folder": str(folder), "steps": state.step, "seconds": state.seconds}
        result["waiting_share"] = waiting_share
        console.print_json({**result, "best_psnr": best, "weights": str(folder / "best.safetensors")})
        return
    console.out.print(
        f"{counted(state.step, 'step')} in {state.seconds / 60:.1f} min, {waiting_share:.1%} of it waiting for samples"
        + (f"; validation PSNR {best:.2f} dB" if best is not None else "")
    )
    console.out.print(f"Compare it with: srbench run --models bicubic,{folder / 'best.safetensors'} --datasets set5")
