"""Sizes on a rater's screen, from the width of a bank card and the distance of the eyes."""

import math
from collections.abc import Mapping
from typing import Any

CARD_MM = 85.60  # ISO/IEC 7810, ID-1


def pixels_per_degree(screen: Mapping[str, Any]) -> float | None:
    """Return the device pixels in one degree of the visual field, from the answers of a screen check.

    Args:
        screen: Answers of the screen check: "dpr" (device pixels in a CSS pixel), "card" (CSS pixels of a bank card's
            width) and "distance" (to the screen, in cm).

    Returns:
        Pixels per degree; None where an answer is missing.
    """
    try:
        density, card, distance = (float(screen[name]) for name in ("dpr", "card", "distance"))
    except (KeyError, TypeError, ValueError):
        return None
    return 2 * distance * 10 * math.tan(math.radians(0.5)) * card * density / CARD_MM
