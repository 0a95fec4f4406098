"""Which model to choose, in sentences: who is best in what, who is not told from it, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from srbench.evaluation.row import MOS
from srbench.report.site.boards import Board
from srbench.report.site.leaderboard import BoardLine, Leaderboard
from srbench.report.speed.tables import number

_NAMED = 4
"""Number of models that a sentence names."""
_PURPOSES = {
    "psnr": "Closest to the original pixel by pixel",
    "ssim": "Closest in structure",
    "lpips": "Closest in what the eye would see, as a network judges it",
}


@dataclass(frozen=True)
class Advice:
    """One answer to the question which model to choose.

    Attributes:
        purpose: What the model is best in.
        model: Name of the model; empty where no model is ahead of all others.
        reason: Value, and who is not told from it, as sentences.
    """

    purpose: str
    model: str
    reason: str


def advise(board: Board, leaders: Leaderboard) -> list[Advice]:
    """Answer for each metric on the main data set, and name the fastest of those that are not told from the best."""
    advices = []
    for i, column in enumerate(leaders.columns):
        if column.group == leaders.main and column.kind == "metric" and column.metric != MOS:
            advices += _of_metric(board, leaders, i)
    return advices + _no_winner(board, leaders, advices)


def _of_metric(board: Board, leaders: Leaderboard, place: int) -> list[Advice]:
    column = leaders.columns[place]
    ranking = board.rankings.get((leaders.main, column.metric))
    if ranking is None or not ranking.best:
        return []
    best = next((line for line in leaders.lines if line.variant in ranking.best), None)
    if best is None or (cell := best.cells[place]) is None:
        return []
    tied = [line for line in leaders.lines if line.variant in ranking.tied | (ranking.best - {best.variant})]
    head = column.column.title.rstrip(" ↑↓")
    reason = [f"{head}: {cell.cell.text}{f' [{cell.cell.spread}]' if cell.cell.spread else ''}."]
    if not ranking.pairs:
        reason.append("One image compares no models.")
    elif 2 * len(tied) > len(ranking.wins):
        others = len(ranking.wins) - 1
        apart = (
            f"{others - len(tied)} of the {others} others only"
            if others > len(tied)
            else f"none of the {others} others"
        )
        reason.append(
            f"These {ranking.compared} images tell it apart from {apart}: a hint, no finding. More images would tell "
            "more."
        )
    elif tied:
        reason.append(f"Not told apart from it: {_listed(tied)}.")
        reason += _fastest(leaders, [best, *tied])
    else:
        reason.append(f"Told apart from all {len(ranking.wins) - 1} others.")
    base = column.metric.partition(".")[0]
    return [Advice(_PURPOSES.get(base, f"Best in {head}"), best.label, " ".join(reason))]


def _listed(lines: Sequence[BoardLine]) -> str:
    names = [line.label for line in lines]
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _fastest(leaders: Leaderboard, lines: Sequence[BoardLine]) -> list[str]:
    """Name the fastest of some models, by `srbench throughput` or else by the run's own calls."""
    times = times_of(leaders)
    known = {line.label: times[line.label] for line in lines if line.label in times}
    if len(known) < 2:
        return []
    fastest = min(known, key=lambda label: known[label])
    doubt = "" if _valid(leaders) else ", as far as the run's own times tell"
    return [f"The fastest of them is {fastest} ({number(known[fastest])} ms an image{doubt})."]


def times_of(leaders: Leaderboard) -> Mapping[str, float]:
    """Return milliseconds an image by the label of each model: from speed sessions, or of the main data set's run."""
    place = _time_column(leaders)
    if place is None:
        return {}
    cells = {line.label: line.cells[place] for line in leaders.lines}
    return {label: cell.value for label, cell in cells.items() if cell and cell.value is not None}


def _time_column(leaders: Leaderboard) -> int | None:
    speed = [i for i, column in enumerate(leaders.columns) if column.kind == "speed" and column.metric == "ms"]
    own = [i for i, column in enumerate(leaders.columns) if column.metric == "latency" and column.group == leaders.main]
    return next(iter([*speed, *own]), None)


def _valid(leaders: Leaderboard) -> bool:
    place = _time_column(leaders)
    return place is not None and leaders.columns[place].kind == "speed"


def _no_winner(board: Board, leaders: Leaderboard, advices: Sequence[Advice]) -> list[Advice]:
    """Say that no model is best in all, where that is so, and where the best of one stands in the others."""
    names = list(dict.fromkeys(advice.model for advice in advices))
    if len(names) < 2:
        return []
    columns = [
        i
        for i, column in enumerate(leaders.columns)
        if column.group == leaders.main and (leaders.main, column.metric) in board.rankings
    ]
    places = []
    for name in names:
        ranks = [_rank(leaders, place, name) for place in columns]
        heads = [leaders.columns[place].column.head for place in columns]
        places.append(
            f"{name} is " + ", ".join(f"{rank} in {head}" for rank, head in zip(ranks, heads, strict=True) if rank)
        )
    return [Advice("No model is best in all of them", "", f"{'; '.join(places)} (of {len(leaders.lines)}).")]


def _rank(leaders: Leaderboard, place: int, label: str) -> str:
    sign = -1 if leaders.columns[place].column.higher_is_better else 1
    values = {
        line.label: sign * cell.value
        for line in leaders.lines
        if (cell := line.cells[place]) is not None and cell.value is not None
    }
    if label not in values:
        return ""
    return f"no. {1 + sum(value < values[label] for value in values.values())}"
