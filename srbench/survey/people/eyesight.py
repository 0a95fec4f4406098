"""Checks of eyesight: plates of dots for colour vision and optotypes for acuity, drawn here, in four directions.

Each shows a Landolt ring, whose opening a rater has to find, so that no letter or digit has to be known.
"""

import hashlib
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from srbench.survey.people.gates import Gate, Verdict, counted

Pixels = npt.NDArray[np.uint8]
Direction = Literal["up", "right", "down", "left"]
DIRECTIONS: tuple[Direction, ...] = ("up", "right", "down", "left")
Cone = Literal["L", "M", "S", ""]
PLATES: tuple[Cone, ...] = ("", "L", "M", "L", "M", "S", "L", "M")
"""The cone that alone tells figure and ground of each plate apart; the first plate differs for everybody."""
OPTOTYPES = 5
_RIGHT = 4
"""Right answers to optotypes that are asked for; guesses reach them in 1.6 % of cases."""

_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
"""Cones' responses to linear sRGB; source: Vienot, Brettel and Mollon 1999, Color Research & Application 24, eq. 4."""
_CONTRAST = {"L": 0.35, "M": -0.3, "S": 1.2}
_GROUND = 0.24
_JITTER = (0.65, 1.3)
"""Brightness of the dots, so that the figure does not stand out by brightness alone."""
_PLATE_PX, _DOTS, _DOT_PX = 280, 1_500, (3.5, 8.0)
_RING = (0.21, 0.37)
_OVERSAMPLING = 8
_MARGIN_PX = 12


def directions(key: str, rater: str, number: int, purpose: str) -> list[Direction]:
    """Return where the openings of a rater's rings are: always the same for one rater, and nowhere to be read.

    Args:
        key: Secret key of the study.
        rater: Id of the rater.
        number: Number of rings.
        purpose: What they are for, so that two checks differ.
    """
    digest = hashlib.sha256(f"{key}:{purpose}:{rater}".encode()).digest()
    return [DIRECTIONS[digest[at] % 4] for at in range(number)]


@lru_cache(maxsize=64)
def plate(number: int, opening: Direction) -> Pixels:
    """Draw a plate of dots in which only some eyes see a ring.

    The colours of figure and ground differ in the response of one kind of cone, so that who lacks it sees none.

    Args:
        number: Number of the plate, from 0.
        opening: Where the ring is open.

    Returns:
        RGB, uint8 `(280, 280, 3)`.
    """
    generator = np.random.default_rng((9, number, DIRECTIONS.index(opening)))
    pixels = np.full((_PLATE_PX, _PLATE_PX, 3), _encoded(np.full(3, 0.55)), dtype=np.uint8)
    ground, figure = colours(PLATES[number])
    for y, x, radius in _dots(generator):
        colour = figure if _in_ring(y, x, opening) else ground
        down, right = np.ogrid[int(y - radius) : int(y + radius) + 2, int(x - radius) : int(x + radius) + 2]
        covered = np.hypot(down - y, right - x) <= radius
        part = pixels[int(y - radius) : int(y + radius) + 2, int(x - radius) : int(x + radius) + 2]
        part[covered[: part.shape[0], : part.shape[1]]] = _encoded(colour * generator.uniform(*_JITTER))
    return pixels


def colours(cone: Cone) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the colours of ground and figure of a plate, in linear sRGB, float64 `(3,)` each.

    Args:
        cone: The cone whose response alone differs; "" for a figure that is darker for everybody.
    """
    ground = np.full(3, _GROUND)
    if not cone:
        return ground, ground * np.array([0.15, 0.15, 0.5])
    response = _LMS @ ground
    response["LMS".index(cone)] *= 1 + _CONTRAST[cone]
    return ground, np.linalg.solve(_LMS, response)


def _dots(generator: np.random.Generator) -> list[tuple[float, float, float]]:
    """Centres and radii of dots in a disc, none of which touch."""
    placed = np.empty((0, 3))
    for radius in np.sort(generator.uniform(*_DOT_PX, _DOTS))[::-1]:
        y, x = generator.uniform(radius, _PLATE_PX - radius, 2)
        inside = np.hypot(y - _PLATE_PX / 2, x - _PLATE_PX / 2) < _PLATE_PX / 2 - radius
        gaps = np.hypot(placed[:, 0] - y, placed[:, 1] - x) - placed[:, 2]
        if inside and (not len(gaps) or gaps.min() > radius + 0.5):
            placed = np.vstack([placed, (y, x, radius)])
    return [(y, x, radius) for y, x, radius in placed.tolist()]


def _in_ring(y: float, x: float, opening: Direction) -> bool:
    height, width = y / _PLATE_PX - 0.5, x / _PLATE_PX - 0.5
    if not _RING[0] <= np.hypot(height, width) <= _RING[1]:
        return False
    along, across = {
        "up": (-height, width),
        "down": (height, width),
        "left": (-width, height),
        "right": (width, height),
    }[opening]
    return not (along > 0 and abs(across) < 0.11)


def _encoded(linear: npt.NDArray[np.float64]) -> Pixels:
    """Code values of linear sRGB (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0, 1)
    coded = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.round(255 * coded).astype(np.uint8)


def gap_px(pixels_per_degree: float, acuity: float) -> float:
    """Return the opening of a ring in device pixels: a minute of arc over the decimal acuity, and at least a pixel.

    Source: ISO 8596:2017, in which an acuity of 1.0 finds an opening of one minute of arc.
    """
    return max(1.0, pixels_per_degree / 60 / acuity)


def optotype(gap: float, opening: Direction) -> Pixels:
    """Draw a Landolt ring, black on white: five openings wide, its line one wide (ISO 8596:2017).

    Args:
        gap: Opening in pixels.
        opening: Where the ring is open.

    Returns:
        RGB, uint8 `(side, side, 3)`.
    """
    side = int(np.ceil(5 * gap)) + 2 * _MARGIN_PX
    fine = (np.arange(side * _OVERSAMPLING) + 0.5) / _OVERSAMPLING - side / 2
    down, right = np.meshgrid(fine, fine, indexing="ij")
    distance = np.hypot(down, right)
    along, across = {"up": (-down, right), "down": (down, right), "left": (-right, down), "right": (right, down)}[
        opening
    ]
    black = (distance >= 1.5 * gap) & (distance <= 2.5 * gap) & ~((along > 0) & (np.abs(across) < gap / 2))
    covered = black.reshape(side, _OVERSAMPLING, side, _OVERSAMPLING).mean((1, 3))
    return np.repeat(_encoded(1 - covered)[:, :, np.newaxis], 3, axis=2)


def colour_verdict(gate: Gate, shown: list[Direction], answers: list[str]) -> Verdict:
    """Return what the plates have found: how many were missed.

    Args:
        gate: The gate.
        shown: Where the rings were open.
        answers: What the rater has said.
    """
    return counted(gate, sum(seen != said for seen, said in zip(shown, answers, strict=True)))


def acuity_verdict(gate: Gate, pixels_per_degree: float, shown: list[Direction], answers: list[str]) -> Verdict:
    """Return what the optotypes have found: the decimal acuity that was tested, and how many were read.

    A screen whose pixels are too coarse for the acuity that is asked for tests the finest that it can show.

    Args:
        gate: The gate; its limit is a decimal acuity.
        pixels_per_degree: Device pixels in a degree of the visual field.
        shown: Where the rings were open.
        answers: What the rater has said.
    """
    tested = pixels_per_degree / 60 / gap_px(pixels_per_degree, gate.limits[0])
    right = sum(seen == said for seen, said in zip(shown, answers, strict=True))
    return Verdict("acuity", right >= _RIGHT, f"{tested:.2f}: {right} of {len(shown)}")
