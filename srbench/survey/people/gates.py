"""Gates: conditions of screen, eyesight and care that are recorded of a rater, or required.

A gate that is required and failed ends the rater's way as "screened-out"; a recorded one is stored with its value.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from srbench.errors import BadStudy
from srbench.survey.people.screen_geometry import pixels_per_degree

GateName = Literal["window", "density", "zoom", "fullscreen", "distance", "colour", "acuity", "gold", "traps", "focus"]
Level = Literal["record", "require"]
GATES: tuple[GateName, ...] = get_args(GateName)
LEVELS: tuple[str, ...] = ("off", *get_args(Level))
ON_SCREEN: tuple[GateName, ...] = ("window", "density", "zoom", "fullscreen", "distance")
"""Gates that the screen check decides."""

_DEFAULTS: dict[GateName, tuple[float, ...]] = {
    "window": (),  # the largest picture of the study
    "density": (),  # any whole number, so that one picture pixel is one pixel of the screen
    "zoom": (10.0,),  # scroll bars and borders take up to 3 %; the nearest zooms of browsers are 90 and 110 %
    "fullscreen": (),
    "distance": (30.0, 150.0),  # ITU-R BT.500-15 designs for 60 pixels in a degree
    "colour": (1.0,),  # plates that may be missed
    "acuity": (1.0,),  # 20/20
    "gold": (0.0,),
    "traps": (1.0,),
    "focus": (5.0,),
}
_COUNTS = {
    "window": (0, 2),
    "density": (0, 1, 2),
    "zoom": (1,),
    "fullscreen": (0,),
    "distance": (2,),
    **dict.fromkeys(("colour", "acuity", "gold", "traps", "focus"), (1,)),
}
_NUMBER = re.compile(r"\d{1,5}(\.\d{1,4})?", re.ASCII)


@dataclass(frozen=True)
class Gate:
    """A condition that is recorded or required.

    Attributes:
        name: What is looked at, one of `GATES`.
        level: "record" or "require".
        limits: window: least width and height in device pixels. density: lowest and highest device pixels in a CSS
            pixel. zoom: allowed difference from 100 %. distance: lowest and highest pixels in a degree of the visual
            field. colour, gold, traps: how many may be missed. acuity: least decimal acuity. focus: how often the page
            may lose the focus. Empty where the study itself gives the limit.
    """

    name: GateName
    level: Level
    limits: tuple[float, ...] = ()


class Verdict(NamedTuple):
    """What a gate has found.

    Attributes:
        gate: Name of the gate.
        passed: Whether the condition holds.
        value: What was found, as text.
    """

    gate: GateName
    passed: bool
    value: str


def parse(text: str) -> Gate | None:
    """Read a gate as it is typed: NAME=LEVEL or NAME=LEVEL:LIMITS.

    Returns:
        The gate; None where it is off.

    Raises:
        BadStudy: No such gate or level, or limits of another kind.
    """
    name, equals, rest = text.partition("=")
    level, _, limits = rest.partition(":")
    if name not in GATES or not equals or level not in LEVELS:
        raise BadStudy(
            f"--gate '{text}' cannot be understood; expected NAME=LEVEL or NAME=LEVEL:LIMITS, with a NAME of "
            f"{', '.join(GATES)} and a LEVEL of {', '.join(LEVELS)}"
        )
    numbers = re.split("[x-]", limits) if limits else []
    if not all(_NUMBER.fullmatch(number) for number in numbers) or (limits and len(numbers) not in _COUNTS[name]):
        raise BadStudy(f"--gate '{text}' has the limits '{limits}'; expected {_expected(name)}")
    if level == "off":
        return None
    return Gate(name, "require" if level == "require" else "record", tuple(map(float, numbers)) or _DEFAULTS[name])


def _expected(name: GateName) -> str:
    forms = {"window": "WIDTHxHEIGHT", "density": "a number or LOW-HIGH", "fullscreen": "none", "distance": "LOW-HIGH"}
    return forms.get(name, "one number")


def require_sound(gates: Sequence[Gate]) -> None:
    """Check the gates of a study.

    Raises:
        BadStudy: A gate or a level that does not exist, or one that is given twice.
    """
    names = [gate.name for gate in gates]
    for gate in gates:
        if gate.name not in GATES or gate.level not in LEVELS[1:] or len(gate.limits) not in _COUNTS[gate.name]:
            raise BadStudy(f"the gate '{gate.name}' at '{gate.level}' is not known here; update srbench")
        if names.count(gate.name) > 1:
            raise BadStudy(f"the gate {gate.name} is given twice; give it once")


def find(gates: Iterable[Gate], name: GateName) -> Gate | None:
    """Return the gate of this name; None where it is off."""
    return next((gate for gate in gates if gate.name == name), None)


def on_screen(gates: Iterable[Gate], screen: Mapping[str, Any], largest_px: tuple[int, int]) -> list[Verdict]:
    """Return what the gates of the screen check find.

    Args:
        gates: Gates of the study.
        screen: What the browser measured and the rater answered: "dpr", "width", "height" (CSS pixels), "zoom"
            (percent), "fullscreen" (0 or 1), "card", "distance".
        largest_px: Width and height of the study's largest picture in pixels.
    """
    return [_on_screen(gate, screen, largest_px) for gate in gates if gate.name in ON_SCREEN]


def _on_screen(gate: Gate, screen: Mapping[str, Any], largest_px: tuple[int, int]) -> Verdict:
    dpr, width, height, zoom = (float(screen.get(name) or 0) for name in ("dpr", "width", "height", "zoom"))
    if gate.name == "window":
        # A browser rounds the window's size to whole CSS pixels, each of which may be several device pixels.
        least = gate.limits or largest_px
        passed = (width + 1) * dpr > least[0] and (height + 1) * dpr > least[1]
        return Verdict("window", passed, f"{width * dpr:.0f}x{height * dpr:.0f}")
    if gate.name == "density":
        passed = gate.limits[0] <= dpr <= gate.limits[-1] if gate.limits else dpr >= 1 and dpr == round(dpr)
        return Verdict("density", passed, f"{dpr:g}")
    if gate.name == "zoom":
        return Verdict("zoom", zoom > 0 and abs(zoom - 100) < gate.limits[0], f"{zoom:g}")
    if gate.name == "fullscreen":
        full = screen.get("fullscreen") == 1
        return Verdict("fullscreen", full, "yes" if full else "no")
    degree = pixels_per_degree(screen)
    passed = degree is not None and gate.limits[0] <= degree <= gate.limits[1]
    return Verdict("distance", passed, "" if degree is None else f"{degree:.1f}")


def counted(gate: Gate, found: int) -> Verdict:
    """Return the verdict of a gate that counts what goes wrong: colour, gold, traps, focus.

    Args:
        gate: The gate.
        found: How many were missed, or how often the focus was lost.
    """
    return Verdict(gate.name, found <= gate.limits[0], str(found))


def failed(gates: Iterable[Gate], verdicts: Iterable[Verdict]) -> list[str]:
    """Return the names of the required gates that were not passed."""
    required = {gate.name for gate in gates if gate.level == "require"}
    return [verdict.gate for verdict in verdicts if verdict.gate in required and not verdict.passed]
