"""What a run is to measure: each image and each whole set of a model, with the keys of its values."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from srbench.core import image
from srbench.core.download import sha256
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet
from srbench.evaluation.pairing import PairCache
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan import Plan, content_of
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import TIMINGS, WHOLE_SET, Row, key
from srbench.evaluation.scoring import SetScores, Views
from srbench.models.model import Model


class SetTask:
    """All images of a data set for one model, where a metric asks for one value of them together.

    Args:
        blank: Row without metric and value.
        keys: Keys of the rows by metric.
        missing: Metrics whose values are not there yet.
        scores: Takes in the images.
    """

    def __init__(self, blank: Row, keys: dict[str, str], missing: list[str], scores: SetScores) -> None:
        self.blank = blank
        self.keys = keys
        self.missing = missing
        self.scores = scores
        self.images = 0
        self.finite = True

    def update(self, views: Views | None) -> None:
        """Take in an image; None where the output has no finite values."""
        if views is None:
            self.finite = False
        elif self.missing:
            self.scores.update(views)
        self.images += 1

    def values(self) -> dict[str, float]:
        """Return the values that are missing; NaN where an output was not finite."""
        if not self.finite:
            return dict.fromkeys(self.missing, math.nan)
        computed = self.scores.compute()
        return {name: computed[name] for name in self.missing}


@dataclass(frozen=True)
class ImageTask:
    """One image for one model.

    Attributes:
        blank: Row without metric and value.
        item: The image.
        keys: Keys of the rows by metric.
        missing: Metrics whose values are not there yet.
        picture: File to keep the output in; None where it is not to be kept, or is there.
        image_set: Task of the set that the image belongs to.
    """

    blank: Row
    item: Item
    keys: dict[str, str]
    missing: list[str]
    picture: Path | None
    image_set: SetTask

    @property
    def is_open(self) -> bool:
        """Whether anything of it is still to be made."""
        return bool(self.missing or self.picture or self.image_set.missing)


class Tasks:
    """Makes the tasks of a plan.

    Args:
        plan: What to run.
        folder: Folder of results.
        known: Rows that are there, by key; those that are stored later are added by whoever stores them.
        pairs: Sizes of LR.
        environment: Short hash of the conditions.
        machine: Name of the machine, which is part of the keys of timings.
    """

    def __init__(
        self,
        plan: Plan,
        folder: RunFolder,
        known: Mapping[str, Row],
        pairs: PairCache,
        environment: str = "",
        machine: str = "",
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.known = known
        self.pairs = pairs
        self.environment = environment
        self.machine = machine

    def of_set(self, model: Model, images: ImageSet) -> SetTask:
        """Return the task of a whole set."""
        scorers = [scorer for scorer in self.plan.scorers if scorer.metric.of_sets]
        tiles = [self._tile_px(model, item) for item in images.items]
        blank = replace(
            self._blank(model, images.id, WHOLE_SET, content_of(images), tiles),
            images=len(images.items),
            hr=content_of(images),
            tile_px=max(tiles, default=0),
        )
        versions = {scorer.name: f"{scorer.metric.name} {scorer.metric.version}" for scorer in scorers}
        keys = {name: self._key(blank, name, of) for name, of in versions.items()}
        missing = self._missing(keys)
        return SetTask(blank, keys, missing, SetScores([s for s in scorers if s.name in missing]))

    def of_images(
        self, model: Model, images_of: Sequence[ImageSet], sets: Mapping[str, SetTask]
    ) -> Iterator[ImageTask]:
        """Yield the task of each image of some data sets, which is also part of its set's."""
        for images in images_of:
            for item in images.items:
                tile_px = self._tile_px(model, item)
                blank = replace(
                    self._blank(model, images.id, item.name, item.content, [tile_px]),
                    hr=item.hr_sha256,
                    lr=item.lr_sha256,
                    tile_px=tile_px,
                )
                keys = {name: self._key(blank, name, version) for name, version in self._columns()}
                missing = self._missing(keys)
                picture = self.folder.picture(blank)
                save = self.plan.save_images and (bool(missing) or not self._is_kept(keys, picture))
                yield ImageTask(blank, item, keys, missing, picture if save else None, sets[images.id])

    def _missing(self, keys: dict[str, str]) -> list[str]:
        return [name for name, k in keys.items() if self.plan.force or k not in self.known]

    def _is_kept(self, keys: Mapping[str, str], picture: Path) -> bool:
        """Whether the file of an output is the one that the values were measured of."""
        measured = {self.known[k].picture for name, k in keys.items() if name not in TIMINGS}
        return picture.exists() and measured == {sha256(picture)}

    def _tile_px(self, model: Model, item: Item) -> int:
        return model.tiling(self.plan.mode_of(model)).in_use(*self.pairs.lr_size(item))

    def grouped(self, model: Model, tasks: list[ImageTask]) -> list[ImageTask]:
        """Images of one size after another, for what is made anew for each size: a GPU's choices, compiled graphs."""
        return sorted(tasks, key=lambda task: image.size(task.item.hr)) if by_size(self.plan, model) else tasks

    def _columns(self) -> list[tuple[str, str]]:
        """Names and versions of what is measured of each image."""
        of_images = [scorer for scorer in self.plan.scorers if not scorer.metric.of_sets]
        measured = [(scorer.name, f"{scorer.metric.name} {scorer.metric.version}") for scorer in of_images]
        return measured + [(name, "1") for name in TIMINGS]

    def _key(self, blank: Row, name: str, version: str) -> str:
        machine = self.machine if name in TIMINGS else ""
        return key(output=blank.output, metric=name, version=version, machine=machine)

    def _blank(self, model: Model, dataset: str, name: str, content: str, tiles: list[int]) -> Row:
        """Return what all rows of an image share."""
        output = key(
            pipeline=PIPELINE,
            model=model.id,
            identity=model.fingerprint,
            dataset=dataset,
            name=name,
            image=content,
            protocol=self.plan.protocol.as_dict(),
            mode=self.plan.mode_of(model).conditions(),
            tiles=tiles,
        )
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
            device=torch.device(self.plan.mode.device).type,
            mode=self.plan.mode_of(model).name,
            environment=self.environment,
            pipeline=PIPELINE,
            output=output,
        )


def by_size(plan: Plan, model: Model) -> bool:
    """Tell whether something is made anew for each size of images: a GPU's choices, compiled graphs."""
    return torch.device(plan.mode.device).type != "cpu" or plan.mode_of(model).engine != "eager"
