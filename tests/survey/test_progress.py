"""What a running study says: the analysis's own figures, flags, and a stop rule that stops."""

import json
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from srbench.errors import BadStudy
from srbench.ratings.analysis import analyse
from srbench.ratings.options import Options
from srbench.ratings.votes import Stimulus
from srbench.survey import secrets
from srbench.survey.export import collected, ratings
from srbench.survey.progress import MIN_RATERS, rater_rows, should_stop, stop_rule, study_progress
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made, until

pytestmark = pytest.mark.usefixtures("undrawn")

_QUALITY = {"m1": 4.0, "m2": 2.5}


def _rated(store: VoteStore, raters: int, careless: int = 0) -> None:
    """m1 is better than m2 by a step and a half; careless raters turn everything round."""
    for number in range(raters):
        generator = np.random.default_rng(number)

        def see(one: Stimulus, turned: bool = number < careless, chance: np.random.Generator = generator) -> float:
            value = one.expected or _QUALITY[one.model] + chance.normal(0, 0.4)
            return 6 - value if turned else value

        rate(store, see)


def test_models_are_those_of_the_analysis(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path))
    assert study_progress(store).models == ()
    assert study_progress(store).widest is None
    with pytest.raises(BadStudy, match="nobody"):
        rater_rows(study_progress(store))
    _rated(store, 6, careless=1)
    found = study_progress(store)
    votes = ratings(store).votes
    assert votes is not None
    assert found.planned == ("traps", "bt500")
    means = {g.model: g for g in analyse("st", votes, Options(screen=found.planned)).models}
    for model in found.models:
        assert model.score == pytest.approx(means[model.name].mean)
        assert model.half == pytest.approx(means[model.name].half)
    everybody = {g.model: g.mean for g in analyse("st", votes, Options(screen=())).models}
    assert found.rules[0].name == "none"
    assert dict(zip(("m1", "m2"), found.rules[0].models, strict=True)) == pytest.approx(everybody)
    assert [m.name for m in found.models] == ["m1", "m2"]
    flagged = {person.id for person in found.people if "traps" in person.flags}
    rule = next(rule for rule in found.rules if rule.name == "traps")
    assert flagged == set(rule.rejected)
    assert len(flagged) == 1
    kept = {g.model: g.mean for g in analyse("st", votes, Options(screen=("traps",))).models}
    assert dict(zip(("m1", "m2"), rule.models, strict=True)) == pytest.approx(kept)


def test_pairs_have_scores_and_traps_too(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--method", "pair"))
    _rated(store, 8, careless=2)
    found = study_progress(store)
    assert [m.name for m in found.models] == ["m1", "m2"]
    assert [rule.name for rule in found.rules] == ["none", "traps"]
    gone = found.rules[1].rejected
    assert len(gone) == 2
    assert {person.id for person in found.people if person.flags} == set(gone)
    kept, _ = collected(store).analysed()
    assert {answer.rater for answer in kept.pairs}.isdisjoint(gone)
    assert len(kept.pairs) == 6 * 2
    assert "2 raters who missed a trap question are left out" in kept.notes[0]
    folder = str(store.study.folder)
    store.close()
    code, out, _ = call("survey", "report", folder, "--out", "report")
    assert code == 0
    assert "2 raters who missed a trap" in out
    assert "2 raters" not in call("survey", "report", folder, "--out", "report", "--screen", "none")[1]
    assert call("survey", "report", folder, "--screen", "bt500")[0] == 2
    # An exported file has the traps, and its analysis the same rule.
    assert call("survey", "export", folder, "pairs.csv")[0] == 0
    assert "2 raters who missed a trap" in call("survey", "analyze", "pairs.csv")[1]
    assert "2 raters" not in call("survey", "analyze", "pairs.csv", "--screen", "none")[1]
    assert call("survey", "analyze", "pairs.csv", "--screen", "fast")[0] == 2


def test_the_stop_rule_waits_for_enough_raters_and_narrow_intervals(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--stop-half", "0.5"))
    _rated(store, MIN_RATERS - 1)
    assert not should_stop(store)
    assert "within ± 0.5" in stop_rule(store.study, study_progress(store))
    _rated(store, 1)
    assert study_progress(store).widest < 0.5  # type: ignore[operator]
    assert should_stop(store)
    code, out, _ = call("survey", "status", str(store.study.folder))
    assert code == 0
    assert "closes when every interval is within ± 0.5" in out


def test_the_stop_rule_screens_as_the_plan_says_and_as_the_report_does(call: Call, tmp_path: Path) -> None:
    """Three careless of twenty, whom the rule once counted; and votes of those who missed traps counted too."""
    store = VoteStore(made(call, tmp_path, "--stop-half", "0.25"))
    _rated(store, 20, careless=3)
    found = study_progress(store)
    code, out, _ = call("survey", "report", str(store.study.folder), "--out", "report", "--json")
    assert code == 0
    report = json.loads(out)
    assert report["choices"]["screen"] == ["traps", "bt500"]
    assert report["counts"]["raters_rejected"] == 3
    halves = [(model["ci95"][1] - model["ci95"][0]) / 2 for model in report["models"]]
    assert found.widest == pytest.approx(max(halves))
    assert f"± {max(halves):.2f} now, without raters whom traps and bt500 reject" in stop_rule(store.study, found)
    votes = ratings(store).votes
    assert votes is not None
    assert max(model.half for model in analyse("st", votes, Options(screen=())).models) > 0.25
    assert should_stop(store)


def test_a_plan_without_rules_screens_nobody_and_a_wrong_rule_is_refused(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--screen", "none"))
    _rated(store, 6, careless=1)
    assert study_progress(store).planned == ()
    assert collected(store).analysed()[1].screen == ()
    folder = str(tmp_path / "other")
    asked = ("survey", "create", folder, "--images", str(tmp_path / "images"))
    for more in (
        ("--screen", "fats"),
        ("--method", "pair", "--screen", "bt500"),
        ("--screen", "traps", "--traps", "0"),
    ):
        code, _, err = call(*asked, *more)
        assert (code, err.count("\n")) == (2, 1)
        assert "rule" in err or "--traps is 0" in err


def test_wide_intervals_do_not_stop(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--stop-half", "0.001"))
    _rated(store, MIN_RATERS + 1, careless=5)
    assert not should_stop(store)


def test_the_last_answer_closes_the_study(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--stop-half", "3"))
    _rated(store, MIN_RATERS)
    client = TestClient(application(store, secrets.load(store.study.folder)))
    until(client, "have arrived", client.get(f"/i/{store.invite()}").text)
    assert store.status() == "closed"
    assert "study is closed" in TestClient(client.app).get(f"/i/{store.invite()}").text
