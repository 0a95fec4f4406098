"""Scores that others published: of the cards, of models without files, and of the SRGAN paper's Table 2."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from srbench.core import bibliography
from srbench.models import registry
from srbench.models.card import Card

_OURS = ("recomputed", "this project", "the authors' network")
"""Sources that begin so are checks of this project, and no publication."""

_PAPER = "the paper"
"""How a source begins that is the model's own paper."""

_SRGAN_SOURCE = "Ledig et al., CVPR 2017, Table 2"
_SRGAN_SETS = ("set5", "set14", "bsd100")
_SRGAN_TABLE: Mapping[str, Sequence[tuple[float, float, float]]] = {
    "nearest": ((26.26, 0.7552, 1.28), (24.64, 0.7100, 1.20), (25.02, 0.6606, 1.11)),
    "bicubic": ((28.43, 0.8211, 1.97), (25.99, 0.7486, 1.80), (25.94, 0.6935, 1.47)),
    "SRCNN": ((30.07, 0.8627, 2.57), (27.18, 0.7861, 2.26), (26.68, 0.7291, 1.87)),
    "SelfExSR": ((30.33, 0.872, 2.65), (27.45, 0.7972, 2.34), (26.83, 0.7387, 1.89)),
    "DRCN": ((31.52, 0.8938, 3.26), (28.02, 0.8074, 2.84), (27.21, 0.7493, 2.12)),
    "ESPCN": ((30.76, 0.8784, 2.89), (27.66, 0.8004, 2.52), (27.02, 0.7442, 2.01)),
    "SRResNet": ((32.05, 0.9019, 3.37), (28.49, 0.8184, 2.98), (27.58, 0.7620, 2.29)),
    "SRGAN": ((29.40, 0.8472, 3.58), (26.02, 0.7397, 3.72), (25.16, 0.6688, 3.56)),
}
"""PSNR in dB, SSIM (daala) and MOS of each method on Set5, Set14 and BSD100."""


@dataclass(frozen=True)
class Published:
    """Scores of one model as somebody printed them.

    Attributes:
        model: Name of the model.
        source: Publication or repository.
        scores: Score by data set and metric, as "psnr", "ssim", "lpips" or "mos".
    """

    model: str
    source: str
    scores: Mapping[tuple[str, str], float]


_WITHOUT_FILES: Mapping[str, Sequence[Published]] = {
    "classical_x4": (
        Published(
            "RCAN",
            "Zhang et al., ECCV 2018, as the README of ESRGAN has it",
            {("set5", "psnr"): 32.63, ("set5", "ssim"): 0.9002},
        ),
    ),
}
"""Models by protocol of which no small file under a stated licence was found."""


def published(protocol: str) -> list[Published]:
    """Return what others published under a protocol, in alphabetical order of the models.

    Args:
        protocol: Name of a protocol, with what a variant changes.
    """
    found = [*_of_cards(protocol), *_WITHOUT_FILES.get(protocol, ())]
    if protocol == "srgan_x4":
        found += [_of_the_srgan_paper(model, columns) for model, columns in _SRGAN_TABLE.items()]
    return sorted(found, key=lambda one: one.model.lower())


def _of_cards(protocol: str) -> Iterator[Published]:
    for card in registry.cards().values():
        by_source: dict[str, dict[tuple[str, str], float]] = {}
        for claim in card.claims:
            if claim.protocol != protocol or claim.source.startswith(_OURS):
                continue
            values = {"psnr": claim.psnr, "ssim": claim.ssim, "lpips": claim.lpips}
            scores = {(claim.dataset, metric): value for metric, value in values.items() if value is not None}
            by_source.setdefault(_source(card, claim.source), {}).update(scores)
        yield from (Published(card.id, source, scores) for source, scores in by_source.items())


def _source(card: Card, source: str) -> str:
    """Name the paper where a card calls it the paper: a table stands far from the card."""
    entries = bibliography.about(registry.references(), [card.family])
    if not source.startswith(_PAPER) or not entries:
        return source
    return f"{entries[0].short}{source.removeprefix(_PAPER)}".replace("table", "Table")


def _of_the_srgan_paper(model: str, columns: Sequence[tuple[float, float, float]]) -> Published:
    scores = {
        (dataset, metric): value
        for dataset, values in zip(_SRGAN_SETS, columns, strict=True)
        for metric, value in zip(("psnr", "ssim", "mos"), values, strict=True)
    }
    return Published(model, _SRGAN_SOURCE, scores)
