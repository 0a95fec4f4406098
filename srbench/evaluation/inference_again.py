"""A few images of a stored run through their models again, compared with what the run stored."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from srbench import protocol as protocols
from srbench.core.assets import AssetStore
from srbench.core.progress import Progress
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.errors import UserError, reason
from srbench.evaluation import harness, scoring
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import FILES, Row
from srbench.evaluation.verification import Verified, agrees, difference
from srbench.models.mode import parse
from srbench.models.model import Model
from srbench.models.select import select

_EXACT, _ROUNDED = (5e-3, 5e-4), (0.05, 5e-3)
"""Differences in dB and in other units: in fp32 on the kind of device that measured it, where processors round a few
pixels to another level; and on another kind or in a lower precision."""


def infer_again(
    folder: RunFolder,
    rows: Sequence[Row],
    items: Mapping[tuple[str, str], Item],
    store: AssetStore,
    device: str,
    verified: Verified,
    progress: Progress,
) -> None:
    """Run models on the images of some rows, and note values that differ.

    Args:
        folder: Folder of the run.
        rows: All rows of the images that were drawn.
        items: Images of the run by data set and name.
        store: Where weights come from.
        device: Name of the device.
        verified: Takes what is found.
        progress: Shows a task for each model.
    """
    by_model: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.mode != FILES:
            by_model.setdefault((row.model, row.mode, row.identity), []).append(row)
    facts = {name: of for call in folder.head()["calls"] for name, of in call.get("models", {}).items()}
    protocol = protocols.read(folder.head()["protocol"])
    for (name, mode, identity), stored in by_model.items():
        try:
            model = _model(name, facts.get(name, {}), protocol.scale, store)
        except UserError as error:
            verified.leave(f"{name} on this machine: {reason(error)}")
            continue
        if model.fingerprint != identity:
            verified.wrong.append(f"{name} has other weights or another source here than the run measured")
            continue
        there = [row for row in stored if (item := items.get((row.dataset, row.image))) and item.hr.is_file()]
        scorers = scoring.scorers(list(dict.fromkeys(row.metric for row in there)), protocol, store)
        plan = Plan([model], _sets(there, items), protocol, scorers, parse(mode, device))
        with tempfile.TemporaryDirectory() as place:
            outcome = harness.run(plan, RunFolder(Path(place)), progress)
        found = {(row.dataset, row.image, row.metric): row.value for row in outcome.rows}
        tolerance = _EXACT if stored[0].device == plan.mode.as_dict()["device"] and mode == "fp32" else _ROUNDED
        for row in there:
            value = found.get((row.dataset, row.image, row.metric), float("nan"))
            verified.inferred += 1
            if not agrees(row, value, tolerance):
                verified.wrong.append(difference(row, value, "when the model runs again"))


def _model(name: str, facts: Mapping[str, Any], scale: int, store: AssetStore) -> Model:
    (model,) = select([facts.get("place") or name], scale, store).models
    return replace(model, id=name)


def _sets(rows: Sequence[Row], items: Mapping[tuple[str, str], Item]) -> list[ImageSet]:
    named: dict[str, dict[str, Item]] = {}
    for row in rows:
        named.setdefault(row.dataset, {})[row.image] = items[row.dataset, row.image]
    return [
        replace(ImageSet(name, None, (), 0, pinned=False), items=tuple(of.values()), total=len(of))
        for name, of in named.items()
    ]
