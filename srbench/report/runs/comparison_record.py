"""What `srbench compare` prints for programs: the records of JSON and CSV."""

import math
from dataclasses import asdict
from typing import Any

from srbench.evaluation.comparison import Compared
from srbench.stats.comparison import Comparison


def table_record(one: Compared) -> dict[str, Any]:
    """Arrange the models of a data set and metric; all values are in full precision."""
    return {
        "dataset": one.matched.dataset,
        "metric": one.matched.metric,
        "unit": one.matched.unit,
        "images": list(one.matched.images),
        "models": [
            {
                "model": model,
                "best": model in one.best,
                "mean": one.mean(model) if math.isfinite(one.mean(model)) else None,
                "infinite": list(one.infinite(model)),
                "ci95": ends,
                "group": one.letters.get(model),
            }
            for model, ends in one.intervals.items()
        ],
        "comparisons": [pair_record(pair, one) for pair in one.comparisons],
        "influence": _influence(one),
    }


def pair_record(pair: Comparison[str], one: Compared) -> dict[str, Any]:
    """Arrange a pair, with the names of the images that decide."""
    content = {name: value for name, value in asdict(pair).items() if name != "higher_is_better"}
    names = None if pair.reversing is None else [one.matched.images[i] for i in pair.reversing]
    outlying = [one.matched.images[i] for i in pair.outlying]
    return {**content, "verdict": pair.verdict, "reversing": names, "outlying": outlying}


def _influence(one: Compared) -> dict[str, Any] | None:
    if one.influence is None:
        return None
    images = one.influence_of.images
    content = {"models": list(one.influence_of.values), **asdict(one.influence)}
    for name in ("few", "deciding"):
        places = content[name]
        content[name] = None if places is None else [images[i] for i in places]
    return {**content, "carried": one.carried and {**asdict(one.carried), "image": images[one.carried.image]}}


def pair_line(pair: Comparison[str], one: Compared) -> dict[str, Any]:
    """Arrange a pair as a line of the CSV, the ends of its interval in columns of their own."""
    low, high = pair.ci95 or (None, None)
    line: dict[str, Any] = {"dataset": one.matched.dataset, "metric": one.matched.metric}
    for name, value in pair_record(pair, one).items():
        line |= {"ci95_low": low, "ci95_high": high} if name == "ci95" else {name: value}
    return line
