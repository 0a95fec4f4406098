"""Text around the tables of a run: conventions above, odd outputs and what is missing below."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.evaluation.row import TIMINGS, WHOLE_SET, Row
from srbench.metrics import card
from srbench.report.runs.tables import metric_head

CAPTION = (
    "Quality: mean over images [95 % interval]; bold or *: best; ≈: not told from the best by these images. "
    "Speed: median of single warmed-up calls [quartiles], the model alone."
)

_WELL_KNOWN = ("PSNR", "SSIM", "LPIPS")


def machines(environments: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    """Describe mode, machine and versions, a line for each mode and machine; what they do not say makes no second one.

    Args:
        environments: Each mode of the run with the facts of its environment.
    """
    lines = []
    for mode, facts in environments:
        versions = ", ".join(
            f"{name} {facts['packages'][name]}" for name in ("torch", "lpips") if facts["packages"].get(name)
        )
        lines.append(f"{facts['device']}, {mode}: {facts['machine']}; {versions}, Python {facts['python']}")
    return list(dict.fromkeys(lines))


def odd_outputs(rows: Sequence[Row]) -> list[str]:
    """Name the outputs that failed a sanity check, a line for each model, data set and check."""
    images: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for warning in row.warnings if row.metric not in TIMINGS else ():
            named = images.setdefault((row.model, row.dataset, warning), [])
            if row.image not in named:
                named.append(row.image)
    return [f"{model} on {dataset}: {warning} ({_some(names)})" for (model, dataset, warning), names in images.items()]


def ranges(rows: Sequence[Row]) -> list[str]:
    """Say which values the metrics of this project can have, but for PSNR, SSIM and LPIPS, whose readers know them."""
    known = card.own()
    cards = [known[name] for name in sorted({row.metric for row in rows}) if name in known]
    told = [f"{metric_head(of.name, of.title)} {of.range}" for of in cards if of.title not in _WELL_KNOWN]
    return [f"Ranges: {'; '.join(told)}"] if told else []


def tiled(rows: Sequence[Row]) -> list[str]:
    """Say how many images memory made go through a model in tiles, a line for each model and data set."""
    images: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        if row.image != WHOLE_SET and "tile=" not in row.mode:
            images.setdefault((row.model, row.dataset), {})[row.image] = row.tile_px
    lines = []
    for (model, dataset), sides in images.items():
        count = sum(side > 0 for side in sides.values())
        if count:
            lines.append(f"{model} on {dataset}: tiled: {count} of {len(sides)} images")
    return lines


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f", and {len(names) - 4} more" if len(names) > 4 else "")


def unfinished(call: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Name the models of a call that have no rows of a data set and did not fail, a line for each data set.

    Args:
        call: What run.json says of the call.
        rows: Rows of the run.
    """
    measured = {(row.model, row.dataset) for row in rows}
    excused = {*call["unavailable"], *(entry["model"] for entry in call["failed"])}
    asked = [model for model in call.get("models", ()) if model not in excused]
    lines = []
    for dataset in call["datasets"]:
        lacking = [model for model in asked if (model, dataset) not in measured]
        if lacking:
            lines.append(f"not measured yet on {dataset}, where the same command goes on: {', '.join(lacking)}")
    return lines


def missing(unavailable: dict[str, str], failed: Sequence[dict[str, str]]) -> list[str]:
    """Name the models that could not run, a line for each reason, and the images that failed, a line each."""
    by_reason: dict[str, list[str]] = {}
    for model, reason in unavailable.items():
        by_reason.setdefault(reason, []).append(model)
    lines = [f"not run ({reason}): {', '.join(models)}" for reason, models in by_reason.items()]
    for entry in failed:
        place = " ".join(part for part in (entry["dataset"], entry["image"]) if part)
        more = f" (traceback: {entry['traceback']})" if "traceback" in entry else ""
        who = " on ".join(filter(None, (entry["model"], place)))
        lines.append(f"failed: {who}: {entry['reason']}{more}")
    return lines
