"""What one image becomes in one model: its output is timed, measured, and stored as rows."""

import math
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from srbench.core import image, timing
from srbench.core.busy import BusyWatch
from srbench.core.device import scoring_device
from srbench.core.download import sha256
from srbench.datasets.dataset import Item
from srbench.errors import UserError, reason
from srbench.evaluation import channels, pairing, sanity, scoring
from srbench.evaluation.pairing import Pair
from srbench.evaluation.plan import Outcome, Plan, failure
from srbench.evaluation.results import ERRORS, RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.evaluation.scoring import Views
from srbench.evaluation.tasks import ImageTask, SetTask, by_size
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


class Measurer:
    """Measures images with models, and stores their rows as soon as they are known.

    Args:
        plan: Data sets, metrics and conventions.
        folder: Folder that takes the rows.

    Attributes:
        known: Rows that are there, by key.
        network_device: Device on which networks run.
        device: Device on which outputs are scored.
        outcome: What failed, and the number of values computed.
        pairs: HR and LR of images.
        unusable: Reasons by image that no model can have.
        reads_ahead: Whether the next image is read while one is scored, which takes no time from scoring on a GPU.
    """

    def __init__(self, plan: Plan, folder: RunFolder) -> None:
        self.plan = plan
        self.folder = folder
        self.known = {row.key: row for row in folder.rows()}
        self.outcome = Outcome(failed=[failure(name, "", "", text) for name, text in plan.failed.items()])
        self.network_device = torch.device(plan.mode.device)
        self.device = scoring_device(self.network_device)
        self.busy = BusyWatch(self.network_device)
        self.pairs = pairing.PairCache(plan.protocol)
        self.unusable: dict[Item, str] = {}
        self.reads_ahead = self.device.type != "cpu"
        self._shape = torch.Size()

    def refuse(self, dataset: str, item: Item, text: str) -> None:
        """Note an image that no model can have."""
        self.unusable[item] = text
        self.outcome.failed.append({"model": "", "dataset": dataset, "image": item.name, "reason": text})

    def pair(self, task: ImageTask) -> Pair | None:
        """Return HR and LR; None where they cannot be read, which is noted once."""
        if task.item in self.unusable:
            return None
        try:
            return self.pairs.load(task.item)
        except UserError as error:
            self.refuse(task.blank.dataset, task.item, reason(error))
            return None

    def load(self, model: Model, tasks: Iterable[ImageTask]) -> Upscaler | None:
        """Load a model and warm it up; None where it fails, which is noted, or where no image can be used."""
        task, lr = next(((task, pair.lr) for task in tasks if (pair := self.pair(task))), (None, None))
        if task is None or lr is None:
            return None
        self._shape = torch.Size()
        try:
            with contained(model.id):
                upscaler = model.upscaler(self.plan.mode_of(model))
                _warm_up(upscaler, lr)
        except Exception as error:
            self.fail(replace(task.blank, image=""), error)
            return None
        return upscaler

    def measure(self, model: Model, upscaler: Upscaler, task: ImageTask, following: ImageTask | None = None) -> bool:
        """Measure an image and store its rows.

        Args:
            model: The model.
            upscaler: The model, loaded.
            task: The image.
            following: The image after it.

        Returns:
            Whether the model can go on: False after a failure of its own code.
        """
        images = self.pair(task)
        if images is None:
            return True
        lr = images.lr.to(self.device) / 255
        try:
            with contained(model.id):
                if by_size(self.plan, model) and lr.shape != self._shape:
                    upscaler(lr)  # kernels are chosen, graphs compiled or recorded, for each new size
                self._shape = lr.shape
                raw, latency_ms = timing.once(partial(upscaler, lr), self.device)
                self.busy.look()
                found = _Found(raw, upscaler.problem(), upscaler.tile_warning(lr))
        except Exception as error:
            self.fail(task.blank, error)
            return ran_out(error)
        if self.reads_ahead and following is not None and following.item not in self.unusable:
            self.pairs.begin(following.item)  # only now: beside the network it would disturb the timing
        try:
            self._store(task, images, found, latency_ms)
        except Exception as error:
            if not (isinstance(error, UserError) or ran_out(error)):  # too small or too large for a metric
                raise
            self.fail(task.blank, error)
        return True

    def _store(self, task: ImageTask, images: Pair, found: _Found, latency_ms: float) -> None:
        if task.picture is not None and found.finite:
            task = self._with_picture(task, found.raw)
        values, warnings = self._measure(task, images, found)
        pixels = found.raw.shape[-2] * found.raw.shape[-1]
        values |= {"latency": latency_ms, "throughput": pixels / latency_ms / 1000}
        self.append([self._row(task, name, values[name], warnings) for name in task.missing if name in values])

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
            self.fail(task.blank, error, name)
        try:
            task.image_set.update(views)
        except UserError as error:
            self.fail(task.blank, error)
        if not missing:
            return measured.values, ()
        # A wrong range makes an output look constant or shifted: its cause speaks alone.
        remarks = [*(problem or sanity.check(sr, hr, views.lumas)), *tiles, *measured.remarks]
        remarks += [] if hr is None else channels.remarks(hr, self.plan.protocol)
        return measured.values, tuple(remarks)

    def conclude_sets(self, sets: dict[str, SetTask]) -> None:
        """Store the values of whole sets."""
        for task in sets.values():
            if not task.missing:
                continue
            if task.images < task.blank.images:
                lacking = UserError(f"no value of {', '.join(task.missing)}, which needs every image: some failed")
                self.fail(replace(task.blank, image=""), lacking)
                continue
            self.append([self._row(task, name, value) for name, value in task.values().items()])

    def _row(self, task: "ImageTask | SetTask", name: str, value: float, warnings: tuple[str, ...] = ()) -> Row:
        row = replace(task.blank, key=task.keys[name], metric=name, value=value)
        if name in TIMINGS:
            unit, higher = TIMINGS[name]
            return replace(row, unit=unit, higher_is_better=higher, warnings=self.busy.found)
        metric = next(scorer.metric for scorer in self.plan.scorers if scorer.name == name)
        row = replace(row, unit=metric.unit, higher_is_better=metric.higher_is_better, warnings=warnings)
        return replace(row, title=metric.title, digits=metric.digits)

    def append(self, rows: list[Row], *, computed: bool = True) -> None:
        """Store rows, which are known from then on."""
        if rows:
            self.folder.append(rows)
        for row in rows:
            self.known.pop(row.key, None)  # the newest stands last
            self.known[row.key] = row
        self.outcome.computed += len(rows) * computed

    def fail(self, blank: Row, error: Exception, metric: str = "") -> None:
        """Note what failed, with its traceback where it is no fault of the user."""
        text = f"{metric}: {reason(error)}" if metric else reason(error)
        entry = failure(blank.model, blank.dataset, blank.image, text)
        if not isinstance(error, UserError):
            head = f"{blank.model} on {' '.join(filter(None, (blank.dataset, blank.image)))}, {blank.mode}"
            self.folder.log_error(f"{head}\n{''.join(traceback.format_exception(error))}")
            entry["traceback"] = ERRORS
        self.outcome.failed.append(entry)


def _warm_up(upscaler: Upscaler, lr: Tensor) -> None:
    """Let the first call's allocations and kernel choices happen outside the timings."""
    patch = lr[..., :_WARM_UP_PX, :_WARM_UP_PX] / 255
    for _ in range(_WARM_UP_CALLS):
        upscaler(patch)
