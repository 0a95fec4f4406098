"""One person's data is shown and deleted; what is no longer needed goes after its time."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from srbench.survey.store.connection import now
from srbench.survey.store.schema import Base, Invitation, PanelId, Rater, Reply
from srbench.survey.store.vote_store import VoteStore
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    """A study with two raters, of whom everything is known that can be."""
    opened = VoteStore(made(call, tmp_path))
    for number in (1, 2):
        rate(opened, lambda _: 3.0)
        rater = opened.raters()[-1][0].id
        opened.add_facts(rater, {"consent": {"address": f"192.0.2.{number}", "text": "v1"}})
        opened.record_event("consent", rater)
        with opened._transaction() as database:
            database.add(
                PanelId(rater=rater, person=f"person {number}", captured={"PROLIFIC_PID": f"person {number}"}, at=now())
            )
            database.add(Invitation(rater=rater, label=f"Dr. {number}", expires=None, revoked=None))
            for question in ("age", "remarks"):
                database.add(Reply(rater=rater, question=question, value=f"{question} {number}", at=now()))
    yield opened
    opened.close()


def test_everything_of_one_person_and_nothing_of_another(store: VoteStore, call: Call) -> None:
    first, second = (person.id for person, _ in store.raters())
    code, out, _ = call("survey", "person", str(store.study.folder), "person 1")
    found = json.loads(out)
    assert code == 0
    assert {name: len(rows) for name, rows in found.items()} == {
        **dict.fromkeys(("rater", "panel_id", "invitation", "event"), 1),
        **{"trial": 5, "answer": 5, "reply": 2},
    }
    assert set(found) == {table.name for table in Base.metadata.sorted_tables} - {"study"}, "every table is asked"
    assert first in out
    assert "192.0.2.1" in out
    for other in (second, "person 2", "Dr. 2", "192.0.2.2"):
        assert other not in out
    call("survey", "person", str(store.study.folder), "person 1", "--out", "p1.json")
    assert json.loads(Path("p1.json").read_text(encoding="utf-8")) == found
    assert Path("p1.json").stat().st_mode & 0o777 == 0o600


def test_what_was_deleted_stands_in_no_file(store: VoteStore, call: Call) -> None:
    folder = store.study.folder
    store.close()
    assert call("survey", "withdraw", str(folder), "person 1", "--forget")[0] == 0
    stored = b"".join(path.read_bytes() for path in folder.glob("votes.sqlite*"))
    for word in (b"remarks 1", b"192.0.2.1", b"Dr. 1", b"person 1"):
        assert word not in stored
    for word in (b"remarks 2", b"192.0.2.2", b"Dr. 2", b"person 2"):
        assert word in stored


def test_personal_data_goes_after_its_time_and_answers_stay(store: VoteStore) -> None:
    first, second = (person.id for person, _ in store.raters())
    with store._transaction() as database:
        database.execute(update(Rater).where(Rater.id == first).values(seen=now() - timedelta(days=91)))
    assert store.forget(90, ["remarks"]) == 1
    kept, other = store.everything(first), store.everything(second)
    assert "panel_id" not in kept
    assert kept["invitation"][0]["label"] == ""
    assert [reply["question"] for reply in kept["reply"]] == ["age"]
    assert kept["rater"][0]["facts"]["consent"] == {"text": "v1"}
    assert len(kept["answer"]) == 5
    assert other["rater"][0]["facts"]["consent"]["address"] == "192.0.2.2"
    assert len(other["reply"]) == 2
    assert store.has_event("forgotten")
    assert store.forget(90, ["remarks"]) == 0


def test_the_command_says_how_many(store: VoteStore, call: Call) -> None:
    code, out, _ = call("survey", "forget", str(store.study.folder), "--days", "0")
    assert (code, out) == (0, "personal data deleted of 2 raters\n")
    assert store.panel_ids() == {}
