"""Scores of images that any other software made."""

import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from srbench.core import image
from srbench.core.progress import NO_PROGRESS, Progress, track
from srbench.datasets.locate import ImageSet, by_stem, image_listing, pair
from srbench.errors import ShapeError
from srbench.evaluation import sanity, scoring
from srbench.evaluation.pairing import content, original
from srbench.evaluation.plan import content_of
from srbench.evaluation.results import WHOLE_SET, Row, key
from srbench.evaluation.scoring import Scorer, SetScores, Views
from srbench.protocol import Protocol


def score_folder(
    sr_dir: Path,
    images: ImageSet,
    protocol: Protocol,
    scorers: list[Scorer],
    device: torch.device,
    progress: Progress = NO_PROGRESS,
) -> list[Row]:
    """Measure a folder of outputs against their originals.

    Args:
        sr_dir: Folder of images named as the HR ones, or with one trailing `x<scale>` or `_x<scale>`.
        images: Originals, all of them.
        protocol: Conventions of what the metrics see. HR is cropped to its multiple, and SR must have that size.
        scorers: Loaded metrics.
        device: Device on which to measure.
        progress: Shows a task with a step for each image.

    Raises:
        BadData: Files that cannot be paired, named.
        ShapeError: An SR whose size or channels do not fit.
    """
    hr_of = {item.name: item.hr for item in images.items}
    paths = pair(hr_of, by_stem(image_listing(sr_dir)), images.items[0].hr.parent, sr_dir, protocol.scale)
    rows: list[Row] = []
    set_scores = SetScores(scorers)
    for item in track(progress, images.items, str(sr_dir)):
        hr = original(item.hr, protocol).to(device)
        path = paths[item.name]
        sr = _fitting(content(image.to_tensor(image.read(path)), protocol).to(device), hr, path, item.hr, protocol)
        views = Views(sr, hr, protocol)
        blank = _blank(sr_dir, path, images.id, item.name, item.content, protocol, device)
        warnings = tuple(sanity.check(sr, hr, views.lumas))
        rows += _rows(blank, scorers, scoring.measure(views, scorers), warnings)
        set_scores.update(views)
    blank = _blank(sr_dir, sr_dir, images.id, WHOLE_SET, content_of(images), protocol, device)
    return [*rows, *_rows(replace(blank, images=len(images.items)), scorers, set_scores.compute())]


def _blank(
    sr_dir: Path, path: Path, dataset: str, name: str, content: str, protocol: Protocol, device: torch.device
) -> Row:
    """Return what all rows of an image, or of the whole set, share."""
    return Row(
        key=key(sr=str(path), hr=content, protocol=protocol.as_dict()),
        protocol=protocol.name,
        model=sr_dir.resolve().name,
        identity="",
        dataset=dataset,
        image=name,
        metric="",
        value=math.nan,
        unit="",
        higher_is_better=True,
        device=device.type,
        mode="files",
    )


def _rows(blank: Row, scorers: list[Scorer], values: dict[str, float], warnings: tuple[str, ...] = ()) -> list[Row]:
    return [
        replace(
            blank,
            key=key(image=blank.key, metric=scorer.metric.name),
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


def _fitting(sr: Tensor, hr: Tensor, sr_path: Path, hr_path: Path, protocol: Protocol) -> Tensor:
    if sr.shape[-2:] != hr.shape[-2:]:
        raise ShapeError(
            f"{sr_path} is {sr.shape[-2]} x {sr.shape[-1]} px; {hr_path.name} cropped to a multiple of "
            f"{protocol.hr_multiple} is {hr.shape[-2]} x {hr.shape[-1]} px"
        )
    if hr.shape[1] == 1 and sr.shape[1] == 3:
        return image.grey(sr).to(sr.dtype)
    if hr.shape[1] == 3 and sr.shape[1] == 1:
        raise ShapeError(f"{sr_path} is grey; {hr_path.name} is RGB. Score it against a grey original")
    return sr
