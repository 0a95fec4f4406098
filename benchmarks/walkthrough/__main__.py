"""The command line, and the course of one study."""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.walkthrough import course, report
from benchmarks.walkthrough.scenes import SCENES
from benchmarks.walkthrough.ways import WAYS
from srbench.survey import methods


def main() -> int:
    parser = argparse.ArgumentParser("benchmarks.walkthrough", description="Walk every method the whole way.")
    known = methods.names()
    parser.add_argument("--methods", default=",".join(known), help=f"of {', '.join(known)}, also with its options")
    parser.add_argument("--out", type=Path, help="folder for walkthrough.md and walkthrough.json")
    arguments = parser.parse_args()
    found: list[dict[str, Any]] = []
    with ExitStack() as stack:
        browsers = course.Browsers(stack)
        for way in WAYS:
            if {way.method, way.name} & set(arguments.methods.split(",")):
                with tempfile.TemporaryDirectory(prefix="walkthrough_") as name:
                    found.append(course.walked(way, SCENES, Path(name), browsers))
                sys.stdout.write(report.line(found[-1]))
                sys.stdout.flush()
                if arguments.out:
                    report.write(found, arguments.out)
    return 0 if all(map(report.right, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
