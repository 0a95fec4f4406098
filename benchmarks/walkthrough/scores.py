"""Scores of models from planted answers, by the definitions and not by the code of srbench."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from benchmarks.walkthrough.pictures import Shown
from srbench.ratings.jnd import fit
from srbench.ratings.triplets import TripletAnswer, TripletChoice
from srbench.stats.arrays import Floats

Answers = Mapping[str, Sequence[tuple[tuple[Shown, ...], str]]]
"""Of each rater who counts, pictures and answers in their order, traps among them."""
_PRIOR = 0.5  # wins each way, where the likelihood has no maximum: as the guide says


def means(
    scored: Callable[[Sequence[Shown], str], Iterable[tuple[Shown, float]]],
) -> Callable[[Answers], dict[str, float]]:
    """Return a function for mean opinion scores: over contents, of means over raters, of means over repetitions."""

    def of(answers: Answers) -> dict[str, float]:
        votes: dict[Shown, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for rater, given in answers.items():
            for shown, answer in _rated(given):
                for picture, score in scored(shown, answer):
                    votes[picture][rater].append(score)
        contents: dict[str, list[float]] = defaultdict(list)
        for picture, by_rater in votes.items():
            contents[picture.model].append(float(np.mean([np.mean(own) for own in by_rater.values()])))
        return {model: float(np.mean(values)) for model, values in contents.items()}

    return of


def bradley_terry(answers: Answers) -> dict[str, float]:
    """Return scores by maximum likelihood with ties after Rao and Kupper; the first answer to a question counts."""
    wins: dict[tuple[str, str, str], float] = defaultdict(float)
    for given in answers.values():
        asked = set()
        for (first, second), answer in _rated(given):
            question = frozenset((first, second))
            if question not in asked:
                asked.add(question)
                pair = (first.model, second.model) if answer != "second" else (second.model, first.model)
                wins[*pair, "tie" if answer == "tie" else "win"] += 1
    models = sorted({model for pair in wins for model in pair[:2]})
    if not _bounded(models, wins):
        for one, other in {(min(pair[:2]), max(pair[:2])) for pair in wins}:
            wins[one, other, "win"] += _PRIOR
            wins[other, one, "win"] += _PRIOR
    ties = any(count for pair, count in wins.items() if pair[2] == "tie")

    def loss(parameters: Floats) -> float:
        score, threshold = dict(zip(models, parameters, strict=False)), np.exp(parameters[-1]) if ties else 0.0
        total = float(np.sum(parameters[:-1])) ** 2  # scores have mean 0
        for (one, other, how), count in wins.items():
            won, lost = (_logistic(sign * (score[one] - score[other]) - threshold) for sign in (1, -1))
            total -= count * np.log(won if how == "win" else 1 - won - lost)
        return total

    found = minimize(loss, np.append(np.zeros(len(models)), -1.0), method="BFGS", options={"gtol": 1e-7})
    return {model: float(score) for model, score in zip(models, found.x, strict=False)}


def jnd(answers: Answers) -> dict[str, float]:
    """Return distances by srbench's own estimator, whose model has no other code: from the planted answers, though."""
    said = []
    for rater, given in answers.items():
        for (left, right, original), answer in given:
            kind = "trap" if original.to_calibrate else "bias" if left == right else "trial"
            said.append(
                TripletAnswer(left.content, rater, left.model, right.model, cast(TripletChoice, answer), kind=kind)
            )
    return {model: score for model, score, _ in fit(said).means()}


def _rated(given: Sequence[tuple[tuple[Shown, ...], str]]) -> Iterator[tuple[tuple[Shown, ...], str]]:
    """Answers that are not on traps."""
    return ((shown, answer) for shown, answer in given if not shown[0].to_calibrate)


def _bounded(models: Sequence[str], wins: Mapping[tuple[str, str, str], float]) -> bool:
    """Whether no group of models won every comparison with the others (Ford 1957)."""
    beaten = np.zeros((len(models), len(models)))
    for (one, other, how), count in wins.items():
        beaten[models.index(one), models.index(other)] += count
        if how == "tie":
            beaten[models.index(other), models.index(one)] += count
    return bool(connected_components(beaten, directed=True, connection="strong")[0] == 1)


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
