"""`srbench train` and `srbench recipes`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import console, options
from srbench.places import weights_roots

if TYPE_CHECKING:
    pass


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name (see: srbench recipes) or a TOML file.")],
    data: Annotated[Path, typer.Option(help="Folder that the recipe's folders of training images are in.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/train/<recipe> by default.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key: --set phases.0.steps=100. May be repeated.")
    ] = None,
    start: Annotated[str, typer.Option(help="Weights to start from: an id or a file; instead of the recipe's.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's last checkpoint.")] = False,
    device: options.Device = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Processes on this machine, one a GPU; they share a batch.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines, each started by torchrun.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of a process; 0: as torch chooses.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make samples.")] = 2,
    cache_mib: Annotated[int, typer.Option(min=0, help="Decoded images that each worker keeps in memory.")] = 1024,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations.")] = 1000,
    save_every: Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")] = 500,
    keep_every: Annotated[int, typer.Option(min=0, help="Steps between weights kept by number; 0: none.")] = 0,
    weights_root: options.WeightsRoot = None,
    json: options.Json = False,
) -> None:
    """Train a network by a recipe.

    Writes last.ckpt (to resume from), last.safetensors and best.safetensors (for srbench run), journal.jsonl and
    validation images into the run's folder.
    """
    import torch

    from srbench.pinned import Store
    from srbench.training import recipe as recipes
    from srbench.training import start as starting
    from srbench.training.trainer import Habits, Trainer

    if threads:
        torch.set_num_threads(threads)
    changes = [*(set_ or []), *([f"start={start}"] if start else [])]
    plan = recipes.load(recipe, changes)
    folder = out or Path("runs") / "train" / Path(recipe).stem
    fabric = starting.launch(starting.Machine(device, devices, nodes), plan)
    store = Store(weights_roots(weights_root))
    with console.fetching(store):
        generator = starting.network(plan, store)
    parameters = sum(p.numel() for p in generator.parameters())
    starting.folder(folder, plan, fabric, resume=resume, parameters=parameters)
    with console.bars() as progress:
        task = progress.add_task("checking images", total=None)
        patches, found = starting.samples(plan, data, cache_mib, lambda: progress.advance(task))
    from srbench.training.validation import Validation

    validation = Validation(found.held_out, plan.conventions, fabric.device)
    habits = Habits(validate_every, save_every, keep_every, workers)
    trainer = Trainer(plan, generator, patches, validation, folder, fabric, store, habits)
    trainer.run(resume=resume)
