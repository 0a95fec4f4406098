"""Answers as they are stored, and where a rater stands between two of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal, NamedTuple

StudyStatus = Literal["open", "paused", "closed"]


class AnswerStatus(IntEnum):
    """What happened to an answer that was sent."""

    REFUSED = 0
    """Another trial is next, the study is paused, or the rater's way has ended."""
    DUPLICATE = 1
    """The trial had an answer already: a retry, a double click or the back button."""
    STORED = 2
    LAST = 3
    """The answer is stored, and the session is complete."""


class Part(NamedTuple):
    """What an answer says of one of the pictures that its trial showed.

    Attributes:
        side: Where the picture was, or what it was for: "left" and "right", "rated" and "reference".
        picture: Name of the picture.
        value: What the answer says of it; empty where it says nothing, or where there is no answer.
    """

    side: str
    picture: str
    value: str


class Response(NamedTuple):
    """A trial that a rater was shown, with the answer where there is one.

    Attributes:
        rater: Id of the rater.
        position: Position of the trial in the session, from 0.
        kind: Kind of the trial, as in the design.
        first: Name of the first picture.
        second: Name of the second picture; empty where one picture was shown.
        value: The answer, as the method defines it; empty where there is none.
        seconds: Response time in seconds, from the moment the picture was painted.
        facts: What the browser said at that moment: window, screen, density, zoom, lost focus, language, browser.
        revision: Revision of the plan by which the trial was assigned, from 1.
        others: Names of further pictures, where the trial shows more than two.
        sitting: Number of the sitting, from 0.
        shown: Time at which the pictures had been painted; None where the browser did not tell.
        answered: Time at which the answer arrived; None where there is none.
        views: Number of times that the trial was shown; 0 where the browser did not tell.
    """

    rater: str
    position: int
    kind: str
    first: str
    second: str
    value: str
    seconds: float
    facts: dict[str, Any]
    revision: int = 1
    others: tuple[str, ...] = ()
    sitting: int = 0
    shown: datetime | None = None
    answered: datetime | None = None
    views: int = 0

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the pictures that were shown."""
        return tuple(filter(None, (self.first, self.second, *self.others)))


@dataclass(frozen=True)
class Question:
    """The trial that a rater is asked next.

    Attributes:
        position: Position in the session, from 0.
        trials: Number of trials of the session.
        sitting: Number of the sitting, from 0.
        block: Number of the block in its sitting, from 0.
        kind: Kind of the trial, as in the design.
        keys: Random keys by which the browser asks for the pictures.
        ahead: Keys of the pictures of the trial after it, so that they are loaded early.
        pictures: Names of the pictures, which no browser is told.
        pictures_ahead: Names of the pictures of the trial after it.
    """

    position: int
    trials: int
    sitting: int
    block: int
    kind: str
    keys: tuple[str, ...]
    ahead: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    pictures_ahead: tuple[str, ...] = ()


@dataclass(frozen=True)
class RaterState:
    """Everything that a rater's next page depends on.

    Attributes:
        state: "invited", "active", "finished", "ended" or "preview".
        facts: What the steps before the trials have stored: consent, screen check, practice, breaks.
        code: The rater's own code for panel providers.
        study_status: "open"; "paused", when nobody can answer; or "closed", when nobody can begin.
        assigned: Whether a session has been assigned to the rater.
        question: The next trial; None before a session is assigned, and at its end.
        ending: How it ended; empty before that.
    """

    state: str
    facts: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    study_status: StudyStatus = "open"
    assigned: bool = False
    question: Question | None = None
    ending: str = ""
