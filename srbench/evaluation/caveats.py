"""Caveats: what a reader must know of the values of certain models on certain data sets."""

from collections.abc import Sequence

from srbench.datasets.locate import ImageSet
from srbench.evaluation import channels
from srbench.metrics.card import Card
from srbench.models.model import Model
from srbench.protocol import Protocol

_CLEAN = "clean bicubic"
"""Words of notes that speak of LR which the protocol makes; they say nothing of given LR."""


def collect(models: list[Model], sets: list[ImageSet], protocol: Protocol, metrics: Sequence[Card] = ()) -> list[str]:
    """Collect known overlaps, crops that do not compare with print, and what the cards say of models, a line each.

    Args:
        models: Models.
        sets: Data sets.
        protocol: How they are compared.
        metrics: Metrics, some of which need large data sets.
    """
    lines = [f"{model.id}: from {model.origin}" for model in models if model.origin]
    notes = [(model.id, model.card.note) for model in models if model.card and model.card.note]
    given = protocol.lr != "bicubic"
    lines += [f"{name}: {note}" for name, note in notes if not (given and _CLEAN in note)]
    for images in sets:
        lines += _of_set(images, sets, protocol)
        lines += [line for model in models for line in _trained_on(model, images)]
        lines += [line for metric in metrics for line in _too_small(images, metric)]
    return list(dict.fromkeys(lines))


def _of_set(images: ImageSet, sets: list[ImageSet], protocol: Protocol) -> list[str]:
    lines = []
    if not images.pinned:
        lines.append(f"{images.id}: not pinned; the hashes of its files are in run.json")
    lines += images.remarks
    lines += channels.grey_line(images, protocol)
    record = images.record
    if record is None:
        return lines
    lines += wrong_crop(images, protocol.scale)
    together = {other.id for other in sets}
    lines += [f"{images.id} and {other}: {what}" for other, what in record.shares if other in together]
    return lines


def wrong_crop(images: ImageSet, scale: int) -> list[str]:
    """Return a line where HR files were cropped for another scale than one; [] where they were not."""
    multiple = images.record.hr_multiple if images.record else 1
    if multiple == 1 or multiple % scale == 0:
        return []
    return [
        f"{images.id}: its HR files are already cropped to a multiple of {multiple}; "
        f"x{scale} made from them does not compare with published values"
    ]


def _too_small(images: ImageSet, metric: Card) -> list[str]:
    count = len(images.items)
    if count >= metric.enough_images:
        return []
    return [
        f"{images.id}: {count} images are too few for {metric.title}, which needs {metric.enough_images:,}; compare it "
        "with no other number of images and with no print"
    ]


def _trained_on(model: Model, images: ImageSet) -> list[str]:
    if model.card is None or images.record is None:
        return []
    overlaps = dict(images.record.trained)
    return [
        f"{model.id} was trained on {name}, which holds images of {images.id}: {overlaps[name]}"
        for name in model.card.trained_on
        if name in overlaps
    ]
