"""`python -m benchmarks.scale.growth`: time of a run by its workers, and what folders of up to a million rows cost.

The machine should be at rest, and have two processors.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.bench_results import _rows
from srbench.evaluation.results import ROWS, RunFolder

_MODELS, _SIDE_PX = "nearest,bicubic,espcn", 256
_FEW, _MANY = 20, 100
_ROWS_AN_IMAGE = 50
_REPORTS = Path(__file__).parent.parent.parent / "reports" / "scale"
_PAGE = """# How the cost of runs grows

`python -m benchmarks.scale.growth`, on two cores of an AMD EPYC: {models} with PSNR and SSIM on images of {side} px,
one thread a worker. The time of {few} images is that of the whole command; that of a further pair of a model and an
image is what {many} images take more.

| workers | {few} images [s] | a further pair [ms] |
|---:|---:|---:|
{workers}

What a folder of so many rows takes on the disk, and until a worker has read it:

| rows | disk [MB] | time to read [s] | memory [MiB] |
|---:|---:|---:|---:|
{rows}
"""


def main() -> None:
    """Measure, and write the report."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        found = {"workers": _workers(place), "rows": [_folder(place, count) for count in (10**5, 10**6)]}
    write(found)


def write(found: dict[str, list[dict[str, Any]]]) -> None:
    """Write the figures and their page."""
    _REPORTS.mkdir(exist_ok=True)
    (_REPORTS / "growth.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    tables = {
        name: "\n".join(f"| {' | '.join(map(str, one.values()))} |" for one in lines) for name, lines in found.items()
    }
    facts = {"models": _MODELS, "side": _SIDE_PX, "few": _FEW, "many": _MANY}
    (_REPORTS / "growth.md").write_text(_PAGE.format(**facts, **tables), encoding="utf-8")


def _workers(place: Path) -> list[dict[str, float]]:
    """Return the time of a run with few images, and that of each further pair, for 1, 2 and 4 workers."""
    for count in (_FEW, _MANY):
        (place / str(count)).mkdir()
        for number in range(count):
            noise = np.random.default_rng(number).integers(0, 256, (_SIDE_PX, _SIDE_PX, 3), np.uint8)
            Image.fromarray(noise).save(place / str(count) / f"{number:03d}.png")
    found = []
    for workers in (1, 2, 4):
        few, many = (_run(place / str(count), place / f"{count}.{workers}", workers) for count in (_FEW, _MANY))
        pairs = (_MANY - _FEW) * len(_MODELS.split(","))
        found.append({"workers": workers, "few_s": round(few, 2), "pair_ms": round((many - few) / pairs * 1000, 2)})
    return found


def _run(images: Path, out: Path, workers: int) -> float:
    words = ["run", "--models", _MODELS, "--datasets", str(images), "--metrics", "psnr,ssim", "--out", str(out)]
    begin = time.perf_counter()
    line = [sys.executable, "-m", "srbench", *words, "--workers", str(workers)]
    subprocess.run(line, check=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    return time.perf_counter() - begin


def _folder(place: Path, count: int) -> dict[str, Any]:
    """Return what a folder of so many rows takes on the disk, and to be read as a worker reads it."""
    folder = RunFolder(place / f"rows{count}")
    folder.append(_rows(count // _ROWS_AN_IMAGE))
    line = [sys.executable, "-m", "benchmarks.scale.growth", str(folder.path)]
    read = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return {"rows": count, "disk_mb": round((folder.path / ROWS).stat().st_size / 1e6), **read}


def _read(path: Path) -> None:
    before, begin = _peak_mib(), time.perf_counter()
    rows = {row.key: row for row in RunFolder(path).rows()}
    seconds = time.perf_counter() - begin
    read = {"read_s": round(seconds, 2), "read_mib": round(_peak_mib() - before)}
    sys.stdout.write(json.dumps(read) if rows else "")


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()  # getrusage counts the parent's too
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    if sys.argv[1:]:
        _read(Path(sys.argv[1]))
    else:
        main()
