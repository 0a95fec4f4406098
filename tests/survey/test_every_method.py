"""Every method from plan to report: raters whose opinion is planted walk through the pages, and it comes back."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from srbench.core import image
from srbench.report.ratings import page as report_page
from srbench.survey import secrets
from srbench.survey.plan.design import Trial
from srbench.survey.plan.planning import practice
from srbench.survey.simulation.rater import SimulatedRater
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import forward

_SEEN = {"m1": 0.3, "m2": 0.62, "hr": 1.0, "nearest": 0.0, "bicubic": 0.4}
_WAYS = {
    ("acr", "--categories", "11"): {"m1": 3, "m2": 6},
    ("dcr", "--categories", "7", "--display", "side"): {"m1": 3, "m2": 5},
    ("triplet",): {"m1": 1, "m2": 0},
    ("triplet-boosted",): {"m1": 1, "m2": 0},
    ("slider",): {"m1": 30, "m2": 62},
    ("dscqs",): {"m1": 30, "m2": 62},
    ("mushra",): {"hr": 100, "m2": 62, "bicubic": 40, "m1": 30, "nearest": 0},
}


def _images(folder: Path) -> tuple[str, ...]:
    for number, name in enumerate("ab"):
        for model in ("m1", "m2", "hr"):
            pixels = np.random.default_rng((number, len(model))).integers(0, 256, (24, 32, 3), dtype=np.uint8)
            image.write(folder / "images" / model / f"{name}.png", pixels)
    image.write(folder / "other" / "c.png", np.random.default_rng(9).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    return ("--images", str(folder / "images"), "--calibration", str(folder / "other"), "--raters", "3", "--traps", "1")


def _rater(study: Study) -> SimulatedRater:
    """A rater without noise or bias."""
    stimuli = study.stimuli_by_name()
    return SimulatedRater(lambda name: _SEEN[stimuli[name].model], np.random.default_rng(0), stimuli)


def _values(study: Study, store: VoteStore, rater: str, client: TestClient, page: str) -> Iterator[tuple[str, str]]:
    """Pages one after the other, each with the answer that was given on it."""
    method, person = study.method, _rater(study)
    practised = iter(practice(study.design, study.calibration()))
    for _ in range(60):
        if "have arrived" in page:
            return
        value = ""
        state = store.rater_state(rater)
        if 'value="practice"' in page:
            value = method.simulated_answer(study.design, next(practised), person)
        elif state and state.question and 'name="position"' in page:
            shown = tuple(store.picture(rater, key) or "" for key in state.question.keys)
            trial = Trial("trial", shown[0], shown[1] if len(shown) > 1 else "", shown[2:])
            value = method.simulated_answer(study.design, trial, person)
        yield page, value
        page = forward(client, page, value)
    raise AssertionError(page)


@pytest.mark.parametrize(("way", "scores"), _WAYS.items(), ids=["-".join(way) for way in _WAYS])
def test_a_planted_opinion_comes_back(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...], scores: dict[str, float]
) -> None:
    assert call("survey", "create", "st", *_images(tmp_path), "--method", *way)[0] == 0
    study = load(Path("st"))
    store = VoteStore(study)
    for _ in range(3):
        token = store.invite()
        client = TestClient(application(store, secrets.load(study.folder)))
        page = client.get(f"/i/{token}").text
        rater = store.find(token) or ""
        given = [(value, page) for page, value in _values(study, store, rater, client, page) if value]
        stored = [response.value for response in store.responses() if response.rater == rater]
        assert [value for value, page in given if 'name="position"' in page] == stored
        for response in store.responses():
            parts = study.method.parts(study.design, study.stimuli_by_name(), response)
            assert [part.picture for part in parts] == list(response.pictures)
    store.close()
    assert call("survey", "status", "st")[0] == 0
    assert call("survey", "export", "st", "votes.csv")[0] == 0
    code, out, _ = call("survey", "report", "st", "--screen", "none", "--out", "report", "--json")
    assert code == 0
    report = json.loads(out)
    if "mean" in report["models"][0]:
        assert {row["model"]: row["mean"] for row in report["models"]} == pytest.approx(scores)
    else:  # by rank, the nearest to the original first
        assert {row["model"]: at for at, row in enumerate(report["models"])} == scores
    assert study.method.described(study.design) in report["methods"]
    monkeypatch.setattr(report_page, "plots", lambda study: [])  # the same that were drawn above
    assert call("survey", "analyze", "votes.csv", "--scale", "0-200", "--screen", "none", "--out", "again")[0] == 0
    code, out, _ = call("survey", "simulate", "panel.csv", "--study", "st", "--raters", "4")
    assert code == 0


def test_an_answer_has_as_many_numbers_as_there_are_sliders(call: Call, tmp_path: Path) -> None:
    assert call("survey", "create", "st", *_images(tmp_path), "--method", "mushra")[0] == 0
    method = load(Path("st")).method
    design = load(Path("st")).design
    assert method.accepts(design, "0 50 100", 4)
    for wrong in ("0 50", "0 50 101", "0  50 1", "0 50 ", "", "5.5 1 1", "0 50 007"):
        assert not method.accepts(design, wrong, 4), wrong
