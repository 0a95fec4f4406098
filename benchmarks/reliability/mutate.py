"""Mutation testing: make one deliberate mistake after the other, and see whether a test of its package fails.

    python -m benchmarks.reliability.mutate [--only TEXT ...] [--survivors] [--out FOLDER]

Every mutation is made in a temporary copy of the tree. Libraries are loaded once; each run of pytest is a fork. Tests
that fail without any mutation prove nothing, so each selection of tests runs once on the tree as it is. Writes
mutations.json and README.md into reports/reliability.
"""

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.reliability import measurement_mutations, rating_mutations, report
from benchmarks.reliability.mutation import Mutation, mutations

ROOT = Path(__file__).parent.parent.parent
SURVIVE: dict[tuple[str, str], str] = {}
"""Why no test can notice a mistake, by its file and what it became."""

ONCE_UNNOTICED = {
    ("srbench/evaluation/pairing.py", 'round_passes=protocol.lr_rounding != "none"'): (
        "LR rounded at the end is rounded after each pass"
    ),
    ("srbench/evaluation/tasks.py", "metric=name, machine"): "the key of a row lacks the version of the metric",
    ("srbench/stats/two_way.py", "raw - sum("): "noise is taken off once in the interval over raters and images",
    ("srbench/survey/store/answers.py", "if position > waiting[0].position + 1:"): (
        "an answer to the next question is stored on this one"
    ),
    ("srbench/survey/plan/planning.py", "seen"): "sides of pairs are not turned by content and round",
}
"""What mistakes do that the tests of version 0.1 let through, by file and what they became."""

_LIMIT_S = 600
_LIBRARIES = (
    "torch",
    "numpy",
    "scipy.stats",
    "pandas",
    "sqlalchemy",
    "alembic",
    "hypothesis",
    "skimage.metrics",
    "httpx",
)


def table() -> list[Mutation]:
    """Return every mutation."""
    return [*mutations(measurement_mutations.GROUPS), *mutations(rating_mutations.GROUPS)]


@contextmanager
def tree() -> Iterator[Path]:
    """Copy what git would store into a temporary folder, which is deleted in the end."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory(prefix="mutate-") as made:
        for name in listed.stdout.splitlines():
            source, target = ROOT / name, Path(made) / name
            if source.is_file() and not name.startswith("reports/"):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        yield Path(made)


def passes(folder: Path, tests: Sequence[str]) -> bool:
    """Run tests of a copy in a fork; False where one fails, cannot be collected, or does not end in 10 minutes."""
    child = os.fork()
    if child == 0:
        _test(folder, tests)
    end = time.monotonic() + _LIMIT_S
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.05)
    os.killpg(child, 9)
    os.waitpid(child, 0)
    return False


def _test(folder: Path, tests: Sequence[str]) -> None:
    os.setpgid(0, 0)
    os.chdir(folder)
    os.environ |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path[:] = [str(folder), *(place for place in sys.path if place and Path(place).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("srbench", "zoo", "tests", "benchmarks")]:
        del sys.modules[name]
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    code = 1
    with suppress(BaseException):
        code = int(pytest.main(["-x", "-q", "--benchmark-disable", "-p", "no:cacheprovider", *tests]))
    os._exit(code)


def is_killed(folder: Path, mutation: Mutation) -> bool:
    """Make a mutation in a copy of the tree, run its tests, and put the file back.

    Raises:
        ValueError: The text does not stand in the file, or not once.
    """
    file = folder / mutation.file
    before = file.read_text(encoding="utf-8")
    if before.count(mutation.old) != 1:
        raise ValueError(f"{mutation.file}: {before.count(mutation.old)} times {mutation.old!r}; expected once")
    try:
        file.write_text(before.replace(mutation.old, mutation.new), encoding="utf-8")
        return not passes(folder, mutation.tests)
    finally:
        file.write_text(before, encoding="utf-8")


def _name(mutation: Mutation) -> str:
    return f"{mutation.file}: {json.dumps(mutation.old)} -> {json.dumps(mutation.new)}"


def _is_asked_for(mutation: Mutation, texts: Sequence[str]) -> bool:
    return any(text in mutation.file for text in texts)


def _entry(mutation: Mutation, killed: bool) -> dict[str, object]:
    reason = SURVIVE.get((mutation.file, mutation.new), "")
    once = ONCE_UNNOTICED.get((mutation.file, mutation.new), "")
    return {**mutation._asdict(), "killed": killed, "reason": reason, "once_unnoticed": once, "commit": report.commit()}


def main() -> None:
    """Run the table, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[""], help="only mutations whose file holds one of these texts")
    parser.add_argument("--survivors", action="store_true", help="only those that no test noticed the last time")
    parser.add_argument("--out", type=Path, default=report.FOLDER, help="folder of the report")
    wanted = parser.parse_args()
    for name in _LIBRARIES:
        importlib.import_module(name)
    sys.modules["torch"].set_num_threads(1)
    listed = {_name(mutation): mutation for mutation in table()}
    entries = {name: entry for name, entry in report.stored("mutations", wanted.out).items() if name in listed}
    again = {name for name in listed if not (wanted.survivors and entries.get(name, {"killed": False})["killed"])}
    chosen = [mutation for name, mutation in listed.items() if name in again and _is_asked_for(mutation, wanted.only)]
    with tree() as folder:
        for tests, group in groupby(chosen, key=lambda mutation: mutation.tests):
            if not passes(folder, tests):
                print("fails as it is:", *tests, flush=True)
                continue
            for mutation in group:
                killed = is_killed(folder, mutation)
                entries[_name(mutation)] = _entry(mutation, killed)
                print("killed  " if killed else "SURVIVED", _name(mutation), flush=True)
            report.write("mutations", entries, wanted.out)


if __name__ == "__main__":
    main()
