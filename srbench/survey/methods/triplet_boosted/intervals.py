"""Intervals between frames, and between changes of the pictures, as a browser has measured them."""

import re

_MOST = 200
_COUNTS = re.compile(r"\d{1,5}:\d{1,6}( \d{1,5}:\d{1,6})*", re.ASCII)
FIELDS = ("frame_ms", "change_ms")
"""What the script of a trial sends: how often each number of whole milliseconds was between two."""


def counts(text: str) -> dict[str, int]:
    """Return how often each interval was, by its whole milliseconds; nothing where the text is something else.

    Args:
        text: Intervals and numbers, as "16:120 17:240 33:2".
    """
    if not _COUNTS.fullmatch(text) or text.count(":") > _MOST:
        return {}
    return {interval: int(count) for interval, count in (part.split(":") for part in text.split(" "))}
