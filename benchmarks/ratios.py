"""Make a page of what `tox -e bench` measured: how ours compares with its peers, and whether it reaches its aims.

python -m benchmarks.ratios benchmarks/latest.json --out reports/2026-11-29-benchmarks-xeon

What came too late in one session may be measured in another one: several files, of one machine and one commit, make one
page. Of a benchmark that is in two of them the later file's is shown.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from srbench.core import files

_LEAD = """# Benchmarks on one {cpu}

{threads} thread where OMP_NUM_THREADS does not say otherwise; {versions}; Python {python}. Commit {commit}.

Made by {sessions} of `tox -e bench` (`python -m benchmarks.ratios` wrote this page). Ours and its peers are called in
turns; a ratio is the median over rounds with its quartiles. Above 1, the peer takes longer. Where values can be
compared, a peer's were compared with ours before it was timed.
"""


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser("benchmarks.ratios", description=__doc__)
    parser.add_argument("json", type=Path, nargs="+", help="what pytest-benchmark wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the page")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in wanted.json]
    if len({(content["machine_info"]["environment"]["cpu"], content["commit_info"]["id"]) for content in contents}) > 1:
        sys.exit("the files are of different machines or commits; expected those of one")
    files.write(wanted.out / "README.md", page(contents))
    return 0


def page(contents: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of what pytest-benchmark wrote in sessions on one machine."""
    content = contents[0]
    facts = content["machine_info"]["environment"]
    packages = {**facts["packages"], **content["machine_info"]["peers"]}
    named = ("torch", "numpy", "scipy", "scikit-image", "pillow", "lpips", "torchmetrics", "piq")
    versions = ", ".join(f"{name} {packages[name]}" for name in named if packages.get(name))
    commit = content["commit_info"]["id"][:10]
    sessions = "a session" if len(contents) == 1 else f"{len(contents)} sessions"
    lead = _LEAD.format(**facts | {"versions": versions, "commit": commit, "sessions": sessions})
    measured = {bench["fullname"]: bench for content in contents for bench in content["benchmarks"]}
    benches = sorted(measured.values(), key=lambda bench: (bench["group"], bench["name"]))
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
