"""Ratings in memory: who gave which stimulus what score, and averages of such votes. Higher scores are better."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.stats.arrays import Flags, Floats, Ints

_MOST_CATEGORIES = 11


@dataclass(frozen=True)
class Scale:
    """The rating scale; both ends are allowed scores.

    Attributes:
        low: Worst.
        high: Best.
    """

    low: float = 1.0
    high: float = 5.0

    def categories(self) -> list[int]:
        """Its whole numbers."""
        return list(range(int(np.ceil(self.low)), int(np.floor(self.high)) + 1))

    @property
    def step(self) -> float:
        """What counts as one step: a whole number on a scale of 3 to 11 of them, else a quarter of the scale."""
        return 1.0 if 3 <= len(self.categories()) <= _MOST_CATEGORIES else (self.high - self.low) / 4


@dataclass(frozen=True)
class Stimulus:
    """One picture that was shown.

    Attributes:
        name: Unique.
        content: What it shows; stimuli of one content differ in the model alone.
        model: What made it; empty where nothing is known of models.
        dataset: To which its content belongs.
        reference: The original, hidden among the others.
        expected: The score that an attentive rater gives, within one step; None for all but traps.
    """

    name: str
    content: str
    model: str = ""
    dataset: str = ""
    reference: bool = False
    expected: float | None = None


@dataclass(frozen=True, eq=False)
class Votes:
    """Single votes on a scale.

    Attributes:
        stimuli: Each once.
        raters: Each once.
        stimulus: Index into `stimuli` for each vote, `(n,)`.
        rater: Index into `raters` for each vote, `(n,)`.
        repetition: 1 for a rater's first view of a stimulus, 2 for the second, `(n,)`.
        score: `(n,)`, within the scale.
        seconds: Taken for the vote, NaN where unknown, `(n,)`.
        order: Position in the rater's session, NaN where unknown, `(n,)`.
        scale: Of the scores.
    """

    stimuli: tuple[Stimulus, ...]
    raters: tuple[str, ...]
    stimulus: Ints
    rater: Ints
    repetition: Ints
    score: Floats
    seconds: Floats
    order: Floats
    scale: Scale = field(default_factory=Scale)

    def __len__(self) -> int:
        return len(self.score)

    def keep(self, wanted: Flags) -> "Votes":
        """The votes that a mask `(n,)` names; all stimuli and raters stay in the lists."""
        columns = ("stimulus", "rater", "repetition", "score", "seconds", "order")
        return replace(self, **{name: getattr(self, name)[wanted] for name in columns})

    def without(self, raters: Iterable[str]) -> "Votes":
        """The votes of the others."""
        index = {name: i for i, name in enumerate(self.raters)}
        return self.keep(~np.isin(self.rater, [index[name] for name in raters]))

    def with_scores(self, score: Floats) -> "Votes":
        """The same votes with other scores, `(n,)`."""
        return replace(self, score=score)

    def judged(self) -> "Votes":
        """The votes that count: all but those on traps."""
        return self.keep(np.array([s.expected is None for s in self.stimuli], dtype=bool)[self.stimulus])

    def matrix(self) -> Floats:
        """First votes, `(stimuli, raters)`, NaN where there is none."""
        table = np.full((len(self.stimuli), len(self.raters)), np.nan)
        order = np.argsort(-self.repetition, kind="stable")
        table[self.stimulus[order], self.rater[order]] = self.score[order]
        return table

    def merged(self) -> "Votes":
        """One vote for each rater and stimulus: the mean of the repeated ones, where the first stood."""
        pair = self.stimulus * len(self.raters) + self.rater
        _, first, inverse, counts = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
        means = np.bincount(inverse, self.score) / counts
        score = self.score.copy()
        score[first] = means
        wanted = np.zeros(len(self), dtype=bool)
        wanted[first] = True
        return replace(self.with_scores(score).keep(wanted), repetition=np.ones(len(first), dtype=np.int64))

    def first(self) -> "Votes":
        """Each rater's first votes alone."""
        return self.keep(self.repetition == 1)


@dataclass(frozen=True, eq=False)
class StimulusScores:
    """Mean scores of stimuli.

    Attributes:
        stimuli: Those that have votes.
        mean: Mean opinion score (or its like) of each, `(stimuli,)`.
        std: Of its votes, ddof 1; NaN for a single vote.
        n: Number of votes.
        half: Half of the 95 % interval; NaN where there is none.
        scale: Of the scores.
    """

    stimuli: tuple[Stimulus, ...]
    mean: Floats
    std: Floats
    n: Ints
    half: Floats
    scale: Scale = field(default_factory=Scale)

    def keep(self, wanted: Sequence[int]) -> "StimulusScores":
        """The stimuli at these places."""
        at = np.asarray(wanted, dtype=np.int64)
        stimuli = tuple(self.stimuli[i] for i in wanted)
        return replace(self, stimuli=stimuli, mean=self.mean[at], std=self.std[at], n=self.n[at], half=self.half[at])

    def by_name(self) -> dict[str, int]:
        """Where each stimulus stands."""
        return {stimulus.name: i for i, stimulus in enumerate(self.stimuli)}


@dataclass(frozen=True)
class PairAnswer:
    """One answer to "which of the two is better?".

    Attributes:
        content: What both show.
        rater: Who answered.
        winner: The better one, or the first of two that are equally good.
        loser: The other.
        tie: Neither is better.
    """

    content: str
    rater: str
    winner: str
    loser: str
    tie: bool = False


def contents(stimuli: Iterable[Stimulus]) -> int:
    """How many different pictures are shown: contents of one name in two data sets are two."""
    return len({(stimulus.dataset, stimulus.content) for stimulus in stimuli})
