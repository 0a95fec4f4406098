"""What a run is to do, what came of it, and what run.json says of the call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from srbench.core.names import Names
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.results import HEAD, RunFolder
from srbench.evaluation.row import WHOLE_SET, Row, key
from srbench.evaluation.scoring import Scorer
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.protocol import Protocol

Unit = tuple[str, str, str]
"""Model, data set and image that are measured together; `WHOLE_SET` for all images of the set."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        models: Models in the order of the table.
        sets: Data sets at hand.
        protocol: Conventions of LR and metrics.
        scorers: Loaded metrics.
        mode: Mode in which networks run.
        modes: Modes by model id, of models that run in another one.
        save_images: Whether each output is kept as PNG.
        force: Whether values that are there already are computed again.
        caveats: What a reader of the tables must know; stored with the run.
        unavailable: Reasons by id of models that were asked for and cannot run; stored with the run.
        failed: Reasons by name of models whose code failed before they could be run.
        share: What is stored of the share of a larger run that this one is; empty where it is the whole.
        only: Units of work to do; None for all.
    """

    models: list[Model]
    sets: list[ImageSet]
    protocol: Protocol
    scorers: list[Scorer]
    mode: Mode = field(default_factory=Mode)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    save_images: bool = False
    force: bool = False
    caveats: list[str] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    share: Mapping[str, object] = field(default_factory=dict)
    only: Collection[Unit] | None = None

    def unit(self, model: str, dataset: str, image: str) -> Unit:
        """Return the unit of work that an image belongs to: itself, or its whole set where a metric is of sets."""
        whole = any(scorer.metric.of_sets for scorer in self.scorers)
        return model, dataset, WHOLE_SET if whole else image

    def mode_of(self, model: Model) -> Mode:
        """Return the mode in which a model runs."""
        return self.modes.get(model.id, self.mode)


@dataclass
class Outcome:
    """What came of a plan.

    Attributes:
        rows: Rows of the plan, kept and computed, in its order.
        failed: One entry for each image (or model) that failed, with the reason.
        kept: Number of values that were there already.
        computed: Number of values that were computed.
    """

    rows: list[Row] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    kept: int = 0
    computed: int = 0


def failure(model: str, dataset: str, image: str, why: str) -> dict[str, str]:
    """Return the entry of an image, or of a model or data set whose other names are empty, that failed."""
    return {"model": model, "dataset": dataset, "image": image, "reason": why}


def describe_call(plan: Plan) -> dict[str, object]:
    """Return what run.json says of a call: models with weight hashes, data sets, metrics, modes, seeds."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "pipeline": PIPELINE,
        "models": {model.id: _describe_model(model) for model in plan.models},
        "datasets": {images.id: describe_set(images) for images in plan.sets},
        "metrics": [scorer.name for scorer in plan.scorers],
        "mode": plan.mode.as_dict(),
        "modes": {model: mode.as_dict() for model, mode in plan.modes.items()},
        "notes": plan.caveats,
        "unavailable": plan.unavailable,
        "failed": [],
        "seeds": {},
        **({"share": dict(plan.share)} if plan.share else {}),
    }


def content_of(images: ImageSet) -> str:
    """Return 16 hex digits that stand for the content of all images of a set."""
    return key(images=[item.content for item in images.items])


def describe_set(images: ImageSet) -> dict[str, object]:
    """Return what run.json says of a data set."""
    counts: dict[str, object] = {"images": len(images.items), "of": images.total}
    files = {item.name: _describe_item(item) for item in images.items}
    if images.lr_dir is not None:
        counts |= {"lr": images.lr_text}
    return {**counts, "pinned": images.pinned, "content": content_of(images), "place": images.place, "files": files}


def _describe_item(item: Item) -> dict[str, str]:
    lr = {"lr": str(item.lr.resolve())} if item.lr else {}
    return {"hr": str(item.hr.resolve()), **lr, "hr_sha256": item.hr_sha256, "lr_sha256": item.lr_sha256}


def _describe_model(model: Model) -> dict[str, object]:
    method = {"method": model.method} if model.method else {}
    published = {"published": dict(model.published)} if model.published else {}
    return {
        **model.identity,
        **method,
        **published,
        "fingerprint": model.fingerprint,
        "place": model.place,
        "files": model.files,
    }


def names_given(folder: RunFolder, kind: Literal["models", "datasets"], reserved: Collection[str]) -> Names:
    """Return the names that a run's folder has given in earlier calls, with the places that they stand for.

    Args:
        folder: Folder of the run, which need not exist yet.
        kind: What the names are of.
        reserved: Names that no file or folder may have.

    Raises:
        BadRun: The folder holds something else than a run.
    """
    taken: dict[str, dict[str, str]] = {}
    calls = folder.head()["calls"] if (folder.path / HEAD).exists() else []
    for call in calls:
        for name, facts in call.get(kind, {}).items():
            if facts.get("place"):
                digits = facts["fingerprint"] if kind == "models" else facts["content"]
                taken.setdefault(name, {})[facts["place"]] = digits[:8]
    return Names(taken, reserved)
