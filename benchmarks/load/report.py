"""What was measured, as Markdown and as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.load.vote_check import WRONG

COLUMNS = (
    "count",
    "per_s",
    *(f"{since}{name}_ms" for since in ("", "due_") for name in ("median", "p90", "p99", "max")),
)


def right(content: Mapping[str, Any]) -> bool:
    """Every vote is as it must be."""
    return not any(content["votes"][name] for name in WRONG)


def markdown(content: Mapping[str, Any]) -> str:
    """A table, and a line for everything else."""
    lines = "\n".join(f"- {line}" for line in _lines(content))
    return f"Until the last byte: from sending, and from when it was due.\n\n{_table(content)}\n\n{lines}\n"


def write(content: Mapping[str, Any], folder: Path) -> None:
    """Both, as load.md and load.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.md").write_text(markdown(content), encoding="utf-8")
    (folder / "load.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _table(content: Mapping[str, Any]) -> str:
    rows = [["request", *COLUMNS]]
    for phase in ("steady", "entrance"):
        for kind, values in content[phase].items():
            rows.append([f"{phase} {kind}", *(str(values.get(name, "")) for name in COLUMNS)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths[:1]] + ["-" * (width - 1) + ":" for width in widths[1:]])
    filled = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in filled)


def _lines(content: Mapping[str, Any]) -> list[str]:
    seconds = content["seconds"]
    shares = (f"{name} {spent} s, {100 * spent / seconds:.0f} % of a core" for name, spent in content["cpu_s"].items())
    said = {
        "raters": f"{content['raters']}, who entered in {content['entrance_seconds']} s and rated for {seconds} s",
        "answers": _named(content["answers"]),
        "outage": _named(content["outage"]),
        f"votes are {'right' if right(content) else 'wrong'}": _named(content["votes"]),
        "errors": _named(content["errors"]) or "none",
        "CPU": "; ".join(shares),
        "client's own lag": _named(content["client_lag"]),
        "database bytes": _named(content["database_bytes"]),
        "study": _named(content["study"]),
        "machine": _named(content["machine"]),
    }
    return [f"{name}: {text}" for name, text in said.items() if text]


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
