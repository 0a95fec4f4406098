"""Run over a folder of images, and print the peak memory of the process after each step: each image, model by model.

Usage: peak_memory.py kept|returned IMAGES FSRCNN RUN; the first says where freed memory stays, FSRCNN is what
`--models` takes. Printed as a JSON list, in KiB.

Linux tells the peak of this program alone in /proc; getrusage would count the process that started it.
"""

import json
import re
import sys
from pathlib import Path

from srbench import protocol
from srbench.core import allocator
from srbench.core.assets import AssetStore
from srbench.core.progress import NoProgress
from srbench.datasets.locate import locate
from srbench.evaluation import harness, scoring
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.models.select import select

STATUS = Path("/proc/self/status")


class Peaks(NoProgress):
    """Notes the peak memory after each step, in KiB."""

    def __init__(self) -> None:
        self.kib: list[int] = []

    def advance(self, steps: int = 1) -> None:
        """Note what the peak is by now."""
        self.kib.append(int(re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())[0]))


def main(freed: str, images: str, fsrcnn: str, folder: str) -> None:
    if freed == "kept":
        allocator.keep_freed_memory()
    conventions, store, peaks = protocol.find(protocol.DEFAULT), AssetStore(), Peaks()
    models = select([fsrcnn, "bicubic"], conventions.scale, store).models
    plan = Plan(
        models,
        [locate(images, store, scale=conventions.scale)],
        conventions,
        scoring.scorers(["psnr", "ssim"], conventions, store),
    )
    outcome = harness.run(plan, RunFolder(Path(folder)), peaks)
    assert outcome.computed
    assert not outcome.failed, outcome.failed
    sys.stdout.write(json.dumps(peaks.kib) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
