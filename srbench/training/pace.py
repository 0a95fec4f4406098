"""How long a run will take, measured before it starts; and which precision is the faster one on this machine."""

import copy
import os
import statistics
import time
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric

from srbench.core.assets import AssetStore
from srbench.errors import BadRecipe
from srbench.models.arch import Network
from srbench.training import setup
from srbench.training.alternating_updates import AlternatingUpdates, BatchFeed
from srbench.training.forward_cache import Batch
from srbench.training.networks import Networks
from srbench.training.recipe import Precision, Recipe
from srbench.training.recorded_step import WARM_UP_STEPS

LEAST_STEPS = 50
"""Number of steps below which measuring would take longer than what it foretells."""

_TIMED = 3


@dataclass(frozen=True)
class Pace:
    """What the steps of a run cost on this machine.

    Attributes:
        step_s: Seconds of one step of each phase, without waiting for samples and without validation.
    """

    step_s: tuple[float, ...]

    def remaining_s(self, recipe: Recipe, done: int = 0) -> float:
        """Return the seconds of all steps of a recipe after those that are done."""
        seconds = 0.0
        for phase, step_s in zip(recipe.phases, self.step_s, strict=True):
            seconds += max(phase.steps - done, 0) * step_s
            done = max(done - phase.steps, 0)
        return seconds


def with_precision(recipe: Recipe, precision: Precision) -> Recipe:
    """Return a recipe with another precision."""
    return recipe.model_copy(update={"compute": recipe.compute.model_copy(update={"precision": precision})})


def of_both(recipe: Recipe, machine: setup.DeviceSettings, store: AssetStore) -> dict[Precision, Pace]:
    """Measure a recipe in fp32 and under bf16 autocast.

    Args:
        recipe: The recipe.
        machine: The devices.
        store: Store that finds weights.

    Raises:
        BadRecipe: Several processes train, which might not agree.
        UserError: The device cannot be used, or weights cannot be found.
    """
    if machine.devices > 1 or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise BadRecipe("compute.precision is auto, which one process measures; expected fp32 or bf16 for several")
    paces: dict[Precision, Pace] = {}
    for precision in ("fp32", "bf16"):
        candidate = with_precision(recipe, precision)
        fabric = setup.launch(machine, candidate)
        paces[precision] = measure(candidate, setup.build_generator(candidate, store), store, fabric)
    return paces


def measure(recipe: Recipe, generator: Network, store: AssetStore, fabric: Fabric) -> Pace:
    """Take a few steps of each phase with copies of the networks, on random images.

    The state of torch's random numbers is left as it was.

    Args:
        recipe: The recipe; the fabric has its precision.
        generator: The generator, which is copied.
        store: Store that finds the weights of feature networks.
        fabric: The launched Lightning Fabric.

    Raises:
        UserError: A loss needs weights that cannot be found.
    """
    devices = [fabric.device] if fabric.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        networks = Networks(recipe, copy.deepcopy(generator), fabric)
        context = networks.loss_context(store)
        feed = BatchFeed(_Noise(recipe, fabric.world_size), fabric.device)
        step_s = []
        for phase in recipe.phases:
            losses = {loss.label: (loss.weight, loss.build(context)) for loss in phase.losses}
            step_s.append(_step_s(AlternatingUpdates(recipe, phase, networks, losses, feed, fabric)))
    return Pace(tuple(step_s))


def _step_s(updates: AlternatingUpdates) -> float:
    """Return the median time of a step; the first one also allocates, and compiles, or records."""
    seconds = []
    untimed = WARM_UP_STEPS + 1 if updates.recipe.compute.graph else 1
    for number in range(untimed + _TIMED):
        started = time.perf_counter()
        updates.step(number, number, False)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[untimed:])


class _Noise:
    """The same batch of random images again and again, of the recipe's size."""

    def __init__(self, recipe: Recipe, processes: int) -> None:
        side, scale = recipe.data.patch_px, recipe.conventions.scale
        shape = (recipe.data.batch // processes, 3)
        lr, hr = (torch.randint(0, 256, (*shape, of, of), dtype=torch.uint8) for of in (side // scale, side))
        self._batch = Batch(lr, hr, [])

    def __iter__(self) -> "_Noise":
        return self

    def __next__(self) -> Batch:
        return self._batch
