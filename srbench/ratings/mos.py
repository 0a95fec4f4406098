"""Mean opinion scores of stimuli and models, and scores relative to hidden references."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from srbench.errors import BadRatings
from srbench.ratings.votes import Stimulus, StimulusScores, Votes
from srbench.stats.student import clustered_half_width, t_half_width

Repetitions = Literal["pool", "mean", "first"]
"""What repeated votes of a rater on a stimulus count: each as a vote ("pool", as ITU-R BT.500 and sureal do), their
mean as one vote ("mean"), or the first alone."""


def prepare(votes: Votes, repetitions: Repetitions) -> Votes:
    """Treat repeated votes."""
    return {"pool": lambda v: v, "mean": Votes.merged, "first": Votes.first}[repetitions](votes)


def mos(votes: Votes) -> StimulusScores:
    """Compute the mean opinion score of each stimulus that has votes, with Student-t intervals.

    Source:
        ITU-T P.800.1; ITU-R BT.500-14, Annex 1, section A1-2.2.1.
    """
    size = len(votes.stimuli)
    n = np.bincount(votes.stimulus, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(votes.stimulus, votes.score, size) / n
        squares = np.bincount(votes.stimulus, (votes.score - mean[votes.stimulus]) ** 2, size)
        std = np.sqrt(squares / (n - 1))
    std[n < 2] = np.nan
    scores = StimulusScores(votes.stimuli, mean, std, n, t_half_width(std, n), votes.scale)
    return scores.keep([i for i in range(size) if n[i]])


def differential(votes: Votes, *, crushed: bool = False) -> Votes:
    """Each vote relative to the same rater's vote on the hidden reference of the content: DV = V - V_ref + 5.

    The 5 is the top of the scale, whatever it is. DV may pass it where a rater prefers the processed picture; higher is
    better. Votes of raters who did not see the reference are left out; a second view is set against the second view of
    the reference, or against its only one.

    Args:
        votes: With at least one reference.
        crushed: Values above 5 are compressed, 7 DV / (2 + DV), which ITU-T P.910 has for the scale of 1 to 5.

    Raises:
        BadRatings: The crushed form is asked for on another scale.

    Source:
        ITU-T P.910 (ACR-HR), section 7.2 of the 2022 edition.
    """
    references = {(s.dataset, s.content): i for i, s in enumerate(votes.stimuli) if s.reference}
    own = np.array([references.get((s.dataset, s.content), -1) for s in votes.stimuli], dtype=np.int64)[votes.stimulus]
    table = np.full((len(votes.raters), int(votes.repetition.max(initial=1)) + 1, len(votes.stimuli)), np.nan)
    table[votes.rater, votes.repetition, votes.stimulus] = votes.score
    same, first = table[votes.rater, votes.repetition, own], table[votes.rater, 1, own]
    reference = np.where(np.isnan(same), first, same)
    reference[own < 0] = np.nan
    top = votes.scale.high
    if crushed and (votes.scale.low, top) != (1.0, 5.0):
        raise BadRatings("crushed DMOS is defined for the scale from 1 to 5 only; use --relative dmos")
    value = votes.score - reference + top
    if crushed:
        value = np.where(value > top, 7 * value / (2 + value), value)
    return votes.with_scores(value).keep(~np.isnan(value))


@dataclass(frozen=True)
class ModelMean:
    """A model, on one data set or on all.

    Attributes:
        model: Id.
        dataset: Id; empty for all together.
        mean: Mean of its images' scores.
        half: Half of the 95 % interval over raters like these (Student t), on these images; None: cannot be told.
        ci95_raters_images: 95 % interval over raters and images like these (bootstrap); None where it was not drawn.
        images: Number of images.
        raters: Number of raters; None for averaged data.
        votes: Number of votes.
        std: Between votes, ddof 1; None for averaged data.
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
    """Places of the stimuli of each model on each data set, and of each model on all (data set "")."""
    found: dict[tuple[str, str], list[int]] = {}
    datasets = {s.dataset for s in stimuli if s.model}
    for i, stimulus in enumerate(stimuli):
        if stimulus.model:
            found.setdefault((stimulus.model, ""), []).append(i)
            if len(datasets) > 1:
                found.setdefault((stimulus.model, stimulus.dataset), []).append(i)
    return found


def model_means(scores: StimulusScores, votes: Votes | None = None) -> list[ModelMean]:
    """MOS of models: the mean of their images' scores, each image counting once.

    The interval treats the votes of one rater as dependent. A rater's influence on the mean is the sum of the
    deviations of their votes from their images' means, each over n_j J (n_j votes on image j, J images); squared and
    summed over raters this is the variance, after each deviation is widened by sqrt(n_j / (n_j - 1)). Where everybody
    rated everything once this is the t interval of the raters' means; where every rater voted once it is the sum of the
    images' variances over J squared. Degrees of freedom: raters - 1.

    Args:
        scores: Of all stimuli.
        votes: Behind it; None for averages and for maximum likelihood, whose interval takes the errors of the stimuli
            as independent: sqrt(sum of half widths squared) / J. It is for these raters, not for raters like these.

    Source:
        Cluster-robust variance of a mean: Liang and Zeger, Biometrika 73, 1986, with this project's correction.
    """
    return [_model_mean(scores, votes, place, members) for place, members in stimuli_by_model(scores.stimuli).items()]


def _model_mean(scores: StimulusScores, votes: Votes | None, place: tuple[str, str], members: list[int]) -> ModelMean:
    if votes is None:
        half, people, std = float(np.sqrt((scores.half[members] ** 2).sum()) / len(members)), None, None
    else:
        half, people, std = _over_raters(scores, votes, members)
    return ModelMean(
        model=place[0],
        dataset=place[1],
        mean=float(scores.mean[members].mean()),
        half=half if np.isfinite(half) else None,
        ci95_raters_images=None,
        images=len(members),
        raters=people,
        votes=int(scores.n[members].sum()),
        std=std,
    )


def _over_raters(scores: StimulusScores, votes: Votes, members: list[int]) -> tuple[float, int, float | None]:
    """Half-width, number of raters, and standard deviation of the votes on these stimuli."""
    names = {scores.stimuli[i].name: i for i in members}
    at = np.array([names.get(s.name, -1) for s in votes.stimuli], dtype=np.int64)[votes.stimulus]
    inside = at >= 0
    at, rater, score = at[inside], votes.rater[inside], votes.score[inside]
    half = clustered_half_width(at, rater, score, len(members))
    return half, len(np.unique(rater)), float(score.std(ddof=1)) if len(score) > 1 else None
