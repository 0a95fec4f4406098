"""Change in PSNR by a fast mode, against plain fp32, on the builtin images."""

from functools import cached_property

import torch
from torch import Tensor

from srbench import protocol
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import UserError
from srbench.evaluation import pairing, scoring
from srbench.evaluation.pairing import Pair
from srbench.evaluation.scoring import Scorer
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.protocol import Protocol
from srbench.speed.records import PsnrDrop

DATASET = "builtin"
"""Photographs that come with scikit-image: not a test set of the field, so that no mode is tuned to one."""


class PsnrReference:
    """PSNR of models in plain fp32, with which their other modes are compared; each is measured once.

    Args:
        scale: Upscaling factor of the models.
        store: Asset store that holds the builtin images.

    Raises:
        UserError: There is no protocol of this scale.
    """

    def __init__(self, scale: int, store: AssetStore) -> None:
        self.protocol = _classical(scale)
        self.store = store
        self._fp32: dict[str, Tensor] = {}

    @cached_property
    def pairs(self) -> list[Pair]:
        """Builtin images as HR and LR."""
        items = locate(DATASET, self.store, scale=self.protocol.scale).items
        return [pairing.load(item, self.protocol) for item in items]

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return scoring.scorers(["psnr"], self.protocol, self.store)

    def drop(self, model: Model, upscaler: Upscaler) -> PsnrDrop:
        """Return the change in PSNR by a mode.

        Args:
            model: Model whose PSNR in fp32 is measured on the same device, where it is not known yet.
            upscaler: The same model in the mode.
        """
        name = f"{model.fingerprint} {upscaler.device}"
        if name not in self._fp32:
            self._fp32[name] = self._psnr(model.upscaler(Mode(str(upscaler.device))))
        psnr = self._psnr(upscaler)
        difference = psnr - self._fp32[name]
        worst = difference[difference.abs().argmax()]
        return PsnrDrop(float(difference.mean()), float(worst), float(psnr.mean()), len(psnr))

    def _psnr(self, upscaler: Upscaler) -> Tensor:
        values = []
        for images in self.pairs:
            raw = upscaler(images.lr / 255)
            problem = upscaler.problem()
            finite = problem is None or problem.finite  # rounding would turn NaN into black
            hr = images.original.to(raw.device)
            values.append(_one(raw, hr, self.protocol, self._scorers) if finite else float("nan"))
        return torch.tensor(values, dtype=torch.float64)


def reference(scale: int, store: AssetStore) -> PsnrReference | None:
    """Return the PSNR of models of a scale in fp32; None where no protocol tells what modes cost."""
    try:
        return PsnrReference(scale, store)
    except UserError:
        return None


def _one(raw: Tensor, hr: Tensor, conventions: Protocol, scorers: list[Scorer]) -> float:
    return scoring.measure(scoring.Views(scoring.quantise(raw, conventions), hr, conventions), scorers).values["psnr"]


def _classical(scale: int) -> Protocol:
    try:
        return protocol.find(f"classical_x{scale}")
    except UserError as error:
        raise UserError(f"no protocol tells what modes cost at scale {scale}: {error}") from error
