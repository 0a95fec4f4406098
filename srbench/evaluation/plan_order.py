"""The order that rows have where one process measures all: model, data set, image, metric, as the calls name them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from srbench.evaluation.row import TIMINGS, WHOLE_SET, Row


def in_plan_order(rows: Iterable[Row], calls: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return rows in the order in which calls name their models, data sets, images and metrics.

    What no call names comes last, in the order that it has; values of whole sets follow those of their images.

    Args:
        rows: Rows of a run.
        calls: Calls of run.json, oldest first.
    """
    models = _places(name for call in calls for name in call.get("models", {}))
    datasets = _places(name for call in calls for name in call.get("datasets", {}))
    metrics = _places([*(name for call in calls for name in call.get("metrics", ())), *TIMINGS])
    images = _places(
        (dataset, image)
        for call in calls
        for dataset, facts in call.get("datasets", {}).items()
        for image in facts.get("files", {})
    )

    def place(row: Row) -> tuple[int, ...]:
        return (
            models.get(row.model, len(models)),
            int(row.image == WHOLE_SET),
            datasets.get(row.dataset, len(datasets)),
            images.get((row.dataset, row.image), len(images)),
            metrics.get(row.metric, len(metrics)),
        )

    return sorted(rows, key=place)


def _places(names: Iterable[object]) -> dict[object, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}
