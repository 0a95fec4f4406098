"""Scores of images that any other software made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srbench.core import environment, image, image_file, image_remarks
from srbench.core.download import sha256
from srbench.core.names import Names
from srbench.core.progress import NO_PROGRESS, Progress, track
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet, by_stem, image_listing, list_images
from srbench.datasets.name_pairs import pair
from srbench.errors import BadData, UserError, reason
from srbench.evaluation import channels, pairing, sanity, scoring, usable
from srbench.evaluation.pipeline import PIPELINE
from srbench.evaluation.plan import content_of, describe_set
from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import FILES, WHOLE_SET, Row, key
from srbench.evaluation.scoring import Scorer, SetScores, Views
from srbench.evaluation.segment_folder import join_segments
from srbench.protocol import Protocol


@dataclass
class Scored:
    """What came of scoring a folder.

    Attributes:
        name: Name of the outputs in tables.
        rows: Rows of the images, and of the whole set.
        failed: An entry for each image, or metric of an image, that failed.
        notes: By what rule the names were paired, what the folder holds beside, and what a reader must know.
        files: The output of each image that has rows.
        hashes: SHA-256 of each of these files.
        identity: 16 hex digits of the content of all outputs.
        folder: Folder of the outputs.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    identity: str = ""
    folder: Path = Path()


def score_folder(
    sr_dir: Path,
    images: ImageSet,
    protocol: Protocol,
    scorers: list[Scorer],
    device: torch.device,
    progress: Progress = NO_PROGRESS,
    *,
    name: str = "",
    names: Names | None = None,
    pattern: str = "",
) -> Scored:
    """Measure a folder of outputs against their originals; an image that cannot be used is noted as failed.

    Args:
        sr_dir: Folder of outputs, whose names hold those of the HR images.
        images: Originals.
        protocol: Conventions of what the metrics see. HR is cropped to its multiple, and SR must have that size.
        scorers: Loaded metrics.
        device: Device on which to measure.
        progress: Shows a task with a step for each image.
        name: Name in tables; by default that of the folder.
        names: Names that are taken in the run's folder that the scores are for; None where there is none.
        pattern: Name of the outputs, `{name}` standing for the original's; empty to find it.

    Raises:
        BadData: Files that cannot be paired, named.
        BadImage: No image is left.
    """
    called, sr_dir = sr_dir, _folder_of_images(sr_dir)
    listing = image_listing(sr_dir)
    hr_of = {item.name: item.hr for item in images.items}
    hr_dir = images.items[0].hr.parent
    paired = pair(hr_of, by_stem(listing), hr_dir, sr_dir, protocol.scale, pattern, images.names)
    scored = Scored(name or called.resolve().name, notes=[*paired.describe(sr_dir), *listing.describe()], folder=sr_dir)
    scored.notes += image_remarks.describe({path.name: path for path in paired.paths.values()})
    good, refused = usable.select(images, protocol, [scorer.name for scorer in scorers])
    refused |= _refused({item.name: paired.paths[item.name] for item in good.items})
    scored.failed = [_failure(images.id, image_name, text) for image_name, text in refused.items()]
    scored.files = {item.name: paired.paths[item.name] for item in good.items if item.name not in refused}
    scored.hashes = {image_name: sha256(path) for image_name, path in scored.files.items()}
    scored.identity = key(outputs=scored.hashes)
    if names is not None:
        place, digits = str(sr_dir.resolve()), scored.identity[:8]
        scored.name = names.keep(name, place, digits) if name else names.give(scored.name, called, place, digits)
    _Folder(scored, images, protocol, scorers, device).measure(progress)
    if not scored.files:
        raise usable.refuse_all({entry["image"]: entry["reason"] for entry in scored.failed})
    return scored


def _folder_of_images(folder: Path) -> Path:
    """Return the folder whose images are meant: in a model's folder of a run it is that of the mode.

    Raises:
        BadData: There are several.
    """
    if not folder.is_dir() or list_images(folder):
        return folder
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and list_images(path)]
    if len(inside) > 1:
        names = ", ".join(path.name for path in inside)
        raise BadData(f"{folder} holds no images itself; expected one of its folders that do: {names}")
    return inside[0] if inside else folder


def _refused(paths: Mapping[str, Path]) -> dict[str, str]:
    refused: dict[str, str] = {}
    for name, path in paths.items():
        try:
            image_file.header(path)
        except UserError as error:
            refused[name] = str(error)
    return refused


def _failure(dataset: str, image_name: str, text: str) -> dict[str, str]:
    return {"model": "", "dataset": dataset, "image": image_name, "reason": text}


class _Folder:
    """One folder of outputs under way."""

    def __init__(
        self,
        scored: Scored,
        images: ImageSet,
        protocol: Protocol,
        scorers: list[Scorer],
        device: torch.device,
    ) -> None:
        self.scored = scored
        self.images = images
        self.protocol = protocol
        self.scorers = scorers
        self.device = device

    def measure(self, progress: Progress) -> None:
        set_scores = SetScores(self.scorers)
        items = [item for item in self.images.items if item.name in self.scored.files]
        for item in track(progress, items, self.scored.name):
            try:
                self._image(item, set_scores)
            except UserError as error:
                self._fail(item.name, reason(error))
                del self.scored.files[item.name]
        of_sets = [scorer.name for scorer in self.scorers if scorer.metric.of_sets]
        if not of_sets:
            return
        if len(self.scored.files) < len(self.images.items):
            self._fail("", f"no value of {', '.join(of_sets)}, which needs every image: some failed")
            return
        whole = key(outputs=self.scored.identity, originals=content_of(self.images))
        blank = replace(self._blank(WHOLE_SET, whole), images=len(self.images.items), hr=content_of(self.images))
        self.scored.rows += _rows(blank, self.scorers, set_scores.compute())

    def _image(self, item: Item, set_scores: SetScores) -> None:
        path = self.scored.files[item.name]
        sr, hr = _fitting(path, self.scored.hashes[item.name], item, self.protocol)
        sr, hr = sr.to(self.device), hr.to(self.device)
        views = Views(sr, hr, self.protocol)
        warnings = (*sanity.check(sr, hr, views.lumas), *channels.remarks(hr, self.protocol))
        measured = scoring.measure(views, self.scorers)
        for metric, error in measured.failed.items():
            self._fail(item.name, f"{metric}: {reason(error)}")
        blank = self._blank(item.name, key(output=self.scored.hashes[item.name], original=item.content))
        blank = replace(blank, hr=item.hr_sha256)
        self.scored.rows += _rows(blank, self.scorers, measured.values, warnings)
        set_scores.update(views)

    def _fail(self, image_name: str, text: str) -> None:
        self.scored.failed.append(_failure(self.images.id, image_name, text) | {"model": self.scored.name})

    def _blank(self, image_name: str, contents: str) -> Row:
        """Return what all rows of an image, or of the whole set, share."""
        output = key(
            pipeline=PIPELINE,
            model=self.scored.name,
            dataset=self.images.id,
            image=image_name,
            contents=contents,
            protocol=self.protocol.as_dict(),
        )
        return Row(
            key=output,
            protocol=self.protocol.name,
            model=self.scored.name,
            identity=self.scored.identity,
            dataset=self.images.id,
            image=image_name,
            metric="",
            value=math.nan,
            unit="",
            higher_is_better=True,
            device=self.device.type,
            mode=FILES,
            pipeline=PIPELINE,
            output=output,
        )


def _rows(blank: Row, scorers: list[Scorer], values: dict[str, float], warnings: tuple[str, ...] = ()) -> list[Row]:
    return [
        replace(
            blank,
            key=key(image=blank.key, metric=scorer.metric.name, version=scorer.metric.version),
            metric=scorer.name,
            value=values[scorer.name],
            unit=scorer.metric.unit,
            higher_is_better=scorer.metric.higher_is_better,
            warnings=warnings,
            title=scorer.metric.title,
            digits=scorer.metric.digits,
        )
        for scorer in scorers
        if scorer.name in values
    ]


def _fitting(sr_path: Path, sha256_of_sr: str, item: Item, protocol: Protocol) -> tuple[Tensor, Tensor]:
    sr = image.to_tensor(pairing.read(sr_path, sha256_of_sr))
    hr = image.to_tensor(pairing.read(item.hr, item.hr_sha256, pinned=item.pinned))
    return pairing.output_beside(sr, hr, protocol, (str(sr_path), item.hr.name))


def store(
    scored: Scored, images: ImageSet, protocol: Protocol, scorers: list[Scorer], device: torch.device, folder: RunFolder
) -> None:
    """Add scored outputs to the folder of a run, with their pictures, beside the rows of its models.

    Raises:
        BadRun: The folder cannot be written, or holds another protocol.
    """
    join_segments(folder)
    facts = environment.describe(device)
    name, call = folder.record(protocol.as_dict(), facts, _describe_call(scored, images, scorers))
    rows = [replace(row, environment=name) for row in scored.rows]
    pictures: dict[str, str] = {}
    for row in {row.image: row for row in rows if row.image in scored.files}.values():
        image.write(folder.picture(row), pairing.read(scored.files[row.image], scored.hashes[row.image]))
        pictures[row.image] = sha256(folder.picture(row))
    folder.append([replace(row, picture=pictures.get(row.image, "")) for row in rows])
    folder.conclude(call, scored.failed)


def _describe_call(scored: Scored, images: ImageSet, scorers: list[Scorer]) -> dict[str, Any]:
    files = {str(path.resolve()): scored.hashes[name] for name, path in scored.files.items()}
    facts = {"fingerprint": scored.identity, "place": str(scored.folder.resolve()), "files": files}
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "pipeline": PIPELINE,
        "models": {scored.name: facts},
        "datasets": {images.id: describe_set(images)},
        "metrics": [scorer.name for scorer in scorers],
        "mode": {"name": FILES},
        "modes": {},
        "notes": scored.notes,
        "unavailable": {},
        "failed": [],
        "seeds": {},
    }
