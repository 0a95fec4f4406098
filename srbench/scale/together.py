"""A run that several workers do together; what comes of it is what one process would have stored."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from statistics import fmean

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.core.wording import counted
from srbench.evaluation.harness import ModelTasks, Walk
from srbench.evaluation.plan import Outcome, Plan, Unit, failure
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import WHOLE_SET
from srbench.evaluation.segment_folder import join_segments
from srbench.evaluation.spent import Spent, costs
from srbench.scale.crew import Crew, Death
from srbench.scale.scheduler import Scheduler
from srbench.scale.worker import Done

Hire = Callable[[int, Callable[[str], None]], Crew]


def run(plan: Plan, folder: RunFolder, workers: int, hire: Hire, progress: Progress = NO_PROGRESS) -> Outcome:
    """Let workers measure what a plan asks for; each of their images is stored as soon as it is known.

    A model that ends its process three times in a row is set aside and noted as failed, and so is an image that does
    so with a model three times; the rest goes on.

    Args:
        plan: Models, data sets, metrics and conventions.
        folder: Folder of results.
        workers: Number of workers, at least 1.
        hire: Makes the crew for the call of this number in run.json, which may say what it waits for.
        progress: Shows one task, with a step for each image.

    Raises:
        UserError: No image can be used, or a worker found something that the user has to mend.
        OSError: Rows could not be stored.
    """
    walk = Walk(plan, folder, progress)
    made = walk.begin()
    tasks = [walk.tasks_of(model, made) for model in plan.models]
    images = _images(plan, tasks)
    scheduler, notes = Scheduler(_costs(walk, tasks)), _Notes(walk)
    title = f"{counted(len(plan.models), 'model')}, {counted(workers, 'worker')}"
    try:
        with progress.task(title, sum(images.values())) as shown, ExitStack() as at_end:
            crew = hire(walk.call, lambda text: shown.describe(f"{title}: {text}"))
            at_end.callback(crew.end)
            for unit, told in _dispatch(scheduler, crew, workers):
                if isinstance(told, Done):
                    notes.add(unit, told)
                    shown.advance(images[unit])
    finally:
        if not plan.share:
            join_segments(folder)
    notes.conclude(scheduler.set_aside)
    walk.measurer.known.update({row.key: row for row in folder.rows()})
    for of_model in tasks:
        walk.collect(of_model)
    return walk.conclude()


def _dispatch(scheduler: Scheduler, crew: Crew, workers: int) -> Iterator[tuple[Unit, Done | Death]]:
    """Yield each unit with what came of it, until nothing is left to do."""
    idle, started = set(range(workers)), set[int]()
    at_work: dict[int, Unit] = {}
    while True:
        for worker in sorted(idle):
            unit = scheduler.next(worker)
            if unit is None:
                break
            if worker not in started:
                crew.start(worker)
                started.add(worker)
            crew.send(worker, unit)
            at_work[worker] = unit
            idle.discard(worker)
        if not at_work:
            return
        worker, told = crew.wait()
        if isinstance(told, Death):
            started.discard(worker)
            scheduler.died(worker, told.how)
        else:
            scheduler.done(worker, goes_on=told.goes_on)
        idle.add(worker)
        yield at_work.pop(worker), told


class _Notes:
    """What workers told, put together.

    Args:
        walk: Walk whose outcome is filled.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.loads: dict[str, list[float]] = {}
        self.spent: dict[str, Spent] = {}
        self.items = {(images.id, item.name): item for images in walk.plan.sets for item in images.items}

    def add(self, unit: Unit, done: Done) -> None:
        """Take in what a worker told of a unit."""
        outcome = self.walk.outcome
        outcome.computed += done.computed
        for entry in done.failed:
            if entry not in outcome.failed:  # several workers may load one model, or read one file
                outcome.failed.append(entry)
            if not entry["model"]:
                self.walk.measurer.unusable[self.items[entry["dataset"], entry["image"]]] = entry["reason"]
        spent = self.spent.setdefault(unit[0], Spent())
        spent.s, spent.lr_px = spent.s + done.spent.get("s", 0), spent.lr_px + int(done.spent.get("lr_px", 0))
        if done.spent.get("load_s"):
            self.loads.setdefault(unit[0], []).append(done.spent["load_s"])

    def conclude(self, set_aside: Mapping[tuple[str, ...], str]) -> None:
        """Note what was set aside, in the order of one process, and the time of each model."""
        failed = self.walk.outcome.failed
        for what, why in set_aside.items():
            model, dataset, image = (*what, "", "")[:3]
            failed.append(failure(model, dataset, "" if image == WHOLE_SET else image, why))
        models = {model.id: place for place, model in enumerate(self.walk.plan.models, 1)}
        images = {name: place for place, name in enumerate(self.items, 1)}
        failed.sort(key=lambda one: (models.get(one["model"], 0), images.get((one["dataset"], one["image"]), 0)))
        for model, spent in self.spent.items():
            loads = self.loads.get(model, [])
            spent.load_s = sum(loads) / max(len(loads), 1)
            self.walk.spent[model] = spent.as_dict()


def _images(plan: Plan, tasks: list[ModelTasks]) -> dict[Unit, int]:
    """Return the units that are open, with their numbers of images."""
    blanks = [task.blank for of_model in tasks for task in of_model.open]
    return Counter(plan.unit(blank.model, blank.dataset, blank.image) for blank in blanks)


def _costs(walk: Walk, tasks: list[ModelTasks]) -> dict[Unit, float]:
    """Return the cost of each open unit: its LR pixels, times what stored times tell of its model."""
    plan = walk.plan
    modes = {model.id: plan.mode_of(model).as_dict() for model in plan.models}
    metrics = [scorer.name for scorer in plan.scorers]
    rows, calls = walk.measurer.known.values(), walk.folder.head()["calls"]
    known = costs(calls, rows, metrics=metrics, modes=modes, scale=plan.protocol.scale)
    usual = fmean(cost.s_per_px for cost in known.values()) if known else 1.0
    found: dict[Unit, float] = {}
    for task in (task for of_model in tasks for task in of_model.open):
        height, width = walk.measurer.pairs.lr_size(task.item)
        unit = plan.unit(task.blank.model, task.blank.dataset, task.blank.image)
        per_px = known[unit[0]].s_per_px if unit[0] in known else usual
        found[unit] = found.get(unit, 0.0) + per_px * max(height * width, 1)
    return found
