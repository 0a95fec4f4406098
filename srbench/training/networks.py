"""All networks of a run, their optimizers, and the state of both that a checkpoint holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from srbench.core.assets import AssetStore
from srbench.models.arch import Network, channels_of
from srbench.training.adversarial_loss import AdversarialLoss, Domain
from srbench.training.generator_losses import LossContext
from srbench.training.recipe import Phase, Recipe


@dataclass
class NetworkGroup:
    """The networks that one optimizer updates: all generators, or all discriminators.

    Attributes:
        plain: The networks by role.
        wrapped: The same networks as Fabric runs them: in the run's precision, gradients averaged over processes.
    """

    plain: dict[str, nn.Module] = field(default_factory=dict)
    wrapped: dict[str, Any] = field(default_factory=dict)

    def parameters(self) -> list[nn.Parameter]:
        """List the parameters of all networks of the group."""
        return [parameter for network in self.plain.values() for parameter in network.parameters()]

    def freeze(self, frozen: bool) -> None:
        """Switch the gradients of all weights off or on; gradients still pass through the networks."""
        for network in self.plain.values():
            network.requires_grad_(not frozen)


class Networks:
    """Generators and discriminators of a recipe, on the run's device.

    Args:
        recipe: The recipe, which describes the other networks.
        generator: The generator, with its initial weights.
        fabric: The launched Lightning Fabric.

    Attributes:
        generators: The generator, and for unpaired training the LR generator.
        discriminators: The discriminators by the images that they compare.
        adversarial_losses: The losses of each discriminator.
        average: The moving average of the generator; None if the recipe has none.
    """

    def __init__(self, recipe: Recipe, generator: Network, fabric: Fabric) -> None:
        scale, channels = recipe.conventions.scale, channels_of(generator.colour)
        self._recipe, self._device = recipe, fabric.device
        self.generator = generator
        self.generators, self.discriminators = NetworkGroup(), NetworkGroup()
        self.adversarial_losses: dict[Domain, AdversarialLoss] = {}
        generators: dict[str, nn.Module] = {"generator": generator}
        discriminators: dict[Domain, Any] = {"hr": recipe.discriminator, "lr": recipe.lr_discriminator}
        if recipe.lr_generator is not None:
            generators["lr_generator"] = recipe.lr_generator.build(scale)
        for role, network in generators.items():
            self._add(self.generators, role, network, recipe, fabric)
        for domain, config in discriminators.items():
            if config is not None:
                network = config.build(channels * (1 + config.conditional))
                self._add(self.discriminators, domain, network, recipe, fabric)
                plain, wrapped = self.discriminators.plain[domain], self.discriminators.wrapped[domain]
                loss = AdversarialLoss(plain, wrapped, recipe.gan, domain, config.conditional)
                self.adversarial_losses[domain] = loss
        decay = recipe.ema
        self._towards = get_ema_multi_avg_fn(decay)
        self.average = AveragedModel(generator, multi_avg_fn=self._towards) if decay else None
        self._averages = False

    @staticmethod
    def _add(group: NetworkGroup, role: str, network: nn.Module, recipe: Recipe, fabric: Fabric) -> None:
        if fabric.world_size > 1 and fabric.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        if recipe.compute.channels_last:
            network = network.to(memory_format=torch.channels_last)
        group.plain[role] = network.to(fabric.device).train()
        compiled: Any = torch.compile(network) if recipe.compute.compile else network
        group.wrapped[role] = fabric.setup_module(compiled)

    def loss_context(self, store: AssetStore) -> LossContext:
        """Return what the losses of the recipe may need besides the images of a step.

        Args:
            store: Store that finds or downloads the weights of feature networks and references.
        """
        channels_last, scale = self._recipe.compute.channels_last, self._recipe.conventions.scale
        return LossContext(store, self._device, channels_last, scale, self.generator.colour, self.adversarial_losses)

    def update_average(self) -> None:
        """Move the average towards the generator; it never waits for the device but in the first step."""
        if self.average is None:
            return
        if not self._averages:
            self.average.update_parameters(self.generator)
            self._averages = True
            return
        average = self.final_generator
        with torch.no_grad():
            self._towards(list(average.parameters()), list(self.generator.parameters()), 0)
            for buffer, current in zip(average.buffers(), self.generator.buffers(), strict=True):
                buffer.copy_(current)
            self.average.n_averaged += 1

    @property
    def final_generator(self) -> Network:
        """The generator that is validated and saved: the moving average if the recipe has one."""
        if self.average is None:
            return self.generator
        average: Network = self.average.module  # type: ignore[assignment]
        return average

    def state(self) -> dict[str, Any]:
        """Return every tensor of every network, by role."""
        networks = {**self.generators.plain, **self.discriminators.plain}
        state = {role: network.state_dict() for role, network in networks.items()}
        return state if self.average is None else {**state, "average": self.average.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        for role, network in {**self.generators.plain, **self.discriminators.plain}.items():
            network.load_state_dict(state[role])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


class Optimizers:
    """The optimizers of one phase.

    Args:
        phase: The phase, which gives the kinds and schedules.
        networks: The networks that they update.
        fabric: The launched Lightning Fabric.
        recorded: Whether the step is recorded as a CUDA graph, which reads learning rates from the device.

    Attributes:
        generators: The optimizer of all generators.
        discriminators: The optimizer of all discriminators; None if no loss of the phase has one.
        domains: The images that the discriminators of the phase's losses compare.
    """

    def __init__(self, phase: Phase, networks: Networks, fabric: Fabric, *, recorded: bool = False) -> None:
        self.phase = phase
        self.generators: Any = fabric.setup_optimizers(phase.optimizer.build(networks.generators.parameters()))
        domains = (loss.discriminator for loss in phase.losses)
        self.domains = list(dict.fromkeys(domain for domain in domains if domain))
        config = phase.discriminator_optimizer or phase.optimizer
        self.discriminators: Any = None
        if self.domains:
            self.discriminators = fabric.setup_optimizers(config.build(networks.discriminators.parameters()))
        self._base_lr = {"generators": phase.optimizer.lr, "discriminators": config.lr}
        if recorded:
            for optimizer in filter(None, (self.generators, self.discriminators)):
                for group in optimizer.param_groups:
                    group["capturable"] = fabric.device.type == "cuda"
                    group["lr"] = torch.tensor(group["lr"], device=fabric.device)

    def schedule(self, step: int) -> float:
        """Set both learning rates for a step of the phase, and return the generator's."""
        factor = self.phase.schedule.factor(step, self.phase.steps)
        for name, optimizer in (("generators", self.generators), ("discriminators", self.discriminators)):
            for group in optimizer.param_groups if optimizer is not None else ():
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(self._base_lr[name] * factor)
                else:
                    group["lr"] = self._base_lr[name] * factor
        return self._base_lr["generators"] * factor

    def state(self) -> dict[str, Any]:
        """Return the state of both optimizers."""
        discriminators = self.discriminators.state_dict() if self.discriminators else None
        return {"generators": self.generators.state_dict(), "discriminators": discriminators}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        self._restore(self.generators, state["generators"])
        if self.discriminators is not None:
            self._restore(self.discriminators, state["discriminators"])

    @staticmethod
    def _restore(optimizer: Any, state: Mapping[str, Any]) -> None:
        """Take over the moments; what else a checkpoint holds follows from the recipe, the step and the device."""
        optimizer.load_state_dict({"state": state["state"], "param_groups": optimizer.state_dict()["param_groups"]})
