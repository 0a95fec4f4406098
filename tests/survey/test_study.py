"""A study's folder: pictures cut alike, anchors, nothing that tells where they come from."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from srbench.core import image
from srbench.errors import BadStudy
from srbench.survey.plan.forecast import forecast
from srbench.survey.stimuli import pictures
from srbench.survey.stimuli.crops import Crop, cut
from srbench.survey.study import load
from tests.cli.conftest import Call


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Three models and originals of two contents; outputs are 2 px smaller than the originals."""
    generator = np.random.default_rng(0)
    root = tmp_path / "images"
    for name, (height, width) in {"a": (50, 70), "b": (40, 60)}.items():
        hr = generator.integers(0, 256, (height + 2, width + 2, 3), dtype=np.uint8)
        image.write(root / "hr" / f"{name}.png", hr)
        for shift, model in enumerate(("m1", "m2", "m3"), start=1):
            image.write(
                root / model / f"{name}.png", np.clip(hr[:height, :width].astype(int) + shift, 0, 255).astype(np.uint8)
            )
    return root


def test_all_models_show_the_same_part_and_nothing_is_scaled(call: Call, folders: Path) -> None:
    arguments = ("survey", "create", "st", "--images", str(folders), "--method", "acr-hr", "--area", "32x24", "--json")
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    assert json.loads(out)["models"] == ["hr", "m1", "m2", "m3"]
    study = load(Path("st"))
    shown = {p.stimulus.name: image.read(Path("st") / p.file) for p in study.pictures if p.role == "rated"}
    assert {pixels.shape for pixels in shown.values()} == {(24, 32, 3)}
    for content in "ab":
        hr = shown[f"{content}_hr"].astype(int)
        whole = image.read(folders / "hr" / f"{content}.png")
        assert any(
            np.array_equal(whole[top : top + 24, left : left + 32], hr)
            for top in range(whole.shape[0] - 23)
            for left in range(whole.shape[1] - 31)
        )
        for shift, model in enumerate(("m1", "m2", "m3"), start=1):
            np.testing.assert_array_equal(shown[f"{content}_{model}"], np.clip(hr + shift, 0, 255))
    call(*("st2" if a == "st" else a for a in arguments))
    assert load(Path("st2")).as_dict() | {"title": "st", "name": "st", "id": study.id} == study.as_dict()


def test_the_originals_are_one_of_the_models_where_they_are_named(call: Call, folders: Path) -> None:
    for models, wanted in (("m1,hr", {"m1", "hr"}), ("m1", {"m1"})):
        assert call("survey", "create", models, "--images", str(folders), "--models", models)[0] == 0
        assert {p.stimulus.model for p in load(Path(models)).pictures if p.role == "rated"} == wanted


def test_pictures_hold_pixels_only(call: Call, folders: Path) -> None:
    call("survey", "create", "st", "--images", str(folders))
    for path in Path("st/pictures").iterdir():
        kinds, at, content = [], 8, path.read_bytes()
        while at < len(content):
            length = int.from_bytes(content[at : at + 4], "big")
            kinds.append(content[at + 4 : at + 8])
            at += 12 + length
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_chosen_crops_are_used_and_checked(call: Call, folders: Path) -> None:
    Path("crops.csv").write_text("dataset,content,top,left\n,a,5,7\n", encoding="utf-8")
    code, _, _ = call("survey", "create", "st", "--images", str(folders), "--area", "32x24", "--crops", "crops.csv")
    assert code == 0
    whole = image.read(folders / "m1" / "a.png")
    np.testing.assert_array_equal(image.read(Path("st/pictures/a_m1.png")), whole[5:29, 7:39])
    head = "dataset,content,top,left,height,width\n"
    Path("crops.csv").write_text(f"{head},a,5,7,10,20\n", encoding="utf-8")
    command = ("survey", "create", "regions", "--images", str(folders), "--area", "32x24", "--crops", "crops.csv")
    assert call(*command)[0] == 0
    sizes = {(p.stimulus.content, p.width_px, p.height_px) for p in load(Path("regions")).pictures if p.role == "rated"}
    assert {size for size in sizes if size[0] == "a"} == {("a", 20, 10)}
    Path("crops.csv").write_text(f"{head},a,0,0,30,20\n", encoding="utf-8")
    assert (
        "is 20 x 30 px; its pictures and --area leave room for 32 x 24 px" in call(*command[:2], "st3", *command[3:])[2]
    )
    Path("crops.csv").write_text("dataset,content,top,left\n,a,30,0\n", encoding="utf-8")
    code, _, err = call("survey", "create", "st2", "--images", str(folders), "--area", "32x24", "--crops", "crops.csv")
    assert code == 2
    assert "leave room up to row 26, column 38" in err


def test_a_study_from_a_run_calibrates_on_other_photographs(call: Call) -> None:
    run = ("run", "--models", "nearest,bicubic", "--datasets", "builtin", "--metrics", "psnr", "--limit", "2")
    call(*run, "--save-images")
    code, out, _ = call("survey", "create", "st", "--run", "runs/classical_x4", "--method", "acr-hr", "--raters", "6")
    assert code == 0
    assert "6 pictures of 2 contents, 6 raters" in out
    study = load(Path("st"))
    rated = {p.stimulus.content for p in study.pictures if p.role == "rated"}
    calibrating = {p.stimulus.content for p in study.pictures if p.role != "rated"}
    assert rated
    assert calibrating
    assert not rated & calibrating
    # The anchor at the bottom is LR with each pixel repeated.
    worst = next(p for p in study.pictures if p.stimulus.expected == 1)
    pixels = image.read(Path("st") / worst.file)
    np.testing.assert_array_equal(pixels, np.repeat(np.repeat(pixels[::4, ::4], 4, axis=0), 4, axis=1))
    code, out, _ = call("survey", "plan", "st", "--rater", "1", "--json")
    trials = json.loads(out)
    assert [row["kind"] for row in trials[:4]] == ["practice"] * 4  # two photographs' bicubic, and the two ends
    assert {row["kind"] for row in trials[4:]} == {"trial", "trap"}
    assert len(trials) == 4 + 6 + 2
    assert "practice" in call("survey", "plan", "st", "--rater", "1")[1]


def test_a_dry_run_says_what_will_be_found_and_writes_nothing(call: Call, folders: Path) -> None:
    for picture in list(folders.glob("*/*.png")):
        for k in range(2):
            picture.with_name(f"{k}{picture.name}").write_bytes(picture.read_bytes())
    call_of = ("survey", "create", "dry", "--images", str(folders), "--dry-run")
    code, out, _ = call(*call_of)
    assert code == 0
    assert re.search(r"found with 80 %: a difference of \d\.\d\d steps between two models", " ".join(out.split()))
    assert "Nothing was written." in out
    assert not Path("dry").exists()
    written = call("survey", "create", "wet", "--images", str(folders))[1]
    assert written.replace("wet", "dry").strip() in out  # the same plan
    assert json.loads(call(*call_of, "--json")[1])["forecast"]["detectable"]["difference"] > 0
    warned = call(*call_of, "--test", "wilcoxon")[1]
    assert "WARNING: no difference between models can be found: with" in " ".join(warned.split())
    assert "log odds between two models" in " ".join(call(*call_of, "--method", "pair")[1].split())


def test_an_original_that_is_shown_beside_is_no_model_of_the_forecast(call: Call, folders: Path) -> None:
    for method in ("acr", "dcr"):
        assert call("survey", "create", method, "--images", str(folders), "--method", method)[0] == 0
    rated, compared = (forecast(load(Path(method))) for method in ("acr", "dcr"))
    assert compared.detectable == rated.detectable


def test_a_forecast_shrinks_with_raters(call: Call, folders: Path) -> None:
    found = []
    for raters in (6, 24):
        call("survey", "create", f"st{raters}", "--images", str(folders), "--raters", str(raters))
        found.append(forecast(load(Path(f"st{raters}"))))
    small, large = found
    assert small.half_stimulus is not None
    assert large.half_stimulus is not None
    assert 1.5 < small.half_stimulus / large.half_stimulus < 3  # sqrt(4) and Student's t
    assert large.votes == (24, 24)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give one of them"),
        (("--images", "nowhere"), "nowhere does not exist"),
        (("--images", "IMAGES", "--models", "m9"), "has no folder m9"),
        (("--images", "IMAGES", "--area", "big"), "expected WIDTHxHEIGHT"),
        (("--images", "IMAGES", "--calibration", "CALIBRATION"), "would be rated and used for calibration too"),
    ],
)
def test_mistakes_are_one_line(call: Call, folders: Path, arguments: tuple[str, ...], words: str) -> None:
    places = {"IMAGES": str(folders), "CALIBRATION": str(folders / "hr")}
    code, out, err = call("survey", "create", "st", *(places.get(a, a) for a in arguments))
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_a_folder_in_use_is_left_alone(call: Call, folders: Path) -> None:
    Path("st").mkdir()
    Path("st/notes.txt").write_text("mine", encoding="utf-8")
    assert call("survey", "create", "st", "--images", str(folders))[0] == 2
    assert [path.name for path in Path("st").iterdir()] == ["notes.txt"]
    with pytest.raises(BadStudy, match=r"holds no study\.json"):
        load(Path("st"))


def test_grey_pictures_become_rgb(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(tmp_path / "g.png")
    found = cut(pictures.Source("", "g", "m", tmp_path / "g.png"), Crop(0, 0, 4, 4))[0]
    assert found.shape == (4, 4, 3)
    assert set(found.ravel().tolist()) == {7}


def test_pictures_of_folders_are_taken_as_a_viewer_shows_them(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for model in ("m", "hr"):
        (tmp_path / model).mkdir()
        Image.fromarray(pixels).save(tmp_path / model / "a.webp", exif=exif, icc_profile=profile, lossless=True)
    (tmp_path / "m" / "._a.webp").write_bytes(b"")
    (tmp_path / "stray.txt").write_text("no image")
    sources, left_out = pictures.from_folders(tmp_path, [])
    assert [(source.model, source.content) for source in sources] == [("hr", "a"), ("m", "a")]
    assert left_out == [f"{tmp_path}: left out 1 x file that is no image (.txt)"]
    found, colour = cut(sources[0], Crop(0, 0, 8, 6))
    assert np.array_equal(found, np.rot90(pixels, -1))
    assert colour.icc == profile
