"""The parts of a study's pictures that are shown: where they are cut, and their pixels. Nothing is ever scaled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from srbench.core import image, image_file
from srbench.core.image_file import Colour
from srbench.core.resize import Kernel, resize
from srbench.errors import BadStudy
from srbench.evaluation.pairing import degrade
from srbench.protocol import Protocol
from srbench.survey.plan.design import REFERENCE
from srbench.survey.stimuli.pictures import Source

_WORST: Kernel = "nearest"
_MIDDLE: Kernel = "bicubic"
ANCHORS = (_WORST, _MIDDLE, REFERENCE)


@dataclass(frozen=True)
class Crop:
    """The part of a content that is shown, the same for all its models.

    Attributes:
        top: First row, from 0.
        left: First column, from 0.
        height: Number of rows.
        width: Number of columns.
        whole: Whether that is all that the pictures of the content have in common.
    """

    top: int
    left: int
    height: int
    width: int
    whole: bool = False

    def __str__(self) -> str:
        """The rectangle as it is stored, "x,y,width,height"; empty for the whole."""
        return "" if self.whole else f"{self.left},{self.top},{self.width},{self.height}"


def fitting_crops(
    sources: Iterable[Source], area_px: tuple[int, int], chosen: Mapping[tuple[str, str], tuple[int, ...]], seed: int
) -> dict[tuple[str, str], Crop]:
    """Return for each data set and content the part that fits the viewer's area; nothing is ever scaled.

    Outputs begin at the top left of their original and may be smaller than it (HR is cropped to a multiple of the
    scale); what all have is what can be shown.

    Args:
        sources: All pictures.
        area_px: Width and height of the viewer's area in pixels.
        chosen: First row and column of chosen crops, and height and width where they are smaller than what fits; the
            others are drawn.
        seed: Seed of the crops that are drawn.

    Raises:
        BadStudy: A chosen crop lies outside the picture, or is of no picture.
    """
    sizes: dict[tuple[str, str], tuple[int, int]] = {}
    for source in sources:
        if source.anchor:
            continue
        height, width = _read(source)[0].shape[:2]
        key = source.dataset, source.content
        before = sizes.get(key, (height, width))
        sizes[key] = min(before[0], height), min(before[1], width)
    unknown = sorted("/".join(filter(None, key)) for key in chosen.keys() - sizes.keys())
    if unknown:
        raise BadStudy(f"crops are given for {', '.join(unknown)}, which the study does not have; correct the file")
    crop_of = {}
    for number, (key, (height, width)) in enumerate(sorted(sizes.items())):
        room = min(height, area_px[1]), min(width, area_px[0])
        region = chosen.get(key, ())
        size = _chosen_size(key, region, room) or room
        generator = np.random.default_rng((seed, 4, number))
        drawn = int(generator.integers(height - size[0] + 1)), int(generator.integers(width - size[1] + 1))
        start = (region[0], region[1]) if region else drawn
        if not (0 <= start[0] <= height - size[0] and 0 <= start[1] <= width - size[1]):
            raise BadStudy(
                f"the crop of {'/'.join(filter(None, key))} begins at row {start[0]}, column {start[1]}; its "
                f"{width} x {height} px leave room up to row {height - size[0]}, column {width - size[1]}"
            )
        crop_of[key] = Crop(*start, *size, whole=size == (height, width))
    return crop_of


def _chosen_size(key: tuple[str, str], region: Sequence[int], room: tuple[int, int]) -> tuple[int, int] | None:
    """Height and width of a chosen region that states them; None where it does not."""
    if len(region) < 4:
        return None
    _, _, height, width = region
    if not (0 < height <= room[0] and 0 < width <= room[1]):
        raise BadStudy(
            f"the crop of {'/'.join(filter(None, key))} is {width} x {height} px; its pictures and --area leave "
            f"room for {room[1]} x {room[0]} px"
        )
    return height, width


def cut(source: Source, crop: Crop, protocol: Protocol | None = None) -> tuple[npt.NDArray[np.uint8], Colour]:
    """Return the pixels that are shown, uint8 `(height, width, 3)` RGB, and how a browser is to show their colours.

    Args:
        source: The picture.
        crop: The part of it that is shown.
        protocol: Convention by which an anchor's LR is made; needed for anchors alone.

    Raises:
        BadStudy: An anchor is smaller than the part that is shown.
    """
    pixels, colour = _read(source)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if source.anchor and protocol is not None:
        pixels = anchors(pixels, protocol)[source.model]
        if pixels.shape[0] < crop.top + crop.height or pixels.shape[1] < crop.left + crop.width:
            raise BadStudy(
                f"the original of {source.content} is no multiple of {protocol.hr_multiple} px; crop it, or make "
                "the study with a smaller part: srbench survey create --area"
            )
    return pixels[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width], colour


def _read(source: Source) -> tuple[npt.NDArray[np.uint8], Colour]:
    return image_file.read_shown(source.path) if source.as_shown else (image.read(source.path), image_file.PLAIN)


def anchors(hr: npt.NDArray[np.uint8], protocol: Protocol) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the ends of the scale from one original, and bicubic between them for practice.

    The worst is LR enlarged by nearest neighbour, the best the original itself.

    Args:
        hr: uint8 `(H, W, 3)` RGB.
        protocol: Convention by which LR is made, and its scale.
    """
    levels = image.crop_to_multiple(image.to_tensor(hr), protocol.hr_multiple)
    size = levels.shape[-2], levels.shape[-1]
    lr = degrade(levels, protocol)
    worst, middle = (image.round_half_up(resize(lr, size, kernel=kernel)) for kernel in (_WORST, _MIDDLE))
    levels_of = dict(zip(ANCHORS, (worst, middle, levels), strict=True))
    return {name: image.to_array(picture.to(levels.dtype)) for name, picture in levels_of.items()}
