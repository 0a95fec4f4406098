"""Gates: recorded or required, before, during and after the trials; checks of eyesight; questionnaires."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from srbench.errors import BadStudy
from srbench.survey import secrets
from srbench.survey.people import eyesight, gates
from srbench.survey.people.gates import Gate
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import SCREEN, SCRIPT, field, forward, made, until


def _served(call: Call, folder: Path, *more: str) -> tuple[VoteStore, TestClient]:
    store = VoteStore(made(call, folder, "--ending", "screened-out=CSCREEN", *more))
    return store, TestClient(application(store, secrets.load(store.study.folder)))


def _facts(store: VoteStore) -> dict[str, dict[str, object]]:
    ((person, _),) = store.raters()
    found: dict[str, dict[str, object]] = person.facts.get("gates", {})
    return found


@pytest.mark.parametrize(
    ("gate", "form", "passed", "value"),
    [
        (Gate("window", "require", ()), {"dpr": 2, "width": 500, "height": 300}, True, "1000x600"),
        (Gate("window", "require", ()), {"dpr": 1.5, "width": 666, "height": 400}, True, "999x600"),
        (Gate("window", "require", ()), {"dpr": 1, "width": 999, "height": 900}, False, "999x900"),
        (Gate("window", "require", (800, 500)), {"dpr": 1, "width": 900, "height": 600}, True, "900x600"),
        (Gate("density", "require", ()), {"dpr": 1.25}, False, "1.25"),
        (Gate("density", "require", (1, 2)), {"dpr": 1.25}, True, "1.25"),
        (Gate("zoom", "require", (10,)), {"zoom": 110}, False, "110"),
        (Gate("zoom", "require", (10,)), {"zoom": 102}, True, "102"),
        (Gate("zoom", "require", (10,)), {}, False, "0"),
        (Gate("fullscreen", "require"), {"fullscreen": 1}, True, "yes"),
        (Gate("fullscreen", "require"), {}, False, "no"),
        (Gate("distance", "require", (30, 70)), {"dpr": 2, "card": 324, "distance": 60}, False, "79.3"),
        (Gate("distance", "require", (30, 150)), {"dpr": 2, "card": 324}, False, ""),
    ],
)
def test_what_the_screen_check_decides(gate: Gate, form: dict[str, float], passed: bool, value: str) -> None:
    (verdict,) = gates.on_screen((gate,), form, (1000, 600))
    assert (verdict.passed, verdict.value) == (passed, value)


def test_a_failed_required_gate_ends_with_the_screen_out_code(call: Call, tmp_path: Path) -> None:
    store, client = _served(call, tmp_path, "--gate", "window=require:4000x3000", "--gate", "density=record:1")
    page = forward(client, client.get(f"/i/{store.invite()}").text)
    assert "4000 x 3000 pixels" in page
    page = forward(client, page)
    assert ">CSCREEN<" in page
    assert "cannot take part" in page
    assert ">CSCREEN<" in client.get("/next").text  # there is no second attempt
    assert [(person.state, person.ending) for person, _ in store.raters()] == [("ended", "screened-out")]
    assert _facts(store) == {
        "window": {"passed": False, "value": "2560x1800"},
        "density": {"passed": False, "value": "2"},
    }


def test_a_recorded_gate_lets_everybody_on(call: Call, tmp_path: Path) -> None:
    store, client = _served(
        call, tmp_path, "--gate", "zoom=record", "--gate", "gold=record", "--gate", "traps=record:0"
    )
    page = until(client, "have arrived", client.get(f"/i/{store.invite()}").text)
    assert "CSCREEN" not in page
    assert {name: found["passed"] for name, found in _facts(store).items()} == {
        "zoom": False,
        "gold": False,  # a 3 is no answer for the worst and the best picture
        "traps": False,
    }
    assert call("survey", "export", "st", "raters.csv", "--raters")[0] == 0
    with Path("raters.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["gate_zoom"], row["gate_traps"], row["ending"]) == ("failed 0", "failed 1", "completed")


def test_missed_gold_and_traps_end_the_way_where_they_are_required(call: Call, tmp_path: Path) -> None:
    store, client = _served(call, tmp_path, "--gate", "gold=require")
    until(client, "CSCREEN", client.get(f"/i/{store.invite()}").text)
    assert store.responses() == []
    other, client = _served(call, tmp_path / "other", "--gate", "traps=require:0", "--gate", "focus=require:0")
    until(client, "CSCREEN", client.get(f"/i/{other.invite()}").text)
    (ended,) = [person for person, _ in other.raters()]
    assert (ended.state, ended.ending) == ("ended", "screened-out")
    away = TestClient(client.app)
    page = until(away, 'name="position"', away.get(f"/i/{other.invite()}").text)
    form = {name: field(page, name) for name in ("token", "position")} | {"value": "3", **SCRIPT}
    assert "CSCREEN" in away.post("/answer", data={**form, "focus_lost": "1"}).text


def _answers(client: TestClient, page: str, key: str, rater: str) -> dict[str, str]:
    rings = re.findall(r'<select name="([ac])(\d)"', page)
    shown = {kind: eyesight.directions(key, rater, 8, kind) for kind in "ac"}
    return {f"{kind}{at}": shown[kind][int(at)] for kind, at in rings}


@pytest.mark.parametrize("wrong", [0, 2])
def test_eyesight_is_checked_with_rings(call: Call, tmp_path: Path, wrong: int) -> None:
    store, client = _served(call, tmp_path, "--gate", "colour=require", "--gate", "acuity=require:0.5")
    page = until(client, "/vision/", client.get(f"/i/{store.invite()}").text)
    ((person, _),) = store.raters()
    form = {"token": field(page, "token"), "step": "vision"}
    assert "Something is missing" in client.post("/step", data=form).text
    answers = _answers(client, page, secrets.load(store.study.folder).cookie, person.id)
    assert len(answers) == 13
    answers |= {f"c{at}": "none" for at in range(wrong)}
    drawn = client.get("/vision/a0.png")
    assert drawn.headers["content-type"] == "image/png"
    assert client.get("/vision/c8.png").status_code == 404
    page = client.post("/step", data={**form, **answers}).text
    assert ("CSCREEN" in page) == bool(wrong)
    assert _facts(store)["colour"] == {"passed": not wrong, "value": str(wrong)}
    assert _facts(store)["acuity"] == {"passed": True, "value": "0.50: 5 of 5"}


@pytest.mark.parametrize("cone", ["L", "M", "S"])
def test_a_plate_differs_for_one_cone_alone(cone: eyesight.Cone) -> None:
    ground, figure = (eyesight._LMS @ colour for colour in eyesight.colours(cone))
    assert np.all((figure >= 0) & (ground >= 0))
    assert np.abs(figure / ground - 1).round(6).tolist() == pytest.approx(
        [abs(eyesight._CONTRAST[name]) if name == cone else 0 for name in "LMS"]
    )


def test_rings_are_open_where_they_say() -> None:
    for at, opening in enumerate(eyesight.DIRECTIONS):
        ring = eyesight.optotype(4.0, opening)[:, :, 0]
        middle = ring.shape[0] // 2
        reached = [ring[:middle, middle], ring[middle, middle:], ring[middle:, middle], ring[middle, :middle]]
        assert [bool(line.min() > 200) for line in reached] == [number == at for number in range(4)]
        assert ring.shape[0] == 5 * 4 + 24
    plate = eyesight.plate(0, "left")
    assert plate.shape == (280, 280, 3)
    dark = np.asarray(Image.fromarray(plate).convert("L")) < 100
    middle = slice(130, 150)
    assert dark[middle, 200:245].mean() > 0.3 > dark[middle, 35:80].mean() + 0.2


_QUESTIONS = """
[[before]]
name = "screen_work"
kind = "choice"
text = {en = "Do you edit photographs?", de = "Bearbeiten Sie Fotos?"}
answers = ["never", {value = "often", en = "every week", de = "jede Woche"}]

[[after]]
name = "comment"
text = "Anything else?"
required = false

[[after]]
name = "hours"
kind = "number"
text = "Hours of sleep?"
"""


def test_questionnaires_before_and_after_and_no_formula_in_the_export(call: Call, tmp_path: Path) -> None:
    Path("questions.toml").write_text(_QUESTIONS, encoding="utf-8")
    store, client = _served(call, tmp_path, "--questions", "questions.toml")
    page = forward(client, client.get(f"/i/{store.invite()}").text)
    assert "every week" in page
    assert "jede Woche" in client.get("/language/de").text
    client.get("/language/en")
    form = {"token": field(page, "token"), "step": "before"}
    assert "Something is missing" in client.post("/step", data={**form, "q_screen_work": "sometimes"}).text
    page = client.post("/step", data={**form, "q_screen_work": "often"}).text
    page = until(client, "Anything else?", page)
    assert "have arrived" not in page
    form = {"token": field(page, "token"), "step": "after", "q_comment": "=HYPERLINK(1);@x"}
    assert "=HYPERLINK(1);@x</textarea>" in client.post("/step", data={**form, "q_hours": "many"}).text
    assert "have arrived" in client.post("/step", data={**form, "q_hours": "-7.5"}).text
    assert call("survey", "export", "st", "raters.csv", "--raters")[0] == 0
    with Path("raters.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["q_screen_work"], row["q_comment"], row["q_hours"]) == ("often", "'=HYPERLINK(1);'@x", "-7.5")
    store.withdraw(row["rater"])
    assert store.replies() == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", r"lists \[\[before\]\]"),
        ('[[before]]\nname = "Big"\ntext = "?"', "a name in small letters"),
        ('[[before]]\nname = "a"\nkind = "choice"\ntext = "?"', "expected choice with answers"),
        ('[[before]]\nname = "a"\ntext = "?"\n[[after]]\nname = "a"\ntext = "?"', "two questions named a"),
        ('[[before]]\nname = "a"', "has no text"),
        ("[[before]", "cannot be read"),
    ],
)
def test_a_file_of_questions_that_cannot_be_asked(tmp_path: Path, text: str, said: str) -> None:
    from srbench.survey.people import questionnaires

    path = tmp_path / "q.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadStudy, match=said):
        questionnaires.read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("window", "expected NAME=LEVEL"),
        ("sight=require", "NAME of window"),
        ("window=must", "LEVEL of off, record, require"),
        ("window=require:7", "expected WIDTHxHEIGHT"),
        ("traps=require:x", "expected one number"),
    ],
)
def test_gates_that_cannot_be_understood(text: str, said: str) -> None:
    with pytest.raises(BadStudy, match=said):
        gates.parse(text)


def test_a_gate_is_off_or_has_its_default(call: Call, tmp_path: Path) -> None:
    assert gates.parse("window=off") is None
    assert gates.parse("focus=record") == Gate("focus", "record", (5.0,))
    store, _ = _served(call, tmp_path, "--gate", "distance=record", "--gate", "zoom=off")
    assert store.study.participation.ask == ("card", "distance")
    assert [gate.name for gate in store.study.participation.gates] == ["distance"]
    assert SCREEN["card"]
