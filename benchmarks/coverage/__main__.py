"""The command line: python -m benchmarks.coverage [--quick] [--only PART] [--fixture CSV] --out FOLDER."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.coverage import (
    agreement,
    baseline,
    challenge,
    fixture,
    marks,
    means,
    mixed,
    named,
    pairs,
    ratings,
    report,
    same,
    seeds,
    skewed,
)
from benchmarks.coverage.figures import Figure
from benchmarks.coverage.trials import QUICK, TRIALS
from srbench.stats.arrays import Floats

_OF_FIXTURE: dict[str, Callable[..., Iterator[Figure]]] = {
    "challenge": challenge.measured,
    "same": same.measured,
    "named": named.measured,
}
_WITH_FIXTURE: dict[str, Callable[..., Iterator[Figure]]] = {
    "means": means.measured,
    "skewed": skewed.measured,
    "marks": marks.measured,
    "baseline": baseline.measured,
}
_SIMULATED: dict[str, Callable[..., Iterator[Figure]]] = {
    "seeds": seeds.measured,
    "ratings": ratings.measured,
    "agreement": agreement.measured,
    "mixed": mixed.measured,
    "pairs": pairs.measured,
}


def main() -> int:
    """Measure the parts that are wanted, and write the report."""
    wanted = _arguments()
    path = wanted.fixture or _mirrored()
    values = fixture.read(path) if path and path.exists() else None
    why = "" if values is not None else f"the challenge's values; {path or fixture.FILE} is not there"
    trials = QUICK if wanted.quick else TRIALS
    for name in [wanted.only] if wanted.only else list(trials):
        _measure(name, trials[name], values, why, wanted.out)
    return 0


def _measure(name: str, trials: dict[str, int], values: Floats | None, missing: str, folder: Path) -> None:
    """Measure a part; what was measured is written figure by figure, so that a run that is stopped leaves it."""
    parts = report.stored(folder)
    skipped = missing if name in (*_WITH_FIXTURE, *_OF_FIXTURE) else ""
    figures: list[Figure] = []
    for one in _measured(name, list(trials.values()), values):
        sys.stdout.write(f"{one.what} | {one.regime} | {one.column}: {one.share:.3f} {one.verdict}\n")
        sys.stdout.flush()
        figures.append(one)
        parts[name] = report.part(figures, trials, skipped, complete=False)
        report.write(parts, folder)
    parts[name] = report.part(figures, trials, skipped)
    report.write(parts, folder)


def _measured(name: str, counts: list[int], values: Floats | None) -> Iterator[Figure]:
    if name in _OF_FIXTURE:
        return iter(()) if values is None else _OF_FIXTURE[name](*counts, values)
    if name in _WITH_FIXTURE:
        return _WITH_FIXTURE[name](*counts, values)
    return _SIMULATED[name](*counts)


def _mirrored() -> Path | None:
    """Return the place of the fixture in the mirror of data sets."""
    mirror = os.environ.get("SRBENCH_MIRROR", "")
    return Path(mirror) / fixture.FILE if mirror and "://" not in mirror else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.coverage", description="Measure how often the statistics are right.")
    parser.add_argument("--quick", action="store_true", help="fewer trials")
    parser.add_argument("--only", choices=list(TRIALS), help="one part; the others stay as they are stored")
    parser.add_argument("--fixture", type=Path, help=f"{fixture.SOURCE}; else {fixture.FILE} in SRBENCH_MIRROR")
    parser.add_argument("--out", type=Path, default=report.FOLDER, help="folder of coverage.json and README.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
