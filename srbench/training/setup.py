"""Set up a training run: device, generator, samples and the run's folder."""

import inspect
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from srbench.core.assets import AssetStore
from srbench.core.device import WITHOUT_FLOAT64, resolve
from srbench.core.environment import describe
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.errors import BadRecipe, BadRun, BadWeights, UserError, first_line
from srbench.models.arch import Network, channels_of
from srbench.models.model import differences
from srbench.training import checkpoints, images, run_facts
from srbench.training.image_cache import ImageCache
from srbench.training.named_model import find_model
from srbench.training.recipe import Recipe
from srbench.training.samples import PatchDataset
from srbench.training.teacher import Teacher

_TRIAL_PX = 16


@dataclass(frozen=True)
class DeviceSettings:
    """The devices to train on.

    Attributes:
        device: Device as torch names it: "cpu", "cuda" or "cuda:1"; "auto" for the GPU if there is one, else the CPU.
        devices: Number of processes on this machine, one for each GPU; under torchrun, its number counts instead.
    """

    device: str = "auto"
    devices: int = 1


def launch(settings: DeviceSettings, recipe: Recipe) -> Fabric:
    """Launch Lightning Fabric; with several devices this starts the other processes, or joins those of torchrun.

    Args:
        settings: The devices.
        recipe: The recipe, which gives the precision.

    Raises:
        BadRecipe: The precision is "auto", which is no precision yet.
        UserError: The device cannot be used.
    """
    if recipe.compute.precision == "auto":
        raise BadRecipe("compute.precision is auto; expected the one that srbench.training.pace.of_both found faster")
    device = _device(settings.device)  # each of several processes takes a GPU of its own
    kind, _, index = device.partition(":")
    devices = int(os.environ.get("LOCAL_WORLD_SIZE", settings.devices))
    nodes = int(os.environ.get("GROUP_WORLD_SIZE", "1"))
    backend = "nccl" if kind == "cuda" else "gloo"
    # Discriminators run twice in a step, and their buffers must not be copied between the two.
    parameters = inspect.signature(DistributedDataParallel.__init__).parameters
    options: Any = {"forward_sync_buffers" if "forward_sync_buffers" in parameters else "broadcast_buffers": False}
    strategy = DDPStrategy(process_group_backend=backend, **options) if devices * nodes > 1 else "auto"
    precision: Literal["bf16-mixed", "32-true"] = "bf16-mixed" if recipe.compute.precision == "bf16" else "32-true"
    try:
        used: list[int] | int = [int(index)] if index else devices
        fabric = Fabric(accelerator=kind, devices=used, num_nodes=nodes, strategy=strategy, precision=precision)
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise UserError(f"cannot train on {device}: {first_line(error)}") from error
    return fabric


def _device(name: str) -> str:
    """Return the name of the device to train on; without float64, which crops and validation need, it is not chosen."""
    device = resolve(name)
    if not device.startswith(WITHOUT_FLOAT64):
        return device
    if name == "auto":
        return "cpu"
    raise UserError(f"training runs on cpu and cuda, not on {device}. Try --device cpu")


def build_generator(recipe: Recipe, store: AssetStore) -> Network:
    """Build the generator, with the weights that the recipe starts from, or random ones by the recipe's seed.

    Raises:
        BadRecipe: The network cannot be trained for the protocol's scale.
        BadRecipe: The weights to start from cannot be found.
        BadWeights: They belong to another network.
    """
    torch.manual_seed(recipe.seed)
    scale = recipe.conventions.scale
    generator = recipe.generator.build(scale)
    _check_generator(generator, recipe)
    if recipe.start:
        initial = find_model("start", recipe.start, store, scale)
        state = initial.make().state_dict()  # type: ignore[attr-defined]
        problem = differences(generator.state_dict(), state)
        if problem:
            raise BadWeights(
                f"start: {initial.id} is another network than the recipe's generator ({problem}); "
                "--set start='' begins with random weights"
            )
        generator.load_state_dict(state)
    return generator


def _check_generator(generator: Network, recipe: Recipe) -> None:
    """Refuse a generator that cannot be trained for the recipe's scale."""
    arch, scale = recipe.generator.arch, recipe.conventions.scale
    if not any(True for _ in generator.parameters()):
        raise BadRecipe(f"generator.arch: {arch} has no weights to train; choose a network")
    if recipe.lr_generator is not None and generator.colour != "rgb":
        raise BadRecipe(f"generator: {arch} reads {generator.colour}; unpaired training needs a network of RGB")
    lr = torch.zeros(1, channels_of(generator.colour), _TRIAL_PX, _TRIAL_PX)
    try:
        with torch.no_grad():
            sr = generator.eval()(lr)
    except (RuntimeError, KeyError) as error:
        raise BadRecipe(f"generator: {arch} cannot upscale by {scale} ({first_line(error)})") from error
    if sr.shape[-1] != scale * _TRIAL_PX:
        raise BadRecipe(f"generator: {arch} upscales by {sr.shape[-1] // _TRIAL_PX}, the protocol by {scale}")


def find_teacher(recipe: Recipe, store: AssetStore, fabric: Fabric) -> Teacher | None:
    """Find the recipe's teacher; None where it has none.

    Args:
        recipe: The recipe.
        store: Source of weight files.
        fabric: The launched Lightning Fabric, on whose device the teacher will answer.

    Raises:
        BadRecipe: Its weights cannot be found, or it does not upscale by the protocol's scale.
    """
    if not recipe.teacher:
        return None
    protocol, data = recipe.conventions, recipe.data
    model = find_model("teacher", recipe.teacher, store, protocol.scale)
    smallest_px = data.patch_px // protocol.scale
    return Teacher(model, protocol, recipe.teacher_reductions, data.centre_crop_px, smallest_px, fabric)


def build_dataset(
    recipe: Recipe,
    data: Path,
    cache_mib: int,
    progress: Progress = NO_PROGRESS,
    teacher: Teacher | None = None,
    samples: int | None = None,
) -> tuple[PatchDataset, images.TrainingImages]:
    """Find and check the training images, and make the teacher's answers that are not there yet.

    Args:
        recipe: The recipe, which gives the folders, the held-out images and how patches are made.
        data: The folder that the recipe's folders are relative to.
        cache_mib: Memory for decoded images in each worker, in MiB.
        progress: Shows how many images are checked, and how many answers are made.
        teacher: The recipe's teacher.
        samples: How many samples will be asked for, if it is not those of a whole training: answers that none of them
            needs are not made.

    Returns:
        The samples by number, and the images that they come from.

    Raises:
        BadTrainingData: No image is left.
        UserError: The teacher cannot run here, or its answers cannot be written.
    """
    if bool(recipe.teacher) != (teacher is not None):
        raise BadRecipe(f"teacher: the recipe's is {recipe.teacher!r}; pass what find_teacher returns for it")
    options, protocol = recipe.data, recipe.conventions
    hr_images = images.check_images(
        images.list_images(data, options.folders),
        options.held_out,
        options.validation_images,
        options.patch_px,
        protocol.hr_multiple,
        progress,
    )
    hr_mib = cache_mib // 2 if teacher else cache_mib
    hr = ImageCache(hr_images.training, protocol.hr_multiple, options.centre_crop_px, hr_mib)
    lr = None
    if options.lr_folders:
        lr_images = images.check_images(
            images.list_images(data, options.lr_folders), (), 0, options.patch_px // protocol.scale, 1, progress
        )
        lr = ImageCache(lr_images.training, 1, 0, cache_mib)
        hr_images = replace(hr_images, remarks=hr_images.remarks + lr_images.remarks)
    patches = PatchDataset(hr, lr, protocol, options.degradation, options.augmentation, options.patch_px, recipe.seed)
    if teacher is not None:
        share, questions = recipe.teacher_share, teacher.questions(hr_images.pixels)
        needed = range(len(questions)) if samples is None else patches.answers_of(samples, share, len(questions))
        patches.answers = teacher.answers(questions, sorted(needed), share, cache_mib - hr_mib, progress)
        hr_images = replace(hr_images, remarks=(*hr_images.remarks, patches.answers.summary))
    return patches, hr_images


def check_folder(folder: Path, *, resume: bool, go_on: str = "--resume") -> None:
    """Look whether a run can begin in a folder, or go on there, before anything takes long.

    Args:
        folder: Folder of the run.
        resume: Whether a run is to go on.
        go_on: Command or option that goes on, for the error.

    Raises:
        BadRun: The folder holds a run that is not to go on, or none that could.
    """
    if resume:
        checkpoints.last(folder)
    elif (folder / "last.ckpt").exists():
        raise BadRun(f"{folder} already holds a run; go on with {go_on}, or give another folder with --out")


def write_facts(folder: Path, recipe: Recipe, fabric: Fabric) -> None:
    """Write recipe.json and machine.json into the folder of a run that begins; it is made.

    Args:
        folder: Folder of the run.
        recipe: The recipe.
        fabric: The launched Lightning Fabric, of whose processes the first writes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if fabric.global_rank == 0:
        machine = {**describe(fabric.device), "processes": fabric.world_size}
        run_facts.write(folder, "recipe", recipe.model_dump(mode="json"))
        run_facts.write(folder, "machine", machine)
