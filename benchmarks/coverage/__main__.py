"""The command line: python -m benchmarks.coverage [--quick] [--only PART] [--fixture CSV] --out FOLDER."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.coverage import challenge, fixture, marks, means, pairs, ratings, report
from benchmarks.coverage.figures import Figure
from srbench.stats.arrays import Floats

TRIALS = {
    "means": {"t": 2_000, "other methods": 200},
    "marks": {"t": 400, "sign-flip and Wilcoxon from n = 50 on": 40},
    "challenge": {"t": 500, "sign-flip": 60, "influence line": 60},
    "ratings": {"studies": 150, "maximum likelihood": 20},
    "pairs": {"studies": 100},
}
_QUICK = 10


def main() -> int:
    """Measure the parts that are wanted, and write the report after each."""
    wanted = _arguments()
    path = wanted.fixture or _mirrored()
    values = fixture.read(path) if path and path.exists() else None
    why = "" if values is not None else f"the challenge's values; {path or fixture.FILE} is not there"
    parts = report.stored(wanted.out)
    for name in [wanted.only] if wanted.only else TRIALS:
        counts = {what: count // (_QUICK if wanted.quick else 1) for what, count in TRIALS[name].items()}
        begun, figures = time.monotonic(), []
        for one in _measured(name, list(counts.values()), values):
            sys.stdout.write(f"{one.what} | {one.regime} | {one.column}: {one.share:.3f} {one.verdict}\n")
            sys.stdout.flush()
            figures.append(one)
        skipped = why if name in ("means", "marks", "challenge") else ""
        parts[name] = report.part(figures, time.monotonic() - begun, counts, skipped)
        report.write(parts, wanted.out)
    return 0


def _measured(name: str, counts: list[int], values: Floats | None) -> Iterator[Figure]:
    if name == "challenge" and values is None:
        return iter(())
    measure: dict[str, Callable[[], Iterator[Figure]]] = {
        "means": lambda: means.measured(*counts, values),
        "marks": lambda: marks.measured(*counts, values),
        "challenge": lambda: challenge.measured(*counts, values),
        "ratings": lambda: ratings.measured(*counts),
        "pairs": lambda: pairs.measured(*counts),
    }
    return measure[name]()


def _mirrored() -> Path | None:
    """Return the place of the fixture in the mirror of data sets."""
    mirror = os.environ.get("SRBENCH_MIRROR", "")
    return Path(mirror) / fixture.FILE if mirror and "://" not in mirror else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.coverage", description="Measure how often the statistics are right.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--only", choices=list(TRIALS), help="one part; the others stay as they are stored")
    parser.add_argument("--fixture", type=Path, help=f"{fixture.SOURCE}; else {fixture.FILE} in SRBENCH_MIRROR")
    parser.add_argument("--out", type=Path, default=report.FOLDER, help="folder of coverage.json and README.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
