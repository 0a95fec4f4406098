"""What was measured, as JSON for each part and as one README.md."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.load.vote_check import WRONG

_HEAD = """# What surveys stand

`nice -n 19 python -m benchmarks.survey --out reports/survey` makes everything on this page and beside it; `--parts`
makes some of it ([benchmarks/survey](../../benchmarks/survey/__init__.py)). The studies are served by `srbench survey
serve` and driven over HTTP on this machine: raters fetch pages and pictures, say when the pictures are painted, and
answer by the forms of the pages. **Wrong** counts answers that were acknowledged and are not stored, or with another
value, or twice, or that nobody sent, that were asked again, or that were never acknowledged.
"""
_BESIDE = """## Beside it

- [walkthrough.md](walkthrough.md): every method from planted opinions to the analysis, in Chromium and Firefox.
- [steady.md](steady.md), and [killed.md](killed.md), where the server is killed by -9 in the middle: 200 raters who
  answer every two seconds for five minutes (`python -m benchmarks.load --raters 200 --minutes 5 --kill`), measured by
  themselves. Nothing is lost. Such figures are of one machine: the first program that was measured so (commit c85121a)
  had 10 ms for 99 of 100 answers where it was measured, and in one minute has 86 ms here.
- [endings.md](endings.md): every ending of two studies for panels, in both browsers, with codes and packages.
- [pair-designs.md](pair-designs.md): what designs of paired comparison find with a fifth of the answers.
"""
_TRIPLETS = """- Triplets, panels like those of JPEG AIC-3, and what comes back of planted JNDs. Where not every
  content reaches an SRCC of 0.97, ranks need more answers than the panel gives: in the last line everybody looks, with
  the half of the answers that is then left.

```text
{text}```
"""


def write(folder: Path, part: str, found: Any) -> None:
    """Write what a part has found, and the page anew."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_readme(folder)


def write_readme(folder: Path) -> None:
    """Write the page, of all parts that have been measured."""
    parts = [_HEAD, *(section for part, make in _SECTIONS.items() if (section := _section(folder, part, make)))]
    triplets = folder / "triplets.txt"
    beside = _BESIDE + (_TRIPLETS.format(text=triplets.read_text(encoding="utf-8")) if triplets.is_file() else "")
    (folder / "README.md").write_text("\n".join([*parts, beside]), encoding="utf-8")


def right(folder: Path) -> bool:
    """Return whether every answer of every part was right."""
    paths = [folder / f"{part}.json" for part in _SECTIONS]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
    return not any(wrong(votes) for votes in _votes(found))


def wrong(votes: Mapping[str, int]) -> int:
    """Return the number of answers that are not as they must be."""
    return sum(votes[name] for name in WRONG)


def _votes(found: Any) -> Iterator[Mapping[str, int]]:
    """Every check of votes, wherever it stands."""
    if isinstance(found, dict):
        if "votes" in found:
            yield found["votes"]
        for value in found.values():
            yield from _votes(value)
    elif isinstance(found, list):
        for value in found:
            yield from _votes(value)


def _section(folder: Path, part: str, make: Any) -> str:
    path = folder / f"{part}.json"
    return str(make(json.loads(path.read_text(encoding="utf-8")))) if path.is_file() else ""


def _load(found: list[dict[str, Any]]) -> str:
    first = found[0]
    lines = [
        "## Load",
        "",
        f"{first['raters']} raters at once, each answers every two seconds for {first['seconds']:g} s. Milliseconds "
        "until the last byte: the median of three runs, and in brackets the least and the most. Others: cores that "
        "other programs used.",
        "",
        "| method | answer, median | answer, 99 % | page, median | page, 99 % | answers | wrong | others | UTC |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for one in found:
        times = [_spread(one["times_ms"][f"{kind}_{name}"]) for kind in ("answer", "page") for name in _TIMES]
        others = f"{min(one['others_cpu_share']):g} to {max(one['others_cpu_share']):g}"
        votes = (one["votes"]["stored"], wrong(one["votes"]))
        cells = (one["method"], *times, *votes, others, one["machine"]["date"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, "", _machine(first["machine"]), ""])


def _kills(found: dict[str, dict[str, Any]]) -> str:
    lines = [
        "## Kills",
        "",
        "The serving process is killed (SIGKILL) while eight raters answer, and started again at once.",
        "",
        "| database | kills | with an answer on its way | answers on their way | answers stored | wrong |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, one in found.items():
        cells = (name, one["kills"], one["kills_with_answers_on_their_way"], one["answers_on_their_way"])
        lines.append(f"| {' | '.join(map(str, (*cells, one['votes']['stored'], wrong(one['votes']))))} |")
    return "\n".join([*lines, "", _machine(next(iter(found.values()))["machine"]), ""])


def _troubles(found: dict[str, Any]) -> str:
    lines = [
        "## Troubles",
        "",
        "Eight raters answer while something happens for eight seconds; of the clock, six jumps of up to 30 days, "
        "forwards and backwards. A refusal is a page that asks to wait, and sends the answer again.",
        "",
        "| what happens | answers stored | wrong | refusals | longest refusal, s |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, one in found.items():
        if name == "machine":
            continue
        if "not_measured" in one:
            lines.append(f"| {name} | not measured: {one['not_measured']} | | | |")
        else:
            cells = (name, one["votes"]["stored"], wrong(one["votes"]), one["refused"], one["longest_refusal_s"])
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, "", _machine(found["machine"]), ""])


def _spread(of: Mapping[str, float]) -> str:
    return f"{of['median']:.3g} ({of['least']:.3g} to {of['most']:.3g})"


def _machine(facts: Mapping[str, Any]) -> str:
    return f"Machine: {', '.join(f'{name} {value}' for name, value in facts.items())}."


_TIMES = ("median_ms", "p99_ms")
_SECTIONS = {"load": _load, "kills": _kills, "troubles": _troubles}
