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

import pandas as pd

from srbench.evaluation.frame import load_results

_BETWEEN = ("srgan@0.2", "srgan@0.4", "srgan@0.6", "srgan@0.8")
"""Networks between SRResNet and SRGAN, the curve of perception against distortion."""
_PICTURED = ("nearest", "bicubic", "fsrcnn", "srresnet.h100", "srgan.smooth", "esrgan.realsr_df2k")
"""Models whose pictures are published: few, since each adds a megabyte."""
_PAPER = ("nearest", "bicubic", "srcnn", "espcn", "srresnet", "srgan")
"""Methods of the SRGAN paper's Table 2 that are models here."""
_LEAD = """# Quality of every model at hand

Opened by a browser from a copy of the repository, by double click on an `index.html`:

- `classical_x4/index.html`: {models} models on {sets}; [the means as a table](classical_x4/table.md).
- `builtin/index.html`: a few of them on the builtin photographs, with their pictures side by side.
- [srgan_x4/table.md](srgan_x4/table.md): the protocol of the SRGAN paper, beside its Table 2, with
  `srgan_x4/index.html`.

`methods.md` in each of the folders says how its numbers came about, for a paper, with BibTeX
([classical_x4](classical_x4/methods.md)).
{missing}
{command}

makes all of it again, and measures what is missing. Every number is the mean over the images of a data set, under the
protocol in the head of its table, with machine, versions and hashes of weights and images in the page.
"""


def main() -> int:
    """Run, and write the reports."""
    wanted = _arguments()
    if not wanted.no_run:
        _run(wanted)
    folder = wanted.out / f"{wanted.date}-quality"
    for name, pictures in (("classical_x4", "--no-pictures"), ("builtin", "--pictures"), ("srgan_x4", "--no-pictures")):
        _srbench("report", str(wanted.runs / name), "--out", str(folder / name), pictures)
        paragraph = _srbench("show", str(wanted.runs / name), "--methods", "--format", "md")
        (folder / name / "methods.md").write_text(paragraph, encoding="utf-8")
    rows = load_results(wanted.runs / "classical_x4")
    command = f"    python -m benchmarks.quality --date {wanted.date} --weights-root WEIGHTS"
    text = _LEAD.format(
        models=rows.model.nunique(), command=command, sets=_sets(rows), missing=_missing(rows, wanted.why)
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return 0


def _run(wanted: argparse.Namespace) -> None:
    options = ("--weights-root", str(wanted.weights_root)) if wanted.weights_root else ()
    known: list[dict[str, Any]] = json.loads(_srbench("models", "--json", *options))
    at_hand = [model["id"] for model in known if model["at_hand"] or not model["parameters"]]
    pictured = [name for name in _PICTURED if name in at_hand]
    paper = [name for name in at_hand if name.split(".")[0] in _PAPER]
    for models, datasets, name, more in (
        (pictured, "builtin", "builtin", ("--save-images",)),
        (paper, wanted.datasets, "srgan_x4", ("--protocol", "srgan_x4")),
        ([*at_hand, *_BETWEEN], wanted.datasets, "classical_x4", ()),
    ):
        words = ("--models", ",".join(models), "--datasets", datasets, "--out", str(wanted.runs / name))
        _srbench("run", *words, *more, *options)


def _sets(rows: pd.DataFrame) -> str:
    """Name the data sets with their numbers of images."""
    return ", ".join(f"{name} ({count})" for name, count in rows.groupby("dataset", sort=False).image.nunique().items())


def _missing(rows: pd.DataFrame, why: str) -> str:
    """Say which models lack images of a data set, how many, and why."""
    counts = rows[rows.metric == "psnr"].groupby(["dataset", "model"]).image.nunique().unstack(fill_value=0)
    lines = []
    for dataset in rows.dataset.unique():
        of_set = counts.loc[dataset]
        known = {model: of_set[model] for model in rows.model.unique()}
        none = [model for model, images in known.items() if not images]
        some = [f"{model} on {images}" for model, images in known.items() if 0 < images < of_set.max()]
        lines += [f"Not measured on {dataset}: {', '.join(none)}."] if none else []
        lines += [f"Measured on a part of the {of_set.max()} images of {dataset}: {', '.join(some)}."] if some else []
    return "\n".join(["", *lines, *([why] if lines and why else []), ""]) if lines else ""


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
    parser.add_argument("--why", default="", help="sentence on why models are missing, for the README")
    parser.add_argument("--no-run", action="store_true", help="write the reports of the runs as they are")
    parser.add_argument("--runs", type=Path, default=Path("runs/quality"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the reports")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
