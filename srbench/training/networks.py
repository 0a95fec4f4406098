"""All networks of a run, their optimizers, and everything a checkpoint must hold of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from srbench.models.arch import Network, channels_of
from srbench.training.adversary import Critic, Domain
from srbench.training.recipe import Phase, Recipe


@dataclass
class Group:
    """The networks that one optimizer moves: all generators, or all discriminators.

    Attributes:
        plain: Networks by role.
        wrapped: The same as Fabric calls them: in the run's precision, gradients averaged over processes.
    """

    plain: dict[str, nn.Module] = field(default_factory=dict)
    wrapped: dict[str, Any] = field(default_factory=dict)

    def parameters(self) -> list[nn.Parameter]:
        """Of all its networks."""
        return [parameter for network in self.plain.values() for parameter in network.parameters()]

    def freeze(self, frozen: bool) -> None:
        """Switch gradients of its weights off or on; gradients still pass through."""
        for network in self.plain.values():
            network.requires_grad_(not frozen)


class Networks:
    """Generators and discriminators of a recipe on the run's device.

    Args:
        recipe: What to build.
        generator: The generator, with random or given weights.
        fabric: Launched.
    """

    def __init__(self, recipe: Recipe, generator: Network, fabric: Fabric) -> None:
        scale, channels = recipe.conventions.scale, channels_of(generator.colour)
        self.generator = generator
        self.generators, self.discriminators = Group(), Group()
        self.critics: dict[Domain, Critic] = {}
        generators: dict[str, nn.Module] = {"generator": generator}
        discriminators: dict[Domain, Any] = {"hr": recipe.discriminator}
        if recipe.inverse is not None:
            generators["inverse"] = recipe.inverse.generator.build(scale)
            discriminators["lr"] = recipe.inverse.discriminator
        for role, network in generators.items():
            self._add(self.generators, role, network, recipe, fabric)
        for domain, piece in discriminators.items():
            if piece is not None:
                self._add(self.discriminators, domain, piece.build(channels * (1 + piece.conditional)), recipe, fabric)
                plain, wrapped = self.discriminators.plain[domain], self.discriminators.wrapped[domain]
                self.critics[domain] = Critic(plain, wrapped, recipe.gan, domain, piece.conditional)
        decay = recipe.ema
        self.average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None

    @staticmethod
    def _add(group: Group, role: str, network: nn.Module, recipe: Recipe, fabric: Fabric) -> None:
        if fabric.world_size > 1 and fabric.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        if recipe.compute.channels_last:
            network = network.to(memory_format=torch.channels_last)
        group.plain[role] = network.to(fabric.device).train()
        ready: Any = torch.compile(network) if recipe.compute.compile else network
        group.wrapped[role] = fabric.setup_module(ready)

    @property
    def kept(self) -> Network:
        """The generator that is validated and kept: the moving average where the recipe has one."""
        if self.average is None:
            return self.generator
        average: Network = self.average.module  # type: ignore[assignment]
        return average

    def state(self) -> dict[str, Any]:
        """Every tensor of every network."""
        named = {**self.generators.plain, **self.discriminators.plain}
        state = {role: network.state_dict() for role, network in named.items()}
        return state if self.average is None else {**state, "average": self.average.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo `state`."""
        for role, network in {**self.generators.plain, **self.discriminators.plain}.items():
            network.load_state_dict(state[role])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


class Optimizers:
    """The optimizers of one phase.

    Args:
        phase: Their kinds and schedules.
        networks: What they move.
        fabric: Launched.
    """

    def __init__(self, phase: Phase, networks: Networks, fabric: Fabric) -> None:
        self.phase = phase
        self.generators: Any = fabric.setup_optimizers(phase.optimizer.build(networks.generators.parameters()))
        self.judged = list(dict.fromkeys(loss.judge for loss in phase.losses if loss.judge))
        piece = phase.discriminator_optimizer or phase.optimizer
        self.discriminators: Any = None
        if self.judged:
            self.discriminators = fabric.setup_optimizers(piece.build(networks.discriminators.parameters()))
        self._base = {"generators": phase.optimizer.lr, "discriminators": piece.lr}

    def schedule(self, step: int) -> float:
        """Set both learning rates for a step of the phase; returns the generator's."""
        factor = self.phase.schedule.factor(step, self.phase.steps)
        for name, optimizer in (("generators", self.generators), ("discriminators", self.discriminators)):
            for group in optimizer.param_groups if optimizer is not None else ():
                group["lr"] = self._base[name] * factor
        return self._base["generators"] * factor

    def state(self) -> dict[str, Any]:
        """Of both optimizers."""
        judging = self.discriminators.state_dict() if self.discriminators else None
        return {"generators": self.generators.state_dict(), "discriminators": judging}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo `state`."""
        self.generators.load_state_dict(state["generators"])
        if self.discriminators is not None:
            self.discriminators.load_state_dict(state["discriminators"])
