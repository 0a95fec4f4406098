"""The published figures: one JSON file for each kind of proof, and one page of all that are there."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from srbench.core import environment, files

FOLDER = Path(__file__).parent.parent.parent / "reports" / "reliability"
_TITLES = {"matrix": "Matrix of faults", "mutations": "Mutations", "fuzz": "Changed inputs"}
_INPUTS = 10_000
_HEAD = """# Reliability

What the program does when something is wrong, and whether its tests notice deliberate mistakes. One command for each
part writes its JSON file and this page; with `--only` it measures again what changed and keeps the rest.
"""


def stored(part: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of a part by name; none where it was not measured yet."""
    file = folder / f"{part}.json"
    entries: dict[str, dict[str, Any]] = {}
    if file.exists():
        entries = json.loads(file.read_text(encoding="utf-8"))["entries"]
    return entries


def write(part: str, entries: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write the file of a part, and the page of all parts.

    Args:
        part: "matrix", "mutations" or "fuzz".
        entries: What was measured, by name; each with the "commit" that it is of.
        folder: Folder of both.
    """
    content = {"written": time.strftime("%Y-%m-%d", time.gmtime()), "environment": facts(), "entries": entries}
    files.write(folder / f"{part}.json", json.dumps(content, indent=1) + "\n")
    files.write(folder / "README.md", page(folder))


def facts() -> dict[str, Any]:
    """Return machine, versions and commit."""
    return environment.describe(torch.device("cpu"))


def commit() -> str:
    """Return the commit that is measured."""
    return str(facts()["commit"])


def page(folder: Path) -> str:
    """Return the page of the parts that a folder holds."""
    records = {
        part: json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
        for part in _TITLES
        if (folder / f"{part}.json").exists()
    }
    lines = [_HEAD, "| part | aim | found |", "|---|---|---|"]
    lines += [f"| {_TITLES[part]} | {' | '.join(_IN_SHORT[part](of['entries']))} |" for part, of in records.items()]
    for part, record in records.items():
        lines += ["", f"## {_TITLES[part]}", "", *_TABLES[part](record["entries"]), "", _source(part, record)]
    return "\n".join(lines).rstrip().encode("utf-8", "backslashreplace").decode() + "\n"


def _source(part: str, record: Mapping[str, Any]) -> str:
    about, packages = record["environment"], record["environment"]["packages"]
    commits = sorted({commit for entry in record["entries"].values() for commit in entry["commit"].split(", ")})
    versions = ", ".join(f"{name} {packages[name]}" for name in ("torch", "numpy", "scipy", "pillow"))
    command = {"matrix": "matrix", "mutations": "mutate", "fuzz": "fuzz"}[part]
    return (
        f"`python -m benchmarks.reliability.{command}`, {record['written']}; {about['cpu']}, {about['system']}, "
        f"Python {about['python']}, {versions}; commit {', '.join(commits)}. All figures: [{part}.json]({part}.json)."
    )


def _matrix_in_short(entries: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    cells, run, bad = _cells(entries)
    return "every cell run, none bad", f"{run:,} of {cells:,} cells run, {bad} bad"


def _mutations_in_short(entries: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    killed = sum(entry["killed"] for entry in entries.values())
    return "95 % of mistakes noticed", f"{killed} of {len(entries)} noticed ({killed / max(1, len(entries)):.1%})"


def _fuzz_in_short(entries: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    inputs = [entry["inputs"] for entry in entries.values()]
    rest = sum(sum(entry["other"].values()) for entry in entries.values())
    enough = sum(number >= _INPUTS for number in inputs)
    return (
        f"{_INPUTS:,} inputs for each reader, all read or refused",
        f"{enough} of {len(inputs)} readers had so many, the others {min(inputs, default=0):,} or more; "
        f"of all {sum(inputs):,} inputs {rest} ended otherwise",
    )


def _cells(entries: Mapping[str, Mapping[str, Any]]) -> tuple[int, int, int]:
    """Return the number of cells, of those that were run, and of bad ones."""
    run, bad = (sum(len(entry[which]) for entry in entries.values()) for which in ("run", "bad"))
    return sum(entry["cells"] for entry in entries.values()), run, bad


def _matrix(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    cells, run, bad = _cells(entries)
    yield "Every verb and option of the program times a table of faults: of paths, contents, values, streams, the disk,"
    yield "and Ctrl-C. Each cell has to end with 0, 2, 3 or 130, without traceback, with one line for 2, within 30 s of"
    yield "processor; inputs stay as they were, nothing is left over, and once the fault is gone the same call leaves"
    yield f"the files of an undisturbed one. {run:,} of {cells:,} cells were run; {bad} ended badly. Where a verb has"
    yield "more cells than were run, these were drawn with a fixed seed; a bad cell that was mended is run again alone."
    yield from ("", "| verb | cells | run | bad |", "|---|---:|---:|---:|")
    for verb, entry in sorted(entries.items()):
        yield f"| {verb} | {entry['cells']} | {len(entry['run'])} | {len(entry['bad'])} |"
    yield f"| all | {cells:,} | {run:,} | {bad} |"
    ends = Counter(str(code) for entry in entries.values() for code in entry["run"].values())
    told = (f"{code} in {count:,}" for code, count in sorted(ends.items()))
    yield from ("", f"Exit codes of the calls with a fault, by number of cells: {', '.join(told)}.")
    yield from _listed(
        "Bad cells:",
        [f"{name}: {'; '.join(why)}" for entry in entries.values() for name, why in entry["bad"].items()],
    )


def _mutations(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    killed = sum(entry["killed"] for entry in entries.values())
    yield f"Of {len(entries)} deliberate mistakes, made one at a time, {killed} made a test fail"
    yield f"({killed / max(1, len(entries)):.1%}). Mistakes that passed unnoticed were given tests, so that the share"
    yield "is that of this table, which was drawn up by hand, and not of mistakes in general."
    yield from ("", "| kind | mistakes | noticed |", "|---|---:|---:|")
    for kind in sorted({entry["kind"] for entry in entries.values()}):
        of_kind = [entry["killed"] for entry in entries.values() if entry["kind"] == kind]
        yield f"| {kind} | {len(of_kind)} | {sum(of_kind)} |"
    yield from _listed(
        "Version 0.1 let these through:",
        [
            f"{each['once_unnoticed']}: {'noticed now' if each['killed'] else 'still not noticed'}"
            for each in entries.values()
            if each.get("once_unnoticed")
        ],
    )
    survivors = [entry for entry in entries.values() if not entry["killed"]]
    yield from _listed(
        "Not noticed:",
        [
            f"{each['file']}: {json.dumps(each['old'])} became {json.dumps(each['new'])}"
            + (f": {each['reason']}" if each["reason"] else "")
            for each in survivors
        ],
    )


def _fuzz(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    total = sum(entry["inputs"] for entry in entries.values())
    rest = sum(sum(entry["other"].values()) for entry in entries.values())
    yield f"{total:,} inputs, {len(entries)} readers: sound samples with a few bytes, words or numbers changed. Each"
    yield f"has to be read or refused in one line, within 20 s and without a gibibyte more of memory; {rest} were not."
    yield from ("", "| reader | inputs | read | refused | anything else |", "|---|---:|---:|---:|---:|")
    for name, entry in entries.items():
        other = sum(entry["other"].values())
        yield f"| {name} | {entry['inputs']:,} | {entry['value']:,} | {entry['refused']:,} | {other} |"
    yield from _listed(
        "Anything else:",
        [f"{name}: {count} times {what}" for name, entry in entries.items() for what, count in entry["other"].items()],
    )


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, "", *(f"- {line}" for line in lines)] if lines else []


_IN_SHORT = {"matrix": _matrix_in_short, "mutations": _mutations_in_short, "fuzz": _fuzz_in_short}
_TABLES = {"matrix": _matrix, "mutations": _mutations, "fuzz": _fuzz}
