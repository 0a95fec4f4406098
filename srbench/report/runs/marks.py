"""What the intervals and marks of a run's table rest on, as sentences under the table."""

from collections.abc import Mapping, Sequence

from srbench.evaluation.ranking import Ranking, Variant
from srbench.evaluation.row import TIMINGS
from srbench.evaluation.summary import Summary
from srbench.report.runs.influence_line import influence_line
from srbench.stats.means import interval_in_words

_NAMED = 4
"""Number of models that a note names."""


def notes(
    summaries: Sequence[Summary],
    rankings: Mapping[str, Ranking],
    heads: Mapping[str, str],
    labels: Mapping[Variant, str],
    count: int,
) -> list[str]:
    """Say what intervals and marks are, and which images decide them.

    Args:
        summaries: Summaries of a table.
        rankings: Rankings of its metrics.
        heads: Heads of the columns by metric.
        labels: Names of the lines.
        count: Number of images of the table.
    """
    lines = _method([summary for summary in summaries if summary.metric not in TIMINGS], rankings)
    for metric, ranking in rankings.items():
        lines += _compared(heads[metric], ranking, labels, count)
        if ranking.influence is not None:
            line = influence_line(ranking.influence, ranking.images, labels, ranking.carried)
            lines.append(f"{heads[metric]}{_whole(ranking)}: {line}")
    return lines


def _method(summaries: Sequence[Summary], rankings: Mapping[str, Ranking]) -> list[str]:
    """Name the method of the intervals with the number of images, and the test behind the marks."""
    said = []
    numbers = sorted({summary.n for summary in summaries if summary.ci95})
    if numbers:
        method = interval_in_words(next(summary.ci95_method for summary in summaries if summary.ci95))
        over = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        said.append(f"intervals: 95 %, {method} over {over} images")
    compared = [ranking for ranking in rankings.values() if ranking.best]
    if any(ranking.pairs for ranking in compared):
        pairs = max(ranking.pairs for ranking in compared)
        corrected = f", corrected for all {pairs} pairs of models (Holm)" if pairs > 1 else ""
        said.append(f"≈: mean not told from the best by a paired t test with and without outlying images{corrected}")
    if not all(ranking.pairs for ranking in compared):
        said.append("a single image compares no models, and nothing is marked ≈")
    line = "; ".join(said)
    return [line[0].upper() + line[1:]] if line else []


def _compared(head: str, ranking: Ranking, labels: Mapping[Variant, str], count: int) -> list[str]:
    """Say of how many images the marks of a column are, where these are not all."""
    if ranking.compared == count or len(ranking.wins) < 2:
        return []
    if not ranking.infinite:
        shared = f"* and ≈ compare {ranking.compared} of {count} images, those with a value of every compared model"
        return [f"{head}: {shared}"] if ranking.compared else []
    most = sorted(ranking.wins.items(), key=lambda entry: -entry[1])
    wins = ", ".join(f"{labels[variant]} {number}" for variant, number in most[:_NAMED])
    wins += f", and {len(most) - _NAMED} more" if len(most) > _NAMED else ""
    marks = "* and ≈ compare two models" if ranking.best else "none is marked, as no model is ahead of all others"
    return [
        f"{head}: ∞ counts outputs that equal HR, which the mean leaves out; {marks} on the images that are finite for "
        f"both ({ranking.compared} of {count} are for all). Best image by image, where ∞ wins: {wins}"
    ]


def _whole(ranking: Ranking) -> str:
    """Say of how many models an influence line is, where these are not all."""
    models = len(ranking.influence_of)
    return "" if models == len(ranking.wins) else f", the {models} models that are finite on every image"
