"""A study of ratings and a run: joined by the content of what was rated, not by names."""

import json
import shutil
from pathlib import Path

import pytest
from scipy import stats

from srbench.core import image
from srbench.evaluation.image_scores import psnr, ssim
from srbench.evaluation.results import RunFolder
from srbench.evaluation.shown import shown
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from srbench.survey.study_folder import STUDY_FILE
from tests.cli.conftest import Call
from tests.cli.test_identity import _builder, _images
from tests.survey.conftest import rate

pytestmark = pytest.mark.usefixtures("undrawn")

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


@pytest.fixture
def cropped(call: Call) -> None:
    """A study `st` of parts of 24 x 20 pixels of the run `r`, rated by three."""
    _images("faces", 6, side=64)
    options = ("--metrics", "psnr,ssim", "--models", f"ours={_builder('model.py', 'bicubic')}", "--out", "r")
    assert call("run", "--datasets", "./faces", "--save-images", "--json", *options)[0] == 0
    create = ("survey", "create", "st", "--run", "r", "--raters", "3", "--traps", "0", "--area", "24x20")
    assert call(*create)[0] == 0
    store = VoteStore(load(Path("st")))
    for _ in range(3):
        rate(store, lambda stimulus: float(stimulus.content[-1]) % 4 + 1)
    store.close()


def test_metrics_are_those_of_the_part_that_was_rated(call: Call, cropped: None) -> None:
    """They were once those of the whole images, unsaid. PSNR and SSIM are of the crop without a further border."""
    folder = RunFolder(Path("r"))
    pictures = [picture for picture in load(Path("st")).pictures if picture.role == "rated"]
    values: dict[str, dict[str, float]] = {"psnr": {}, "ssim": {}}
    for picture in pictures:
        left, top, width, height = map(int, picture.stimulus.crop.split(","))
        assert (width, height) == (24, 20)
        row = next(row for row in folder.rows() if row.image == picture.stimulus.content)
        sr = image.read(folder.picture(row))[top : top + height, left : left + width]
        hr = image.read(Path("faces", f"{row.image}.png"))[top : top + height, left : left + width]
        assert (image.read(Path("st", picture.file)) == sr).all()
        values["psnr"][picture.stimulus.content] = psnr(sr, hr, "classical_x4+border_px=0")
        values["ssim"][picture.stimulus.content] = ssim(sr, hr, "classical_x4+border_px=0")
    code, out, _ = call("survey", "report", "st", "--run", "r", "--screen", "none", "--json")
    assert code == 0
    report = json.loads(out)
    notes = " ".join(report["notes"])
    assert "metrics of 6 stimuli are of the part that was rated, by the run's protocol without its border" in notes
    assert "no MOS rows added to r: its rows are of whole images" in notes
    assert _mos("r") == {}
    means = {stimulus["content"]: stimulus["score"] for stimulus in report["stimuli"]}
    for metric, of_image in values.items():
        found = next(one for one in report["metrics"] if one["metric"] == metric)
        expected = stats.spearmanr([of_image[name] for name in means], list(means.values())).statistic
        assert found["srcc"] == pytest.approx(expected)
    code, out, _ = call("survey", "report", "st", "--run", "r", "--screen", "none", "--full")
    assert f"{sum(values['psnr'].values()) / 6:.2f}" in out


def test_parts_whose_metrics_cannot_be_computed_are_not_joined(call: Call, cropped: None) -> None:
    assert call("survey", "export", "st", "votes.csv")[0] == 0
    shutil.copytree("r", "bare")
    shutil.rmtree("bare/images")
    code, _, err = call("survey", "analyze", "votes.csv", "--run", "bare", "--screen", "none")
    assert (code, err.count("\n")) == (2, 1)
    assert "was rated in the part" in err
    assert "--save-images" in err
    # A plan of an older version does not know where its pictures were cut.
    study = json.loads(Path("st", STUDY_FILE).read_text())
    for picture in study["pictures"]:
        picture["shown"].pop("crop", None)
    Path("st", STUDY_FILE).write_text(json.dumps(study | {"version": 3}))
    code, _, err = _report(call, "r")
    assert code == 2
    assert "is a picture of 24 x 20 px, and it is not stored which part of an image of the run that is" in err
