"""Decisions about single raters, panels' lists and invitations, by the command line."""

import csv
import json
import re
from pathlib import Path

import pytest

from srbench.core.spreadsheet import inert
from srbench.survey.people.panel import Arrival
from srbench.survey.store.vote_store import VoteStore
from tests.cli.conftest import Call
from tests.survey.conftest import asked
from tests.survey.test_web import made

pytestmark = pytest.mark.usefixtures("undrawn")


def _rated(store: VoteStore, person: str, values: str = "3") -> str:
    """A rater of a panel with a whole session, whose answers are these values in turn."""
    rater = store.arrive(Arrival(person, {"PROLIFIC_PID": person}))
    store.assign_session(rater)
    while (question := asked(store, rater)) is not None:
        store.answer(rater, question.position, values[question.position % len(values)], 2.0, {})
    store.end(rater, "completed")
    return rater


@pytest.fixture
def store(call: Call, tmp_path: Path) -> VoteStore:
    return VoteStore(made(call, tmp_path, "--panel", "prolific", "--ending", "completed=CDONE", "--raters", "9"))


def _ok(call: Call, *arguments: str) -> str:
    code, out, err = call("survey", *arguments)
    assert code == 0, err
    return out


def test_an_excluded_rater_is_named_and_counts_again_when_included(call: Call, store: VoteStore) -> None:
    kept, careless = _rated(store, "p1", "455"), _rated(store, "p2", "112")
    _rated(store, "p3", "445")
    assert "reason" in call("survey", "exclude", "st", careless)[2]
    _ok(call, "exclude", "st", "p2", "--reason", "=looked away")
    report = json.loads(_ok(call, "report", "st", "--out", "report", "--screen", "none", "--json"))
    assert any(f"1 rater excluded by the study's owner: {careless} ('=looked away)" in note for note in report["notes"])
    assert min(row["mean"] for row in report["models"]) >= 4
    assert f"{careless} ('=looked away)" in _ok(call, "status", "st").replace("\n", " ")
    _ok(call, "export", "st", "votes.csv")
    assert careless not in Path("votes.csv").read_text(encoding="utf-8")
    _ok(call, "export", "st", "raters.csv", "--raters")
    with Path("raters.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["rater"]: row for row in csv.DictReader(file)}
    assert (rows[careless]["excluded"], rows[kept]["excluded"]) == ("'=looked away", "")
    assert (rows[kept]["ending"], rows[kept]["code"], rows[kept]["PROLIFIC_PID"]) == ("completed", "CDONE", "p1")
    assert len(store.responses()) == 15  # nothing is deleted
    _ok(call, "export", "st", "data")
    package = json.loads(_ok(call, "analyze", "data", "--screen", "none", "--out", "elsewhere", "--json"))
    assert package["notes"] == report["notes"]
    _ok(call, "include", "st", careless)
    report = json.loads(_ok(call, "report", "st", "--out", "again", "--screen", "none", "--json"))
    assert max(row["mean"] for row in report["models"]) < 4
    assert [event.kind for event in store.events("exclude", "include")] == ["exclude", "include"]
    assert "is not excluded" in call("survey", "include", "st", careless)[2]


@pytest.mark.parametrize("by", ["id", "link", "code", "panel"])
def test_a_rater_is_withdrawn_by_whatever_names_one(call: Call, store: VoteStore, by: str) -> None:
    _rated(store, "other")
    token = store.invite()
    rater = store.arrive(Arrival("p7", {"PROLIFIC_PID": "p7"}), store.find(token) or "")
    code = {person.id: person.code for person, _ in store.raters()}[rater]
    name = {"id": rater, "link": f"https://h/study/i/{token}?PROLIFIC_PID=p7", "code": code, "panel": "p7"}[by]
    assert f"{rater} is withdrawn" in _ok(call, "withdraw", "st", name, *(["--forget"] if by == "panel" else []))
    assert store.find(token) is None
    assert ("p7" in str(store.panel_ids())) == (by != "panel")
    assert "there is no rater nobody" in call("survey", "withdraw", "st", "nobody")[2]


_PROLIFIC_LIST = """Submission id,Participant id,Status,Completion code
1,p1,APPROVED,CDONE
2,p2,AWAITING REVIEW,NOCODE
3,p3,RETURNED,
4,p4,AWAITING REVIEW,CDONE
5,p5,AWAITING REVIEW,CWRONG
6,p9,AWAITING REVIEW,CDONE
"""
_MTURK_LIST = "HITId,WorkerId,AssignmentStatus,Answer.surveycode\nH,p1,Submitted,cdone\n"


def test_a_panels_list_is_compared_with_the_study(call: Call, store: VoteStore) -> None:
    for person in ("p1", "p2", "p3", "p5", "p6"):
        _rated(store, person)
    store.assign_session(store.arrive(Arrival("p4", {"PROLIFIC_PID": "p4"})))
    Path("list.csv").write_text(_PROLIFIC_LIST, encoding="utf-8")
    found = json.loads(_ok(call, "reconcile", "st", "list.csv", "--json", "--out", "compared.csv"))
    assert {row["person"]: row["finding"] for row in found} == {
        "p1": "agrees",
        "p2": "no code entered",
        "p3": "ended here, given up there",
        "p4": "code of another ending or rater",
        "p5": "code of nobody",
        "p9": "not in the study",
        "p6": "not in the panel's list",
    }
    assert "1 agrees" in _ok(call, "reconcile", "st", "list.csv")
    assert len(Path("compared.csv").read_text(encoding="utf-8").splitlines()) == 8
    Path("batch.csv").write_text(_MTURK_LIST, encoding="utf-8")
    (first, *_) = json.loads(_ok(call, "reconcile", "st", "batch.csv", "--json"))
    assert (first["person"], first["finding"]) == ("p1", "agrees")
    Path("own.csv").write_text("who,token\np1,CDONE\np1,CDONE\n", encoding="utf-8")
    assert "no column of ids (who, token)" in call("survey", "reconcile", "st", "own.csv")[2]
    (first, *_) = json.loads(_ok(call, "reconcile", "st", "own.csv", "--columns", "id=who,code=token", "--json"))
    assert first["finding"] == "twice in the panel's list"


def test_invitations_have_labels_and_can_be_taken_back_and_renewed(call: Call, store: VoteStore) -> None:
    Path("who.txt").write_text("Ada\n\n=Bob\n", encoding="utf-8")
    _ok(call, "invite", "st", "--labels", "who.txt", "--out", "links.csv", "--url", "https://lab.example/s/")
    with Path("links.csv").open(encoding="utf-8", newline="") as file:
        ada, bob = csv.DictReader(file)
    assert (ada["label"], bob["label"]) == ("Ada", "'=Bob")
    old = ada["link"].rpartition("/")[2]
    assert store.find(old) == ada["rater"]
    fresh = _ok(call, "invitations", "st", "--fresh", "unfinished")
    assert store.find(old) is None
    assert len(re.findall(r"/i/[\w-]{43}", fresh)) == 2
    assert store.find(re.findall(r"Ada\s+http://127.0.0.1:8000/i/([\w-]{43})", fresh)[0]) == ada["rater"]
    _ok(call, "invitations", "st", "--revoke", bob["rater"])
    _ok(call, "invitations", "st", "--expire", ada["rater"], "--days", "0.01")
    listed = {row["rater"]: row for row in json.loads(_ok(call, "invitations", "st", "--json"))}
    assert (listed[bob["rater"]]["link"], listed[bob["rater"]]["label"]) == ("revoked", "=Bob")
    assert listed[ada["rater"]]["link"] == "valid"
    assert listed[ada["rater"]]["expires"]
    assert "Ada" in _ok(call, "invitations", "st")
    assert len(_ok(call, "invitations", "st", "--fresh", "unfinished").splitlines()) == 1  # not the revoked one
    assert "--expire needs --days" in call("survey", "invitations", "st", "--expire", "unfinished")[2]


def test_an_expired_link_opens_nothing(store: VoteStore) -> None:
    from datetime import timedelta

    from srbench.survey.store.connection import now

    (link,) = store.invite_labelled(["late"], now() - timedelta(seconds=1))
    assert store.find(link.token) is None
    assert [one.link for one in store.invitations()] == ["expired"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_as_a_formula(sign: str) -> None:
    assert inert(f"{sign}1+1").startswith("'")
    assert inert("plain - text") == "plain - text"
