"""Caveats: limits of the data that no table shows, in a sentence each."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse

from srbench.core.wording import counted
from srbench.ratings import agreement, likelihood
from srbench.ratings.model_differences import ModelDifference
from srbench.ratings.mos import stimuli_by_model
from srbench.ratings.options import Options
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats.corrections import LEVEL

_ALIKE, _ENOUGH = 0.99, 20


def of_votes(votes: Votes, prepared: Votes, estimate: likelihood.Estimate | None, options: Options) -> list[str]:
    """Return the caveats of votes.

    Args:
        votes: Votes that count, as they were given.
        prepared: All votes but those on traps, repeated ones treated.
        estimate: Maximum likelihood of the votes that count.
        options: Options of the analyst.
    """
    sentences = _repeated(votes, options)
    if estimate and not estimate.converged:
        sentences.append(f"maximum likelihood did not converge in {estimate.iterations} sweeps")
    if estimate and estimate.left_out:
        sentences.append(
            f"maximum likelihood leaves out {counted(len(estimate.left_out), 'rater')} with fewer than "
            f"{estimate.least_votes} votes"
        )
    if estimate and estimate.exact:
        sentences.append(f"{collapsed(estimate)}: do not use its scores")
    sentences += _apart(prepared)
    counts = np.bincount(prepared.stimulus, minlength=len(prepared.stimuli))
    if lone := int((counts == 1).sum()):
        sentences.append(f"with a single vote, and no interval: {_stimuli(lone)}")
    low, high = np.full(len(counts), np.inf), np.full(len(counts), -np.inf)
    np.minimum.at(low, prepared.stimulus, prepared.score)
    np.maximum.at(high, prepared.stimulus, prepared.score)
    if alike := int(((low == high) & (counts > 1)).sum()):
        sentences.append(
            f"with the same score from everybody: {_stimuli(alike)}; the interval there reaches as far as one step's "
            "deviation of some raters would go unseen in 1 of 40 such panels"
        )
    return sentences


def _stimuli(number: int) -> str:
    return f"{number} {'stimulus' if number == 1 else 'stimuli'}"


def _repeated(votes: Votes, options: Options) -> list[str]:
    again = agreement.retest(votes)
    if again is None:
        return []
    sentences = []
    if options.repetitions == "pool":
        sentences.append(
            f"{again.pairs} repeated votes count as separate votes, although the same raters gave them: intervals of "
            "stimuli are too narrow, by up to the root of 2 where everything was rated twice (--repetitions mean)"
        )
    if again.same >= _ALIKE and again.pairs >= _ENOUGH:
        sentences.append(f"{again.same:.1%} of {again.pairs} repeated votes are the same: the second looks like a copy")
    return sentences


def collapsed(estimate: likelihood.Estimate) -> str:
    """Say that the maximum of the likelihood follows single raters."""
    names = ", ".join(estimate.exact[:5])
    if len(estimate.raters) == 1:
        return "maximum likelihood (P.910) has nothing to estimate: with one rater there is nobody to compare with"
    if len(estimate.exact) == len(estimate.raters):
        return "maximum likelihood (P.910) has nothing to estimate: all raters agree, so that nobody's votes vary"
    few, most = min(estimate.votes_of_exact), max(estimate.votes_of_exact)
    votes = f"{few}" if few == most else f"{few} to {most}"
    cause = f"{votes} votes of theirs against {counted(len(estimate.raters), 'rater')}"
    if most < estimate.usual_votes:
        cause += "; srbench survey analyze --least-votes leaves out raters with few"
    else:
        cause += f"; a stimulus has {estimate.votes_of_stimulus:g} votes, too few to tell one rater from the truth"
    return f"maximum likelihood (P.910) has collapsed onto {names}, whose votes it repeats ({cause})"


def _apart(votes: Votes) -> list[str]:
    """Say where raters have no stimulus in common, directly or through others, so that biases and scores mix."""
    shape = (len(votes.stimuli), len(votes.raters))
    seen = sparse.csr_array((np.ones(len(votes)), (votes.stimulus, votes.rater)), shape=shape)
    both: list[list[Any]] = [[None, seen], [seen.T, None]]
    _, label = sparse.csgraph.connected_components(sparse.block_array(both), directed=False)
    parts = len(np.unique(label[votes.stimulus]))
    if parts < 2:
        return []
    return [f"raters fall into {parts} groups without a stimulus in common: scores of different groups do not compare"]


def of_models(scores: StimulusScores, differences: Sequence[ModelDifference]) -> list[str]:
    """Return the caveats of the comparison of models."""
    tested = {(pair.dataset, frozenset((pair.first, pair.second))) for pair in differences}
    by_dataset: dict[str, list[str]] = {}
    for model, dataset in stimuli_by_model(scores.stimuli):
        by_dataset.setdefault(dataset, []).append(model)
    sentences = []
    for dataset, models in by_dataset.items():
        apart = [f"{a} and {b}" for a, b in combinations(models, 2) if (dataset, frozenset((a, b))) not in tested]
        if apart:
            more = f", and {len(apart) - 3} more" if len(apart) > 3 else ""
            sentences.append(
                f"{f'on {dataset}, ' if dataset else ''}not compared, since they have no image in common: "
                f"{'; '.join(apart[:3])}{more}; letters and order say nothing of them"
            )
    return [*sentences, *_least_p(differences)]


def _least_p(differences: Sequence[ModelDifference]) -> list[str]:
    """Say where the chosen test cannot make a difference significant, and where it holds the raters fixed."""
    sentences = []
    for dataset in dict.fromkeys(pair.dataset for pair in differences):
        pairs = [pair for pair in differences if pair.dataset == dataset]
        least = min(pair.least_p for pair in pairs)
        where = f"on {dataset} " if dataset else ""
        if least >= LEVEL and pairs[0].test == "two-way":
            sentences.append(
                f"{where}with a single image or a single rater there is no test over raters and images: no difference "
                "can be significant"
            )
        elif least >= LEVEL:
            n = max(pair.images for pair in pairs)
            sentences.append(
                f"{where}with {n} image{'s' if n > 1 else ''} a paired two-sided test cannot go below p = {least:.4g}: "
                f"no difference can be significant, whatever the votes{_other_test(pairs[0])}"
            )
        elif least * len(pairs) >= LEVEL:
            sentences.append(
                f"{where}after Holm's correction for {len(pairs)} pairs the smallest possible p is "
                f"{min(1.0, least * len(pairs)):.4g}: no difference can be significant, whatever the votes"
                f"{_other_test(pairs[0])}"
            )
    return [*sentences, *_raters_fixed(differences)]


def _other_test(pair: ModelDifference) -> str:
    """Point to the test over raters and images, where there is one."""
    return " (srbench survey analyze --test two-way has no such limit)" if pair.df is not None else ""


def _raters_fixed(differences: Sequence[ModelDifference]) -> list[str]:
    """Say that tests over images alone hold the raters fixed."""
    if not differences or differences[0].test == "two-way":
        return []
    return [
        "tests are over images alone, these raters held fixed: with other raters equal models may differ, and other "
        "differences be significant"
    ]
