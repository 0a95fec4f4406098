"""What was found, as a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.endings.course import code_read

_HEAD = """# Every ending, in both browsers

`python -m benchmarks.endings --out reports/survey` ([what it does](../../benchmarks/endings/__init__.py)). The
page's code is what the last page shows or its link carries; stored is what the raters' table says; reconcile is what
`srbench survey reconcile` says of the panel's list. That holds the codes that people read, and for the first person on
purpose a wrong one.
"""


def right(found: Mapping[str, Any]) -> bool:
    """Return whether each person ended as planned, with one code everywhere, and both reports are equal."""
    first, *others = found["ends"]
    return (
        found["same_report"]
        and all(end["stored_ending"] == end["end"] and end["stored_code"] == code_read(end) for end in found["ends"])
        and all(str(end["back"]).endswith(f"cc={code_read(end)}") for end in found["ends"])
        and all(found["reconciled"].get(end["id"]) == "agrees" for end in others)
        and found["reconciled"].get(first["id"]) not in (None, "agrees")
    )


def page(studies: Sequence[Mapping[str, Any]]) -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(_study(found) for found in studies)])


def _study(found: Mapping[str, Any]) -> str:
    lines = [
        f"## {found['study'].capitalize()}",
        "",
        f"{found['version']}, {', '.join(found['browsers'])}, {found['seconds']} s. The package gives "
        f"{'the same report.json to the byte' if found['same_report'] else 'another report.json'} in another folder.",
        "",
        "| browser | ending | heading of the page | code on the page | stored ending, code | reconcile |",
        "|---|---|---|---|---|---|",
    ]
    for end in found["ends"]:
        kind = f"{end['end']}{', plain form' if end['plain'] else ''}"
        stored = f"{end['stored_ending']}, {end['stored_code']}"
        cells = (end["browser"], kind, end["heading"], code_read(end), stored, found["reconciled"].get(end["id"], "?"))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
