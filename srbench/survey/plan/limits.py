"""Limits of a plan that was changed by hand: numbers that keep a server busy for ever, pictures that are missing."""

from collections.abc import Sequence

from srbench.errors import BadStudy
from srbench.ratings.votes import Stimulus
from srbench.survey.plan.design import Design

_MOST_RATERS, _MOST_TRAPS, _SHORTEST_MINUTES = 10_000, 1_000, 0.01


def require_runnable(design: Design, raters: int, pictures: Sequence[tuple[str, Stimulus]]) -> None:
    """Check that sessions can be drawn from a plan, and that raters have something to see.

    Args:
        design: Settings of the sessions.
        raters: Number of raters that the study wants.
        pictures: Roles of the pictures, and what they show.

    Raises:
        BadStudy: They cannot; the text is the end of a sentence about the plan's file.
    """
    if not (design.seed >= 0 and raters <= _MOST_RATERS and design.traps <= _MOST_TRAPS):
        found = f"the seed {design.seed}, {raters} raters and {design.traps} traps"
        raise BadStudy(f"has {found}; expected a seed of at least 0, and at most {_MOST_RATERS} and {_MOST_TRAPS}")
    if min(design.sitting_minutes, design.break_minutes) < _SHORTEST_MINUTES:
        raise BadStudy(f"has a sitting or a time to a break below {_SHORTEST_MINUTES} minutes")
    names = [stimulus.name for _, stimulus in pictures]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadStudy(f"has the picture '{twice}' twice")
    roles = [role for role, _ in pictures]
    ends = {stimulus.expected for role, stimulus in pictures if role != "rated"} - {None}
    if "rated" not in roles or len(ends) < 2:
        raise BadStudy("has no pictures that are rated, or lacks an end of the scale for the calibration")
