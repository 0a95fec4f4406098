"""The walk of one image through one model: the only place where models, data and metrics meet."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from srbench.core import environment, image, timing
from srbench.core.progress import NO_PROGRESS, Progress, Task
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.errors import UserError, reason
from srbench.evaluation import pairing, sanity, scoring
from srbench.evaluation.results import TIMINGS, Row, RunFolder, key
from srbench.evaluation.scoring import Scorer
from srbench.models.memory import ran_out
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol
from srbench.stats.bootstrap import RESAMPLES, SEED

_WARM_UP_PX, _WARM_UP_CALLS = 48, 2
_KEPT_MIB = 256


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        models: In the order of the table.
        sets: Data sets at hand.
        protocol: The conventions.
        gauges: Loaded metrics.
        mode: How networks run.
        modes: Models that run in a mode of their own, by id.
        save_images: Keep each output as PNG.
        force: Redo what is already there.
        notes: What a reader of the tables must know; stored with the run.
        unavailable: Models that were asked for and cannot run, with the reason; stored with the run.
    """

    models: list[Model]
    sets: list[ImageSet]
    protocol: Protocol
    gauges: list[Scorer]
    mode: Mode = field(default_factory=Mode)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    save_images: bool = False
    force: bool = False
    notes: list[str] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)

    def mode_of(self, model: Model) -> Mode:
        """How a model runs."""
        return self.modes.get(model.id, self.mode)


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        rows: Those of the plan, found or made, in its order.
        failed: One entry for each image (or model) that failed, with the reason.
        found: How many values were already there.
        made: How many were computed.
    """

    rows: list[Row] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    found: int = 0
    made: int = 0


@dataclass(frozen=True)
class _Task:
    """One image for one model: which of its values are missing."""

    blank: Row
    item: Item
    keys: dict[str, str]
    missing: list[str]
    picture: Path | None


def run(plan: Plan, folder: RunFolder, progress: Progress = NO_PROGRESS) -> Outcome:
    """Walk models x data sets x images; each image's rows are stored as soon as they are known.

    A model that cannot be loaded, or whose call fails, is noted as failed and the others go on; an image that runs out
    of memory does not end its model.

    Args:
        plan: What to run.
        folder: Rows that are there are not made again, unless the plan says so.
        progress: Shows a task for each model, with a step for each image.

    Raises:
        UserError: An image cannot be read or does not fit the protocol.
    """
    return _Walk(plan, folder, progress).walk()


class _Pairs:
    """HR and LR that one model needed are kept for the next, as far as they fit: reading takes longer than a small one.

    What came first stays, since each model walks through all images anew.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.kept: dict[Item, pairing.Pair] = {}
        self.left_bytes = _KEPT_MIB * 2**20

    def load(self, item: Item) -> pairing.Pair:
        if item in self.kept:
            return self.kept[item]
        images = pairing.load(item, self.protocol)
        size_bytes = images.hr.nbytes + images.lr.nbytes
        if size_bytes <= self.left_bytes:
            self.kept[item] = images
            self.left_bytes -= size_bytes
        return images


class _Walk:
    def __init__(self, plan: Plan, folder: RunFolder, progress: Progress) -> None:
        self.plan = plan
        self.folder = folder
        self.progress = progress
        self.known = {row.key: row for row in folder.rows()}
        self.outcome = Outcome()
        self.device = torch.device(plan.mode.device)
        self.environment = self.machine = ""
        self.pairs = _Pairs(plan.protocol)

    def walk(self) -> Outcome:
        facts = environment.describe(self.device)
        self.machine = facts["machine"]
        self.environment, call = self.folder.record(self.plan.protocol.as_dict(), facts, _call(self.plan))
        for turn, model in enumerate(self.plan.models, 1):
            tasks = list(self._tasks(model))
            self.outcome.found += sum(len(task.keys) - len(task.missing) for task in tasks)
            open_tasks = [task for task in tasks if task.missing or task.picture]
            if open_tasks:
                with self.progress.task(f"[{turn}/{len(self.plan.models)}] {model.id}", len(open_tasks)) as shown:
                    self._run_model(model, self._grouped(model, open_tasks), shown)
            self.outcome.rows += [self.known[k] for task in tasks for k in task.keys.values() if k in self.known]
        self.folder.conclude(call, self.outcome.failed)
        return self.outcome

    def _tasks(self, model: Model) -> Iterator[_Task]:
        for images in self.plan.sets:
            for item in images.items:
                keys = {name: self._key(model, images.id, item, name, version) for name, version in self._columns()}
                missing = [name for name, k in keys.items() if self.plan.force or k not in self.known]
                blank = self._blank(model, images.id, item.name)
                picture = self.folder.picture(blank)
                wanted = self.plan.save_images and (bool(missing) or not picture.exists())
                yield _Task(blank, item, keys, missing, picture if wanted else None)

    def _grouped(self, model: Model, tasks: list[_Task]) -> list[_Task]:
        """Images of one size after another, for what is made anew for each size: a GPU's choices, compiled graphs."""
        return sorted(tasks, key=lambda task: image.size(task.item.hr)) if self._by_size(model) else tasks

    def _by_size(self, model: Model) -> bool:
        return self.device.type != "cpu" or self.plan.mode_of(model).engine != "eager"

    def _columns(self) -> list[tuple[str, str]]:
        measured = [(g.name, f"{g.metric.name} {g.metric.version}") for g in self.plan.gauges]
        return measured + [(name, "1") for name in TIMINGS]

    def _key(self, model: Model, dataset: str, item: Item, name: str, version: str) -> str:
        return key(
            model=model.id,
            identity=model.fingerprint,
            dataset=dataset,
            image=item.content,
            name=item.name,
            protocol=self.plan.protocol.as_dict(),
            metric=name,
            version=version,
            mode=self.plan.mode_of(model).as_dict(),
            machine=self.machine if name in TIMINGS else "",
        )

    def _blank(self, model: Model, dataset: str, name: str) -> Row:
        """What all rows of an image share."""
        return Row(
            key="",
            protocol=self.plan.protocol.name,
            model=model.id,
            identity=model.fingerprint,
            dataset=dataset,
            image=name,
            metric="",
            value=math.nan,
            unit="",
            higher_is_better=True,
            device=self.device.type,
            mode=self.plan.mode_of(model).describe(),
            environment=self.environment,
        )

    def _run_model(self, model: Model, tasks: list[_Task], shown: Task) -> None:
        lr = self.pairs.load(tasks[0].item).lr
        try:
            upscaler = model.upscaler(self.plan.mode_of(model))
            _warm_up(upscaler, lr)
        except Exception as error:
            self._fail(replace(tasks[0].blank, image=""), error)
            return
        shape = torch.Size()
        anew = self._by_size(model)
        for task in tasks:
            images = self.pairs.load(task.item)
            lr = images.lr.to(self.device) / 255
            try:
                if anew and lr.shape != shape:
                    upscaler(lr)  # kernels are chosen, graphs compiled or recorded, for each new size
                shape = lr.shape
                raw, latency_ms = timing.once(partial(upscaler, lr), self.device)
            except Exception as error:
                self._fail(task.blank, error)
                if ran_out(error):
                    continue
                return
            try:
                self._store(task, images.hr.to(self.device), raw, latency_ms)
            except (UserError, torch.OutOfMemoryError) as error:  # an image too small or too large for a metric
                self._fail(task.blank, error)
            shown.advance()

    def _store(self, task: _Task, hr: Tensor, raw: Tensor, latency_ms: float) -> None:
        values, flags = self._measure(task, hr, raw)
        pixels = raw.shape[-2] * raw.shape[-1]
        values |= {"latency": latency_ms, "throughput": pixels / latency_ms / 1000}
        rows = []
        for name in task.missing:
            unit, higher = self._unit(name)
            row = replace(task.blank, key=task.keys[name], metric=name, value=values[name], unit=unit)
            rows.append(replace(row, higher_is_better=higher, flags=() if name in TIMINGS else flags))
        if task.picture is not None:
            image.write(task.picture, image.to_array(image.to_uint8(raw)))
        if rows:
            self.folder.append(rows)
        self.known |= {row.key: row for row in rows}
        self.outcome.made += len(rows)

    def _measure(self, task: _Task, hr: Tensor, raw: Tensor) -> tuple[dict[str, float], tuple[str, ...]]:
        wanted = [gauge for gauge in self.plan.gauges if gauge.name in task.missing]
        if not torch.isfinite(raw.sum()):  # rounding would turn NaN into black and give it a score
            return {gauge.name: math.nan for gauge in wanted}, tuple(sanity.check(raw, hr))
        sr = scoring.quantise(raw, self.plan.protocol)
        if not wanted:
            return {}, ()
        known = scoring.lumas(sr, hr)
        values = scoring.measure(sr, hr, self.plan.protocol, wanted, known)
        return values, tuple(sanity.check(sr, hr, known))

    def _unit(self, name: str) -> tuple[str, bool]:
        if name in TIMINGS:
            return TIMINGS[name]
        metric = next(gauge.metric for gauge in self.plan.gauges if gauge.name == name)
        return metric.unit, metric.higher_is_better

    def _fail(self, place: Row, error: Exception) -> None:
        entry = {"model": place.model, "dataset": place.dataset, "image": place.image, "reason": reason(error)}
        self.outcome.failed.append(entry)


def _warm_up(upscaler: Upscaler, lr: Tensor) -> None:
    """Let the first call's allocations and kernel choices happen outside the timings."""
    patch = lr[..., :_WARM_UP_PX, :_WARM_UP_PX] / 255
    for _ in range(_WARM_UP_CALLS):
        upscaler(patch)


def _call(plan: Plan) -> dict[str, object]:
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "models": {model.id: dict(model.identity) for model in plan.models},
        "datasets": {images.id: _set_facts(images) for images in plan.sets},
        "metrics": [gauge.name for gauge in plan.gauges],
        "mode": plan.mode.as_dict(),
        "modes": {model: mode.as_dict() for model, mode in plan.modes.items()},
        "notes": plan.notes,
        "unavailable": plan.unavailable,
        "failed": [],
        "seeds": {"bootstrap": SEED, "resamples": RESAMPLES},
    }


def _set_facts(images: ImageSet) -> dict[str, object]:
    digest = key(images=[item.content for item in images.items])
    return {"images": len(images.items), "of": images.total, "pinned": images.pinned, "content": digest}
