"""The tables of raters and of their answers to questionnaires."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from srbench.core.spreadsheet import inert
from srbench.survey.package.tables import Column, Table
from srbench.survey.people.participation import ANSWERS
from srbench.survey.people.questionnaires import Item
from srbench.survey.progress import RaterProgress

_SCREEN = ("patches", "card", "distance", "acuity", "colour", "age")

RATERS = Table(
    "raters",
    "A rater; who has withdrawn has no other data",
    (
        Column("rater", "string", "The rater: a random id, in public packages a number", required=True),
        Column(
            "state",
            "string",
            "How far the rater is; ended: without a whole session",
            values=("invited", "active", "finished", "ended", "withdrawn"),
            required=True,
        ),
        Column("ending", "string", "How the rater's way has ended"),
        Column("code", "string", "Completion code", kept="private"),
        Column("panel_ids", "string", "Ids by which the panel knows the rater, as name=id", kept="panel"),
        Column("answers", "integer", "Number of answers to trials, traps and repeats among them", required=True),
        Column("excluded", "boolean", "Whether the study's owner left the rater out of the analysis", required=True),
        Column("excluded_why", "string", "The reason, in the owner's words", kept="private"),
        Column("rejected_by", "string", "Screening rules that would reject the rater, those of the plan or not"),
        Column("seen", "datetime", "Time of the rater's last request, in UTC", kept="private"),
        Column("patches", "number", "How many of eight grey patches could be told apart"),
        Column("card", "number", "Width of a bank card on the screen", "CSS pixels"),
        Column("distance", "number", "Distance to the screen", "cm"),
        Column("pixels_per_degree", "number", "Device pixels in a degree of the visual field"),
        Column("acuity", "string", "What the rater says of their eyesight", values=ANSWERS["acuity"]),
        Column("colour", "string", "What the rater says of their colour vision", values=ANSWERS["colour"]),
        Column("age", "string", "Age group", values=ANSWERS["age"]),
        Column("gates", "string", "What each gate found, as name=passed value or name=failed value"),
    ),
    key=("rater",),
)

REPLIES = Table(
    "replies",
    "An answer of a rater to a question of a questionnaire",
    (
        Column("rater", "string", "The rater", required=True),
        Column("question", "string", "Name of the question", required=True),
        Column("reply", "string", "What was chosen or written; in public packages nothing that was written"),
    ),
    key=("rater", "question"),
    references=(("rater", "raters"),),
)


def rows(people: Sequence[RaterProgress], raters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Return the rows of the table of raters.

    Args:
        people: Raters in the order of their invitations.
        raters: Their names in the package, by id.
    """
    for person in people:
        screen = {name: person.screen.get(name) for name in _SCREEN}
        yield {
            "rater": raters[person.id],
            "state": person.state,
            "ending": person.ending,
            "code": person.code,
            "panel_ids": inert(" ".join(f"{name}={value}" for name, value in person.panel_ids.items())),
            "answers": person.answers,
            "excluded": person.excluded is not None,
            "excluded_why": inert(person.excluded or ""),
            "rejected_by": " ".join(person.flags),
            "seen": person.seen.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **screen,
            "pixels_per_degree": person.pixels_per_degree,
            "gates": "; ".join(
                f"{name}={'passed' if found['passed'] else 'failed'} {found['value']}".strip()
                for name, found in person.gates.items()
            ),
        }


def reply_rows(
    people: Sequence[RaterProgress], raters: Mapping[str, str], questions: Sequence[Item], *, public: bool
) -> Iterator[dict[str, Any]]:
    """Return the rows of the table of replies; in a public package without what was written in words.

    Args:
        people: Raters in the order of their invitations.
        raters: Their names in the package, by id.
        questions: Questions of the study.
        public: Whether the package is for everybody.
    """
    written = {item.name for item in questions if item.kind == "text"} if public else set[str]()
    for person in people:
        for question, reply in person.replies.items():
            if question not in written:
                yield {"rater": raters[person.id], "question": question, "reply": inert(reply)}
