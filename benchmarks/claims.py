"""The claims of the cards, measured again and published in reports/claims.

    python -m benchmarks.claims --weights-root WEIGHTS

Runs are kept in `--runs`, so that the same command again measures only what is missing; data sets come from
SRBENCH_MIRROR, the cache or the network. The exit code is 3 if a score differs.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd

from srbench.evaluation.frame import load_results

_CLAIMED = ["protocol", "model", "dataset", "metric"]

_END = """
## Printed scores that are no claim, since nothing meets them

They stand, beside ours, in [unexplained.md](../claims/unexplained.md).

## How it was made

    {command}

measures again what the cards of models name, on {datasets}, each score under its protocol; [claims.csv](claims.csv)
has all digits, and rows.csv the values of each image. SRGAN's Table 2 stands beside our values in
[2026-11-28-quality](../2026-11-28-quality/srgan_x4/table.md).
"""


def main() -> int:
    """Measure, and write the report."""
    wanted = _arguments()
    options = ["--weights-root", str(wanted.weights_root)] if wanted.weights_root else []
    options += ["--out", str(wanted.runs), "--datasets", wanted.datasets]
    options += ["--models", wanted.models] if wanted.models else []
    wanted.out.mkdir(parents=True, exist_ok=True)
    code, page = _claims(*options, "--format", "md")
    (wanted.out / "claims.csv").write_text(_claims(*options, "--format", "csv")[1], encoding="utf-8")
    claimed = pd.read_csv(wanted.out / "claims.csv")[_CLAIMED].drop_duplicates()
    rows = load_results(sorted(path for path in wanted.runs.iterdir() if path.is_dir())).merge(claimed)
    rows.to_csv(wanted.out / "rows.csv", columns=[*_CLAIMED, "image", "value", "unit"], index=False)
    chosen = f" --models '{wanted.models}'" if wanted.models else ""
    command = f"python -m benchmarks.claims --weights-root WEIGHTS --datasets {wanted.datasets}{chosen}"
    end = _END.format(datasets=wanted.datasets.replace(",", ", "), command=command)
    (wanted.out / "README.md").write_text(page + end, encoding="utf-8")
    return code


def _claims(*words: str) -> tuple[int, str]:
    """Call `srbench claims`; its messages go to the terminal."""
    call = [sys.executable, "-m", "srbench", "claims", *words]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(done.returncode)
    return done.returncode, done.stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.claims", description=__doc__)
    parser.add_argument("--weights-root", type=Path, help="folder of weights that are at hand")
    parser.add_argument("--models", default="", help="models or patterns of them, comma-separated; all without it")
    parser.add_argument("--datasets", default="set5,set14,bsd100", help="data sets, comma-separated")
    parser.add_argument("--runs", type=Path, default=Path("runs/claims"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("reports/claims"), help="folder of the report")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
