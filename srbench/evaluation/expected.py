"""What a run would take: images that are still to be done, time, memory and disk."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch

from srbench.core import environment
from srbench.evaluation.pairing import PairCache
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.spent import Cost, costs
from srbench.evaluation.tasks import ImageTask, Tasks
from srbench.models.memory import budget_mib

_PROCESS_MIB, _HR_BYTES_A_PX = 700, 200
"""Memory of a process with torch and metrics before the first image, and of one pixel of HR while it is measured."""

_ROW_BYTES = 900
"""Size of a stored row."""


@dataclass(frozen=True)
class Expected:
    """What a run would take, as far as its models and images are at hand.

    Attributes:
        images: Number of pairs of a model and an image.
        open: Number of those that anything is to be made for.
        seconds: Time for these in one process, by stored times; None where no model has any.
        untimed: Models with open images whose times are not known.
        calls_alone: Models of which only the time of their own calls is known, without metrics and files.
        memory_mib: Memory that a process takes at its peak.
        disk_bytes: Size of rows and outputs.
    """

    images: int = 0
    open: int = 0
    seconds: float | None = 0.0
    untimed: list[str] = field(default_factory=list)
    calls_alone: list[str] = field(default_factory=list)
    memory_mib: int = 0
    disk_bytes: int = 0


def expect(plan: Plan, folder: RunFolder) -> Expected:
    """Return what a plan would take.

    Args:
        plan: Models, data sets, metrics and conventions.
        folder: Folder of the run, which need not exist.
    """
    rows = folder.rows()
    known, pairs = {row.key: row for row in rows}, PairCache(plan.protocol)
    machine = environment.describe(torch.device(plan.mode.device))["machine"]
    made = Tasks(plan, folder, known, pairs, machine=machine)
    tasks: list[ImageTask] = []
    for model in plan.models:
        sets = {images.id: made.of_set(model, images) for images in plan.sets}
        tasks += made.of_images(model, plan.sets, sets)
    left = [task for task in tasks if task.is_open]
    modes = {model.id: plan.mode_of(model).as_dict() for model in plan.models}
    metrics = [scorer.name for scorer in plan.scorers]
    calls = folder.head()["calls"] if (folder.path / HEAD).exists() else []
    cost_of = costs(calls, rows, metrics=metrics, modes=modes, scale=plan.protocol.scale)
    models = list(dict.fromkeys(task.blank.model for task in left))
    return Expected(
        images=len(tasks),
        open=len(left),
        seconds=_seconds(left, cost_of, pairs),
        untimed=[model for model in models if model not in cost_of],
        calls_alone=[model for model in models if model in cost_of and not cost_of[model].whole],
        memory_mib=_memory_mib(plan, left, pairs),
        disk_bytes=sum(_ROW_BYTES * len(task.missing) + _picture_bytes(task) for task in left),
    )


def _seconds(tasks: Iterable[ImageTask], cost_of: dict[str, Cost], pairs: PairCache) -> float | None:
    pixels: dict[str, int] = {}
    for task in tasks:
        height, width = pairs.lr_size(task.item)
        pixels[task.blank.model] = pixels.get(task.blank.model, 0) + height * width
    timed = [
        cost_of[model].load_s + count * cost_of[model].s_per_px for model, count in pixels.items() if model in cost_of
    ]
    return sum(timed) if timed or not pixels else None


def _memory_mib(plan: Plan, tasks: Iterable[ImageTask], pairs: PairCache) -> int:
    """Return the memory for the largest image in the model that takes most for it, tiled within the budget."""
    models = {model.id: model for model in plan.models}
    budget = plan.mode.memory_mib or budget_mib(torch.device(plan.mode.device))
    most = 0.0
    for task in tasks:
        height, width = pairs.lr_size(task.item)
        network = min(models[task.blank.model].bytes_per_px * height * width / 2**20, budget)
        most = max(most, network + _HR_BYTES_A_PX * height * width * plan.protocol.scale**2 / 2**20)
    return round(_PROCESS_MIB + most) if most else 0


def _picture_bytes(task: ImageTask) -> int:
    """An output takes about as much as its original's file, where it is kept."""
    return task.item.hr.stat().st_size if task.picture else 0
