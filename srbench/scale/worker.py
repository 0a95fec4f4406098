"""A worker: it keeps one model loaded, measures one unit of work after another, and writes a segment of its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from srbench.core import environment
from srbench.datasets.locate import ImageSet
from srbench.evaluation import usable
from srbench.evaluation.measuring import Measurer
from srbench.evaluation.plan import Plan, Unit
from srbench.evaluation.row import WHOLE_SET
from srbench.evaluation.segment_folder import SegmentFolder
from srbench.evaluation.spent import Spent
from srbench.evaluation.tasks import ImageTask, Tasks
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler


@dataclass(frozen=True)
class Done:
    """What a worker tells of a unit of work.

    Attributes:
        computed: Number of values that it stored.
        failed: One entry for each image, or model, that failed.
        goes_on: Whether the model can go on.
        spent: Time that the unit took.
    """

    computed: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    goes_on: bool = True
    spent: Mapping[str, float] = field(default_factory=dict)


class Worker:
    """Does units of work.

    Args:
        plan: Models, data sets, metrics and conventions.
        folder: Folder of the run, whose call is noted in run.json.
    """

    def __init__(self, plan: Plan, folder: SegmentFolder) -> None:
        self.folder = folder
        self.plan = plan
        self.measurer = Measurer(self.plan, self.folder)
        facts = environment.describe(self.measurer.network_device)
        known, pairs = self.measurer.known, self.measurer.pairs
        self.tasks = Tasks(self.plan, self.folder, known, pairs, self.folder.know(facts), facts["machine"])
        names = [scorer.name for scorer in self.plan.scorers]
        self.sets = {images.id: usable.select(images, self.plan.protocol, names)[0] for images in self.plan.sets}
        self.models = {model.id: model for model in self.plan.models}
        self.loaded: tuple[str, Upscaler | None] = "", None

    def do(self, unit: Unit) -> Done:
        """Measure a unit of work and store its rows.

        Raises:
            OSError: They could not be stored.
        """
        model, images = self.models[unit[0]], _part(self.sets[unit[1]], unit[2])
        outcome = self.measurer.outcome
        computed, failed = outcome.computed, len(outcome.failed)
        sets = {images.id: self.tasks.of_set(model, images)}
        tasks = [task for task in self.tasks.of_images(model, [images], sets) if task.is_open]
        spent, goes_on = Spent(), True
        if any(self.measurer.pair(task) for task in tasks):
            spent, goes_on = self._measure(model, tasks)
            self.measurer.conclude_sets(sets)
        return Done(outcome.computed - computed, outcome.failed[failed:], goes_on, spent.as_dict())

    def close(self) -> None:
        """Close the segment."""
        self.folder.close()

    def _measure(self, model: Model, tasks: list[ImageTask]) -> tuple[Spent, bool]:
        spent = Spent()
        if self.loaded[0] != model.id:
            self.loaded = "", None  # two models at once may not fit
            begin = time.perf_counter()
            self.loaded = model.id, self.measurer.load(model, tasks)
            spent.load_s = time.perf_counter() - begin
        upscaler = self.loaded[1]
        for task in self.tasks.grouped(model, tasks):
            begin = time.perf_counter()
            if upscaler is None or not self.measurer.measure(model, upscaler, task):
                return spent, False
            spent.add(task, time.perf_counter() - begin, self.measurer.pairs.lr_size(task.item))
        return spent, True


def _part(images: ImageSet, image: str) -> ImageSet:
    """Return a data set with one of its images, or as it is."""
    if image == WHOLE_SET:
        return images
    return replace(images, items=tuple(item for item in images.items if item.name == image))
