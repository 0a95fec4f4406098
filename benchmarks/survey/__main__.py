"""The command line: parts one after the other, each with files of its own, and README.md of all."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.survey import kills, loads, report, troubles
from tests import postgres


def _kills() -> dict[str, Any]:
    found = {"SQLite": kills.measured(200)}
    with postgres.server() as server:
        found["PostgreSQL"] = kills.measured(40, postgres.database(server))
    return found


_MEASURED: dict[str, Callable[[], Any]] = {
    "load": lambda: list(loads.measured()),
    "kills": _kills,
    "troubles": troubles.measured,
}
_COMMANDS = {
    "pairs": ("benchmarks.pair_designs", "--out"),
    "triplets": ("benchmarks.triplets",),
    "walkthrough": ("benchmarks.walkthrough", "--out"),
}


def main() -> int:
    parser = argparse.ArgumentParser("benchmarks.survey", description="Measure everything of reports/survey.")
    every = (*_MEASURED, *_COMMANDS)
    parser.add_argument("--parts", default=",".join(every), help=f"of {', '.join(every)}; all by default")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    if unknown := set(parts) - set(every):
        parser.error(f"no part {', '.join(sorted(unknown))}; expected of {', '.join(every)}")
    for part in parts:
        if part in _MEASURED:
            report.write(arguments.out, part, _MEASURED[part]())
        else:
            _run(part, arguments.out)
    return 0 if report.right(arguments.out) else 1


def _run(part: str, folder: Path) -> None:
    """Run another benchmark; what it prints is kept where it writes no files."""
    module, *option = _COMMANDS[part]
    words = (sys.executable, "-m", module, *option, *([str(folder)] if option else []))
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    if not option:
        (folder / f"{part}.txt").write_text(said, encoding="utf-8")
    report.write_readme(folder)


if __name__ == "__main__":
    sys.exit(main())
