"""A study of ratings and a run: joined by the content of what was rated, not by names."""

import json
from pathlib import Path

import pytest

from srbench.evaluation.results import RunFolder
from srbench.evaluation.shown import shown
from srbench.survey.study import STUDY_FILE, load
from srbench.survey.vote_store import VoteStore
from tests.cli.conftest import Call
from tests.cli.test_identity import _builder, _images
from tests.survey.conftest import rate

_RUN = ("run", "--metrics", "psnr", "--datasets", "./faces", "--save-images", "--json")


def _run(call: Call, kernel: str, out: str = "r") -> dict[str, float]:
    """PSNR by image of a model `ours` whose file now has another kernel."""
    code, _, err = call(*_RUN, "--models", f"ours={_builder('model.py', kernel)}", "--out", out)
    assert code == 0, err
    return {row.image: row.value for row in shown(RunFolder(Path(out))).rows if row.metric == "psnr"}


@pytest.fixture
def measured(call: Call) -> dict[str, float]:
    """A study `st` of the run `r`, rated by three, and the values of the run."""
    _images("faces", 4, side=64)
    values = _run(call, "bicubic")
    assert call("survey", "create", "st", "--run", "r", "--raters", "3", "--traps", "0")[0] == 0
    store = VoteStore(load(Path("st")))
    for _ in range(3):
        rate(store, lambda stimulus: float(stimulus.content[-1]) + 1)
    store.close()
    return values


def _report(call: Call, run: str) -> tuple[int, str, str]:
    return call("survey", "report", "st", "--run", run, "--screen", "none", "--full")


def _mos(run: str) -> dict[str, str]:
    return {row.image: row.identity for row in RunFolder(Path(run)).rows() if row.metric == "mos"}


def test_a_study_joins_the_rows_that_it_was_made_from_also_when_newer_ones_hide_them(
    call: Call, measured: dict[str, float]
) -> None:
    rated = RunFolder(Path("r")).rows()[0].identity
    assert _run(call, "nearest") != measured
    code, out, _ = _report(call, "r")
    assert code == 0
    assert f"{sum(measured.values()) / 4:.2f}" in out
    assert _mos("r") == dict.fromkeys(measured, rated)
    assert "by the names" not in out


def test_a_run_of_another_content_is_refused_by_name(call: Call, measured: dict[str, float]) -> None:
    assert _run(call, "nearest", "r2").keys() == measured.keys()
    code, _, err = _report(call, "r2")
    assert code == 2
    assert "4 rated stimuli are of another content than the run's" in err
    assert "ours on faces/i0" in err
    assert _mos("r2") == {}


def test_the_same_content_under_another_name_is_joined(call: Call, measured: dict[str, float]) -> None:
    Path("faces").rename("originals")
    code, _, _ = call(
        *("run", "--metrics", "psnr", "--datasets", "./originals", "--models", "theirs=model.py:build", "--out", "r3")
    )
    assert code == 0
    code, out, _ = _report(call, "r3")
    assert code == 0
    assert f"{sum(measured.values()) / 4:.2f}" in out
    assert set(_mos("r3")) == set(measured)


def test_a_study_without_keys_is_joined_by_name_which_it_says(call: Call, measured: dict[str, float]) -> None:
    study = json.loads(Path("st", STUDY_FILE).read_text())
    for picture in study["pictures"]:
        for name in ("output_key", "picture_sha256"):
            picture["shown"].pop(name, None)
    Path("st", STUDY_FILE).write_text(json.dumps(study | {"version": 2}))
    code, out, _ = _report(call, "r")
    assert code == 0
    assert "4 rated stimuli are joined to the run by the names of model and image, not by content" in " ".join(
        out.split()
    )
    assert f"{sum(measured.values()) / 4:.2f}" in out


def test_an_export_keeps_the_content(call: Call, measured: dict[str, float]) -> None:
    assert call("survey", "export", "st", "votes.csv")[0] == 0
    _run(call, "nearest", "r2")
    assert measured
    code, _, err = call("survey", "analyze", "votes.csv", "--run", "r2", "--screen", "none")
    assert code == 2
    assert "another content" in err
