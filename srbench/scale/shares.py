"""Shares of a run: n parts that have no unit of work in common and leave none out, of about equal cost."""

import hashlib
import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from srbench.errors import UserError
from srbench.evaluation.pairing import PairCache
from srbench.evaluation.plan import Plan, Unit, content_of
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.row import key
from srbench.evaluation.spent import costs


@dataclass(frozen=True)
class Share:
    """One of several parts of a run.

    Attributes:
        index: Its number, from 1.
        of: Number of parts.
    """

    index: int
    of: int


def parse(text: str) -> Share:
    """Read a share as it is typed.

    Raises:
        UserError: It is no share.

    Examples:
        >>> parse("2/3")
        Share(index=2, of=3)
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    share = Share(int(match[1]), int(match[2])) if match else Share(0, 0)
    if not 1 <= share.index <= share.of:
        raise UserError(f"--shard '{text}' is no share; expected i/n with i from 1 to n, as 1/4")
    return share


def divide(costs_of: Mapping[Unit, float], parts: int) -> list[frozenset[Unit]]:
    """Divide units of work among parts, the dearest first, each to the part that has least.

    Units of equal cost go by the hash of their names, so that the order in which they are named changes nothing.

    Args:
        costs_of: Cost of each unit, in any unit of its own.
        parts: Number of parts.

    Source:
        R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17 (1969), section 3: the
        dearest part costs at most 4/3 of the least possible.
    """
    loads = [(0.0, part) for part in range(parts)]
    divided: list[set[Unit]] = [set() for _ in range(parts)]
    for unit in sorted(costs_of, key=lambda unit: (-costs_of[unit], _digest(unit))):
        load, part = heapq.heappop(loads)
        divided[part].add(unit)
        heapq.heappush(loads, (load + costs_of[unit], part))
    return [frozenset(units) for units in divided]


def shared(plan: Plan, folder: RunFolder, share: Share) -> Plan:
    """Return the part of a plan that a share is.

    The cost of a model is that of its stored times. Shares that add to one folder agree on the costs that the first of
    them stored in run.json, so that rows which come in between do not move units from one to another.

    Args:
        plan: The whole run.
        folder: Folder of the run, which need not exist yet.
        share: Which part.
    """
    rows = folder.rows()  # before the calls: rows of another share come only after its call
    calls = folder.head()["calls"] if (folder.path / HEAD).exists() else []
    pixels = _pixels(plan)
    digest = _digest_of(plan, pixels)
    agreed = (call["share"] for call in calls if call.get("share", {}).get("units") == digest)
    first = next((stored for stored in agreed if stored.get("of") == share.of), None)
    per_px = _per_px(plan, rows, calls) if first is None else first["s_per_px"]
    usual = fmean(per_px.values()) if per_px else 1.0
    divided = divide({unit: count * per_px.get(unit[0], usual) for unit, count in pixels.items()}, share.of)
    facts = {"index": share.index, "of": share.of, "units": digest, "s_per_px": per_px}
    return replace(plan, only=divided[share.index - 1], share=facts)


def _per_px(plan: Plan, rows: Any, calls: Any) -> dict[str, float]:
    modes = {model.id: plan.mode_of(model).as_dict() for model in plan.models}
    metrics = [scorer.name for scorer in plan.scorers]
    found = costs(calls, rows, metrics=metrics, modes=modes, scale=plan.protocol.scale)
    return {model: cost.s_per_px for model, cost in found.items()}


def _pixels(plan: Plan) -> dict[Unit, int]:
    """Return the LR pixels of each unit of work, at least one."""
    pairs = PairCache(plan.protocol)
    pixels: dict[Unit, int] = {}
    for model in plan.models:
        for images in plan.sets:
            for item in images.items:
                height, width = pairs.lr_size(item)
                unit = plan.unit(model.id, images.id, item.name)
                pixels[unit] = pixels.get(unit, 0) + max(height * width, 1)
    return pixels


def _digest_of(plan: Plan, pixels: Mapping[Unit, int]) -> str:
    """Return 16 hex digits that stand for models, images and units of a run."""
    models = sorted((model.id, model.fingerprint) for model in plan.models)
    sets = sorted((images.id, content_of(images)) for images in plan.sets)
    return key(models=models, sets=sets, units=sorted(map(_digest, pixels)))


def _digest(unit: Unit) -> str:
    return hashlib.sha256("\0".join(unit).encode("utf-8", "surrogateescape")).hexdigest()
