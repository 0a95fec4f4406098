"""The check of the votes: what must be stored, against what is."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.load.raters import SentVotes
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load

WRONG = ("lost", "changed", "doubled", "never_sent", "asked_again", "never_acknowledged")


def check_votes(study: Path, database: str, votes: Sequence[SentVotes]) -> dict[str, int]:
    """Compare what raters sent with what the database kept.

    Returns:
        Numbers of answers that were acknowledged and that are stored, and for each name in WRONG of those that are
        missing, have another value, stand twice, have a value that nobody sent, were asked once more, or had no reply.
    """
    kept: dict[tuple[str | None, int], list[str]] = {}
    with closing(VoteStore(load(study), database)) as store:
        raters = {store.find(own.token): own for own in votes}
        for response in store.responses():
            kept.setdefault((response.rater, response.position), []).append(response.value)
    acknowledged = {(rater, at): value for rater, own in raters.items() for at, value in own.acknowledged.items()}
    sent = {(rater, at): values for rater, own in raters.items() for at, values in own.sent.items()}
    return {
        "acknowledged": len(acknowledged),
        "stored": sum(len(values) for values in kept.values()),
        "lost": sum(place not in kept for place in acknowledged),
        "changed": sum(place in kept and kept[place][0] != value for place, value in acknowledged.items()),
        "doubled": sum(len(values) > 1 for values in kept.values()),
        "never_sent": sum(not set(values) <= sent.get(place, set()) for place, values in kept.items()),
        "asked_again": sum(own.again for own in votes),
        "never_acknowledged": sum(own.waiting for own in votes),
    }
