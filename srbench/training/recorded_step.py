"""A training step as one CUDA graph: recorded once, then replayed without the cost of launching each kernel."""

from collections.abc import Callable, Sequence

import torch
from lightning_fabric import Fabric
from torch import Tensor

from srbench.errors import BadRecipe
from srbench.models.arch import Network
from srbench.training.forward_cache import Batch

WARM_UP_STEPS = 3
"""Number of steps before a graph is recorded, so that libraries have chosen kernels and optimizers have their state."""

Update = Callable[[Sequence[Batch]], dict[str, Tensor]]
"""Function of a step's batches that updates all networks and returns the values for the journal."""


def require(fabric: Fabric, generator: Network) -> None:
    """Refuse what cannot be recorded.

    Raises:
        BadRecipe: There is no GPU, several processes train, or the generator does not read RGB.
    """
    if fabric.device.type != "cuda" or fabric.world_size > 1:
        raise BadRecipe("compute.graph: a CUDA graph needs one process with one CUDA GPU; expected compute.graph=false")
    if generator.colour != "rgb":
        raise BadRecipe(f"compute.graph: the generator reads {generator.colour}; only of RGB a step can be recorded")


class RecordedStep:
    """Runs the first steps operation by operation, records the next one, and replays it with other images."""

    def __init__(self) -> None:
        self._steps = 0
        self._recorded: tuple[list[Batch], Callable[[], None], dict[str, Tensor]] | None = None

    def __call__(self, update: Update, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """Take a step, always the same update; the values are overwritten by the next one."""
        if self._steps < WARM_UP_STEPS:
            self._steps += 1
            return warm_up(update, batches)
        if self._recorded is None:
            kept = [Batch(batch.lr.clone(), batch.hr.clone(), []) for batch in batches]
            self._recorded = kept, *record(update, kept)
        kept, replay, values = self._recorded
        for here, batch in zip(kept, batches, strict=True):
            here.lr.copy_(batch.lr)
            here.hr.copy_(batch.hr)
        replay()
        return values


def warm_up(update: Update, batches: Sequence[Batch]) -> dict[str, Tensor]:
    """Take a step on a stream of its own, as torch asks for before it records."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        values = update(batches)
    torch.cuda.current_stream().wait_stream(stream)
    return values


def record(update: Update, batches: Sequence[Batch]) -> tuple[Callable[[], None], dict[str, Tensor]]:
    """Record a step of these batches, which is not taken yet; return what takes it, and its values."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        values = update(batches)
    return graph.replay, values
