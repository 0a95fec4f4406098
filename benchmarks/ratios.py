"""Make a page of what `tox -e bench` measured: how ours compares with its peers, and whether it reaches its aims.

python -m benchmarks.ratios benchmarks/latest.json --out reports/2026-11-29-benchmarks-xeon
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from srbench.core import files

_LEAD = """# Benchmarks on one {cpu}

{threads} thread where OMP_NUM_THREADS does not say otherwise; {versions}; Python {python}. Commit {commit}.

Made by `tox -e bench` (`python -m benchmarks.ratios` wrote this page). Ours and its peers are called in turns; a ratio
is the median over rounds with its quartiles. Above 1, the peer takes longer. Where values can be compared, a peer's
were compared with ours before it was timed.
"""


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser("benchmarks.ratios", description=__doc__)
    parser.add_argument("json", type=Path, help="what pytest-benchmark wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the page")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    files.write(wanted.out / "README.md", page(json.loads(wanted.json.read_text(encoding="utf-8"))))
    return 0


def page(content: Mapping[str, Any]) -> str:
    """Return the page of what pytest-benchmark wrote."""
    facts = content["machine_info"]["environment"]
    packages = {**facts["packages"], **content["machine_info"]["peers"]}
    named = ("torch", "numpy", "scipy", "scikit-image", "pillow", "lpips", "torchmetrics", "piq")
    versions = ", ".join(f"{name} {packages[name]}" for name in named if packages.get(name))
    commit = content["commit_info"]["id"][:10]
    lead = _LEAD.format(**facts | {"versions": versions, "commit": commit})
    benches = sorted(content["benchmarks"], key=lambda bench: (bench["group"], bench["name"]))
    ratios = [line for bench in benches for line in _ratios(bench)]
    figures = [f"- {_place(bench)}: {text}" for bench in benches if (text := _figures(bench["extra_info"]))]
    head = ["| what | peer | its time over ours | rounds | aim |", "|---|---|---:|---:|---|"]
    return "\n".join([lead, *head, *ratios, "", "## Figures that are no ratios", "", *figures, ""])


def _ratios(bench: Mapping[str, Any]) -> Iterator[str]:
    for peer, ratio in bench["extra_info"].items():
        if isinstance(ratio, dict):
            low, high = ratio["quartiles"]
            aim = f"{ratio['aim']}: {'met' if ratio['met'] else 'not met'}" if "aim" in ratio else ""
            times = f"{ratio['times_ours']} [{low} to {high}]"
            yield f"| {_place(bench)} | {peer} | {times} | {ratio['rounds']} | {aim} |"


def _figures(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {fact}" for name, fact in facts.items() if not isinstance(fact, dict))


def _place(bench: Mapping[str, Any]) -> str:
    return f"{bench['group']}: `{bench['name'].removeprefix('test_')}`"


if __name__ == "__main__":
    sys.exit(main())
