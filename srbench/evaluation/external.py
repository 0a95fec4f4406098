"""Scoring images that any other software made."""

from pathlib import Path

import torch
from torch import Tensor

from srbench.core import image
from srbench.core.progress import NO_PROGRESS, Progress, track
from srbench.datasets.dataset import Item
from srbench.datasets.locate import ImageSet, by_stem, pair
from srbench.errors import ShapeError
from srbench.evaluation import sanity, scoring
from srbench.evaluation.pairing import content, original
from srbench.evaluation.results import Row, key
from srbench.evaluation.scoring import Scorer
from srbench.protocol import Protocol


def score_folder(
    sr_dir: Path,
    images: ImageSet,
    protocol: Protocol,
    gauges: list[Scorer],
    device: torch.device,
    progress: Progress = NO_PROGRESS,
) -> list[Row]:
    """Measure a folder of outputs against their originals.

    Args:
        sr_dir: Images named as the HR ones, or with one trailing `x<scale>` or `_x<scale>`.
        images: The originals, all of them.
        protocol: What the metrics see. HR is cropped to its multiple, and SR must have that size.
        gauges: Loaded metrics.
        device: Where to measure.
        progress: Shows a task with a step for each image.

    Raises:
        BadData: Files that cannot be paired, named.
        ShapeError: An SR whose size or channels do not fit.
    """
    hr_of = {item.name: item.hr for item in images.items}
    paths = pair(hr_of, by_stem(sr_dir), images.items[0].hr.parent, sr_dir, protocol.scale)
    rows: list[Row] = []
    for item in track(progress, images.items, str(sr_dir)):
        rows += _score_image(paths[item.name], item, images.id, sr_dir.resolve().name, protocol, gauges, device)
    return rows


def _score_image(
    path: Path, item: Item, dataset: str, model: str, protocol: Protocol, gauges: list[Scorer], device: torch.device
) -> list[Row]:
    hr = original(item.hr, protocol).to(device)
    sr = _fitting(content(image.to_tensor(image.read(path)), protocol).to(device), hr, path, item.hr, protocol)
    values = scoring.measure(sr, hr, protocol, gauges)
    odd = tuple(sanity.check(sr, hr))
    return [
        Row(
            key=key(sr=str(path), hr=item.content, metric=gauge.metric.name, protocol=protocol.as_dict()),
            protocol=protocol.name,
            model=model,
            identity="",
            dataset=dataset,
            image=item.name,
            metric=gauge.name,
            value=values[gauge.name],
            unit=gauge.metric.unit,
            higher_is_better=gauge.metric.higher_is_better,
            device=device.type,
            mode="files",
            flags=odd,
        )
        for gauge in gauges
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
