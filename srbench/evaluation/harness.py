"""The walk of one image through one model: the only place where models, data and metrics meet."""

import math
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from srbench.core import environment, image, timing
from srbench.core.busy import BusyWatch
from srbench.core.download import sha256
from srbench.core.progress import NO_PROGRESS, Progress, Task
from srbench.datasets.dataset import Item
from srbench.errors import UserError, reason
from srbench.evaluation import channels, pairing, sanity, scoring, usable
from srbench.evaluation.pairing import Pair
from srbench.evaluation.plan import Outcome, Plan, describe_call
from srbench.evaluation.results import ERRORS, TIMINGS, Row, RunFolder
from srbench.evaluation.scoring import Views
from srbench.evaluation.tasks import ImageTask, SetTask, Tasks, by_size
from srbench.models.memory import ran_out
from srbench.models.model import Model
from srbench.models.output_check import Problem
from srbench.models.upscaler import Upscaler
from srbench.models.user_code import contained

_WARM_UP_PX, _WARM_UP_CALLS = 48, 2


@dataclass(frozen=True)
class _Found:
    """What a model made of an image, and what is wrong with it.

    Attributes:
        raw: Output of the model on [0, 1], not rounded.
        problem: What was wrong before it was clamped.
        tiles: Text that says so where it depends on tiles.
    """

    raw: Tensor
    problem: Problem | None
    tiles: str

    @property
    def finite(self) -> bool:
        return self.problem is None or self.problem.finite


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
    return _Walk(plan, folder, progress).walk()


class _Walk:
    def __init__(self, plan: Plan, folder: RunFolder, progress: Progress) -> None:
        self.plan = plan
        self.folder = folder
        self.progress = progress
        self.known = {row.key: row for row in folder.rows()}
        self.outcome = Outcome(failed=[_failure(name, "", "", text) for name, text in plan.failed.items()])
        self.device = torch.device(plan.mode.device)
        self.busy = BusyWatch(self.device)
        self.pairs = pairing.PairCache(plan.protocol)
        self.sets = list(plan.sets)
        self.unusable: dict[Item, str] = {}

    def walk(self) -> Outcome:
        self._select_images()  # before a folder becomes that of a protocol
        facts = environment.describe(self.device)
        environment_id, call = self.folder.record(self.plan.protocol.as_dict(), facts, describe_call(self.plan))
        made = Tasks(self.plan, self.folder, self.known, self.pairs, environment_id, facts["machine"])
        for turn, model in enumerate(self.plan.models, 1):
            sets = {images.id: made.of_set(model, images) for images in self.sets}
            tasks = list(made.of_images(model, self.sets, sets))
            listed: list[ImageTask | SetTask] = [*tasks, *sets.values()]
            self.outcome.kept += sum(len(task.keys) - len(task.missing) for task in listed)
            open_tasks = [task for task in tasks if task.is_open]
            self._renew(k for task in listed for k in task.keys.values() if k in self.known)
            if open_tasks:
                with self.progress.task(f"[{turn}/{len(self.plan.models)}] {model.id}", len(open_tasks)) as shown:
                    self._run_model(model, made.grouped(model, open_tasks), shown)
                self._conclude_sets(sets)
            self.outcome.rows += [self.known[k] for task in listed for k in task.keys.values() if k in self.known]
        self.folder.conclude(call, self.outcome.failed)
        if not self.outcome.rows and all(item in self.unusable for images in self.plan.sets for item in images.items):
            raise usable.refuse_all({item.name: text for item, text in self.unusable.items()})
        return self.outcome

    def _renew(self, keys: Iterable[str]) -> None:
        """Store rows that are kept once more where others of their line came later, as with tiles of another side."""
        newest = {_line(row): row.key for row in self.known.values()}
        self._append([self.known[k] for k in keys if newest[_line(self.known[k])] != k], computed=False)

    def _select_images(self) -> None:
        """Leave out the images whose headers say that they cannot be used."""
        names = [scorer.name for scorer in self.plan.scorers]
        for at, images in enumerate(self.plan.sets):
            self.sets[at], refused = usable.select(images, self.plan.protocol, names)
            for item in images.items:
                if item.name in refused:
                    self._refuse(images.id, item, refused[item.name])
        if not any(images.items for images in self.sets):
            raise usable.refuse_all({item.name: text for item, text in self.unusable.items()})

    def _refuse(self, dataset: str, item: Item, text: str) -> None:
        """Note an image that no model can have."""
        self.unusable[item] = text
        self.outcome.failed.append({"model": "", "dataset": dataset, "image": item.name, "reason": text})

    def _pair(self, task: ImageTask) -> Pair | None:
        """Return HR and LR; None where they cannot be read, which is noted once."""
        if task.item in self.unusable:
            return None
        try:
            return self.pairs.load(task.item)
        except UserError as error:
            self._refuse(task.blank.dataset, task.item, reason(error))
            return None

    def _run_model(self, model: Model, tasks: list[ImageTask], shown: Task) -> None:
        lr = next((pair.lr for task in tasks if (pair := self._pair(task))), None)
        if lr is None:
            return
        try:
            with contained(model.id):
                upscaler = model.upscaler(self.plan.mode_of(model))
                _warm_up(upscaler, lr)
        except Exception as error:
            self._fail(replace(tasks[0].blank, image=""), error)
            return
        shape = torch.Size()
        anew = by_size(self.plan, model)
        for task in tasks:
            images = self._pair(task)
            if images is None:
                shown.advance()
                continue
            lr = images.lr.to(self.device) / 255
            try:
                with contained(model.id):
                    if anew and lr.shape != shape:
                        upscaler(lr)  # kernels are chosen, graphs compiled or recorded, for each new size
                    shape = lr.shape
                    raw, latency_ms = timing.once(partial(upscaler, lr), self.device)
                    self.busy.look()
                    found = _Found(raw, upscaler.problem(), upscaler.tile_warning(lr))
            except Exception as error:
                self._fail(task.blank, error)
                if ran_out(error):
                    continue
                return
            try:
                self._store(task, images, found, latency_ms)
            except Exception as error:
                if not (isinstance(error, UserError) or ran_out(error)):  # too small or too large for a metric
                    raise
                self._fail(task.blank, error)
            shown.advance()

    def _store(self, task: ImageTask, images: Pair, found: _Found, latency_ms: float) -> None:
        if task.picture is not None and found.finite:
            task = self._with_picture(task, found.raw)
        values, warnings = self._measure(task, images, found)
        pixels = found.raw.shape[-2] * found.raw.shape[-1]
        values |= {"latency": latency_ms, "throughput": pixels / latency_ms / 1000}
        self._append([self._row(task, name, values[name], warnings) for name in task.missing if name in values])

    def _with_picture(self, task: ImageTask, raw: Tensor) -> ImageTask:
        """Keep the output as a file; values that were not measured of this very output are measured again."""
        assert task.picture is not None
        image.write(task.picture, image.to_array(image.to_uint8(raw)))
        digest = sha256(task.picture)
        others = [k for k in task.keys.values() if k in self.known and self.known[k].picture != digest]
        again = [name for name, k in task.keys.items() if name not in TIMINGS and k in others]
        missing = [name for name in task.keys if name in task.missing or name in again]
        return replace(task, blank=replace(task.blank, picture=digest), missing=missing)

    def _measure(self, task: ImageTask, images: Pair, found: _Found) -> tuple[dict[str, float], tuple[str, ...]]:
        missing = [scorer for scorer in self.plan.scorers if scorer.name in task.missing]
        problem = [found.problem.text] if found.problem else []
        tiles = [found.tiles] if found.tiles else []
        if not found.finite:  # rounding would turn NaN into black and give it a score
            task.image_set.update(None)
            return dict.fromkeys((scorer.name for scorer in missing), math.nan), tuple(problem)
        if not missing and not task.image_set.missing:
            return {}, ()
        sr = scoring.quantise(found.raw, self.plan.protocol)
        hr = None if images.hr is None else images.hr.to(self.device)
        views = Views(sr, hr, self.plan.protocol, images.lr.to(self.device))
        measured = scoring.measure(views, missing)
        for name, error in measured.failed.items():
            self._fail(task.blank, error, name)
        try:
            task.image_set.update(views)
        except UserError as error:
            self._fail(task.blank, error)
        if not missing:
            return measured.values, ()
        # A wrong range makes an output look constant or shifted: its cause speaks alone.
        remarks = [*(problem or sanity.check(sr, hr, views.lumas)), *tiles, *measured.remarks]
        remarks += [] if hr is None else channels.remarks(hr, self.plan.protocol)
        return measured.values, tuple(remarks)

    def _conclude_sets(self, sets: dict[str, SetTask]) -> None:
        """Store the values of whole sets."""
        for task in sets.values():
            if not task.missing:
                continue
            if task.images < task.blank.images:
                lacking = UserError(f"no value of {', '.join(task.missing)}, which needs every image: some failed")
                self._fail(replace(task.blank, image=""), lacking)
                continue
            self._append([self._row(task, name, value) for name, value in task.values().items()])

    def _row(self, task: "ImageTask | SetTask", name: str, value: float, warnings: tuple[str, ...] = ()) -> Row:
        row = replace(task.blank, key=task.keys[name], metric=name, value=value)
        if name in TIMINGS:
            unit, higher = TIMINGS[name]
            return replace(row, unit=unit, higher_is_better=higher, warnings=self.busy.found)
        metric = next(scorer.metric for scorer in self.plan.scorers if scorer.name == name)
        row = replace(row, unit=metric.unit, higher_is_better=metric.higher_is_better, warnings=warnings)
        return replace(row, title=metric.title, digits=metric.digits)

    def _append(self, rows: list[Row], *, computed: bool = True) -> None:
        if rows:
            self.folder.append(rows)
        for row in rows:
            self.known.pop(row.key, None)  # the newest stands last
            self.known[row.key] = row
        self.outcome.computed += len(rows) * computed

    def _fail(self, blank: Row, error: Exception, metric: str = "") -> None:
        text = f"{metric}: {reason(error)}" if metric else reason(error)
        entry = _failure(blank.model, blank.dataset, blank.image, text)
        if not isinstance(error, UserError):
            head = f"{blank.model} on {' '.join(filter(None, (blank.dataset, blank.image)))}, {blank.mode}"
            self.folder.log_error(f"{head}\n{''.join(traceback.format_exception(error))}")
            entry["traceback"] = ERRORS
        self.outcome.failed.append(entry)


def _line(row: Row) -> tuple[str, ...]:
    """Return what two rows have in common of which only the newer one is shown."""
    return row.model, row.dataset, row.image, row.metric, row.device, row.mode


def _failure(model: str, dataset: str, image_name: str, why: str) -> dict[str, str]:
    return {"model": model, "dataset": dataset, "image": image_name, "reason": why}


def _warm_up(upscaler: Upscaler, lr: Tensor) -> None:
    """Let the first call's allocations and kernel choices happen outside the timings."""
    patch = lr[..., :_WARM_UP_PX, :_WARM_UP_PX] / 255
    for _ in range(_WARM_UP_CALLS):
        upscaler(patch)
