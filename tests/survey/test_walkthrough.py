"""The whole way by each layout of a trial's page, in short; and what the check says where something differs."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("selenium.webdriver")

from benchmarks.walkthrough import check, course, report, scores
from benchmarks.walkthrough.pictures import Shown
from benchmarks.walkthrough.rater import Walked
from benchmarks.walkthrough.scenes import Scene
from benchmarks.walkthrough.ways import WAYS
from srbench.ratings import pairs
from srbench.ratings.votes import PairAnswer
from tests.browser import chromium
from tests.cli.conftest import Call

_PHONE, _DESK = Scene("Chromium", "name", phone=True), Scene("Chromium", "name")
_LAYOUTS = {
    "acr": (_PHONE, 1),
    "dcr": (Scene("Chromium", "LAN", incidents=("reload",)), 1),
    "pair --pairs adaptive": (Scene("Chromium", "name", incidents=("second_tab", "offline")), 2),
    "mushra": (_DESK, 1),
    "triplet": (_PHONE, 1),
    "triplet-boosted": (_PHONE, 1),
}
"""Rater and number of contents; pairs have scores over several contents only."""


@pytest.fixture(scope="module")
def browsers() -> Iterator[course.Browsers]:
    chromium()
    with ExitStack() as stack:
        yield course.Browsers(stack)


@pytest.mark.slow
@pytest.mark.parametrize("method", _LAYOUTS)
def test_what_was_planted_comes_out(call: Call, tmp_path: Path, browsers: course.Browsers, method: str) -> None:
    way = next(way for way in WAYS if way.name == method)
    scene, contents = _LAYOUTS[method]

    def command(*words: str) -> None:
        code, out, err = call(*words)
        assert code == 0, out + err

    found = course.walked(way, (scene,), tmp_path, browsers, contents, 1, command, ("--repeats", "0", "--traps", "1"))
    assert report.right(found), found
    assert found["rows"]["answers"] > 1


def test_the_check_finds_what_differs(tmp_path: Path) -> None:
    sharp, soft = Shown("sharp", "c0"), Shown("soft", "c0")
    given = {0: ((sharp,), "4"), 1: ((soft,), "2"), 2: ((sharp,), "5")}
    panel = {"r": (_DESK, Walked("token", "CODE", given, {1}))}
    table = [_event("1", "sharp", "4"), _event("2", "soft", "3", views="1"), _event("4", "sharp", "5", kind="trap")]
    for name, rows in {"events": table, "raters": [{"rater": "r", "code": "OTHER"}]}.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    found = check.rows(tmp_path, panel)
    wrong = {"missing": 1, "too many": 1, "answers wrong": 1, "codes wrong": 1, "reloads unseen": 1}
    assert report.wrong({"rows": found}) == wrong
    assert not check.equal([{"model": "sharp", "analysis": 4.0, "planted": 4.1, "within": 0.01}])
    assert not check.equal([{"model": "sharp", "analysis": None, "planted": 4.1, "within": 0.01}])


def _event(order: str, model: str, answer: str, kind: str = "trial", views: str = "2") -> dict[str, str]:
    where = {"rater": "r", "order": order, "place": "1", "kind": kind, "content": "c0", "model": model}
    return {**where, "answer": answer, "density": "1", "browser": "Chrome 150", "views": views}


@pytest.mark.parametrize("answers", ["first first second tie", "first first first first"])
def test_planted_scores_of_pairs_are_those_of_the_analysis(answers: str) -> None:
    models = ("sharp", "soft", "smeared")
    given = [
        ((Shown(a, f"c{n}"), Shown(b, f"c{n}")), answer)
        for n, answer in enumerate(answers.split())
        for a, b in ((models[0], models[1]), (models[1], models[2]))
    ]
    said = []
    for (first, second), answer in given:
        better, worse = (second, first) if answer == "second" else (first, second)
        said.append(PairAnswer(first.content, "r", better.model, worse.model, tie=answer == "tie"))
    fit = pairs.fit(said)
    assert scores.bradley_terry({"r": given}) == pytest.approx(dict(zip(fit.items, fit.score, strict=True)), abs=1e-4)
