"""The votes of a running study: every answer is one transaction; nothing is lost, nothing doubles.

SQLite in WAL mode by default, PostgreSQL by URL. Reloads, retries, second tabs and crashes do no harm: an answer counts
once, the first that arrived, and the next trial is the first without an answer.
"""

from srbench.survey.store.answers import AnswerStore
from srbench.survey.store.endings import EndingStore
from srbench.survey.store.events import EventStore
from srbench.survey.store.invitations import InvitationStore
from srbench.survey.store.panel import PanelStore
from srbench.survey.store.people import PeopleStore
from srbench.survey.store.presentations import PresentationStore
from srbench.survey.store.raters import RaterStore
from srbench.survey.store.sessions import SessionStore


class VoteStore(
    RaterStore,
    InvitationStore,
    PanelStore,
    SessionStore,
    AnswerStore,
    PresentationStore,
    EndingStore,
    EventStore,
    PeopleStore,
):
    """The database with the votes of a study.

    Args:
        study: Plan of the study.
        url: SQLAlchemy URL of the database; a SQLite file in the study's folder where it is empty.
        patience_s: How long a transaction waits for another one's lock, in seconds.

    Raises:
        BadStudy: The database cannot be opened or was written by a newer version.
    """
