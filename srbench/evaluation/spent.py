"""What models cost in time, by what earlier calls of a run spent on them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from srbench.evaluation.row import Row
from srbench.evaluation.tasks import ImageTask


@dataclass(frozen=True)
class Cost:
    """The time of one model.

    Attributes:
        s_per_px: Seconds for each LR pixel.
        load_s: Seconds until the model is ready.
        whole: Whether metrics and files are counted too; False where only the model's own calls are known.
    """

    s_per_px: float
    load_s: float = 0.0
    whole: bool = True


@dataclass
class Spent:
    """The time that a call spends on one model, of images all of whose values are made.

    Attributes:
        load_s: Seconds until the model was ready.
        s: Seconds of the images.
        lr_px: Their LR pixels.
    """

    load_s: float = 0.0
    s: float = 0.0
    lr_px: int = 0

    def add(self, task: ImageTask, seconds: float, lr_size: tuple[int, int]) -> None:
        """Count an image."""
        if len(task.missing) == len(task.keys):
            self.s += seconds
            self.lr_px += lr_size[0] * lr_size[1]

    def as_dict(self) -> dict[str, float]:
        """Return the fields for run.json."""
        return asdict(self)


def costs(
    calls: Sequence[Mapping[str, Any]],
    rows: Iterable[Row],
    *,
    metrics: Sequence[str],
    modes: Mapping[str, Mapping[str, Any]],
    scale: int,
) -> dict[str, Cost]:
    """Return the cost of each model of which a run knows times.

    Calls that measured the same metrics in the same mode are asked first. What is left is told by the rows of latency
    and throughput, which are of the model's calls alone.

    Args:
        calls: Calls of run.json.
        rows: Rows of the run.
        metrics: Names of the metrics that are asked for.
        modes: Mode of each model, as run.json has it.
        scale: Upscaling factor.
    """
    found = _by_rows(rows, modes, scale)
    for model, mode in modes.items():
        stored = json.loads(json.dumps(mode))  # tuples are lists there
        same = [
            call["spent"][model]
            for call in calls
            if model in call.get("spent", {})
            and set(call.get("metrics", ())) == set(metrics)
            and call.get("modes", {}).get(model, call.get("mode")) == stored
        ]
        pixels = sum(spent["lr_px"] for spent in same)
        if pixels:
            load_s = sum(spent["load_s"] for spent in same) / len(same)
            found[model] = Cost(sum(spent["s"] for spent in same) / pixels, load_s)
    return found


def _by_rows(rows: Iterable[Row], modes: Mapping[str, Mapping[str, Any]], scale: int) -> dict[str, Cost]:
    times: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        if row.metric in ("latency", "throughput") and row.device == modes.get(row.model, {}).get("device"):
            times.setdefault((row.model, row.output), {})[row.metric] = row.value
    spent: dict[str, tuple[float, float]] = {}
    for (model, _), of in times.items():
        if len(of) == 2:
            seconds, pixels = spent.get(model, (0.0, 0.0))
            in_s = of["latency"] / 1000
            spent[model] = seconds + in_s, pixels + of["throughput"] * 1e6 * in_s / scale**2
    return {model: Cost(seconds / pixels, whole=False) for model, (seconds, pixels) in spent.items() if pixels}
