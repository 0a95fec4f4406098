"""The check: every row of the package against what was seen and answered, every score against the planted one."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.walkthrough.pictures import Shown
from benchmarks.walkthrough.rater import Walked
from benchmarks.walkthrough.scenes import Scene
from benchmarks.walkthrough.ways import Way

Panel = Mapping[str, tuple[Scene, Walked]]
"""Scene and way of each rater, by the rater's id."""


def rows(package: Path, panel: Panel) -> dict[str, int]:
    """Compare the package with what raters saw and answered.

    Returns:
        Numbers of answers that were given, and that are wrong, missing or too many in the package; and of raters whose
        completion code or whose screen is not the one that they had.
    """
    events = _read(package, "events")
    trials: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
    for row in sorted(events, key=lambda row: int(row["place"])):
        trials[row["rater"], int(row["order"]) - 1].append(row)
    planted = {(rater, at): given for rater, (_, walked) in panel.items() for at, given in walked.given.items()}
    codes = {row["rater"]: row["code"] for row in _read(package, "raters")}
    return {
        "answers": len(planted),
        "rows": len(events),
        "missing": sum(place not in trials for place in planted),
        "too many": sum(place not in planted for place in trials),
        "pictures wrong": sum(place in trials and _pictures(trials[place]) != g[0] for place, g in planted.items()),
        "answers wrong": sum(
            place in trials and {row["answer"] for row in trials[place]} != {g[1]} for place, g in planted.items()
        ),
        "kinds wrong": sum(
            place in trials and (trials[place][0]["kind"] == "trap") != g[0][0].to_calibrate
            for place, g in planted.items()
        ),
        "codes wrong": sum(codes.get(rater) != walked.code for rater, (_, walked) in panel.items()),
        "screens wrong": sum(not _screen(row, panel[row["rater"]][0]) for row in events if row["rater"] in panel),
        "intervals missing": sum(row.get("form") == "boosted" and not _intervals(row) for row in events),
        "reloads unseen": sum(
            int(trials[rater, at][0]["views"]) < 2 for rater, (_, walked) in panel.items() for at in walked.seen_again
        ),
    }


def model_scores(way: Way, report: Mapping[str, Any], panel: Panel) -> list[dict[str, Any]]:
    """Return each model with its score by the analysis and by the planted answers of raters who were not careless."""
    counted = {
        rater: [given for _, given in sorted(walked.given.items())]
        for rater, (scene, walked) in panel.items()
        if not scene.careless
    }
    planted, found = way.scores(counted), _scores(report)
    return [
        {"model": model, "analysis": found.get(model), "planted": score, "within": way.within}
        for model, score in sorted(planted.items(), key=lambda item: -item[1])
    ]


def equal(scores: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the analysis found what was planted."""
    return bool(scores) and all(_near(row["analysis"], row["planted"], row["within"]) for row in scores)


def _near(found: float | None, planted: float, within: float) -> bool:
    return found is not None and abs(found - planted) <= within


def _pictures(trial: Sequence[Mapping[str, str]]) -> tuple[Any, ...]:
    return tuple(Shown(row["model"], row["content"]) for row in trial)


def _screen(row: Mapping[str, str], scene: Scene) -> bool:
    return float(row["density"]) == scene.density and row["browser"].startswith(
        {"Chromium": "Chrome", "Firefox": "Firefox"}[scene.browser]
    )


def _intervals(row: Mapping[str, str]) -> bool:
    """Whether the browser has told how often a flickering trial was painted and changed."""
    told = json.loads(row["further"] or "{}")
    return all(sum(told.get(name, {}).values()) >= 4 for name in ("frame_ms", "change_ms"))


def _scores(report: Mapping[str, Any]) -> dict[str, float]:
    if report["kind"] == "triplets":
        return {row["model"]: row["jnd"] for row in report["models"]}
    if report["kind"] == "pairs":
        (fit,) = (fit for fit in report["overall"] if fit["model"] == "bradley-terry")
        return {row["item"]: row["score"] for row in fit["scores"]}
    return {row["model"]: row["mean"] for row in report["models"]}


def _read(package: Path, table: str) -> list[dict[str, str]]:
    with (package / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
