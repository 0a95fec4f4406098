"""From answers to the analysis: simulated raters answer through the store, and the planted order comes out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srbench.ratings import files
from srbench.ratings.analysis import analyse
from srbench.ratings.import_options import ImportOptions
from srbench.ratings.options import Options
from srbench.ratings.pair_study import analyse_pairs
from srbench.ratings.votes import Scale, Stimulus
from srbench.survey import methods
from srbench.survey.export import ratings
from srbench.survey.plan.boost import boosted_name
from srbench.survey.plan.design import Design
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Picture, Study, load
from srbench.survey.study_folder import STUDY_FILE
from tests.cli.conftest import Call
from tests.survey.conftest import rate

_TRUTH = {"m1": 1.8, "m2": 3.0, "m3": 4.1}


def _study(folder: Path, method: str, **more: Any) -> Study:
    shown = [Stimulus(f"c{c}_{m}", f"c{c}", m, "set") for c in range(5) for m in _TRUTH]
    if methods.find(method).references != "none":
        shown += [Stimulus(f"c{c}_hr", f"c{c}", "hr", "set", reference=True) for c in range(5)]
    anchors = [
        Stimulus(f"t_{m}", "t", m, "calibration", expected=score) for m, score in (("nearest", 1.0), ("hr", 5.0))
    ]
    pictures = [Picture(s, f"pictures/{s.name}.png", "", 8, 8, "rated") for s in shown]
    pictures += [Picture(s, f"pictures/{s.name}.png", "", 8, 8, "anchor") for s in anchors]
    design = Design(method=method, repeats=0.2, traps=2, **more)
    if methods.find(method).boost(design):
        pictures += [_boosted(picture) for picture in pictures if picture.stimulus.model != "hr"]
    made = Study(folder, "test", design, 8, tuple(pictures), 4)
    folder.mkdir(exist_ok=True)
    (folder / STUDY_FILE).write_text(json.dumps(made.as_dict()), encoding="utf-8")
    return load(folder)


def _boosted(plain: Picture) -> Picture:
    stimulus = replace(plain.stimulus, name=boosted_name(plain.stimulus.name))
    file = f"pictures/boosted.{plain.stimulus.name}.png"
    return replace(plain, stimulus=stimulus, file=file, form="boosted", clipped_px=3, flashing_px=0)


def _rated(store: VoteStore, raters: int) -> None:
    for number in range(raters):
        generator = np.random.default_rng(number)
        rate(store, lambda one, chance=generator: _TRUTH.get(one.model, one.expected or 0) + chance.normal(0, 0.5))


def test_a_study_leads_into_the_analysis(tmp_path: Path, call: Call) -> None:
    store = VoteStore(_study(tmp_path / "st", "acr"))
    _rated(store, 8)
    found = ratings(store)
    assert found.votes is not None
    assert len(found.votes) == 8 * (15 + 3 + 2)
    assert int((found.votes.repetition == 2).sum()) == 8 * 3
    made = analyse("st", found.votes)
    means = {group.model: group.mean for group in made.models}
    assert sorted(means, key=lambda m: means[m]) == ["m1", "m2", "m3"]
    assert made.retest is not None
    assert made.retest.pairs == 24
    assert made.trap_votes == 16
    store.close()
    code, out, _ = call("survey", "status", str(tmp_path / "st"), "--json")
    assert code == 0
    status = json.loads(out)
    assert (status["wanted"], status["raters"], status["answers"]) == (8, {"finished": 8}, 160)
    assert [model["name"] for model in status["models"]] == ["m3", "m2", "m1"]
    assert {model["name"]: model["score"] for model in status["models"]} == pytest.approx(
        {group.model: group.mean for group in made.models}
    )
    assert call("survey", "export", str(tmp_path / "st"), "votes.csv")[0] == 0
    again = files.read(Path("votes.csv")).votes
    assert again is not None
    np.testing.assert_array_equal(again.score, found.votes.score)
    code, out, _ = call("survey", "report", str(tmp_path / "st"), "--json")
    assert code == 0
    assert json.loads(out)["counts"]["votes"] == 160
    assert Path(json.loads(out)["report"]).is_file()


def test_pairs_too(tmp_path: Path, call: Call) -> None:
    store = VoteStore(_study(tmp_path / "st", "pair"))
    _rated(store, 6)
    given = ratings(store).pairs
    made = analyse_pairs("st", given)
    scores = dict(zip(made.overall[0].items, made.overall[0].score, strict=True))
    assert sorted(scores, key=lambda m: scores[m]) == ["m1", "m2", "m3"]
    # A fifth of the 15 pairs is asked again; what was exported reads back with its repeats and sides.
    assert made.retest is not None
    assert (len(made.answers), made.retest.pairs) == (6 * 15, 6 * 3)
    assert all(answer.first in (answer.winner, answer.loser) for answer in given)
    store.close()
    assert call("survey", "export", str(tmp_path / "st"), "pairs.csv")[0] == 0
    read = files.read(Path("pairs.csv"))
    assert read.pairs == given
    # Who looked how long, when and at what, and the traps, are there too.
    assert {answer.seconds for answer in given} == {3.0}
    first = [answer.order for answer in (*given, *read.pair_traps) if answer.rater == given[0].rater]
    assert sorted(filter(None, first)) == list(range(1, 15 + 3 + 2 + 1))
    assert len(read.pair_traps) == 6 * 2
    assert {(answer.winner, answer.loser, answer.expected) for answer in read.pair_traps} == {("hr", "nearest", "hr")}
    # Pairs make no MOS: a run beside them is refused, not ignored.
    code, out, err = call("survey", "report", str(tmp_path / "st"), "--run", "r")
    assert (code, out) == (2, "")
    assert "holds paired comparisons; --run needs single votes" in err


@pytest.mark.parametrize("method", methods.names())
def test_what_any_method_exports_reads_back_to_the_same_analysis(tmp_path: Path, call: Call, method: str) -> None:
    """With repeats and traps; files of pairs were once refused, and of dcr, whose one trap is shown twice."""
    store = VoteStore(_study(tmp_path / "st", method))
    _rated(store, 3)
    found = ratings(store)
    store.close()
    assert call("survey", "export", str(tmp_path / "st"), "st.csv")[0] == 0
    again = files.read(Path("st.csv"), ImportOptions(scale=found.votes.scale if found.votes else Scale()))
    if found.triplets:
        assert again.triplets == found.triplets
        return
    if found.votes is None:
        assert again.pairs == found.pairs
        assert max(answer.repetition for answer in again.pairs) == 2
        one, other = (analyse_pairs("st", read.pairs) for read in (found, again))
        np.testing.assert_array_equal(one.overall[0].score, other.overall[0].score)
        return
    assert again.votes is not None
    made, remade = (analyse("st", votes, Options(resamples=0)) for votes in (found.votes, again.votes))
    assert remade.models == made.models
    assert remade.trap_votes == made.trap_votes
    assert made.trap_votes % 6 == 0 < made.trap_votes
    assert remade.retest == made.retest
    assert remade.scores.stimuli == made.scores.stimuli
    np.testing.assert_array_equal(remade.scores.half, made.scores.half)


def test_only_finished_sessions_count(tmp_path: Path, call: Call) -> None:
    store = VoteStore(_study(tmp_path / "st", "acr"))
    rater = store.find(store.invite())
    assert rater is not None
    store.assign_session(rater)
    store.answer(rater, 0, "3", 1.0, {})
    partial = ratings(store, unfinished=True).votes
    assert partial is not None
    assert len(partial) == 1
    store.close()
    code, _, err = call("survey", "export", str(tmp_path / "st"), "votes.csv")
    assert code == 2
    assert "no finished session yet (1 answer)" in err
    assert call("survey", "export", str(tmp_path / "st"), "votes.csv", "--unfinished")[0] == 0


@pytest.mark.parametrize("url", ["nonsense://x", "postgresql+psycopg://u:secret@h/db"])
def test_a_bad_database_is_one_line_without_the_password(tmp_path: Path, call: Call, url: str) -> None:
    _study(tmp_path / "st", "acr")
    code, _, err = call("survey", "status", str(tmp_path / "st"), "--database", url)
    assert code == 2
    assert err.count("\n") == 1
    assert "secret" not in err
