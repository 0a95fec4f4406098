"""Who measures for `srbench run`: this process alone, or workers of an engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from srbench.scale.crew import Crew
    from srbench.scale.request import Request
    from srbench.scale.together import Hire

Executor = Literal["local", "ray", "submitit"]


@dataclass(frozen=True)
class Engine:
    """Where workers are, as it was typed.

    Attributes:
        executor: The engine.
        workers: Number of workers.
        ray_address: Address of the Ray cluster.
        slurm: What jobs ask of Slurm.
    """

    executor: Executor
    workers: int
    ray_address: str
    slurm: Sequence[str]

    @property
    def is_alone(self) -> bool:
        """Whether this process does everything itself."""
        return self.executor == "local" and self.workers == 1

    def hire(self, request: "Request", folder: Path) -> "Hire":
        """Return what makes the crew of a call.

        Args:
            request: What the run was asked for.
            folder: Folder of the run.

        Raises:
            UserError: What is asked of Slurm is no option of sbatch.
        """
        import torch

        from srbench.scale import sbatch
        from srbench.scale.processes import Order, Processes
        from srbench.scale.ray_actors import RayActors
        from srbench.scale.submitit_jobs import SubmititJobs

        asked = sbatch.requests(self.slurm)
        threads = max(torch.get_num_threads() // self.workers, 1)
        if self.executor == "submitit":
            threads = sbatch.threads(asked) or threads
        order = partial(Order, request, folder.resolve(), threads=threads)

        def hire(call: int, say: Callable[[str], None]) -> "Crew":
            if self.executor == "ray":
                return RayActors(order(call=call), self.ray_address)
            if self.executor == "submitit":
                return SubmititJobs(order(call=call), asked, say)
            return Processes(order(call=call))

        return hire
