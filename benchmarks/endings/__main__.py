"""The command line."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.endings import course, report
from benchmarks.walkthrough.course import Browsers


def main() -> int:
    parser = argparse.ArgumentParser("benchmarks.endings", description="Reach every ending of two studies.")
    parser.add_argument("--out", type=Path, required=True, help="folder for endings.json, endings.md and pictures")
    parser.add_argument("--srbench", type=Path, default=Path(sys.executable).with_name("srbench"), help="the program")
    parser.add_argument("--pictures", type=Path, help="folder for a screenshot of each last page")
    arguments = parser.parse_args()
    found = []
    for study in course.STUDIES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="endings_")))
            found.append(course.walked(study, folder, Browsers(stack), arguments.srbench, arguments.pictures))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "endings.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (arguments.out / "endings.md").write_text(report.page(found), encoding="utf-8")
    return 0 if all(report.right(one) for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
