"""An extended study: begun sessions stay, new ones ask what was asked least, and answers carry the plan's revision."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from srbench.core import image
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.conftest import asked
from tests.survey.test_web import made


def _more(folder: Path, models: str, contents: str) -> None:
    generator = np.random.default_rng(1)
    for model in models.split():
        for content in contents.split():
            file = folder / model / f"{content}.png"
            if not file.exists():
                image.write(file, generator.integers(0, 256, (40, 60, 3), dtype=np.uint8))


def _begun(store: VoteStore, answers: int) -> str:
    rater = store.find(store.invite()) or ""
    store.assign_session(rater)
    for _ in range(answers):
        question = asked(store, rater)
        if question is not None:
            store.answer(rater, question.position, "3", 1.0, {})
    return rater


def _trials(store: VoteStore, rater: str) -> list[str]:
    return [trial.first for trial in store.trials(rater) if trial.kind == "trial"]


def test_new_sessions_fill_the_gaps_and_begun_ones_stay(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path))
    finished, begun = _begun(store, 9), _begun(store, 2)
    before = _trials(store, begun)
    store.close()
    _more(tmp_path / "images", "m1 m2", "a b c d")
    code, out, err = call("survey", "extend", "st", "--images", str(tmp_path / "images"), "--raters", "30")
    assert code == 0, err
    assert "revision 2: 30 raters wanted, 4 new pictures" in out
    study = load(Path("st"))
    assert (study.revision, study.raters, len(study.stimuli()) - len(study.stimuli(1))) == (2, 30, 4)
    store = VoteStore(study)
    assert _trials(store, begun) == before
    new = [_begun(store, 9) for _ in range(3)]
    sessions = [_trials(store, rater) for rater in new]
    assert sorted(sessions[0]) == ["c_m1", "c_m2", "d_m1", "d_m2"]  # what nobody had seen, and no session is longer
    assert {len(session) for session in sessions} == {len(before)}
    counts = Counter(name for session in [before, before, *sessions] for name in session)
    assert max(counts.values()) - min(counts.values()) <= 1
    for session in sessions:
        assert all(one[0] != other[0] for one, other in pairwise(session))
        assert len(set(session)) == len(session)
    revisions = {answer.rater: answer.revision for answer in store.responses()}
    assert revisions == {finished: 1, begun: 1, **dict.fromkeys(new, 2)}
    assert [event.facts["revision"] for event in store.events("extend")] == [2]
    assert call("survey", "status", "st")[0] == 0


def test_a_new_model_is_cut_as_the_others_were(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--area", "20x10"))
    first = next(p for p in store.study.pictures if p.stimulus.name == "a_m1")
    store.close()
    _more(tmp_path / "images", "m3", "a b")
    assert call("survey", "extend", "st", "--images", str(tmp_path / "images"))[0] == 0
    new = next(picture for picture in load(Path("st")).pictures if picture.stimulus.name == "a_m3")
    assert (new.rectangle, new.since) == (first.rectangle, 2)
    left, top, width, height = map(int, (new.rectangle or "").split(","))
    whole = image.read(tmp_path / "images" / "m3" / "a.png")
    np.testing.assert_array_equal(image.read(Path("st") / new.file), whole[top : top + height, left : left + width])


def test_extensions_that_cannot_be_change_nothing(call: Call, tmp_path: Path) -> None:
    made(call, tmp_path)
    before = Path("st/study.json").read_text(encoding="utf-8")
    images = str(tmp_path / "images")
    assert "nothing is new" in call("survey", "extend", "st")[2]
    assert "nothing would be new" in call("survey", "extend", "st", "--images", images)[2]
    assert "expected at least as many, not 3" in call("survey", "extend", "st", "--raters", "3")[2]
    _more(tmp_path / "images", "m1", "c")
    assert "expected the same models for every content" in call("survey", "extend", "st", "--images", images)[2]
    assert Path("st/study.json").read_text(encoding="utf-8") == before
    assert call("survey", "extend", "st", "--raters", "99")[0] == 0
    assert json.loads(Path("st/study.json").read_text(encoding="utf-8"))["revision"] == 2


@pytest.mark.parametrize("method", ["dcr", "pair"])
def test_other_methods_fill_gaps_too(call: Call, tmp_path: Path, method: str) -> None:
    _more(tmp_path / "images", "hr", "a b")
    store = VoteStore(made(call, tmp_path, "--method", method, "--area", "60x40"))
    rater = store.find(store.invite()) or ""
    store.assign_session(rater)
    known = {picture.stimulus.name for picture in store.study.pictures}
    store.close()
    _more(tmp_path / "images", "hr m1 m2", "a b c")
    assert call("survey", "extend", "st", "--images", str(tmp_path / "images"))[0] == 0
    store = VoteStore(load(Path("st")))
    newcomer = store.find(store.invite()) or ""
    store.assign_session(newcomer)
    new = [trial for trial in store.trials(newcomer) if trial.kind == "trial" and not set(trial.pictures) <= known]
    assert len(new) == (2 if method == "dcr" else 1)
    assert len(store.trials(newcomer)) == len(store.trials(rater))


def test_new_contents_get_anchors(call: Call, tmp_path: Path) -> None:
    _more(tmp_path / "images", "hr", "a b")
    made(call, tmp_path, "--method", "mushra", "--area", "60x40")
    _more(tmp_path / "images", "hr m1 m2", "a b c")
    code, _, err = call("survey", "extend", "st", "--images", str(tmp_path / "images"))
    assert code == 0, err
    rated = [picture for picture in load(Path("st")).pictures if picture.role == "rated"]
    models = {content: {p.stimulus.model for p in rated if p.stimulus.content == content} for content in "abc"}
    assert models["c"] == models["a"] == {"hr", "m1", "m2", "nearest", "bicubic"}
    of_c = {p.stimulus.model: image.read(Path("st") / p.file) for p in rated if p.stimulus.content == "c"}
    blocks = of_c["nearest"][:4, :4].reshape(-1, 3)
    assert (blocks == blocks[0]).all()
    assert (of_c["hr"] == image.read(tmp_path / "images" / "hr" / "c.png")).all()
