"""What a reader must know: limits of the data that no table shows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from srbench.opinion import comparison, likelihood
from srbench.opinion.choices import Choices
from srbench.opinion.votes import Votes


def remarks(
    votes: Votes,
    prepared: Votes,
    estimate: likelihood.Estimate | None,
    differences: Sequence[comparison.Difference],
    choices: Choices,
) -> list[str]:
    """Of votes, in a sentence each.

    Args:
        votes: As collected.
        prepared: Those that are judged, repeated ones treated.
        estimate: By maximum likelihood.
        differences: Between models.
        choices: Of the analyst.
    """
    found = []
    repeated = int((votes.repetition > 1).sum())
    if repeated and choices.repetitions == "pool":
        found.append(
            f"{repeated} repeated votes count as votes of their own, which makes intervals of stimuli a little narrow; "
            "--repetitions mean averages them first"
        )
    if estimate and not estimate.converged:
        found.append(f"maximum likelihood did not converge in {estimate.iterations} sweeps")
    if estimate and estimate.left_out:
        found.append(f"maximum likelihood leaves out {len(estimate.left_out)} raters with fewer than 3 votes")
    if estimate and estimate.exact:
        found.append(f"{collapsed(estimate)}: do not use its scores")
    found += _apart(prepared)
    lone = int((np.bincount(prepared.stimulus, minlength=1) == 1).sum())
    if lone:
        found.append(f"{lone} stimuli have a single vote and no interval")
    return [*found, *least_p(differences)]


def collapsed(estimate: likelihood.Estimate) -> str:
    """That the maximum of the likelihood follows single raters."""
    names = ", ".join(estimate.exact[:5])
    return f"maximum likelihood (P.910) has collapsed onto {names}, whose votes it repeats (too few raters)"


def _apart(votes: Votes) -> list[str]:
    """Raters without a stimulus in common, directly or through others: their biases cannot be told from the scores."""
    shape = (len(votes.stimuli), len(votes.raters))
    seen = sparse.csr_array((np.ones(len(votes)), (votes.stimulus, votes.rater)), shape=shape)
    both: list[list[Any]] = [[None, seen], [seen.T, None]]
    _, label = sparse.csgraph.connected_components(sparse.block_array(both), directed=False)
    pieces = len(np.unique(label[votes.stimulus]))
    if pieces < 2:
        return []
    return [f"raters fall into {pieces} groups without a stimulus in common: scores of different groups do not compare"]


def least_p(differences: Sequence[comparison.Difference]) -> list[str]:
    """That so few images cannot make a difference significant."""
    found = []
    for dataset in dict.fromkeys(pair.dataset for pair in differences):
        own = [pair for pair in differences if pair.dataset == dataset]
        least = min(pair.least_p for pair in own)
        place = f"on {dataset} " if dataset else ""
        if least >= comparison.LEVEL:
            n = max(pair.images for pair in own)
            found.append(
                f"{place}with {n} image{'s' if n > 1 else ''} a paired two-sided test cannot go below p = {least:.4g}: "
                "no difference can be significant, whatever the votes"
            )
        elif least * len(own) >= comparison.LEVEL:
            found.append(
                f"{place}after Holm's correction for {len(own)} pairs the smallest possible p is "
                f"{min(1.0, least * len(own)):.4g}: no difference can be significant, whatever the votes"
            )
    return found
