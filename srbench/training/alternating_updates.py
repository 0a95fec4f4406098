"""The alternating updates of one phase: first all generators, then the discriminators that a loss needs."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from srbench.training import recorded_step
from srbench.training.forward_cache import Batch, ForwardCache
from srbench.training.generator_losses import LossFunction
from srbench.training.networks import Networks, Optimizers
from srbench.training.recipe import Phase, Recipe

WeightedLosses = dict[str, tuple[float, LossFunction]]
"""Each loss of a phase by its label, with its weight in the sum."""


class BatchFeed:
    """Moves batches to the device, and measures the time spent waiting for them.

    Attributes:
        waited: Seconds spent waiting for batches so far.
    """

    def __init__(self, batches: Iterator[Batch], device: torch.device) -> None:
        self._batches = batches
        self._device = device
        self.waited = 0.0

    def next(self) -> Batch:
        """Return the next batch, on the device."""
        started = time.perf_counter()
        batch = next(self._batches)
        self.waited += time.perf_counter() - started
        return batch.to(self._device)


class AlternatingUpdates:
    """Runs the steps of one phase.

    Args:
        recipe: The recipe, which gives the seed and the memory format.
        phase: The phase, which gives the optimizers, their schedule and the gradient clipping.
        networks: All networks of the run.
        losses: The losses of the phase.
        feed: The source of batches.
        fabric: The launched Lightning Fabric.
    """

    def __init__(
        self, recipe: Recipe, phase: Phase, networks: Networks, losses: WeightedLosses, feed: BatchFeed, fabric: Fabric
    ) -> None:
        self.recipe, self.phase, self.networks, self.losses = recipe, phase, networks, losses
        self.feed, self.fabric = feed, fabric
        self.optimizers = Optimizers(phase, networks, fabric, recorded=recipe.compute.graph)
        self._recorded: recorded_step.RecordedStep | None = None
        if recipe.compute.graph:
            recorded_step.require(fabric, networks.generator)
            self._recorded = recorded_step.RecordedStep()
        for module in networks.generator.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.train(not phase.frozen_statistics)

    def step(self, step: int, phase_step: int, stop: bool) -> tuple[dict[str, float], bool]:
        """Update every group of networks once.

        Args:
            step: Number of steps that the run has done before; with the seed and the process's rank it determines all
                random numbers of this step.
            phase_step: Number of steps that the phase has done before.
            stop: Whether this process wants to stop after the step.

        Returns:
            The values for the journal (losses, gradient norm, learning rate) as means over all processes; and whether
            any process wants to stop.
        """
        self._seed(step)
        lr = self.optimizers.schedule(phase_step)
        batches = [self.feed.next() for _ in range(self.phase.batches_per_step)]
        # No method of its own is kept here: a cycle would keep the loader, whose workers would outlive the run.
        recorded = self._recorded
        values = dict(recorded(self._update_all, batches) if recorded else self._update_all(batches))
        values["stop"] = torch.tensor(float(stop), device=self.fabric.device)
        # One transfer a step: each would wait for the device.
        mean: Any = self.fabric.all_reduce(
            torch.stack([value.detach().float() for value in values.values()]), reduce_op="mean"
        )
        means = dict(zip(values, mean.tolist(), strict=True))
        any_stops = means.pop("stop") > 0
        return {**means, "lr": lr}, any_stops

    def _update_all(self, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """Update generators with the first batch, and discriminators with it and each further one."""
        cache = self._forward_cache(batches[0])
        values = self._update_generators(cache)
        if self.optimizers.discriminators is not None:
            for repetition, batch in enumerate(batches):
                cache = self._forward_cache(batch) if repetition else cache
                values["discriminator"] = self._update_discriminators(cache)
        return values

    def _seed(self, step: int) -> None:
        sequence = np.random.SeedSequence([self.recipe.seed, step, self.fabric.global_rank])
        torch.manual_seed(int(sequence.generate_state(1)[0]))

    def _forward_cache(self, batch: Batch) -> ForwardCache:
        wrapped, colour = self.networks.generators.wrapped, self.networks.generator.colour
        return ForwardCache(batch, colour, wrapped, self.recipe.compute.channels_last, self.recipe.shift_px)

    def _update_generators(self, cache: ForwardCache) -> dict[str, Tensor]:
        self.networks.discriminators.freeze(True)
        with self.fabric.autocast():
            losses = {label: loss(cache) for label, (_, loss) in self.losses.items()}
            total = torch.stack([weight * losses[label] for label, (weight, _) in self.losses.items()]).sum()
        values = {"loss": total, **(losses if len(losses) > 1 else {})}
        self.optimizers.generators.zero_grad()
        self.fabric.backward(total)
        if self.phase.clip_norm:
            parameters = self.networks.generators.parameters()
            values["norm"] = torch.nn.utils.clip_grad_norm_(parameters, self.phase.clip_norm)
        self.optimizers.generators.step()
        self.networks.update_average()
        return values

    def _update_discriminators(self, cache: ForwardCache) -> Tensor:
        self.networks.discriminators.freeze(False)
        adversarial = self.networks.adversarial_losses
        with self.fabric.autocast():
            losses = [adversarial[domain].discriminator_loss(cache) for domain in self.optimizers.domains]
            total = torch.stack(losses).sum()
        self.optimizers.discriminators.zero_grad()
        self.fabric.backward(total)
        self.optimizers.discriminators.step()
        return total
