"""Answers to paired comparisons as the analysis reads them, and what is seen from the traps among them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from srbench.ratings.files import Ratings
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.design import content_label
from srbench.survey.responses import Response


def missed_traps(stimuli: Mapping[str, Stimulus], responses: Sequence[Response]) -> tuple[str, ...]:
    """Return the raters who at least once did not see that the original beats the worst picture."""
    missed: dict[str, None] = {}
    for response in responses:
        if response.kind == "trap" and response.second:
            first, second = (stimuli[name].expected or 0.0 for name in (response.first, response.second))
            if response.value != ("first" if first > second else "second"):
                missed[response.rater] = None
    return tuple(missed)


def without(ratings: Ratings, raters: Sequence[str]) -> tuple[PairAnswer, ...]:
    """Return the answers of all raters but these."""
    return tuple(comparison for comparison in ratings.pairs if comparison.rater not in raters)


def comparisons(stimuli: Mapping[str, Stimulus], responses: Sequence[Response]) -> tuple[PairAnswer, ...]:
    """Return answers as who won against whom; those on traps are left out."""
    listed = []
    asked: Counter[tuple[str, str, frozenset[str]]] = Counter()
    for response in responses:
        if response.kind == "trap":
            continue
        first, second = stimuli[response.first], stimuli[response.second]
        better, worse = (second, first) if response.value == "second" else (first, second)
        tie = response.value == "tie"
        content = content_label(first)
        question = response.rater, content, frozenset((first.model, second.model))
        asked[question] += 1
        listed.append(PairAnswer(content, response.rater, better.model, worse.model, tie, asked[question], first.model))
    return tuple(listed)
