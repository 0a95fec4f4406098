"""`python -m benchmarks.chaos [NUMBER [FIRST]]`: random schedules, by default 1,000 from number 0, and their report."""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.chaos import schedule
from srbench.evaluation.results import RunFolder

_REPORTS = Path(__file__).parent.parent.parent / "reports" / "reliability"
_PAGE = """# Workers under faults

`python -m benchmarks.chaos NUMBER FIRST` plays random schedules over a small run with processes that are
simulated: one to eight workers, other numbers after each restart, one to four shares in folders of their own
or in one, repeated and in any order, and two merges in different orders. At a third of the steps comes a
fault: a worker is killed before or after it stored its rows or with a torn last line, a worker stops for some
steps, the disk is full in the middle of a write, Ctrl-C, all processes are killed at once. Between sessions
the clock jumps by up to 400 days. Schedule number n is a function of n.

Each schedule has to end with the rows of one process (but for times and the host), equal bytes of both
merges, nothing left over in the folders, and no more repeated work than units that were at work in a process
that ended.

{schedules:,} schedules ({numbers}) with {faults:,} faults, in which {units_lost:,} units of work were lost:
{bad:,} ended otherwise.
"""


def main(count: int, first: int = 0) -> int:
    """Play schedules `first` to `first + count - 1`; returns the number of those that went wrong."""
    begin, faults, lost, bad = time.process_time(), 0, 0, {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        plan = schedule.small_plan(place / "images")
        expected = schedule.reference(plan, RunFolder(place / "one"))
        for number in range(first, first + count):
            tally, wrong = schedule.run(number, plan, expected, place / str(number))
            shutil.rmtree(place / str(number))
            faults, lost = faults + tally.faults, lost + tally.lost
            if wrong:
                bad[number] = wrong
                sys.stdout.write(f"schedule {number}: {'; '.join(wrong)}\n")
    seconds = time.process_time() - begin
    _report({"first": first, "schedules": count, "faults": faults, "units_lost": lost, "wrong": bad})
    sys.stdout.write(
        f"{count} schedules, {faults} faults, {lost} units lost, {len(bad)} wrong; {seconds:.0f} s of CPU\n"
    )
    return len(bad)


def _report(part: dict[str, Any]) -> None:
    """Put a part beside those that were played before, but for earlier ones of the same schedules."""
    path, mine = _REPORTS / "chaos.json", _numbers(part)
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    others = [one for one in stored if one["first"] not in mine and mine[0] not in _numbers(one)]
    parts = sorted([*others, part], key=lambda one: one["first"])
    path.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
    total = {name: sum(one[name] for one in parts) for name in ("schedules", "faults", "units_lost")}
    bad = sum(len(one["wrong"]) for one in parts)
    played = sorted(number for one in parts for number in _numbers(one))
    there = set(played)
    begins = [number for number in played if number - 1 not in there]
    ends = [number for number in played if number + 1 not in there]
    numbers = ", ".join(f"{begin} to {end}" for begin, end in zip(begins, ends, strict=True))
    page = _PAGE.format(**total, bad=bad, numbers=numbers)
    (_REPORTS / "chaos.md").write_text(page, encoding="utf-8")


def _numbers(part: dict[str, Any]) -> range:
    return range(part["first"], part["first"] + part["schedules"])


if __name__ == "__main__":
    sys.exit(bool(main(*(int(text) for text in sys.argv[1:] or ("1000",)))))
