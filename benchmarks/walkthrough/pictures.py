"""Pictures of planted quality: drawn, never photographed, so that every pixel is known beforehand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from srbench.core import image
from srbench.core.image import Array
from srbench.stats.arrays import Floats
from srbench.survey.study import Picture, Study

QUALITY = {"sharp": 0.85, "soft": 0.55, "smeared": 0.2}
"""Planted quality of each model, from 0 to 1."""
CALIBRATION = {"nearest": 0.0, "bicubic": 0.4, "hr": 1.0}
"""What the pictures to calibrate on are worth, and the original and the anchors wherever they are shown."""
_SIZE = 120, 160
AREA = "160x120"


@dataclass(frozen=True, order=True)
class Shown:
    """A picture that a rater has recognised."""

    model: str
    content: str

    @property
    def quality(self) -> float:
        """Planted quality, from 0 to 1."""
        return {**CALIBRATION, **QUALITY}[self.model]

    @property
    def to_calibrate(self) -> bool:
        """Whether it is of a content that is not rated."""
        return self.content.startswith("k")


def draw(folder: Path, contents: int, calibration: int) -> None:
    """Write originals and each model's pictures into folders of their names, and some to calibrate on into another."""
    for number in range(contents):
        original = _texture(number)
        name = f"c{number}.png"
        image.write(folder / "images" / "hr" / name, _rounded(original))
        for model, quality in QUALITY.items():
            smeared = gaussian_filter(original, (3, 3, 0))
            image.write(folder / "images" / model / name, _rounded(quality * original + (1 - quality) * smeared))
    for number in range(100, 100 + calibration):
        image.write(folder / "calibration" / f"k{number}.png", _rounded(_texture(number)))


def _texture(seed: int) -> Floats:
    noise = np.random.default_rng((16, seed)).normal(size=(*_SIZE, 3))
    return 127 + 400 * gaussian_filter(noise, (1, 1, 0)) * 0.5


def _rounded(values: Floats) -> Array:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


class Recognition:
    """What a rater knows: the pixels of every picture of a study, and no name of a file."""

    def __init__(self, study: Study, drawn: Path) -> None:
        self._known: dict[bytes, Shown] = {}
        boost = study.method.boost(study.design)
        for picture in study.pictures:
            shown = Shown(picture.stimulus.model or "", picture.stimulus.content)
            pixels = image.read(study.folder / picture.file)
            if shown.model in QUALITY:
                factor = boost.amplification if boost and picture.form == "boosted" else 1.0
                np.testing.assert_array_equal(pixels, _expected(picture, drawn / "images", factor))
            sizes = (1, boost.zoom) if boost else (1,)
            for enlarged in (pixels.repeat(size, axis=0).repeat(size, axis=1) for size in sizes):
                assert self._known.setdefault(_key(enlarged), shown) == shown, "two pictures have the same pixels"

    def of(self, pixels: Array) -> Shown | None:
        """Return the picture that equals these pixels; None where none does."""
        return self._known.get(_key(pixels))


def _expected(picture: Picture, drawn: Path, factor: float) -> Array:
    """The part of what was drawn that the picture shows, its difference from the original times a factor."""
    left, top, width, height = map(int, (picture.rectangle or "").split(","))
    one, original = (
        image.read(drawn / model / f"{picture.stimulus.content}.png")[top : top + height, left : left + width]
        for model in (picture.stimulus.model, "hr")
    )
    return _rounded(original + factor * (one.astype(np.float64) - original))


def _key(pixels: Array) -> bytes:
    return repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()
