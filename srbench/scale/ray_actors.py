"""Workers as actors of a Ray cluster, each of whom keeps its model loaded.

Every node must reach the run's folder, the images and the weights under the same paths, and have srbench installed.
"""

import importlib
import importlib.util
from typing import Any

from srbench.errors import UserError
from srbench.evaluation.plan import Unit
from srbench.scale.crew import Death
from srbench.scale.processes import Desk, Order
from srbench.scale.worker import Done

_CLOSING_S = 60


class RayActors:
    """A crew of Ray actors. Ray neither restarts them nor repeats their work: the scheduler does, and counts.

    Args:
        order: What they have to know.
        address: Address of the cluster; empty for one that is started on this machine.

    Raises:
        UserError: Ray is not installed.
        ConnectionError: There is no cluster at the address.
    """

    def __init__(self, order: Order, address: str) -> None:
        if importlib.util.find_spec("ray") is None:
            raise UserError("Ray is not installed; run: pip install 'sr-bench-suite[ray]'")
        self.ray: Any = importlib.import_module("ray")
        self.order = order
        self.began = not self.ray.is_initialized()
        if self.began:
            self.ray.init(
                address=address or "local", log_to_driver=False, include_dashboard=False if not address else None
            )
        on_gpu = order.request.mode.device != "cpu"
        # An actor without GPUs may see all of them: Ray leaves the variable as it is.
        seen = {} if on_gpu else {"CUDA_VISIBLE_DEVICES": ""}
        environment = {"OMP_NUM_THREADS": str(order.threads), **seen}
        self.desk = self.ray.remote(
            num_cpus=order.threads,
            num_gpus=int(on_gpu),
            max_restarts=0,
            max_task_retries=0,
            runtime_env={"env_vars": environment},
        )(Desk)
        self.actors: dict[int, Any] = {}
        self.answers: dict[Any, int] = {}

    def start(self, worker: int) -> None:
        """Start an actor, which waits until the cluster has room for it."""
        self.actors[worker] = self.desk.remote(self.order)

    def send(self, worker: int, unit: Unit) -> None:
        """Give an actor something to do."""
        self.answers[self.actors[worker].answer.remote(unit)] = worker

    def wait(self) -> tuple[int, Done | Death]:
        """Wait for the first of all actors that are at work."""
        (ready, *_), _ = self.ray.wait(list(self.answers), num_returns=1)
        worker = self.answers.pop(ready)
        try:
            told = self.ray.get(ready)
        except self.ray.exceptions.RayActorError:
            self.actors.pop(worker)
            return worker, Death("its Ray actor ended")
        if isinstance(told, Exception):
            raise told
        return worker, told

    def end(self) -> None:
        """Let idle actors close their segments, and end all."""
        at_work = set(self.answers.values())
        closing = [actor.close.remote() for worker, actor in self.actors.items() if worker not in at_work]
        if closing:
            self.ray.wait(closing, num_returns=len(closing), timeout=_CLOSING_S)
        for actor in self.actors.values():
            self.ray.kill(actor)
        self.actors.clear()
        self.answers.clear()
        if self.began:
            self.ray.shutdown()
