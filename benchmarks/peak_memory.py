"""Run over the first N images of a folder for each N given, in one process, and print its peak memory after each.

Usage: peak_memory.py IMAGES FSRCNN RUNS N...; FSRCNN is what `--models` takes. Printed as a JSON list, in KiB.

Linux tells the peak of this program alone in /proc; getrusage would count the process that started it.
"""

import json
import re
import sys
from pathlib import Path

from srbench import protocol
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.evaluation import harness, scoring
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.models.select import select

STATUS = Path("/proc/self/status")


def peak_after(images: str, fsrcnn: str, folder: Path, limit: int) -> int:
    conventions, store = protocol.find(protocol.DEFAULT), AssetStore()
    models = select([fsrcnn, "bicubic"], conventions.scale, store).models
    sets = [locate(images, store, scale=conventions.scale, limit=limit)]
    scorers = scoring.scorers(["psnr", "ssim"], conventions, store)
    outcome = harness.run(Plan(models, sets, conventions, scorers), RunFolder(folder))
    assert outcome.computed
    assert not outcome.failed, outcome.failed
    return _peak_kib()


def _peak_kib() -> int:
    return int(re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())[0])


def main(images: str, fsrcnn: str, runs: str, *limits: str) -> None:
    peaks = [peak_after(images, fsrcnn, Path(runs) / limit, int(limit)) for limit in limits]
    sys.stdout.write(json.dumps(peaks) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
