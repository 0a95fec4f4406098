"""The receipt of a run that has every value: the same command again is answered by it, and torch is not loaded.

A receipt names what the call was made of: all its options and surroundings by one hash, each file by its SHA-256, and
each row by its key. It answers only where all of this is as it was and nothing else was done to the folder since.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.core import stored_json
from srbench.core.download import sha256
from srbench.errors import UserError
from srbench.evaluation import surroundings
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.row import Row, line

if TYPE_CHECKING:
    from srbench.evaluation.plan import Outcome, Plan
    from srbench.models.model import Model

FILE = ".finished.json"
_SCHEMA, _VERSION = "finished", 1
_FIELDS = {"call": str, "folders": list, "files": dict, "rows": list, "caveats": list, "head": str}


@dataclass(frozen=True)
class Kept:
    """What a receipt answers.

    Attributes:
        rows: Rows of the call, in its order.
        caveats: Sentences that a reader of the tables must know.
        names: Models and data sets of the call.
        unavailable: Reasons by id of models that cannot run.
    """

    rows: list[Row]
    caveats: list[str]
    names: list[str]
    unavailable: dict[str, str]


@dataclass(frozen=True)
class Receipt:
    """The receipt of one call in a run's folder.

    Attributes:
        folder: Folder of the run.
        words: Every option of the call.
        weights_roots: Folders of weight files.
    """

    folder: RunFolder
    words: Mapping[str, object]
    weights_roots: Sequence[Path]

    def answer(self) -> Kept | None:
        """Return what the call would, and note the call in run.json; None where it has to be worked out.

        Raises:
            BadRun: The folder cannot be read, or is of a later version.
        """
        content = self._read()
        if content is None or not surroundings.known() or not self._is_as_before(content):
            return None
        rows = {row.key: row for row in self.folder.rows()}
        newest = {line(row): row.key for row in rows.values()}
        keys = content["rows"]
        if self.folder.left_out or not all(k in rows and newest[line(rows[k])] == k for k in keys):
            return None
        head = self.folder.head()
        call = head["calls"][-1]
        self.folder.record(
            head["protocol"],
            next(iter(head["environments"].values())),
            call | {"started": datetime.now(UTC).isoformat(timespec="seconds")},
        )
        self._write(content | {"head": sha256(self.folder.path / HEAD)})
        names = [*call["models"], *call["datasets"]]
        return Kept([rows[k] for k in keys], content["caveats"], names, call["unavailable"])

    def write(self, plan: "Plan", outcome: "Outcome") -> None:
        """Keep the receipt of a call that is done; nothing where another command may find something else."""
        known = surroundings.known() and plan.mode.device == "cpu" and all(map(_is_of_files, plan.models))
        if not known or outcome.failed or plan.modes or plan.save_images or plan.force:
            return
        files = {path: sha for model in plan.models for path, sha in model.files.items()}
        folders = {str(model.path.resolve().parent) for model in plan.models if model.path}
        for item in (item for images in plan.sets for item in images.items):
            files[str(item.hr.resolve())] = sha256(item.hr) if item.pinned else item.hr_sha256
            files |= {str(item.lr.resolve()): item.lr_sha256} if item.lr else {}
            folders |= {str(path.resolve().parent) for path in (item.hr, item.lr) if path}
        content = {
            "folders": sorted(folders),
            "files": files,
            "rows": [row.key for row in outcome.rows],
            "caveats": list(plan.caveats),
            "head": sha256(self.folder.path / HEAD),
        }
        self._write(content | {"call": self._call(content)})

    def _call(self, content: Mapping[str, Any]) -> str:
        return surroundings.digest(self.words, self.weights_roots, [Path(path) for path in content["folders"]])

    def _read(self) -> dict[str, Any] | None:
        try:
            content = stored_json.opened(stored_json.read(self.folder.path / FILE, _SCHEMA, _VERSION))
        except UserError:  # there is none, or it is of another version
            return None
        sound = content is not None and all(isinstance(content.get(name), kind) for name, kind in _FIELDS.items())
        return content if sound else None

    def _is_as_before(self, content: Mapping[str, Any]) -> bool:
        files = {str(self.folder.path / HEAD): content["head"], **content["files"]}
        try:
            return self._call(content) == content["call"] and all(sha256(Path(p)) == sha for p, sha in files.items())
        except OSError:  # a file is gone
            return False

    def _write(self, content: Mapping[str, Any]) -> None:
        stored_json.write(self.folder.path / FILE, _SCHEMA, _VERSION, stored_json.sealed(content))


def of_call(folder: RunFolder, words: Mapping[str, object], weights_roots: Sequence[Path]) -> Receipt | None:
    """Return the receipt of a call, written or not; None where torch is loaded and nothing can be saved."""
    return None if "torch" in sys.modules else Receipt(folder, words, weights_roots)


def is_of_known(*names: str) -> bool:
    """Tell whether names of models and metrics mean neither functions of users' files nor what lies in the network."""
    return not any(":" in name or ".py" in name for name in names)


def _is_of_files(model: "Model") -> bool:
    """Tell whether a model is made of this project's code and of files whose hashes are known."""
    weights = list(model.identity.get("weights", {}).values())  # of a model between two others: of each of them
    made_here = "function" not in model.identity and "tensors" not in model.identity
    return made_here and sorted(map(str, weights)) == sorted(model.files.values())
