"""Answers to paired comparisons as the analysis reads them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.plan.design import content_label
from srbench.survey.responses import Response


def answer(stimuli: Mapping[str, Stimulus], response: Response) -> PairAnswer:
    """Return what a rater said of two pictures; an answer on a trap names the better one."""
    first, second = stimuli[response.first], stimuli[response.second]
    better, worse = (second, first) if response.value == "second" else (first, second)
    best = max((first, second), key=lambda stimulus: stimulus.expected or 0.0)
    return PairAnswer(
        content=content_label(first),
        rater=response.rater,
        winner=better.model,
        loser=worse.model,
        tie=response.value == "tie",
        first=first.model,
        seconds=response.seconds,
        order=response.position + 1.0,
        expected=best.model if response.kind == "trap" else "",
    )


def comparisons(stimuli: Mapping[str, Stimulus], responses: Sequence[Response]) -> tuple[PairAnswer, ...]:
    """Return answers with their numbers among those of a rater to the same question."""
    asked: Counter[tuple[str, str, frozenset[str]]] = Counter()
    numbered = []
    for said in (answer(stimuli, response) for response in responses):
        question = said.rater, said.content, frozenset((said.winner, said.loser))
        asked[question] += 1
        numbered.append(replace(said, repetition=asked[question]))
    return tuple(numbered)
