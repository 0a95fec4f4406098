"""The updates of one phase: all generators, then the discriminators that a loss listens to, in turn."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from srbench.training.forward_cache import Batch, ForwardCache
from srbench.training.losses import Term
from srbench.training.networks import Networks, Optimizers
from srbench.training.recipe import Phase, Recipe

Terms = dict[str, tuple[float, Term]]
"""Losses by label, with their weights."""


class Feed:
    """Batches on the device, with the time that was spent waiting for them."""

    def __init__(self, batches: Iterator[Batch], device: torch.device) -> None:
        self._batches = batches
        self._device = device
        self.waited = 0.0

    def next(self) -> Batch:
        """The next batch."""
        begun = time.perf_counter()
        batch = next(self._batches)
        self.waited += time.perf_counter() - begun
        return batch.to(self._device)


class Alternation:
    """Takes the steps of one phase.

    Args:
        recipe: Its seed and memory format.
        phase: Its schedule, clipping, and updates of the discriminators.
        networks: What is trained.
        terms: The phase's losses.
        feed: Samples.
        fabric: Launched.
    """

    def __init__(
        self, recipe: Recipe, phase: Phase, networks: Networks, terms: Terms, feed: Feed, fabric: Fabric
    ) -> None:
        self.recipe, self.phase, self.networks, self.terms = recipe, phase, networks, terms
        self.feed, self.fabric = feed, fabric
        self.optimizers = Optimizers(phase, networks, fabric)
        for module in networks.generator.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.train(not phase.frozen_statistics)

    def step(self, step: int, at: int, stop: bool) -> tuple[dict[str, float], bool]:
        """One update of each group.

        Args:
            step: Steps of the run before this one; with the seed and the process it fixes all random numbers.
            at: The same, counted in the phase.
            stop: Whether this process wants to end.

        Returns:
            Figures for the journal, means over all processes; and whether any process wants to end.
        """
        self._seed(step)
        lr = self.optimizers.schedule(at)
        scene = self._scene()
        figures = self._make(scene)
        if self.optimizers.discriminators is not None:
            for extra in range(self.phase.critic_steps):
                scene = self._scene() if extra else scene
                figures["critic"] = self._judge(scene)
        figures["stop"] = torch.tensor(float(stop), device=self.fabric.device)
        # One transfer a step: each would wait for the device.
        mean: Any = self.fabric.all_reduce(
            torch.stack([f.detach().float() for f in figures.values()]), reduce_op="mean"
        )
        told = dict(zip(figures, mean.tolist(), strict=True))
        stops = told.pop("stop") > 0
        return {**told, "lr": lr}, stops

    def _seed(self, step: int) -> None:
        sequence = np.random.SeedSequence([self.recipe.seed, step, self.fabric.global_rank])
        torch.manual_seed(int(sequence.generate_state(1)[0]))

    def _scene(self) -> ForwardCache:
        wrapped = self.networks.generators.wrapped
        return ForwardCache(
            self.feed.next(), self.networks.generator.colour, wrapped, self.recipe.compute.channels_last
        )

    def _make(self, scene: ForwardCache) -> dict[str, Tensor]:
        """Update the generators."""
        self.networks.discriminators.freeze(True)
        with self.fabric.autocast():
            values = {label: term(scene) for label, (_, term) in self.terms.items()}
            total = torch.stack([weight * values[label] for label, (weight, _) in self.terms.items()]).sum()
        figures = {"loss": total, **(values if len(values) > 1 else {})}
        self.optimizers.generators.zero_grad()
        self.fabric.backward(total)
        if self.phase.clip_norm:
            parameters = self.networks.generators.parameters()
            figures["norm"] = torch.nn.utils.clip_grad_norm_(parameters, self.phase.clip_norm)
        self.optimizers.generators.step()
        if self.networks.average is not None:
            self.networks.average.update_parameters(self.networks.generator)
        return figures

    def _judge(self, scene: ForwardCache) -> Tensor:
        """Update the discriminators."""
        self.networks.discriminators.freeze(False)
        with self.fabric.autocast():
            judged = [self.networks.critics[domain].critic_loss(scene) for domain in self.optimizers.judged]
            total = torch.stack(judged).sum()
        self.optimizers.discriminators.zero_grad()
        self.fabric.backward(total)
        self.optimizers.discriminators.step()
        return total
