"""How often each score was given."""

import numpy as np

from srbench.ratings.votes import Stimulus, Votes
from srbench.stats.arrays import Floats

_MOST_BINS = 11


def histogram(votes: Votes) -> tuple[Floats, Floats]:
    """Count how often each score was given to each stimulus.

    Args:
        votes: Votes as they were given.

    Returns:
        Bin centres `(bins,)`: the scale's whole numbers and every other score that occurs, where these are at most
        eleven, else ten equal steps; and counts `(stimuli, bins)`.
    """
    scores = np.unique(np.concatenate([votes.score, np.array(votes.scale.categories(), dtype=np.float64)]))
    if len(scores) <= _MOST_BINS:
        centres, nearest = scores, np.searchsorted(scores, votes.score)
    else:
        edges = np.linspace(votes.scale.low, votes.scale.high, _MOST_BINS)
        centres = (edges[1:] + edges[:-1]) / 2
        nearest = np.clip(np.digitize(votes.score, edges) - 1, 0, len(centres) - 1)
    counts = np.zeros((len(votes.stimuli), len(centres)))
    np.add.at(counts, (votes.stimulus, nearest), 1)
    return centres, counts


def shares_of_models(stimuli: tuple[Stimulus, ...], counts: Floats) -> dict[str, Floats]:
    """Compute the distribution of scores for each model, or for all stimuli under the empty name.

    Args:
        stimuli: Stimuli; traps do not count.
        counts: Number of votes in each bin, `(stimuli, bins)`.
    """
    models = list(dict.fromkeys(s.model for s in stimuli if s.model and s.expected is None)) or [""]
    shares = {}
    for model in models:
        total = counts[[s.model == model and s.expected is None for s in stimuli]].sum(axis=0)
        if total.sum():
            shares[model] = total / total.sum()
    return shares
