"""What a running study says: the analysis's own figures, flags, and a stop rule that stops."""

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from srbench.errors import BadStudy
from srbench.ratings.analysis import analyse
from srbench.ratings.options import Options
from srbench.survey import secrets
from srbench.survey.design import Shown
from srbench.survey.export import attentive, missed_traps, ratings
from srbench.survey.progress import FEWEST_RATERS, enough, progress, rows, stop_rule
from srbench.survey.store import Store
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made, until

_QUALITY = {"m1": 4.0, "m2": 2.5}


def _rated(store: Store, raters: int, careless: int = 0) -> None:
    """m1 is better than m2 by a step and a half; careless raters turn everything round."""
    for number in range(raters):
        generator = np.random.default_rng(number)

        def see(one: Shown, turned: bool = number < careless, chance: np.random.Generator = generator) -> float:
            value = one.expected or _QUALITY[one.model] + chance.normal(0, 0.4)
            return 6 - value if turned else value

        rate(store, see)


def test_models_are_those_of_the_analysis(call: Call, tmp_path: Path) -> None:
    store = Store(made(call, tmp_path))
    assert progress(store).models == ()
    assert progress(store).widest is None
    with pytest.raises(BadStudy, match="nobody"):
        rows(progress(store))
    _rated(store, 6, careless=1)
    found = progress(store)
    votes = ratings(store).votes
    assert votes is not None
    means = {g.model: g for g in analyse("st", votes, Options(screen=())).models}
    for model in found.models:
        assert model.score == pytest.approx(means[model.name].mean)
        assert model.half == pytest.approx(means[model.name].half)
    assert [m.name for m in found.models] == ["m1", "m2"]
    flagged = {person.id for person in found.people if "traps" in person.flags}
    rule = next(rule for rule in found.rules if rule.name == "traps")
    assert flagged == set(rule.rejected)
    assert len(flagged) == 1
    kept = {g.model: g.mean for g in analyse("st", votes, Options(screen=("traps",))).models}
    assert dict(zip(("m1", "m2"), rule.models, strict=True)) == pytest.approx(kept)


def test_pairs_have_scores_and_traps_too(call: Call, tmp_path: Path) -> None:
    store = Store(made(call, tmp_path, "--method", "pair"))
    _rated(store, 8, careless=2)
    found = progress(store)
    assert [m.name for m in found.models] == ["m1", "m2"]
    gone = missed_traps(store)
    assert len(gone) == 2
    assert found.rules[0].rejected == gone
    assert {person.id for person in found.people if person.flags} == set(gone)
    kept = attentive(ratings(store), store)
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


def test_the_stop_rule_waits_for_enough_raters_and_narrow_intervals(call: Call, tmp_path: Path) -> None:
    store = Store(made(call, tmp_path, "--stop-half", "0.5"))
    _rated(store, FEWEST_RATERS - 1)
    assert not enough(store)
    assert "within ± 0.5" in stop_rule(store.study, progress(store))
    _rated(store, 1)
    assert progress(store).widest < 0.5  # type: ignore[operator]
    assert enough(store)
    code, out, _ = call("survey", "status", str(store.study.folder))
    assert code == 0
    assert "closes when every interval is within ± 0.5" in out


def test_wide_intervals_do_not_stop(call: Call, tmp_path: Path) -> None:
    store = Store(made(call, tmp_path, "--stop-half", "0.001"))
    _rated(store, FEWEST_RATERS + 1, careless=5)
    assert not enough(store)


def test_the_last_answer_closes_the_study(call: Call, tmp_path: Path) -> None:
    store = Store(made(call, tmp_path, "--stop-half", "3"))
    _rated(store, FEWEST_RATERS - 1)
    client = TestClient(application(store, secrets.load(store.study.folder)))
    until(client, "have arrived", client.get(f"/i/{store.invite()}").text)
    assert store.doors() == "closed"
    assert "study is closed" in TestClient(client.app).get(f"/i/{store.invite()}").text
