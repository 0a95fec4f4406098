"""One random schedule: sessions with other numbers of workers, shares that overlap and repeat, faults, two merges."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks.chaos.crew import Actors, KilledError, Tally
from srbench import protocol
from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.evaluation import harness, plan, scoring
from srbench.evaluation.merge import merge, write
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.row import TIMINGS, Row
from srbench.evaluation.segment_folder import join_segments
from srbench.models import foreign
from srbench.scale import together
from srbench.scale.shares import Share, shared

_OFTEN, _SESSIONS, _MOST_WORKERS = 0.35, 12, 8
_here = cache(environment.describe)  # reading the versions of packages takes longer than much of the rest


class Clock(datetime):
    """The clock of the machine, which a schedule sets forward and back."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.ahead


def small_plan(folder: Path) -> Plan:
    """Draw three images, and return what two small models are to measure on them."""
    folder.mkdir(parents=True)
    for name in "abc":
        noise = np.random.default_rng(ord(name)).integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{name}.png")
    conventions, store = protocol.find("classical_x4"), AssetStore([])
    models = [foreign.from_callable(_upscale(mode), 4, mode) for mode in ("nearest", "bilinear")]
    sets = [locate(str(folder), store, scale=4)]
    return Plan(models, sets, conventions, scoring.scorers(["psnr"], conventions, store))


def _upscale(mode: str):  # type: ignore[no-untyped-def]
    def upscale(x: Tensor) -> Tensor:
        return interpolate(x, scale_factor=4, mode=mode)

    return upscale


def comparable(folder: RunFolder) -> list[Row]:
    """Return the rows of a run without what time and host change, in an order of their own."""
    rows = [replace(row, environment="", warnings=()) for row in folder.rows()]
    rows = [replace(row, key="", value=0.0) if row.metric in TIMINGS else row for row in rows]
    return sorted(rows, key=lambda row: (row.model, row.image, row.metric))


def reference(whole: Plan, folder: RunFolder) -> list[Row]:
    """Return what one process stores."""
    harness.run(whole, folder)
    return comparable(folder)


def run(number: int, whole: Plan, expected: list[Row], place: Path) -> tuple[Tally, list[str]]:
    """Play a schedule.

    Args:
        number: Its number, which alone decides what happens.
        whole: What is to be measured.
        expected: Rows of one process.
        place: Empty folder.

    Returns:
        What happened, and what is not as it must be, in sentences.
    """
    chance, tally = Random(number), Tally()
    parts = chance.choice((1, 1, 2, 3, 4))
    apart = chance.random() < 0.5
    folders = [RunFolder(place / f"run{part * apart}") for part in range(parts)]
    turns = chance.sample(range(parts), parts) + [chance.randrange(parts) for _ in range(chance.randint(0, 2))]
    with mock.patch.object(plan, "datetime", Clock), mock.patch.object(environment, "describe", _here):
        for part in turns:
            _finish(whole, folders[part], Share(part + 1, parts), chance, tally)
    wrong = []
    united = folders[0]
    if parts > 1:
        different = list({folder.path: folder for folder in folders}.values())
        merged = [write(merge(order), place / name) for name, order in (("m1", different), ("m2", different[::-1]))]
        if len({((run.path / ROWS).read_bytes(), (run.path / HEAD).read_bytes()) for run in merged}) > 1:
            wrong.append("two orders of merging give different bytes")
        united = merged[0]
    if comparable(united) != expected:
        wrong.append("rows are not those of one process")
    for folder in folders:
        join_segments(folder)
        litter = {path.name for path in folder.path.iterdir()} - {ROWS, HEAD, ".lock"}
        if litter:
            wrong.append(f"left in the folder: {', '.join(sorted(litter))}")
    units = len(whole.models) * sum(len(images.items) for images in whole.sets)
    if tally.done - units > tally.lost:
        wrong.append(f"{tally.done} units done for {units}, and only {tally.lost} were at work in a process that ended")
    return tally, wrong


def _finish(whole: Plan, folder: RunFolder, share: Share, chance: Random, tally: Tally) -> None:
    """Give the same command again and again, with other workers, until it ends; the last time without faults."""
    for session in range(_SESSIONS):
        Clock.ahead = timedelta(days=chance.randint(-400, 400))
        often = 0.0 if session == _SESSIONS - 1 else _OFTEN
        part = shared(whole, folder, share) if share.of > 1 else whole

        def hire(call: int, _: object, often: float = often, part: Plan = part) -> Actors:
            return Actors(part, folder.path, call, chance, often, tally)

        with suppress(KeyboardInterrupt, KilledError, OSError):
            outcome = together.run(part, folder, chance.randint(1, _MOST_WORKERS), hire)
            if not outcome.failed:
                return
