"""Whether a stored run is what it says: a drawn sample of its rows is computed again, and hashes are compared."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from srbench import protocol as protocols
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.core.download import sha256
from srbench.core.progress import Progress, track
from srbench.datasets.dataset import Item
from srbench.errors import BadRun, UserError, reason
from srbench.evaluation import pairing, scoring
from srbench.evaluation.kept_pictures import measured_picture
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import MOS, TIMINGS, WHOLE_SET, Row
from srbench.evaluation.scoring import Scorer, Views
from srbench.evaluation.shown import shown
from srbench.protocol import Protocol

_SAME_KIND, _OTHER_KIND = (1e-3, 1e-5), (1e-3, 1e-3)
"""Differences of a metric on one picture that rounding explains, in dB and in other units: on the kind of device that
measured it, and on another, whose convolutions sum in another order."""


@dataclass
class Verified:
    """What a verification found.

    Attributes:
        digest: Hash of rows and protocol.
        rows: Number of rows that hold a score of an image.
        drawn: Number of rows that were drawn.
        scored: Number of drawn rows whose metric was computed again from the kept output.
        inferred: Number of rows whose model ran again.
        wrong: What is not as it was stored, in sentences.
        unchecked: What could not be checked, in sentences, with the number of rows or files.
    """

    digest: str
    rows: int = 0
    drawn: int = 0
    scored: int = 0
    inferred: int = 0
    wrong: list[str] = field(default_factory=list)
    unchecked: dict[str, int] = field(default_factory=dict)

    def leave(self, why: str) -> None:
        """Count something that cannot be checked."""
        self.unchecked[why] = self.unchecked.get(why, 0) + 1


def digest(folder: RunFolder) -> str:
    """Return 64 hex digits that stand for all values of a run and their conditions, in whatever order and files.

    Raises:
        BadRun: The folder holds no run.
    """
    lines = sorted(row.to_json() for row in folder.rows())
    protocol = json.dumps(folder.head()["protocol"], sort_keys=True)
    return hashlib.sha256("\n".join([protocol, *lines]).encode()).hexdigest()


def scores_of(folder: RunFolder) -> list[Row]:
    """Return the rows that hold a score of one image and can be computed again: no times, ratings or whole sets."""
    left_out = {*TIMINGS, MOS}
    return [
        row
        for row in shown(folder).rows
        if row.metric not in left_out and row.image != WHOLE_SET and row.pipeline == PIPELINE
    ]


def check_files(folder: RunFolder, verified: Verified) -> None:
    """Compare the files of models with the hashes that run.json has, and name what is damaged in the folder."""
    verified.wrong += folder.left_out.values()
    hashes = {
        path: (model, digest)
        for call in folder.head()["calls"]
        for model, facts in call.get("models", {}).items()
        for path, digest in facts.get("files", {}).items()
    }
    for path, (model, expected) in hashes.items():
        if not Path(path).is_file():
            verified.leave(f"files of {model} that are not on this machine")
        elif (found := sha256(Path(path))) != expected:
            verified.wrong.append(f"{path} of {model} has sha256 {found[:8]}…; measured was {expected[:8]}…")


def items_of(folder: RunFolder, locate: Callable[[str], Iterable[Item]]) -> dict[tuple[str, str], Item]:
    """Return the images of a run by data set and name: the files that it noted, or those of a pinned data set here.

    Args:
        folder: Folder of the run.
        locate: Finds the images of a data set by its id.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for call in folder.head()["calls"]:
        newest |= {name: facts for name, facts in call.get("datasets", {}).items() if "files" in facts}
    found: dict[tuple[str, str], Item] = {}
    for name, facts in newest.items():
        noted = {image_name: _item(image_name, file, facts) for image_name, file in facts["files"].items()}
        if facts["pinned"] and not all(item.hr.is_file() for item in noted.values()):
            here = {item.name: item for item in locate(name)}
            noted = {image_name: here.get(image_name, item) for image_name, item in noted.items()}
        found |= {(name, image_name): item for image_name, item in noted.items()}
    return found


def _item(name: str, file: Mapping[str, str], facts: Mapping[str, Any]) -> Item:
    lr = Path(file["lr"]) if file.get("lr") else None
    return Item(name, Path(file["hr"]), lr, file["hr_sha256"], file["lr_sha256"], facts["pinned"])


class Rescoring:
    """Computes scores of kept outputs again.

    Args:
        folder: Folder of the run.
        items: Its images by data set and name.
        store: Where networks of metrics come from.
        device: Device on which metrics run.
    """

    def __init__(
        self,
        folder: RunFolder,
        items: Mapping[tuple[str, str], Item],
        store: AssetStore,
        device: torch.device,
    ) -> None:
        self.folder = folder
        self.items = items
        self.store = store
        self.device = device
        self.protocol: Protocol = protocols.read(folder.head()["protocol"])
        self.pairs = pairing.PairCache(self.protocol)
        self.opened: dict[str, Scorer | str] = {}

    def check(self, rows: Sequence[Row], verified: Verified, progress: Progress) -> None:
        """Compute rows again, and note those that differ and those that cannot be computed."""
        outputs: dict[str, list[Row]] = {}
        for row in rows:
            outputs.setdefault(str(self.folder.picture(row)), []).append(row)
        for of_output in track(progress, list(outputs.values()), "scoring kept outputs"):
            self._check_output(of_output, verified)

    def _check_output(self, rows: list[Row], verified: Verified) -> None:
        try:
            views = self._views(rows)
        except (UserError, OSError) as error:
            verified.wrong.append(reason(error))
            return
        for row in rows:
            scorer = self._scorer(row.metric)
            if isinstance(views, str) or isinstance(scorer, str):
                verified.leave(views if isinstance(views, str) else str(scorer))
                continue
            measured = scoring.measure(views, [scorer])
            value = measured.values.get(row.metric, math.nan)
            verified.scored += 1
            if not agrees(row, value, _SAME_KIND if row.device == self.device.type else _OTHER_KIND):
                verified.wrong.append(difference(row, value, "scored again from the kept output"))

    def _views(self, rows: list[Row]) -> Views | str:
        """Return what metrics see of an output, or why it cannot be had."""
        row = rows[0]
        if not self.protocol.sr_rounding:
            return "rows under a protocol that does not round outputs, so that a kept file has less than was measured"
        path = measured_picture(self.folder, rows)
        if path is None:
            return "rows whose output was not kept (srbench run --save-images keeps it)"
        item = self.items.get((row.dataset, row.image))
        if item is None or not item.hr.is_file():
            return f"rows of images of {row.dataset} that are not on this machine (--data-root gives them)"
        if (item.hr_sha256, item.lr_sha256) != (row.hr, row.lr):
            raise BadRun(
                f"{item.hr} has another hash in {self.folder.path} than the rows of {row.model} on {row.image}"
            )
        pair = self.pairs.load(item)
        sr = image.to_tensor(image.read(path))
        if pair.hr is None:
            return Views(sr.to(self.device), None, self.protocol, pair.lr.to(self.device))
        names = (str(path), item.hr.name)
        sr, hr = pairing.output_beside(sr, pairing.original(item.hr, self.protocol), self.protocol, names)
        return Views(sr.to(self.device), hr.to(self.device), self.protocol, pair.lr.to(self.device))

    def _scorer(self, metric: str) -> Scorer | str:
        if metric not in self.opened:
            try:
                (self.opened[metric],) = scoring.scorers([metric], self.protocol, self.store)
            except UserError as error:
                self.opened[metric] = f"rows of {metric}: {reason(error)}"
        return self.opened[metric]


def output_of(row: Row) -> tuple[str, ...]:
    """Return what the rows of one output have in common."""
    return row.model, row.mode, row.dataset, row.image


def agrees(row: Row, value: float, tolerance: tuple[float, float]) -> bool:
    """Tell whether a value is the stored one, but for a difference in dB or in other units."""
    if math.isnan(row.value) or math.isnan(value):
        return math.isnan(row.value) and math.isnan(value)
    most = tolerance[0] if row.unit == "dB" else tolerance[1]
    return row.value == value or abs(row.value - value) <= most


def difference(row: Row, value: float, how: str) -> str:
    """Say in a sentence that a stored value is another one."""
    where = f"{row.metric} of {row.model} ({row.device} {row.mode}) on {row.dataset}/{row.image}"
    return f"{where} is stored as {row.value:.7g}, and is {value:.7g} {how}"
