"""Votes from small tables, and other ways to make them, for tests."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings.votes import PairAnswer, Scale, Stimulus, StimulusScores, Votes

NAN = float("nan")


def stimuli(models: Sequence[str], images: int, dataset: str = "") -> tuple[Stimulus, ...]:
    """Every model on every image, image by image."""
    return tuple(Stimulus(f"{dataset}i{i}_{m}", f"i{i}", m, dataset) for i in range(images) for m in models)


def votes_of(
    table: Sequence[Sequence[float]], shown: Sequence[Stimulus] = (), scale: Scale | None = None, repetition: int = 1
) -> Votes:
    """Votes of a table `(stimuli, raters)`; NaN where there is none."""
    whole = np.array(table, dtype=np.float64)
    stimulus, rater = np.nonzero(~np.isnan(whole))
    n = len(stimulus)
    return Votes(
        stimuli=tuple(shown) or tuple(Stimulus(f"s{i}", f"s{i}") for i in range(len(whole))),
        raters=tuple(f"r{i}" for i in range(whole.shape[1])),
        stimulus=stimulus,
        rater=rater,
        repetition=np.full(n, repetition),
        score=whole[stimulus, rater],
        seconds=np.full(n, NAN),
        order=np.full(n, NAN),
        scale=scale or Scale(),
    )


def joined(first: Votes, second: Votes) -> Votes:
    """The votes of both, which have the same stimuli and raters."""
    columns = ("stimulus", "rater", "repetition", "score", "seconds", "order")
    return replace(first, **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in columns})


def scores_of(mean: Sequence[float], shown: Sequence[Stimulus] = (), half: Sequence[float] = ()) -> StimulusScores:
    """Means without votes behind them."""
    size = len(mean)
    return StimulusScores(
        stimuli=tuple(shown) or tuple(Stimulus(f"s{i}", f"s{i}") for i in range(size)),
        mean=np.array(mean, dtype=np.float64),
        std=np.ones(size),
        n=np.full(size, 10),
        half=np.array(half, dtype=np.float64) if len(half) else np.full(size, NAN),
    )


def answers(winner: str, loser: str, times: int, *, tie: bool = False, content: str = "c") -> list[PairAnswer]:
    """The same answer of several raters."""
    return [PairAnswer(content, f"r{i}", winner, loser, tie) for i in range(times)]
