"""How pictures are presented: enlargement, the pause before them, viewing times, and zoom."""

import math
from dataclasses import dataclass

from srbench.errors import BadStudy

LARGEST, LONGEST_S = 16, 600.0


@dataclass(frozen=True)
class Presentation:
    """How the pictures of a trial are presented.

    Attributes:
        enlarge: Device pixels in each direction for a pixel of the picture, which the browser repeats.
        pause_seconds: How long mid-grey stands in the place of the pictures before they appear (ITU-R BT.500).
        least_seconds: How long pictures are looked at before an answer is taken.
        longest_seconds: After which time mid-grey covers the pictures, while the answer is still awaited; 0 for never.
        zoom: Largest whole number by which a rater may enlarge a place of all pictures at once; 1 for not at all.
    """

    enlarge: int = 1
    pause_seconds: float = 0.0
    least_seconds: float = 0.0
    longest_seconds: float = 0.0
    zoom: int = 1


def validated(presentation: Presentation) -> Presentation:
    """Return a presentation unchanged.

    Raises:
        BadStudy: A factor or a time that cannot be, or pictures that are covered before they have been looked at.
    """
    for name, factor in (("enlarge", presentation.enlarge), ("zoom", presentation.zoom)):
        if not 1 <= factor <= LARGEST:
            raise BadStudy(f"{name} is {factor}; expected a whole number from 1 to {LARGEST}")
    least, longest = presentation.least_seconds, presentation.longest_seconds
    for seconds in (presentation.pause_seconds, least, longest):
        if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_S):
            raise BadStudy(f"a pause or viewing time is {seconds} s; expected 0 to {LONGEST_S:.0f} s")
    if 0 < longest < least:
        raise BadStudy(f"the longest viewing time is {longest} s, the least {least} s; make it no shorter than that")
    return presentation
