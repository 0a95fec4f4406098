"""Change in PSNR by a fast mode, against plain fp32, on the builtin images."""

import math
import time
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


class NoTime(UserError):
    """The time for a measurement is over, or too short."""


class PsnrReference:
    """PSNR of models in plain fp32, with which their other modes are compared; each is measured once.

    Args:
        scale: Upscaling factor of the models.
        store: Asset store that holds the builtin images.
        ends: Time, by `time.monotonic`, after which nothing is measured any more.

    Attributes:
        side_px: Side in LR pixels of the middle of each image that is measured; 0 for the whole image.

    Raises:
        UserError: There is no protocol of this scale.
    """

    def __init__(self, scale: int, store: AssetStore, ends: float = math.inf) -> None:
        self.protocol = _classical(scale)
        self.store = store
        self.ends = ends
        self.side_px = 0
        self._fp32: dict[str, Tensor] = {}

    @cached_property
    def pairs(self) -> list[Pair]:
        """Builtin images as HR and LR, whole or their middle."""
        items = locate(DATASET, self.store, scale=self.protocol.scale).items
        whole = [pairing.load(item, self.protocol) for item in items]
        return [_middle(images, self.side_px, self.protocol.scale) for images in whole] if self.side_px else whole

    def look_at_the_clock(self, build_s: float = 0.0) -> None:
        """Refuse to go on after the end.

        Args:
            build_s: Seconds that the next step takes, which cannot be interrupted.

        Raises:
            NoTime: The time is over, or will be after the step.
        """
        left_s = self.ends - time.monotonic()
        if left_s < 0:
            raise NoTime("there was no time to measure it")
        if build_s > left_s:
            raise NoTime(f"there was no time to build it, which takes about {build_s:.1f} s")

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return scoring.scorers(["psnr"], self.protocol, self.store)

    def know(self, model: Model, plain: Upscaler) -> Tensor:
        """Return the PSNR of a model in plain fp32, with which its other modes are compared."""
        name = _name(model, plain)
        if name not in self._fp32:
            self._fp32[name] = self._psnr(plain)
        return self._fp32[name]

    def drop(self, model: Model, upscaler: Upscaler) -> PsnrDrop:
        """Return the change in PSNR by a mode.

        Args:
            model: Model whose PSNR in fp32 is measured on the same device, where it is not known yet.
            upscaler: The same model in the mode.
        """
        known = self._fp32.get(_name(model, upscaler))
        fp32 = self.know(model, model.upscaler(Mode(upscaler.mode.device))) if known is None else known
        psnr = self._psnr(upscaler)
        difference = psnr - fp32
        worst = difference[difference.abs().argmax()]
        return PsnrDrop(float(difference.mean()), float(worst), float(psnr.mean()), len(psnr))

    def _psnr(self, upscaler: Upscaler) -> Tensor:
        values = []
        for images in self.pairs:
            self.look_at_the_clock()
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


def _name(model: Model, upscaler: Upscaler) -> str:
    return f"{model.fingerprint} {upscaler.mode.device}"


def _middle(images: Pair, side_px: int, scale: int) -> Pair:
    """Return the middle of an image's LR, at most so many pixels high and wide, and what belongs to it of HR."""
    *_, height, width = images.lr.shape
    top, left = (max(0, (side - side_px) // 2) for side in (height, width))
    rows, columns = slice(top, top + side_px), slice(left, left + side_px)
    hr_rows, hr_columns = (slice(scale * part.start, scale * part.stop) for part in (rows, columns))
    return Pair(images.lr[..., rows, columns], images.original[..., hr_rows, hr_columns])


def _one(raw: Tensor, hr: Tensor, conventions: Protocol, scorers: list[Scorer]) -> float:
    return scoring.measure(scoring.Views(scoring.quantise(raw, conventions), hr, conventions), scorers).values["psnr"]


def _classical(scale: int) -> Protocol:
    try:
        return protocol.find(f"classical_x{scale}")
    except UserError as error:
        raise UserError(f"no protocol tells what modes cost at scale {scale}: {error}") from error
