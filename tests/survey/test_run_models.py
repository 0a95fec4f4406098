"""A study of a run: models and data sets by the words of `srbench run`; what has no pictures is left out by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srbench.errors import BadStudy
from srbench.survey.plan import run_models
from srbench.survey.study import load
from tests.cli.conftest import Call, call

__all__ = ["call"]

_PLACES = {"bicubic": "", "srresnet.srbench": "", "esrgan.a": "", "esrgan.b": "", "ours": "/here/model.py:build"}


@pytest.mark.parametrize(
    ("typed", "models"),
    [
        ("BICUBIC", ["bicubic"]),
        ("srresnet", ["srresnet.srbench"]),
        ("esrgan", ["esrgan.a", "esrgan.b"]),
        ("*r*gan*", ["esrgan.a", "esrgan.b"]),
        ("all", list(_PLACES)),
        ("/here/model.py:build", ["ours"]),
        ("/here/../here/model.py", ["ours"]),
        ("ours=/elsewhere/model.py", ["ours"]),
        ("HR", ["hr"]),
    ],
)
def test_models_are_named_as_for_run(typed: str, models: list[str]) -> None:
    assert run_models.named([typed], _PLACES, "hr") == models


def test_a_model_that_the_run_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(BadStudy, match=r"the run has no model 'vdsr'; it has bicubic, srresnet\.srbench"):
        run_models.named(["bicubic", "vdsr"], _PLACES, "hr")


def test_the_models_and_contents_that_give_most_pictures_are_taken() -> None:
    contents = {("a", "1"): ["x", "y"], ("a", "2"): ["y", "x"], ("b", "1"): ["x", "y", "z"], ("b", "2"): ["z"]}
    assert run_models.same_for_all(contents, []) == (["x", "y"], [("a", "1"), ("a", "2"), ("b", "1")])
    assert run_models.same_for_all(contents, ["z", "x"]) == (["z", "x"], [("b", "1")])
    assert run_models.same_for_all(contents, ["w"])[1] == []
    assert run_models.same_for_all({}, [])[1] == []


@pytest.fixture
def faces(call: Call, tmp_path: Path) -> str:
    """Two small images in the folder `hr`."""
    (tmp_path / "hr").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (2, 36, 48, 3), dtype=np.uint8)
    for name, pixels in zip(("ann", "bob"), noise, strict=True):
        Image.fromarray(pixels).save(tmp_path / "hr" / f"{name}.png")
    return "faces=hr"


@pytest.mark.slow
def test_readme_s_order_of_commands_gives_a_study_of_what_has_pictures(call: Call, faces: str) -> None:
    run = ("run", "--datasets", faces, "--metrics", "psnr", "--models")
    assert call(*run, "bicubic,lanczos", "--limit", "2")[0] == 0
    assert call(*run, "nearest,bicubic", "--limit", "2", "--save-images")[0] == 0
    assert call(*run, "bilinear", "--limit", "1", "--save-images")[0] == 0
    assert call(*run, "nearest", "--limit", "2")[0] == 0
    code, _, err = call("survey", "create", "st", "--run", "runs/classical_x4")
    assert code == 0
    assert err.splitlines() == [
        "left out (no kept pictures): lanczos",
        "left out (no pictures of the images that are rated): bilinear",
    ]
    rated = {(p.stimulus.content, p.stimulus.model) for p in load(Path("st")).pictures if p.role == "rated"}
    assert rated == {(image, model) for image in ("ann", "bob") for model in ("nearest", "bicubic")}


def test_a_study_of_named_models_has_the_images_of_all(call: Call, faces: str) -> None:
    run = ("run", "--metrics", "psnr", "--save-images", "--datasets", faces, "--models")
    call(*run, "nearest", "--limit", "2")
    call(*run, "bicubic", "--limit", "1")
    call(*run, "nearest", "--limit", "2")
    create = ("survey", "create", "st", "--run", "runs/classical_x4", "--datasets", "hr", "--models")
    code, out, err = call(*create, "Nearest,bicubic")
    assert (code, err) == (0, "left out (not a picture of every model): faces/bob\n")
    assert "2 pictures of 1 content" in out
    assert call(*create[:2], "st2", *create[3:], "lanczos")[0] == 2


def test_a_run_without_pictures_is_refused(call: Call, faces: str) -> None:
    call("run", "--datasets", faces, "--metrics", "psnr", "--models", "nearest", "--limit", "1")
    code, _, err = call("survey", "create", "st", "--run", "runs/classical_x4")
    assert (code, err.count("\n")) == (2, 1)
    assert "has kept no pictures; keep them by srbench run --save-images" in err


def test_options_are_checked_before_pictures_are_read(call: Call) -> None:
    for wrong, said in (
        (("--ask", "height"), "no screen check"),
        (("--redirect", "here"), "is no address"),
        (("--stop-half", "-1"), "expected a number"),
        (("--area", "big"), "is no size"),
        (("--crops", "none.csv"), "none.csv"),
        (("--consent", "none.txt"), "none.txt"),
        (("--ties",), "does nothing with --method acr"),
    ):
        code, _, err = call("survey", "create", "st", "--run", "nowhere", *wrong)
        assert (code, err.count("\n")) == (2, 1)
        assert said in err
        assert not Path("st").exists()
