"""The walk of all images through all models: the only place where models, data and metrics meet."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from srbench.core import environment
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.evaluation import usable
from srbench.evaluation.measuring import Measurer
from srbench.evaluation.plan import Outcome, Plan, describe_call
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import line
from srbench.evaluation.segment_folder import SegmentFolder, join_segments
from srbench.evaluation.spent import Spent
from srbench.evaluation.tasks import ImageTask, SetTask, Tasks
from srbench.models.model import Model


def run(plan: Plan, folder: RunFolder, progress: Progress = NO_PROGRESS) -> Outcome:
    """Walk models x data sets x images; each image's rows are stored as soon as they are known.

    A model that cannot be loaded, or whose call fails, is noted as failed and the others go on; its traceback goes to
    errors.log in the folder. An image that runs out of memory does not end its model. An image that cannot
    be used is noted as failed, once for all models.

    Args:
        plan: Models, data sets, metrics and conventions.
        folder: Folder of results; values that it holds are kept, unless the plan says otherwise.
        progress: Shows a task for each model, with a step for each image.

    Raises:
        BadImage: No image can be used.
    """
    return Walk(plan, folder, progress).walk()


@dataclass(frozen=True)
class ModelTasks:
    """What one model is to measure.

    Attributes:
        images: Task of each image.
        sets: Tasks of whole data sets by their ids.
    """

    images: list[ImageTask]
    sets: dict[str, SetTask]

    @property
    def listed(self) -> list[ImageTask | SetTask]:
        """All tasks, those of sets last."""
        return [*self.images, *self.sets.values()]

    @property
    def open(self) -> list[ImageTask]:
        """Tasks of images of which anything is still to be made."""
        return [task for task in self.images if task.is_open]


class Walk:
    """The walk of a plan in parts, for those who let other processes measure.

    Args:
        plan: Models, data sets, metrics and conventions.
        folder: Folder of results.
        progress: Shows a task for each model, with a step for each image.
    """

    def __init__(self, plan: Plan, folder: RunFolder, progress: Progress = NO_PROGRESS) -> None:
        self.plan = plan
        self.folder = folder
        self.progress = progress
        self.measurer = Measurer(plan, folder)
        self.outcome = self.measurer.outcome
        self.sets = list(plan.sets)
        self.call = 0
        self.spent: dict[str, Mapping[str, float]] = {}

    def walk(self) -> Outcome:
        """Measure all, in this process; a share writes a segment of its own."""
        made = self.begin()
        segment = SegmentFolder(self.folder.path, self.call) if self.plan.share else None
        self.measurer.folder = segment or self.folder
        for turn, model in enumerate(self.plan.models, 1):
            tasks = self.tasks_of(model, made)
            if tasks.open:
                self._run_model(model, tasks, made, f"[{turn}/{len(self.plan.models)}] {model.id}")
            self.collect(tasks)
        if segment:
            segment.close()
        return self.conclude()

    def begin(self) -> Tasks:
        """Choose the images, note the call in run.json, and return what makes tasks.

        Raises:
            BadImage: No image can be used.
            BadRun: The folder holds a run under another protocol.
        """
        self._select_images()  # before a folder becomes that of a protocol
        if not self.plan.share:  # shares may be on several machines, whose appends to one file would mix
            join_segments(self.folder)
        facts = environment.describe(self.measurer.network_device)
        environment_id, self.call = self.folder.record(self.plan.protocol.as_dict(), facts, describe_call(self.plan))
        known, pairs = self.measurer.known, self.measurer.pairs
        return Tasks(self.plan, self.folder, known, pairs, environment_id, facts["machine"])

    def tasks_of(self, model: Model, made: Tasks) -> ModelTasks:
        """Return what a model is to measure; rows that are kept stand newest from then on."""
        sets = {images.id: made.of_set(model, images) for images in self.sets}
        images = [task for task in made.of_images(model, self.sets, sets) if self._takes(task)]
        if self.plan.only is not None:
            taken = {task.blank.dataset for task in images}
            sets = {dataset: task for dataset, task in sets.items() if dataset in taken}
        tasks = ModelTasks(images, sets)
        self.outcome.kept += sum(len(task.keys) - len(task.missing) for task in tasks.listed)
        self._renew(k for task in tasks.listed for k in task.keys.values() if k in self.measurer.known)
        return tasks

    def collect(self, tasks: ModelTasks) -> None:
        """Add the rows of tasks to the outcome."""
        known = self.measurer.known
        self.outcome.rows += [known[k] for task in tasks.listed for k in task.keys.values() if k in known]

    def conclude(self) -> Outcome:
        """Note in run.json what failed, and return what came of the plan.

        Raises:
            BadImage: No image could be used.
        """
        self.folder.conclude(self.call, self.outcome.failed, self.spent)
        unusable = self.measurer.unusable
        if not self.outcome.rows and all(item in unusable for images in self.plan.sets for item in images.items):
            raise usable.refuse_all({item.name: text for item, text in unusable.items()})
        return self.outcome

    def _takes(self, task: ImageTask) -> bool:
        unit = self.plan.unit(task.blank.model, task.blank.dataset, task.blank.image)
        return self.plan.only is None or unit in self.plan.only

    def _run_model(self, model: Model, tasks: ModelTasks, made: Tasks, title: str) -> None:
        with self.progress.task(title, len(tasks.open)) as shown:
            begin = time.perf_counter()
            upscaler = self.measurer.load(model, tasks.open)
            spent = Spent(time.perf_counter() - begin)
            order = made.grouped(model, tasks.open)
            for task, following in zip(order, [*order[1:], None], strict=True):
                begin = time.perf_counter()
                if upscaler is None or not self.measurer.measure(model, upscaler, task, following):
                    break
                shown.advance()
                spent.add(task, time.perf_counter() - begin, self.measurer.pairs.lr_size(task.item))
        self.measurer.conclude_sets(tasks.sets)
        self.spent[model.id] = spent.as_dict()

    def _renew(self, keys: Iterable[str]) -> None:
        """Store rows that are kept once more where others of their line came later, as with tiles of another side."""
        known = self.measurer.known
        newest = {line(row): row.key for row in known.values()}
        self.measurer.append([known[k] for k in keys if newest[line(known[k])] != k], computed=False)

    def _select_images(self) -> None:
        """Leave out the images whose headers say that they cannot be used."""
        names = [scorer.name for scorer in self.plan.scorers]
        for at, images in enumerate(self.plan.sets):
            self.sets[at], refused = usable.select(images, self.plan.protocol, names)
            for item in images.items:
                if item.name in refused:
                    self.measurer.refuse(images.id, item, refused[item.name])
        if not any(images.items for images in self.sets):
            raise usable.refuse_all({item.name: text for item, text in self.measurer.unusable.items()})
