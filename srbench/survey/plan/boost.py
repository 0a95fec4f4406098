"""Boosted triplets: how much differences are enlarged, how fast pictures flicker, and the names of boosted pictures."""

import math
from dataclasses import dataclass

from srbench.errors import BadStudy
from srbench.survey.plan.presentation import LARGEST
from srbench.survey.stimuli.flashes import ALLOWED_PX

LARGEST_AMPLIFICATION, FASTEST = 10.0, 30.0
SAFE_CHANGES = 5.0
"""Changes a second of pictures that flash more than WCAG 2.3.1 allows: two and a half flashes, three may be."""
_MOST_SAFE = 6.0
_PREFIX = "boosted/"  # no plain picture has such a name: they have no slash


@dataclass(frozen=True)
class Boost:
    """How pictures are boosted (ISO/IEC 29170-3, JPEG AIC-3).

    Attributes:
        zoom: Device pixels in each direction for a pixel of the picture, which the browser repeats.
        amplification: Factor of the difference between a picture and its original.
        changes_per_second: How often a second picture and original change places; two changes are a flash.
    """

    zoom: int = 2
    amplification: float = 2.0
    changes_per_second: float = 10.0


def validated(boost: Boost) -> Boost:
    """Return a boost unchanged.

    Raises:
        BadStudy: A factor or a rate that cannot be.
    """
    if not 1 <= boost.zoom <= LARGEST:
        raise BadStudy(f"the zoom of boosted pictures is {boost.zoom}; expected a whole number from 1 to {LARGEST}")
    factor, rate = boost.amplification, boost.changes_per_second
    if not (math.isfinite(factor) and 1 <= factor <= LARGEST_AMPLIFICATION):
        raise BadStudy(f"the amplification is {factor}; expected 1 to {LARGEST_AMPLIFICATION:g}")
    if not (math.isfinite(rate) and 1 <= rate <= FASTEST):
        raise BadStudy(f"the flicker is {rate} changes a second; expected 1 to {FASTEST:g}")
    return boost


def changes_per_second(boost: Boost, flashing_px: int) -> float:
    """Return how often a second the pictures of a trial change.

    Args:
        boost: The study's boost.
        flashing_px: Pixels that flash at once within 10 degrees of the visual field.
    """
    rate = boost.changes_per_second
    return SAFE_CHANGES if rate > _MOST_SAFE and flashing_px > ALLOWED_PX else rate


def boosted_name(name: str) -> str:
    """Return the name of the boosted picture of a plain one."""
    return f"{_PREFIX}{name}"


def plain_name(name: str) -> str:
    """Return the name of a picture without any boost, which is its own for a plain one."""
    return name.removeprefix(_PREFIX)


def is_boosted(name: str) -> bool:
    """Return whether a name is that of a boosted picture."""
    return name.startswith(_PREFIX)
