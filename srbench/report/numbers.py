"""Numbers as tables print them."""

import math
from collections.abc import Iterable

_P_FLOOR = 1e-4


def number(value: float | None, digits: int = 2) -> str:
    """Print a number; empty where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def interval(ends: tuple[float, float] | None, digits: int = 2) -> str:
    """Print both ends of an interval; empty where there is none."""
    return "" if ends is None else f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"


def around(middle: float, half: float | None, digits: int = 2) -> str:
    """Print the interval from half below to half above a value; empty where there is none."""
    return interval(ends_around(middle, half), digits)


def ends_around(middle: float, half: float | None) -> tuple[float, float] | None:
    """Return both ends of an interval; None where its half is not known."""
    return None if half is None or not math.isfinite(half) else (middle - half, middle + half)


def cut(ends: tuple[float, float] | None, low: float, high: float) -> tuple[float, float] | None:
    """Return the part of an interval that lies between two bounds, which the truth cannot pass."""
    return None if ends is None else (min(max(ends[0], low), high), max(min(ends[1], high), low))


def p_value(p: float) -> str:
    """Print a p value; very small ones as a bound."""
    return f"< {_P_FLOOR:g}" if p < _P_FLOOR else f"{p:.4f}"


def from_to(values: Iterable[int]) -> str:
    """Print the least and the greatest of counts; one number where they are equal."""
    ordered = sorted(values)
    if not ordered:
        return "no"
    return f"{ordered[0]}" if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"


def degrees_of_freedom(values: Iterable[int]) -> str:
    """Print the least and the greatest of numbers of degrees of freedom, with the unit."""
    numbers = from_to(values)
    return f"{numbers} degree{'' if numbers == '1' else 's'} of freedom"
