"""The trap rule of triplets: who misses more than half of the questions whose answer is beyond doubt."""

from collections import Counter
from collections.abc import Sequence

from srbench.ratings.screening import Verdict
from srbench.ratings.triplets import TripletAnswer

_STATEMENT = "raters who missed more than half of their traps, an original beside a worst picture, were left out"


def verdict(answers: Sequence[TripletAnswer]) -> Verdict:
    """Return whom the rule rejects."""
    asked = Counter(answer.rater for answer in answers if answer.kind == "trap")
    missed = Counter(answer.rater for answer in answers if answer.missed)
    rejected = tuple(rater for rater, count in asked.items() if 2 * missed[rater] > count)
    return Verdict("traps", rejected, statement=_STATEMENT, reason="" if asked else "the study has no traps")


def sentence(rejected: Sequence[str]) -> str:
    """Return what the methods paragraph says of the raters who were rejected."""
    who = f"{len(rejected)} ({', '.join(rejected)})" if rejected else "none"
    return f"By the trap rule, {_STATEMENT}: {who}."
