"""From a recipe and folders to a run that is ready to train."""

import inspect
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from srbench.core.assets import AssetStore
from srbench.core.environment import describe
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadRecipe, BadRun, BadWeights, UserError, first_line
from srbench.models.arch import Network, channels_of
from srbench.models.model import differences
from srbench.models.select import select
from srbench.training import images
from srbench.training.recipe import Recipe
from srbench.training.samples import Library, Patches

_TRIED_PX = 16


@dataclass(frozen=True)
class Machine:
    """Where to train.

    Attributes:
        device: "auto", "cpu", "cuda" or "cuda:1".
        devices: Processes on this machine, one a GPU; torchrun's own number counts where it started this one.
    """

    device: str = "auto"
    devices: int = 1


def launch(machine: Machine, recipe: Recipe) -> Fabric:
    """Start the engine; with several devices this starts the other processes, or joins those of torchrun.

    Raises:
        UserError: The device is not there.
    """
    device = machine.device if machine.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, index = device.partition(":")
    devices = int(os.environ.get("LOCAL_WORLD_SIZE", machine.devices))
    nodes = int(os.environ.get("GROUP_WORLD_SIZE", "1"))
    backend = "nccl" if kind == "cuda" else "gloo"
    # Discriminators run twice in a step, and their buffers must not be copied between the two.
    known = inspect.signature(DistributedDataParallel.__init__).parameters
    options: Any = {"forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers": False}
    strategy = DDPStrategy(process_group_backend=backend, **options) if devices * nodes > 1 else "auto"
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if recipe.compute.precision == "bf16" else "32-true"
    try:
        chosen = [int(index)] if index else devices
        fabric = Fabric(accelerator=kind, devices=chosen, num_nodes=nodes, strategy=strategy, precision=precision)
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise UserError(f"cannot train on {device}: {first_line(error)}") from error
    return fabric


def network(recipe: Recipe, store: AssetStore) -> Network:
    """The generator, seeded, with the weights that the recipe starts from.

    Raises:
        BadRecipe: The network cannot be trained for the protocol's scale.
        UserError: Those weights cannot be had, or belong to another network.
    """
    torch.manual_seed(recipe.seed)
    scale = recipe.conventions.scale
    generator = recipe.generator.build(scale)
    _try(generator, recipe)
    if recipe.start:
        (given,) = select([recipe.start], scale, store).models
        state = given.make().state_dict()  # type: ignore[attr-defined]
        problem = differences(generator.state_dict(), state)
        if problem:
            raise BadWeights(
                f"start: {given.id} is another network than the recipe's generator ({problem}); "
                "--set start='' begins with random weights"
            )
        generator.load_state_dict(state)
    return generator


def _try(generator: Network, recipe: Recipe) -> None:
    """Find out before anything else what a first step would find out."""
    arch, scale = recipe.generator.arch, recipe.conventions.scale
    if not any(True for _ in generator.parameters()):
        raise BadRecipe(f"generator.arch: {arch} has no weights to train; choose a network")
    if recipe.inverse is not None and generator.colour != "rgb":
        raise BadRecipe(f"generator: {arch} sees {generator.colour}; unpaired training needs a network from RGB to RGB")
    lr = torch.zeros(1, channels_of(generator.colour), _TRIED_PX, _TRIED_PX)
    try:
        with torch.no_grad():
            sr = generator.eval()(lr)
    except (RuntimeError, KeyError) as error:
        raise BadRecipe(f"generator: {arch} cannot upscale by {scale} ({first_line(error)})") from error
    if sr.shape[-1] != scale * _TRIED_PX:
        raise BadRecipe(f"generator: {arch} upscales by {sr.shape[-1] // _TRIED_PX}, the protocol by {scale}")


def samples(
    recipe: Recipe, data: Path, cache_mib: int, progress: Progress = NO_PROGRESS
) -> tuple[Patches, images.Found]:
    """Find and check the training images.

    Args:
        recipe: Which folders, which are held out, how patches are made.
        data: What its folders are relative to.
        cache_mib: Decoded images that each worker may keep.
        progress: Shows how far the images are checked.

    Raises:
        BadTrainingData: Images cannot be read, or none is left.
    """
    options, protocol = recipe.data, recipe.conventions
    found = images.check(
        images.listing(data, options.folders),
        options.held_out,
        options.validation_images,
        options.patch_px,
        protocol.hr_multiple,
        progress,
    )
    hr = Library(found.training, protocol.hr_multiple, options.centre_crop_px, cache_mib)
    lr = None
    if options.lr_folders:
        unpaired = images.check(
            images.listing(data, options.lr_folders), (), 0, options.patch_px // protocol.scale, 1, progress
        )
        lr = Library(unpaired.training, 1, 0, cache_mib)
    patches = Patches(hr, lr, protocol, options.degradation, options.augmentation, options.patch_px, recipe.seed)
    return patches, found


def prepare(folder: Path, recipe: Recipe, fabric: Fabric, *, resume: bool) -> None:
    """Prepare the run's folder: refuse one that is taken, write down recipe and machine.

    Args:
        folder: Of the run.
        recipe: Written as recipe.json.
        fabric: Launched.
        resume: The folder is expected to hold a run.

    Raises:
        BadRun: It holds another run.
    """
    if not resume and (folder / "last.ckpt").exists():
        raise BadRun(f"{folder} already holds a run; go on with --resume, or give another folder with --out")
    folder.mkdir(parents=True, exist_ok=True)
    if fabric.global_rank == 0 and not resume:
        machine = {**describe(fabric.device), "processes": fabric.world_size}
        for name, facts in (("recipe", recipe.model_dump(mode="json")), ("machine", machine)):
            (folder / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
