"""What was found, as Markdown and as JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.walkthrough import check
from benchmarks.walkthrough.ways import WAYS
from srbench.core.wording import counted

_COUNTED = ("answers", "rows")
_NAME = "walkthrough"
_ABOUT = """`python -m benchmarks.walkthrough --out reports/survey` makes a study for each method, of drawn pictures
of known quality, and serves it. Raters in real browsers recognise every picture by its painted pixels alone, cut out
of a screenshot, and answer as was planted. Compared are, for every row of the exported package, pictures, places,
answer, kind, completion code, browser, pixel density and number of views; and the models' scores with those that
other code computes from the planted answers, to 0.0001; of triplets srbench's own estimator does, to 0.01, since its
model has no other code. The careless rater must be rejected by the trap questions, or the scores would differ."""


def right(found: Mapping[str, Any]) -> bool:
    """Return whether everything of a method is as planted."""
    return check.equal(found["scores"]) and not wrong(found)


def wrong(found: Mapping[str, Any]) -> dict[str, int]:
    """Return what differs in the package, with how often."""
    return {name: number for name, number in found["rows"].items() if number and name not in _COUNTED}


def line(found: Mapping[str, Any]) -> str:
    """Return a line for the terminal."""
    differs = wrong(found) or (
        "every row as planted" if check.equal(found["scores"]) else f"scores differ: {found['scores']}"
    )
    return f"{found['method']}: {counted(found['rows']['answers'], 'answer')} in {found['seconds']} s, {differs}\n"


def markdown(methods: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of the methods, and the raters of each."""
    rows = [
        "| method | answers | rows | wrong, missing or doubled | scores by the analysis (planted) |",
        "|---|---:|---:|---|---|",
    ]
    for found in methods:
        scores = ", ".join(f"{r['model']} {_number(r['analysis'])} ({_number(r['planted'])})" for r in found["scores"])
        differs = ", ".join(f"{name} {number}" for name, number in wrong(found).items()) or "none"
        rows.append(
            f"| `{found['method']}` | {found['rows']['answers']} | {found['rows']['rows']} | {differs} | {scores} |"
        )
    raters = "\n".join(f"- {rater}" for rater in methods[0]["raters"])
    table = "\n".join(rows)
    parts = ("# Every method, the whole way", _ABOUT, table, "The raters of each study:", raters, _seen(methods))
    return "\n\n".join(parts) + "\n"


def write(methods: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write both; methods that only an earlier call has walked stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_NAME}.json"
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    every = {found["method"]: found for found in (*earlier, *methods)}
    listed = [every[way.name] for way in WAYS if way.name in every]
    path.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    (folder / f"{_NAME}.md").write_text(markdown(listed), encoding="utf-8")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _seen(methods: Sequence[Mapping[str, Any]]) -> str:
    browsers = sorted({name for found in methods for name in found["browsers"]})
    return f"{', '.join(sorted({found['date'] for found in methods}))}; {', '.join(browsers)}."
