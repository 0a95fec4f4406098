"""`python -m benchmarks.chaos [NUMBER]`: random schedules, 1,000 by default, and a report of them."""

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.chaos import schedule
from srbench.evaluation.results import RunFolder

_REPORTS = Path(__file__).parent.parent.parent / "reports" / "reliability"
_PAGE = """# Workers under faults

`python -m benchmarks.chaos {schedules}` plays random schedules over a small run with processes that are
simulated: one to eight workers, other numbers after each restart, one to four shares in folders of their own
or in one, repeated and in any order, and two merges in different orders. At a third of the steps comes a
fault: a worker is killed before or after it stored its rows or with a torn last line, a worker stops for some
steps, the disk is full in the middle of a write, Ctrl-C, all processes are killed at once. Between sessions
the clock jumps by up to 400 days. Schedule number n is a function of n.

Each schedule has to end with the rows of one process (but for times and the host), equal bytes of both
merges, nothing left over in the folders, and no more repeated work than units that were at work in a process
that ended.

{schedules:,} schedules with {faults:,} faults, in which {units_lost:,} units of work were lost: {bad:,} ended
otherwise.
"""


def main(count: int) -> int:
    """Play schedules 0 to `count` - 1; returns the number of those that went wrong."""
    begin, faults, lost, bad = time.perf_counter(), 0, 0, {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        plan = schedule.small_plan(place / "images")
        expected = schedule.reference(plan, RunFolder(place / "one"))
        for number in range(count):
            tally, wrong = schedule.run(number, plan, expected, place / str(number))
            faults, lost = faults + tally.faults, lost + tally.lost
            if wrong:
                bad[number] = wrong
                sys.stdout.write(f"schedule {number}: {'; '.join(wrong)}\n")
    seconds = time.perf_counter() - begin
    found = {"schedules": count, "faults": faults, "units_lost": lost, "wrong": bad}
    (_REPORTS / "chaos.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = _PAGE.format(schedules=count, faults=faults, units_lost=lost, bad=len(bad))
    (_REPORTS / "chaos.md").write_text(page, encoding="utf-8")
    sys.stdout.write(f"{count} schedules, {faults} faults, {lost} units lost, {len(bad)} wrong; {seconds:.0f} s\n")
    return len(bad)


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
