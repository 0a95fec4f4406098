"""The published figures: one JSON file, and a page that is made of it."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from benchmarks.coverage import fixture, texts
from benchmarks.coverage.figures import Figure
from benchmarks.coverage.trials import QUICK
from srbench.core import environment, files

FOLDER = Path(__file__).parent.parent.parent / "reports" / "statistics"
_JSON = "coverage.json"


def stored(folder: Path) -> dict[str, Any]:
    """Return the parts that a folder holds, by name."""
    file = folder / _JSON
    parts: dict[str, Any] = {}
    if file.exists():
        parts = json.loads(file.read_text(encoding="utf-8"))["parts"]
    return parts


def part(
    figures: Sequence[Figure], counts: Mapping[str, int], skipped: str, *, complete: bool = True
) -> dict[str, Any]:
    """Return a part as JSON has it: figures, numbers of trials, where and when it was measured."""
    return {
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
        "trials": dict(counts),
        "seeds": "written in the part's module: each regime has a seed of its own, so that a part gives itself again",
        "skipped": skipped,
        "complete": complete,
        "environment": environment.describe(torch.device("cpu")),
        "figures": [asdict(one) | {"verdict": one.verdict} for one in figures],
    }


def write(parts: Mapping[str, Any], folder: Path) -> None:
    """Write the JSON file and the page."""
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / _JSON, json.dumps({"fixture": fixture.SOURCE, "parts": parts}, indent=1) + "\n")
    files.write(folder / "README.md", page(parts))


def page(parts: Mapping[str, Any]) -> str:
    """Return the page of these parts."""
    lines = [texts.HEAD, *_summary(parts)]
    for name, title in texts.TITLES.items():
        if name in parts:
            lines += _section(title, texts.INTRODUCTIONS[name], parts[name])
            lines += _floors(name, figures_of(parts[name]))
    return "\n".join([*lines, "", *_foot(parts)]) + "\n"


def figures_of(stored_part: Mapping[str, Any]) -> list[Figure]:
    """Return the figures of a part."""
    made = []
    for entry in stored_part["figures"]:
        fields = {key: value for key, value in entry.items() if key != "verdict"}
        made.append(Figure(**fields | {"aim": tuple(fields["aim"]) if fields["aim"] else None}))
    return made


def _summary(parts: Mapping[str, Any]) -> list[str]:
    lines = ["| part | figures with an aim | hold it | within error | wide | fall short |", "|---|---|---|---|---|---|"]
    for name, title in texts.TITLES.items():
        if name in parts:
            verdicts = [one.verdict for one in figures_of(parts[name]) if one.aim]
            counts = [verdicts.count(word) for word in ("holds", "within error", "wide", "falls short")]
            lines.append(f"| {title} | {len(verdicts)} | {' | '.join(map(str, counts))} |")
    return lines


def _section(title: str, introduction: str, stored_part: Mapping[str, Any]) -> list[str]:
    lines = ["", f"## {title}", "", introduction, ""]
    if stored_part["skipped"]:
        lines += [f"Left out: {stored_part['skipped']}.", ""]
    if not stored_part["complete"]:
        lines += ["The measurement was stopped before its end: regimes that are not below are not measured.", ""]
    rows: dict[tuple[str, str], list[Figure]] = {}
    for one in figures_of(stored_part):
        rows.setdefault((one.what, one.regime), []).append(one)
    columns = list(dict.fromkeys(one.column for row in rows.values() for one in row))
    lines += [
        f"| what | regime | aim | {' | '.join(columns)} | |",
        f"|---|---|---|{'---|' * len(columns)}---|",
    ]
    for (what, regime), row in rows.items():
        cells = {one.column: _cell(one) for one in row}
        aims = " / ".join(dict.fromkeys(_aim(one) for one in row))
        measured = " | ".join(cells.get(column, "") for column in columns)
        lines.append(f"| {what} | {regime} | {aims} | {measured} | {_verdict(row)} |")
    return lines


def _cell(one: Figure) -> str:
    return f"{100 * one.share:.1f} ± {100 * one.error:.1f}"


def _aim(one: Figure) -> str:
    if one.aim is None:
        return "none"
    low, high = (round(100 * end) for end in one.aim)
    if one.kind == "false claims":
        return f"at most {high}"
    return f"at least {low}" if one.kind == "right claims" else f"{low}–{high}"


def _verdict(row: Sequence[Figure]) -> str:
    """Say it once where all columns agree, else for each column that does not hold."""
    verdicts = list(dict.fromkeys(one.verdict for one in row))
    if len(verdicts) == 1:
        return _strong(verdicts[0])
    said = []
    for word in ("falls short", "within error", "wide"):
        where = [one.column for one in row if one.verdict == word]
        if where:
            said.append(f"{_strong(word)} at {', '.join(where)}")
    return "; ".join(said)


def _strong(word: str) -> str:
    return f"**{word}**" if word == "falls short" else word


def _floors(name: str, figures: Sequence[Figure]) -> list[str]:
    short = {f"{one.what}, {one.regime}" for one in figures if one.verdict == "falls short"}
    said = [text for key, text in texts.FLOORS[name].items() if any(key in entry for entry in short)]
    return ["", "Where it falls short, and why:", "", *(f"- {text}" for text in said)] if said else []


def _foot(parts: Mapping[str, Any]) -> list[str]:
    lines = [
        "## How it was measured",
        "",
        "| part | day | code | trials | CPU | Python, numpy, scipy |",
        "|---|---|---|---|---|---|",
    ]
    for name, title in texts.TITLES.items():
        if name in parts:
            one = parts[name]
            facts = one["environment"]
            trials = ", ".join(f"{count:,} ({what})" for what, count in one["trials"].items())
            trials += " (`--quick`)" if one["trials"] == QUICK[name] else ""
            versions = ", ".join((facts["python"], *(facts["packages"][name] for name in ("numpy", "scipy"))))
            lines.append(
                f"| {title} | {one['measured']} | {facts['commit']} | {trials} | {facts['cpu']} | {versions} |"
            )
    return [*lines, "", texts.FOOT]
