"""Methods are found by being there, and adding one is one file: a toy method walks a whole study."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from srbench.core import image
from srbench.errors import UnknownName
from srbench.ratings.votes import Stimulus
from srbench.survey import methods, secrets
from srbench.survey.plan.design import Design
from srbench.survey.responses import Response
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import forward

_TOY = '''
"""A toy method: eleven categories from 0 to 10, the originals hidden among the pictures."""

from srbench.ratings.votes import Scale
from srbench.survey.category_method import CategoryMethod
from srbench.survey.plan.wording import N_, Wording, categories


class ElevenCategories(CategoryMethod):
    """One picture, eleven categories."""

    title = "one picture, eleven categories"
    references = "hidden"
    score_unit = "points"

    def scale(self, design):
        """Return the points."""
        return Scale(0, 10)

    def described(self, design):
        """Say how raters were asked."""
        return "Raters gave points."

    def wording(self, design):
        """Return the words of the toy."""
        labels = [str(number) for number in range(11)]
        return Wording(
            task=N_("You will give points."),
            legend=N_("How many points?"),
            buttons=categories(*labels, first=0),
            keys=N_("Keys 0 to 9 work too."),
            calibration=N_("From 0 points to 10."),
            worst="0",
            best="10",
        )


METHOD = ElevenCategories()
'''
_SEEN = {"m1": "2", "m2": "7", "hr": "10"}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a method in a folder of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "toy_eleven.py").write_text(_TOY, encoding="utf-8")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    yield "toy-eleven"
    sys.modules.pop("srbench.survey.methods.toy_eleven", None)


def test_methods_are_the_files_of_the_package() -> None:
    assert methods.names() == [
        "acr",
        "acr-hr",
        "dcr",
        "dscqs",
        "mushra",
        "pair",
        "slider",
        "triplet",
        "triplet-boosted",
    ]
    for name in methods.names():
        method = methods.find(name)
        assert method.title
        assert method.options <= {"categories", "display", "pairs", "ties", "magnify", "amplify", "flicker"}
        words = method.wording(Design(method=name))
        values = method.values(Design(method=name))
        assert len(values) > 1
        assert tuple(button.value for button in words.buttons) in (values, ())
        assert method.described(Design(method=name))
        assert [bool(text) for text in words.names] == [method.pictures_per_trial == 2] * 2


def test_an_unknown_method_is_one_line(call: Call, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no test method 'acrhr'\. Closest: 'acr-hr'"):
        methods.find("acrhr")
    code, _, err = call("survey", "create", "st", "--images", str(tmp_path), "--method", "acrr")
    assert code == 2
    assert "Closest: 'acr'" in err


def test_no_code_but_the_methods_asks_for_the_name_of_a_method() -> None:
    root = Path(methods.__file__).parent.parent.parent
    for path in [*root.glob("survey/**/*.py"), *root.glob("cli/survey/*.py"), *root.glob("report/survey/*.py")]:
        text = path.read_text(encoding="utf-8").replace("request.method", "")
        assert not re.search(r"\bmethod (==|!=|in \(|not in \()", text), path


def test_methods_are_listed(call: Call, toy: str) -> None:
    code, out, _ = call("survey", "methods")
    assert code == 0
    assert all(name in out for name in ("acr-hr", "--ties", toy, "eleven categories"))
    rows = json.loads(call("survey", "methods", "--json")[1])
    assert [row["method"] for row in rows] == [*methods.names()]


def test_a_new_method_is_one_file(call: Call, tmp_path: Path, toy: str) -> None:
    """Create, serve, answer, status, export and report, without a change anywhere else."""
    for number, content in enumerate("ab"):
        for model in _SEEN:
            pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8)
            image.write(tmp_path / "images" / model / f"{content}.png", pixels)
    options = ("--images", str(tmp_path / "images"), "--method", toy, "--raters", "3", "--traps", "1")
    code, out, _ = call("survey", "create", "st", *options)
    assert code == 0
    assert "points" in out
    study = load(Path("st"))
    assert study.design.method == toy
    assert {picture.stimulus.expected for picture in study.pictures if picture.role == "anchor"} == {0, 10}
    store = VoteStore(study)
    shown = study.stimuli_by_name()
    for _ in range(3):
        token = store.invite()
        client = TestClient(application(store, secrets.load(study.folder)))
        page = client.get(f"/i/{token}").text
        rater = store.find(token) or ""
        assert "You will give points." in page
        for _ in range(40):
            if "have arrived" in page:
                break
            state = store.rater_state(rater)
            value = "0"
            if state and state.question and 'name="position"' in page:
                assert "How many points?" in page
                stimulus = shown[store.picture(rater, state.question.keys[0]) or ""]
                value = _SEEN[stimulus.model] if stimulus.expected is None else f"{stimulus.expected:g}"
            page = forward(client, page, value)
        assert "have arrived" in page
    store.close()
    code, out, _ = call("survey", "status", "st", "--json")
    assert [model["name"] for model in json.loads(out)["models"]] == ["hr", "m2", "m1"]
    assert call("survey", "export", "st", "votes.csv")[0] == 0
    code, out, _ = call("survey", "report", "st", "--screen", "traps", "--out", "report", "--json")
    assert code == 0
    assert {row["model"]: row["mean"] for row in json.loads(out)["models"]} == {"hr": 10, "m2": 7, "m1": 2}
    assert call("survey", "analyze", "votes.csv", "--scale", "0-10", "--screen", "none")[0] == 0


def _answered(kind: str, first: str, second: str, value: str) -> Response:
    return Response("r", 0, kind, first, second, value, 1.0, {})


def test_pairs_export_who_won_and_what_was_no_difference() -> None:
    shown = {name: Stimulus(name, "c", name) for name in ("x", "y")}
    answers = [_answered("trial", "x", "y", value) for value in ("first", "second", "tie")]
    pairs = (
        methods.find("pair").export(Design("pair"), "st", shown, [*answers, _answered("trap", "x", "y", "first")]).pairs
    )
    assert [(pair.winner, pair.loser, pair.tie) for pair in pairs[:2]] == [("x", "y", False), ("y", "x", False)]
    assert [pair.tie for pair in pairs] == [False, False, True]


@pytest.mark.parametrize(("best", "first", "missed"), [("x", "x", False), ("x", "y", True), ("y", "x", True)])
def test_a_trap_is_missed_by_whoever_does_not_choose_the_best(best: str, first: str, missed: bool) -> None:
    shown = {name: Stimulus(name, "t", name, expected=5.0 if name == best else 1.0) for name in ("x", "y")}
    said = _answered("trap", "x", "y", "first" if first == "x" else "second")
    pair, design = methods.find("pair"), Design(method="pair")
    assert pair.missed_trap(design, shown, said) is missed
    assert pair.missed_trap(design, shown, _answered("trap", "x", "y", "tie"))
    assert pair.verdicts(pair.export(design, "st", shown, [said]))[0].rejected == (("r",) if missed else ())
