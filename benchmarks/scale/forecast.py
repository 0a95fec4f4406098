"""`python -m benchmarks.scale.forecast [TIMES]`: what `run --dry-run` expects on Set14, and the time that it takes.

Rows of the models exist from Set5, which is run first, anew each time. The machine should be at rest.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_MODELS = "espcn,srresnet.srbench,srresnet.goldhuang_b8"
_METRICS = "psnr,ssim,lpips"
_REPORTS = Path(__file__).parent.parent.parent / "reports" / "scale"
_PAGE = """# The time that a dry run expects

`python -m benchmarks.scale.forecast`: {models} with {metrics} on Set14, whose
times are known from Set5; {threads} thread of an {cpu}, each command whole, from its start to its tables. The load is
that of the machine before each run, most of it other programs; srbench went before them (`chrt -r 20`).

| expected [s] | taken [s] | difference | load |
|---:|---:|---:|---:|
{table}
"""


def main(times: int) -> int:
    """Measure, and write the report; returns how often the forecast was off by more than 15 %."""
    found = [_once() for _ in range(times)]
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line).split(": ")[1]
    facts = {"models": _MODELS, "metrics": _METRICS, "threads": os.environ.get("OMP_NUM_THREADS"), "cpu": cpu}
    write({**facts, "times": found})
    return sum(abs(_off(one)) > 0.15 for one in found)


def write(found: dict[str, Any]) -> None:
    """Write the figures and their page."""
    _REPORTS.mkdir(exist_ok=True)
    (_REPORTS / "forecast.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    lines = [
        f"| {one['expected_s']} | {one['taken_s']} | {100 * _off(one):+.1f} % | {one['load_before']} |"
        for one in found["times"]
    ]
    page = _PAGE.format(**{**found, "table": "\n".join(lines)})
    (_REPORTS / "forecast.md").write_text(page, encoding="utf-8")


def _off(one: dict[str, float]) -> float:
    return one["expected_s"] / one["taken_s"] - 1


def _once() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        _run(place, "set5")
        expected = json.loads(_run(place, "set14", "--dry-run", "--json").stdout)
        begin, load = time.perf_counter(), os.getloadavg()[0]
        _run(place, "set14")
        taken = time.perf_counter() - begin
    one = {"expected_s": round(expected["expected_s"], 2), "taken_s": round(taken, 2), "load_before": round(load, 1)}
    sys.stdout.write(f"{one} {100 * _off(one):+.1f} %\n")
    sys.stdout.flush()
    return one


def _run(place: str, dataset: str, *more: str) -> subprocess.CompletedProcess[Any]:
    words = ["run", "--models", _MODELS, "--metrics", _METRICS, "--datasets", dataset, "--out", f"{place}/run"]
    return subprocess.run([sys.executable, "-m", "srbench", *words, *more], check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
