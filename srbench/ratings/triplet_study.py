"""Analysis of a study of triplets: distances in JND for each form, and boosted ones on the plain scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from srbench.errors import BadRatings
from srbench.ratings import boosted_mapping, jnd
from srbench.ratings.triplets import FORMS, Form, TripletAnswer


@dataclass(frozen=True, eq=False)
class TripletAnalysis:
    """Everything that is known of a study of triplets.

    Attributes:
        name: Name of the study.
        fits: Distances of each form that was answered.
        mapping: Boosted distances as plain ones; None where one form is missing or too few stimuli have both.
        answers: Answers of each form to trials and repeats.
        traps: Share of traps that were answered rightly, by form; None where there were none.
        bias: Shares of left, not sure and right on questions that show one picture twice, by form; None where none.
        screening: Sentence that says which raters were rejected before; empty where nobody was judged.
        caveats: Limits of the data that a reader must know.
    """

    name: str
    fits: dict[Form, jnd.JndScores]
    mapping: boosted_mapping.Mapping | None
    answers: dict[Form, int]
    traps: dict[Form, float | None]
    bias: dict[Form, tuple[float, float, float] | None]
    screening: str = ""
    caveats: tuple[str, ...] = ()


def analyse_triplets(
    name: str, answers: Sequence[TripletAnswer], notes: Sequence[str] = (), screening: str = ""
) -> TripletAnalysis:
    """Analyse triplets, each form by itself.

    Raises:
        BadRatings: No answer is to a trial.
    """
    by_form = {form: [answer for answer in answers if answer.form == form] for form in FORMS}
    by_form = {form: of for form, of in by_form.items() if any(answer.kind == "trial" for answer in of)}
    if not by_form:
        raise BadRatings(f"{name}: all answers are on traps; expected answers on other triplets")
    fits = {form: jnd.fit(of) for form, of in by_form.items()}
    both = len(fits) == len(FORMS)
    mapped = boosted_mapping.mapping(fits["plain"], fits["boosted"]) if both else None
    caveats = [
        f"the {form} distances did not settle within the steps of the fit" for form in fits if not fits[form].converged
    ]
    if "boosted" in fits and mapped is None:
        caveats.append(
            f"distances are in boosted JND, which are smaller than plain ones; a mapping needs "
            f"{boosted_mapping.FEWEST_SHARED} stimuli with answers of both forms"
        )
    return TripletAnalysis(
        name=name,
        fits=fits,
        mapping=mapped,
        answers={form: sum(a.kind in ("trial", "repeat") for a in of) for form, of in by_form.items()},
        traps={form: _right(of) for form, of in by_form.items()},
        bias={form: _shares(of) for form, of in by_form.items()},
        screening=screening,
        caveats=(*notes, *caveats),
    )


def _right(answers: Sequence[TripletAnswer]) -> float | None:
    traps = [not answer.missed for answer in answers if answer.kind == "trap"]
    return sum(traps) / len(traps) if traps else None


def _shares(answers: Sequence[TripletAnswer]) -> tuple[float, float, float] | None:
    said = [answer.answer for answer in answers if answer.kind == "bias"]
    left, unsure, right = (said.count(choice) / max(1, len(said)) for choice in ("left", "unsure", "right"))
    return (left, unsure, right) if said else None
