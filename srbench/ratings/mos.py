"""Mean opinion scores of stimuli and models, and scores relative to hidden references."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.votes import Stimulus, StimulusScores, Votes
from srbench.stats.arrays import Floats
from srbench.stats.student import (
    ClusteredHalfWidth,
    agreeing_shares,
    clustered_half_width,
    end_half_width,
    t_half_width,
    t_quantile,
    unanimous_half_width,
)

Repetitions = Literal["pool", "mean", "first"]
"""Treatment of repeated votes of a rater on a stimulus: each counts as a vote ("pool", as ITU-R BT.500 and sureal do),
their mean as one vote ("mean"), or the first alone ("first")."""


def prepare(votes: Votes, repetitions: Repetitions) -> Votes:
    """Return votes with repeated ones pooled, averaged, or dropped."""
    return {"pool": lambda v: v, "mean": Votes.merged, "first": Votes.first}[repetitions](votes)


def mos(votes: Votes) -> StimulusScores:
    """Compute the mean opinion score of each stimulus that has votes, with Student-t intervals.

    Near an end of the scale, and where all votes agree, they are as wide as `half_widths` says.

    Source:
        ITU-T P.800.1; ITU-R BT.500-15, Annex 1, section A1-2.2.1.
    """
    size = len(votes.stimuli)
    n = np.bincount(votes.stimulus, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(votes.stimulus, votes.score, size) / n
        squares = np.bincount(votes.stimulus, (votes.score - mean[votes.stimulus]) ** 2, size)
        std = np.sqrt(squares / (n - 1))
    std[n < 2] = np.nan
    scores = StimulusScores(votes.stimuli, mean, std, n, np.full(size, np.nan), votes.scale)
    kept = scores.keep([i for i in range(size) if n[i]])
    agreeing = agreeing_shares(votes.stimulus, votes.score)
    return replace(kept, half=half_widths(kept, agreeing[n[: len(agreeing)] > 0], ends=within(votes)))


def half_widths(scores: StimulusScores, agreeing: Floats | None = None, *, ends: bool = True) -> Floats:
    """Return half of the 95 % interval of each stimulus's mean, `(stimuli,)`; NaN for a single vote.

    Student's t, widened near an end of the scale (`end_half_width`), and where all votes, or nearly all, are the same
    (`unanimous_half_width`): some raters might have been a step away.

    Args:
        scores: Means, standard deviations and numbers of votes.
        agreeing: Share of each stimulus's votes that have its most frequent score; None for averages, of which only
            those that do not vary are known to agree.
        ends: Whether the scale ends there; differences of votes may pass its ends.
    """
    half = t_half_width(scores.std, scores.n)
    if ends:
        half = end_half_width(scores.mean, half, np.maximum(scores.n - 1, 1), scores.scale.low, scores.scale.high)
    share = (scores.std == 0).astype(np.float64) if agreeing is None else agreeing
    least = unanimous_half_width(np.maximum(scores.n, 1), scores.scale.step, share)
    return np.asarray(np.where(np.isnan(half), half, np.maximum(half, least)))


def within(votes: Votes) -> bool:
    """Whether all votes are inside the scale; means of differences, or without raters' biases, have no ends."""
    return bool(((votes.score >= votes.scale.low) & (votes.score <= votes.scale.high)).all())


def differential(votes: Votes, *, crushed: bool = False) -> Votes:
    """Compute each vote relative to the same rater's vote on the hidden reference of the content: DV = V - V_ref + 5.

    The 5 is the top of the scale, whatever it is. DV may pass it where a rater prefers the processed picture; higher is
    better. Votes of raters who did not see the reference are left out; a second view is set against the second view of
    the reference, or against its only one.

    Args:
        votes: Votes on stimuli of which at least one is a reference.
        crushed: Whether values above 5 are compressed, 7 DV / (2 + DV), which ITU-T P.910 has for the scale of 1 to 5.

    Raises:
        BadRatings: The crushed form is asked for on another scale.

    Source:
        ITU-T P.910 (ACR-HR), section 7.2 of the 2022 edition.
    """
    references = {(s.dataset, s.content): i for i, s in enumerate(votes.stimuli) if s.reference}
    of_content = np.array([references.get((s.dataset, s.content), -1) for s in votes.stimuli], dtype=np.int64)[
        votes.stimulus
    ]
    table = np.full((len(votes.raters), int(votes.repetition.max(initial=1)) + 1, len(votes.stimuli)), np.nan)
    table[votes.rater, votes.repetition, votes.stimulus] = votes.score
    same, first = table[votes.rater, votes.repetition, of_content], table[votes.rater, 1, of_content]
    reference = np.where(np.isnan(same), first, same)
    reference[of_content < 0] = np.nan
    top = votes.scale.high
    if crushed and (votes.scale.low, top) != (1.0, 5.0):
        raise BadRatings("crushed DMOS is defined for the scale from 1 to 5 only; use --relative dmos")
    value = votes.score - reference + top
    if crushed:
        value = np.where(value > top, 7 * value / (2 + value), value)
    return votes.with_scores(value).keep(~np.isnan(value))


@dataclass(frozen=True)
class ModelMean:
    """Mean score of a model, on one data set or on all.

    Attributes:
        model: Id of the model.
        dataset: Id of the data set; empty for all together.
        mean: Mean of the scores of the model's images.
        half: Half width of the 95 % interval over raters like these (Student t), on these images; None where it is not
            known.
        ci95_raters_images: 95 % interval over raters and images like these (bootstrap); None where it was not drawn.
        images: Number of images.
        raters: Number of raters; None for averaged data.
        votes: Number of votes.
        std: Standard deviation between votes, ddof 1; None for averaged data.
    """

    model: str
    dataset: str
    mean: float
    half: float | None
    ci95_raters_images: tuple[float, float] | None
    images: int
    raters: int | None
    votes: int
    std: float | None


def stimuli_by_model(stimuli: tuple[Stimulus, ...]) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of each model's stimuli on each data set, and on all (data set "")."""
    members: dict[tuple[str, str], list[int]] = {}
    datasets = {s.dataset for s in stimuli if s.model}
    for i, stimulus in enumerate(stimuli):
        if stimulus.model:
            members.setdefault((stimulus.model, ""), []).append(i)
            if len(datasets) > 1:
                members.setdefault((stimulus.model, stimulus.dataset), []).append(i)
    return members


def model_means(scores: StimulusScores, votes: Votes | None = None) -> list[ModelMean]:
    """Compute the MOS of models: the mean of their images' scores, each image counting once.

    The interval treats the votes of one rater as dependent: see `srbench.stats.student.clustered_half_width`.

    Args:
        scores: Scores of all stimuli.
        votes: Votes behind the scores; None for averages and for maximum likelihood, whose interval takes the errors of
            the stimuli as independent: sqrt(sum of half widths squared) / J, J images. It is for these raters, not for
            raters like these.
    """
    return [_model_mean(scores, votes, key, members) for key, members in stimuli_by_model(scores.stimuli).items()]


def _model_mean(scores: StimulusScores, votes: Votes | None, key: tuple[str, str], members: list[int]) -> ModelMean:
    if votes is None:
        half, raters, std = float(np.sqrt((_known_halves(scores, members) ** 2).sum()) / len(members)), None, None
    else:
        half, raters, std = _over_raters(scores, votes, members)
    return ModelMean(
        model=key[0],
        dataset=key[1],
        mean=float(scores.mean[members].mean()),
        half=half if np.isfinite(half) else None,
        ci95_raters_images=None,
        images=len(members),
        raters=raters,
        votes=int(scores.n[members].sum()),
        std=std,
    )


def _known_halves(scores: StimulusScores, members: list[int]) -> Floats:
    """Return the half widths of these stimuli; one with a single vote has that of a vote as the others scatter."""
    half, std, n = scores.half[members], scores.std[members], scores.n[members]
    known = np.isfinite(std)
    if not known.any():
        return half
    pooled, df = np.sqrt((std[known] ** 2).mean()), int((n[known] - 1).sum())
    return np.where(np.isnan(half), t_quantile(df) * pooled / np.sqrt(n), half)


def _over_raters(scores: StimulusScores, votes: Votes, members: list[int]) -> tuple[float, int, float | None]:
    """Return half width, number of raters, and standard deviation of the votes on these stimuli."""
    names = {scores.stimuli[i].name: i for i in members}
    at = np.array([names.get(s.name, -1) for s in votes.stimuli], dtype=np.int64)[votes.stimulus]
    inside = at >= 0
    at, rater, score = at[inside], votes.rater[inside], votes.score[inside]
    found = clustered_half_width(at, rater, score, len(members), step=scores.scale.step)
    half = _half_of_model(scores, within(votes), members, found)
    return half, len(np.unique(rater)), float(score.std(ddof=1)) if len(score) > 1 else None


def _half_of_model(scores: StimulusScores, ends: bool, members: list[int], found: ClusteredHalfWidth) -> float:
    """Widen a model's interval near the ends of the scale, and where votes on its images agree or nearly so."""
    half, scale = found.half, scores.scale
    if ends and half > 0:
        mean = scores.mean[members].mean(keepdims=True)
        half = float(end_half_width(mean, np.array([half]), np.array([found.df]), scale.low, scale.high)[0])
    return max(half, found.least) if np.isfinite(half) else half
