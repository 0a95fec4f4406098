"""Ratings in memory: who gave which stimulus what score, and averages of such votes. Higher scores are better."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from srbench.stats.arrays import Flags, Floats, Ints

_MOST_CATEGORIES = 11


@dataclass(frozen=True)
class Scale:
    """Rating scale; both ends are allowed scores.

    Attributes:
        low: Worst score.
        high: Best score.
    """

    low: float = 1.0
    high: float = 5.0

    def categories(self) -> list[int]:
        """Return the whole numbers of the scale."""
        return list(range(int(np.ceil(self.low)), int(np.floor(self.high)) + 1))

    @property
    def step(self) -> float:
        """One step: a whole number on a scale of 3 to 11 of them, else a quarter of the scale."""
        return 1.0 if 3 <= len(self.categories()) <= _MOST_CATEGORIES else (self.high - self.low) / 4


@dataclass(frozen=True)
class Stimulus:
    """Picture that was rated.

    Attributes:
        name: Unique name.
        content: Scene that it shows; stimuli of one content differ in the model alone.
        model: Model whose output it is; empty where nothing is known of models.
        dataset: Data set to which its content belongs.
        reference: Whether it is the original, hidden among the others.
        expected: Score that an attentive rater gives, within one step; None for all but traps.
        output_key: What identifies the output in any run, `srbench.ratings.join.output_key`; empty where the
            picture was not taken from a run.
        picture_sha256: SHA-256 of the file of the whole output, of which the picture may be a part; empty where it is
            not known.
        crop: The part of the whole output that the picture shows, "x,y,width,height" in its pixels; empty where it is
            the whole, or nothing is known of parts. `unknown_crop` stands for a part whose place was not stored.
    """

    name: str
    content: str
    model: str = ""
    dataset: str = ""
    reference: bool = False
    expected: float | None = None
    output_key: str = ""
    picture_sha256: str = ""
    crop: str = ""

    @property
    def identified(self) -> bool:
        """Whether the output is known by its content, and not by names alone."""
        return bool(self.output_key or self.picture_sha256)


def unknown_crop(width_px: int, height_px: int) -> str:
    """Return what stands for a picture of which only its size is known: a part at some place, or the whole."""
    return f"?,?,{width_px},{height_px}"


@dataclass(frozen=True, eq=False)
class Votes:
    """Single votes on a scale.

    Attributes:
        stimuli: All stimuli, each once.
        raters: All raters, each once.
        stimulus: Index into `stimuli` for each vote, `(n,)`.
        rater: Index into `raters` for each vote, `(n,)`.
        repetition: Number of the view: 1 for a rater's first of a stimulus, 2 for the second, `(n,)`.
        score: Score of each vote, within the scale, `(n,)`.
        seconds: Time taken for each vote, NaN where unknown, `(n,)`.
        order: Position of each vote in the rater's session, NaN where unknown, `(n,)`.
        scale: Scale of the scores.
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
        """Return the votes that a mask `(n,)` names; all stimuli and raters stay in the lists."""
        columns = ("stimulus", "rater", "repetition", "score", "seconds", "order")
        return replace(self, **{name: getattr(self, name)[wanted] for name in columns})

    def without(self, raters: Iterable[str]) -> "Votes":
        """Return the votes of all raters but these."""
        index = {name: i for i, name in enumerate(self.raters)}
        return self.keep(~np.isin(self.rater, [index[name] for name in raters]))

    def with_scores(self, score: Floats) -> "Votes":
        """Return the same votes with other scores, `(n,)`."""
        return replace(self, score=score)

    def judged(self) -> "Votes":
        """Return the votes that count: all but those on traps."""
        return self.keep(np.array([s.expected is None for s in self.stimuli], dtype=bool)[self.stimulus])

    def matrix(self) -> Floats:
        """Return the first votes, `(stimuli, raters)`, NaN where there is none."""
        table = np.full((len(self.stimuli), len(self.raters)), np.nan)
        order = np.argsort(-self.repetition, kind="stable")
        table[self.stimulus[order], self.rater[order]] = self.score[order]
        return table

    def merged(self) -> "Votes":
        """Return one vote for each rater and stimulus: the mean of repeated ones, in the order of the first."""
        pair = self.stimulus * len(self.raters) + self.rater
        _, first, inverse, counts = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
        means = np.bincount(inverse, self.score) / counts
        score = self.score.copy()
        score[first] = means
        wanted = np.zeros(len(self), dtype=bool)
        wanted[first] = True
        return replace(self.with_scores(score).keep(wanted), repetition=np.ones(len(first), dtype=np.int64))

    def first(self) -> "Votes":
        """Return each rater's first votes alone."""
        return self.keep(self.repetition == 1)


@dataclass(frozen=True, eq=False)
class StimulusScores:
    """Scores of stimuli, averaged over raters.

    Attributes:
        stimuli: Stimuli that have votes.
        mean: Mean opinion score, or another estimate of the true score, of each stimulus, `(stimuli,)`.
        std: Standard deviation of each stimulus's votes, ddof 1; NaN for a single vote.
        n: Number of votes on each stimulus.
        half: Half width of each score's 95 % interval; NaN where there is none.
        scale: Scale of the scores.
    """

    stimuli: tuple[Stimulus, ...]
    mean: Floats
    std: Floats
    n: Ints
    half: Floats
    scale: Scale = field(default_factory=Scale)

    def keep(self, wanted: Sequence[int]) -> "StimulusScores":
        """Return the scores of the stimuli with these numbers."""
        at = np.asarray(wanted, dtype=np.int64)
        stimuli = tuple(self.stimuli[i] for i in wanted)
        return replace(self, stimuli=stimuli, mean=self.mean[at], std=self.std[at], n=self.n[at], half=self.half[at])

    def by_name(self) -> dict[str, int]:
        """Return the number of each stimulus by its name."""
        return {stimulus.name: i for i, stimulus in enumerate(self.stimuli)}


@dataclass(frozen=True)
class PairAnswer:
    """Answer of a rater to "which of the two is better?".

    Attributes:
        content: Scene that both show.
        rater: Name of the rater.
        winner: Name of the better one, or of the first of two that are equally good.
        loser: Name of the other one.
        tie: Whether neither is better.
        repetition: Number of the answer: 1 for a rater's first to this question, 2 for the second.
        first: Name of the one that was shown first, or on the left; empty where unknown.
        seconds: Time taken for the answer; None where unknown.
        order: Position of the answer in the rater's session, from 1; None where unknown.
        expected: Name of the one that an attentive rater prefers; empty for all but traps.
    """

    content: str
    rater: str
    winner: str
    loser: str
    tie: bool = False
    repetition: int = 1
    first: str = ""
    seconds: float | None = None
    order: float | None = None
    expected: str = ""

    @property
    def missed(self) -> bool:
        """Whether it is the answer to a trap, and not the one of an attentive rater."""
        return bool(self.expected) and (self.tie or self.winner != self.expected)


def contents(stimuli: Iterable[Stimulus]) -> int:
    """Count the different scenes: contents of one name in two data sets are two."""
    return len({(stimulus.dataset, stimulus.content) for stimulus in stimuli})
