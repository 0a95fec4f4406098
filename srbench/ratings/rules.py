"""Names of the screening rules, apart from the rules themselves: a wrong one is told before anything is loaded."""

from collections.abc import Iterable

from srbench.errors import BadRatings

RULES = ("bt500", "correlation", "traps", "straight", "fast")
"""Names of the rules, in the order in which they are shown."""


def require_known(names: Iterable[str]) -> None:
    """Refuse a name that no rule has.

    Raises:
        BadRatings: There is one.
    """
    unknown = [name for name in names if name not in RULES]
    if unknown:
        raise BadRatings(f"no screening rule '{unknown[0]}'; expected some of {', '.join(RULES)}, or none")
