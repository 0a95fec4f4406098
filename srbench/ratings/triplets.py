"""Answers to triplets: which of two pictures differs more from the original, or not sure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from srbench.errors import BadRatings

if TYPE_CHECKING:  # the report of triplets must not wait for pandas
    from srbench.ratings.table import Table

TripletChoice = Literal["left", "unsure", "right"]
CHOICES: tuple[TripletChoice, ...] = ("left", "unsure", "right")
Form = Literal["plain", "boosted"]
FORMS: tuple[Form, ...] = ("plain", "boosted")
KINDS = ("trial", "repeat", "trap", "bias")
ORIGINAL = "hr"
"""Name of the original among the models."""
_COLUMNS = ("content", "rater", "left", "right", "answer")


@dataclass(frozen=True)
class TripletAnswer:
    """Answer of a rater to "which of the two differs more from the original?".

    Attributes:
        content: Scene that all three show.
        rater: Name of the rater.
        left: Model of the left picture; "hr" where it is the original itself.
        right: Model of the right picture.
        answer: "left", "right" or "unsure".
        form: "plain", or "boosted": zoomed, amplified and flickering in place.
        kind: "trial"; "repeat"; "trap", where the answer is beyond doubt; or "bias", where both are one picture.
    """

    content: str
    rater: str
    left: str
    right: str
    answer: TripletChoice
    form: Form = "plain"
    kind: str = "trial"

    @property
    def missed(self) -> bool:
        """Whether it is the answer to a trap and not the one of an attentive rater."""
        return self.kind == "trap" and self.answer != ("right" if self.left == ORIGINAL else "left")


def records(answers: Sequence[TripletAnswer]) -> list[dict[str, Any]]:
    """Return one record for each answer."""
    return [asdict(answer) for answer in answers]


def is_triplets(table: "Table") -> bool:
    """Return whether a table has the columns of triplets."""
    return set(_COLUMNS) <= table.columns.keys()


def from_table(table: "Table") -> tuple[TripletAnswer, ...]:
    """Read answers from a table with the columns content, rater, left, right and answer; form and kind may be there.

    Raises:
        BadRatings: A cell is not one of the expected words.
    """
    columns = {name: [str(cell) for cell in table.columns[name]] for name in _COLUMNS}
    for name, usual in (("form", "plain"), ("kind", "trial")):
        columns[name] = [str(cell) for cell in table.columns.get(name, [usual] * len(table))]
    for name, allowed in (("answer", CHOICES), ("form", FORMS), ("kind", KINDS)):
        wrong = next((cell for cell in columns[name] if cell not in allowed), None)
        if wrong is not None:
            raise BadRatings(f"{table.title}: {name} is '{wrong}'; expected {', '.join(allowed)}")
    rows = (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    return tuple(TripletAnswer(**row) for row in rows)  # type: ignore[arg-type]
