"""The screening of paired comparisons: raters who missed a pair whose answer is beyond doubt."""

from dataclasses import replace

from srbench.core.wording import counted
from srbench.errors import BadRatings
from srbench.ratings.files import Ratings
from srbench.ratings.screening import Verdict

RULE = "traps"
_STATEMENT = (
    "Raters were screened by the trap rule (any pair of an original and a worst picture answered wrongly; {answers} "
    "answers on traps, which do not count otherwise), which rejected {who}."
)


def verdict(ratings: Ratings) -> Verdict:
    """Return the raters who at least once did not see which of two is better, "no difference" included."""
    missed = dict.fromkeys(answer.rater for answer in ratings.pair_traps if answer.missed)
    return Verdict(RULE, tuple(missed), reason="" if ratings.pair_traps else "the study has no traps")


def screened(ratings: Ratings) -> Ratings:
    """Return the comparisons of the raters who missed no trap, with a note that names the others.

    Raises:
        BadRatings: Every rater missed one.
    """
    if not ratings.pair_traps:
        return ratings
    answers = len(ratings.pair_traps)
    present = {answer.rater for answer in ratings.pairs}
    missed = [rater for rater in verdict(ratings).rejected if rater in present]
    if not missed:
        return replace(ratings, screening=_STATEMENT.format(answers=answers, who="nobody"))
    kept = ratings.without(missed)
    if not kept.pairs:
        raise BadRatings(f"every rater of {ratings.name} missed a trap; --screen none keeps them")
    who = f"{counted(len(missed), 'rater')} who missed a trap question {'is' if len(missed) == 1 else 'are'}"
    note = f"{who} left out: {', '.join(missed)}"
    rejected = f"{len(missed)} of {counted(len(present), 'rater')} ({', '.join(missed)})"
    said = _STATEMENT.format(answers=answers, who=rejected)
    return replace(kept, notes=(*kept.notes, note), screening=said)
