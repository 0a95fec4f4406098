"""Panels: ids are kept, one id is one session, and each ending leads to its code or address."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.errors import BadStudy
from srbench.survey import secrets
from srbench.survey.people.endings import Ending, parse, require_sound
from srbench.survey.people.panel import Arrival, Panel, arrival
from srbench.survey.people.participation import Participation, validated
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import field, made, until

_LINK = "/?PROLIFIC_PID=p{}&STUDY_ID=s1&SESSION_ID=e{}"
_PROLIFIC = ("--panel", "prolific", "--ending", "completed=CDONE", "--ending", "refused=https://back.example/?x={code}")


def _prolific(call: Call, folder: Path, *more: str) -> tuple[VoteStore, object]:
    store = VoteStore(made(call, folder, *_PROLIFIC, *more))
    return store, application(store, secrets.load(store.study.folder))


def test_ids_are_kept_apart_and_lead_to_one_session_with_the_panels_code(call: Call, tmp_path: Path) -> None:
    store, app = _prolific(call, tmp_path)
    client = TestClient(app)  # type: ignore[arg-type]
    first = client.get(_LINK.format(1, 1), follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/entered")  # the ids leave the address
    page = client.get("/next").text
    assert "PROLIFIC_PID, STUDY_ID, SESSION_ID" in page
    page = until(client, 'name="position"', page)
    other = TestClient(app)  # type: ignore[arg-type]
    again = other.get(_LINK.format(1, 2)).text
    assert field(again, "position") == field(page, "position")
    (rater,) = [person.id for person, _ in store.raters()]
    assert store.panel_ids() == {rater: {"PROLIFIC_PID": "p1", "STUDY_ID": "s1", "SESSION_ID": "e1"}}
    page = until(other, "have arrived", again)
    assert ">CDONE<" in page
    assert 'href="https://app.prolific.com/submissions/complete?cc=CDONE"' in page
    assert [person.ending for person, _ in store.raters()] == ["completed"]


@pytest.mark.parametrize("address", ["/?PROLIFIC_PID={{%PROLIFIC_PID%}}", "/?STUDY_ID=s", "/?PROLIFIC_PID="])
def test_a_link_that_names_nobody_makes_no_rater(call: Call, tmp_path: Path, address: str) -> None:
    store, app = _prolific(call, tmp_path)
    answer = TestClient(app).get(address)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "does not say who you are" in answer.text
    assert store.raters() == []


def test_refused_closed_and_over_quota_lead_somewhere(call: Call, tmp_path: Path) -> None:
    store, app = _prolific(call, tmp_path, "--raters", "1", "--ending", "over-quota=CFULL")
    ends = []
    for person in ("refuses", "rates", "late"):
        client = TestClient(app)  # type: ignore[arg-type]
        page = client.get(_LINK.format(person, 1)).text
        if person == "refuses":
            page = client.post("/step", data={"token": field(page, "token"), "step": "consent", "refuse": "yes"}).text
            assert "https://back.example/?x=" in page
            assert 'step"' not in client.get("/next").text
        elif person == "rates":
            until(client, "have arrived", page)
        else:
            assert ">CFULL<" in page
        ends.append(page)
    store.record_event("close")
    client = TestClient(app)  # type: ignore[arg-type]
    page = client.get(_LINK.format("closed", 1)).text
    rater = {ids["PROLIFIC_PID"]: rater for rater, ids in store.panel_ids().items()}["pclosed"]
    codes = {person.id: person.code for person, _ in store.raters()}
    assert "study is closed" in page
    assert f">{codes[rater]}<" in page
    assert [person.ending for person, _ in store.raters()] == ["refused", "completed", "over-quota", "closed"]


def test_a_study_without_a_panel_that_opens_again_lets_in_who_was_turned_away(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--raters", "1", "--quota"))
    app = application(store, secrets.load(store.study.folder))
    link = store.invite()
    store.record_event("close")
    client = TestClient(app)
    assert "code" not in client.get(f"/i/{link}").text
    store.record_event("open")
    assert "have arrived" in until(client, "have arrived", client.get("/next").text)
    late = TestClient(app)
    assert "Enough people" in late.get(f"/i/{store.invite()}").text
    (finished,) = [person.id for person, _ in store.raters() if person.state == "finished"]
    store.exclude(finished, "looked elsewhere")
    assert "What is stored" in late.get("/next").text


def test_an_invitation_may_carry_ids_and_belongs_to_who_opened_it_first(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--capture", "rid,batch", "--ending", "completed=https://p.example/{rid}"))
    app = application(store, secrets.load(store.study.folder))
    token = store.invite()
    client = TestClient(app)
    client.get(f"/i/{token}?rid=a%20b/c&batch=7&other=x")
    TestClient(app).get(f"/i/{token}?rid=someone")
    rater = store.find(token) or ""
    assert store.captured(rater) == {"rid": "a b/c", "batch": "7"}
    page = until(client, "have arrived", client.get("/next").text)
    assert re.findall(r'href="(https://p[^"]*)"', page) == ["https://p.example/a%20b%2Fc"]


def test_workers_who_only_look_have_no_id() -> None:
    panel = Panel("mturk")
    looking = {"workerId": "W1", "assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "H"}
    assert arrival(panel, looking) is None
    accepted = looking | {"assignmentId": "A1", "turkSubmitTo": "https://x"}
    found = arrival(panel, accepted)
    assert found is not None
    assert (found.person, found.captured) == ("W1", {"workerId": "W1", "assignmentId": "A1", "hitId": "H"})
    assert arrival(panel, {"workerId": "=cmd\n"}) is None


@pytest.mark.parametrize(
    ("endings", "said"),
    [
        ((Ending("completed", "A"), Ending("completed", "B")), "given twice"),
        ((Ending("closed", redirect="javascript:x"),), "is no address"),
        ((Ending("closed", redirect="https://h/{PROLIFC_PID}"),), "placeholder that nothing fills"),
        ((Ending("gone"),), "no ending 'gone'"),  # type: ignore[arg-type]
    ],
)
def test_endings_that_cannot_be(endings: tuple[Ending, ...], said: str) -> None:
    with pytest.raises(BadStudy, match=said):
        require_sound(endings, ("PROLIFIC_PID",))


def test_mistakes_are_named() -> None:
    for text in ("completed", "done=X", "completed="):
        with pytest.raises(BadStudy, match="expected KIND=CODE"):
            parse(text)
    with pytest.raises(BadStudy, match="--capture NAME"):
        validated(Participation(panel=Panel("own")))
    with pytest.raises(BadStudy, match="is no name"):
        validated(Participation(panel=Panel("own", ("a b",))))


def test_browsers_at_the_same_moment_get_one_session_and_a_withdrawn_id_none(call: Call, tmp_path: Path) -> None:
    store, app = _prolific(call, tmp_path)
    arrived = Arrival("p1", {"PROLIFIC_PID": "p1"})
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: store.arrive(arrived), range(12)))
    assert found == {person.id for person, _ in store.raters()}
    assert len(found) == 1
    store.withdraw(found.pop())
    client = TestClient(app)  # type: ignore[arg-type]
    assert "deleted" in client.get(_LINK.format(1, 1)).text
    assert len(store.raters()) == 1
