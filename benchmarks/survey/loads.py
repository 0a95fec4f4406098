"""Load: how long answers and pages take with 24 raters at once, for each method."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.load.course import measured as loaded

METHODS = ("acr", "pair", "slider", "dscqs", "mushra", "triplet", "triplet-boosted")
RATERS, SECONDS, RUNS, CONTENTS = 24, 30.0, 3, 24
_KINDS, _FIGURES = ("answer", "page"), ("median_ms", "p99_ms")


def measured() -> Iterator[dict[str, Any]]:
    """Put a study of each method under load, several times."""
    for method in METHODS:
        runs = [loaded(RATERS, SECONDS, method, contents=CONTENTS) for _ in range(RUNS)]
        times = {f"{kind}_{name}": [run["steady"][kind][name] for run in runs] for kind in _KINDS for name in _FIGURES}
        yield {
            "method": method,
            "raters": RATERS,
            "seconds": SECONDS,
            "votes": {name: sum(run["votes"][name] for run in runs) for name in runs[0]["votes"]},
            "times_ms": {name: {"median": median(of), "least": min(of), "most": max(of)} for name, of in times.items()},
            "others_cpu_share": [round(run["cpu_s"]["everything else"] / SECONDS, 2) for run in runs],
            "machine": runs[-1]["machine"],
        }
