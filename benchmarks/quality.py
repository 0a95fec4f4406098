"""Quality of every model at hand, published in reports: runs, their reports and the tables beside the paper's.

    python -m benchmarks.quality --date 2026-11-28 --weights-root WEIGHTS

Runs are kept in `--runs`, so that the same command again makes only what is missing; data sets come from
SRBENCH_MIRROR, the cache or the network. Pictures are published of the builtin photographs and a few models alone.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_BETWEEN = ("srgan@0.2", "srgan@0.4", "srgan@0.6", "srgan@0.8")
"""Networks between SRResNet and SRGAN, the curve of perception against distortion."""
_PICTURED = ("nearest", "bicubic", "fsrcnn", "srresnet.h100", "srgan.srbench", "esrgan.realsr_df2k")
"""Models whose pictures are published: few, since each adds a megabyte."""
_PAPER = ("nearest", "bicubic", "srcnn", "espcn", "srresnet", "srgan")
"""Methods of the SRGAN paper's Table 2 that are models here."""
_LEAD = """# Quality of every model at hand

Opened by a browser from a copy of the repository, by double click on an `index.html`:

- `classical_x4/index.html`: {models} models on {sets}; [the same as tables](classical_x4/summary.md).
- `builtin/index.html`: a few of them on the builtin photographs, with their pictures side by side.
- [srgan_x4/table.md](srgan_x4/table.md): the protocol of the SRGAN paper, beside its Table 2, with
  `srgan_x4/index.html`.

{command}

makes all of it again. Every number is the mean over the images of a data set, under the protocol in the head of its
table, with machine, versions and hashes of weights and images in the page.
"""


def main() -> int:
    """Run, and write the report."""
    wanted = _arguments()
    options = ("--weights-root", str(wanted.weights_root)) if wanted.weights_root else ()
    known: list[dict[str, Any]] = json.loads(_srbench("models", "--json", *options))
    at_hand = [model["id"] for model in known if model["at_hand"] or not model["parameters"]]
    at_hand = [name for name in at_hand if name not in wanted.without]
    folder = wanted.out / f"{wanted.date}-quality"
    runs: Path = wanted.runs
    every = [*at_hand, *_BETWEEN]
    for dataset in wanted.datasets.split(","):
        _srbench(
            "run", "--models", ",".join(every), "--datasets", dataset, "--out", str(runs / "classical_x4"), *options
        )
    kept = ("--save-images", *options)
    pictured = [name for name in _PICTURED if name in at_hand]
    _srbench("run", "--models", ",".join(pictured), "--datasets", "builtin", "--out", str(runs / "builtin"), *kept)
    paper = [name for name in at_hand if name.split(".")[0] in _PAPER]
    _srbench(
        *("run", "--protocol", "srgan_x4", "--models", ",".join(paper), "--datasets", wanted.datasets),
        *("--out", str(runs / "srgan_x4"), *options),
    )
    _publish(folder, runs, wanted.datasets, len(every))
    return 0


def _publish(folder: Path, runs: Path, datasets: str, models: int) -> None:
    for name, pictures in (("classical_x4", False), ("builtin", True), ("srgan_x4", False)):
        more = ["--pictures" if pictures else "--no-pictures"]
        _srbench("report", str(runs / name), "--out", str(folder / name), *more)
    for name, words in (("classical_x4/summary.md", ("show",)), ("srgan_x4/table.md", ("table",))):
        text = _srbench(*words, str(runs / name.split("/")[0]), "--format", "md")
        (folder / name).write_text(text, encoding="utf-8")
    command = f"    python -m benchmarks.quality --date {folder.name.removesuffix('-quality')} --weights-root WEIGHTS"
    text = _LEAD.format(models=models, sets=datasets.replace(",", ", "), command=command)
    (folder / "README.md").write_text(text, encoding="utf-8")


def _srbench(*words: str) -> str:
    """Call a verb; its messages go to the terminal."""
    done = subprocess.run([sys.executable, "-m", "srbench", *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(done.returncode)
    return done.stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.quality", description=__doc__)
    parser.add_argument("--date", required=True, help="date of the report, as 2026-11-28")
    parser.add_argument("--weights-root", type=Path, help="folder of weights that are at hand")
    parser.add_argument("--datasets", default="set5,set14,bsd100", help="data sets, comma-separated")
    parser.add_argument("--without", default=[], nargs="*", help="models to leave out")
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the reports")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
