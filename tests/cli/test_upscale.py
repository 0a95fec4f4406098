"""`srbench upscale` as a user meets it."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from srbench import __version__
from srbench.core import image, memory
from srbench.core.resize import resize
from srbench.models import image_marks
from srbench.models.mode import Mode
from srbench.speed import fastest
from srbench.speed.choices import Choice
from tests.cli.conftest import Call

NEAREST = ("--model", "nearest")


def _write(path: Path | str, height: int = 5, width: int = 4, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels == 3 else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def _four_times(pixels: np.ndarray) -> np.ndarray:
    return pixels.repeat(4, 0).repeat(4, 1)


def test_a_file_becomes_a_png(call: Call) -> None:
    pixels = _write("lr.bmp")
    code, out, err = call("upscale", "lr.bmp", "deep/sr.png", *NEAREST)
    assert (code, err) == (0, "")
    assert out.startswith("1 image x4 by nearest in ")
    assert out.rstrip().endswith(": deep/sr.png")
    assert np.array_equal(image.read(Path("deep/sr.png")), _four_times(pixels))


def test_json_says_what_was_made_and_nothing_else(call: Call) -> None:
    _write("lr.png")
    code, out, err = call("upscale", "lr.png", "sr.png", *NEAREST, "--scale", "2", "--json")
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert content.pop("seconds") >= 0
    assert content == {
        "model": "nearest", "scale": 2, "mode": "fp32", "device": "cpu", "made": ["sr.png"], "kept": 0, "failed": [],
    }  # fmt: skip
    assert image.size(Path("sr.png")) == (10, 8)


def test_a_file_goes_into_a_folder_that_is_there(call: Call) -> None:
    _write("lr.jpg")
    Path("sr").mkdir()
    assert call("upscale", "lr.jpg", "sr", *NEAREST)[0] == 0
    assert [path.name for path in Path("sr").iterdir()] == ["lr.png"]


def test_a_folder_is_upscaled_at_any_depth_and_goes_on_where_it_was_stopped(call: Call) -> None:
    names = ["a.png", "sub/b.png", "sub/deeper/c.PNG"]
    pixels = {name: _write(f"lr/{name}", seed=seed) for seed, name in enumerate(names)}
    Path("lr/notes.txt").write_text("no image")
    code, out, _ = call("upscale", "lr", "sr", *NEAREST)
    assert code == 0
    assert out.startswith("3 images x4 by nearest")
    for name, lr in pixels.items():
        assert np.array_equal(image.read(Path("sr", name).with_suffix(".png")), _four_times(lr))
    Path("sr/sub/b.png").unlink()
    before = Path("sr/a.png").stat().st_mtime_ns
    _, out, _ = call("upscale", "lr", "sr", *NEAREST, "--json")
    again = json.loads(out)
    assert (again["made"], again["kept"]) == (["sr/sub/b.png"], 2)
    assert Path("sr/a.png").stat().st_mtime_ns == before
    code, out, _ = call("upscale", "lr", "sr", *NEAREST)
    assert code == 0
    assert "3 there already" in out
    _, out, _ = call("upscale", "lr", "sr", *NEAREST, "--force", "--json")
    assert (len(json.loads(out)["made"]), json.loads(out)["kept"]) == (3, 0)
    assert np.array_equal(image.read(Path("sr/a.png")), _four_times(pixels["a.png"]))


@pytest.mark.parametrize("absolute", [False, True])
def test_outputs_inside_the_folder_are_not_upscaled_again(call: Call, tmp_path: Path, absolute: bool) -> None:
    _write("lr/a.png")
    out_dir = str(tmp_path / "lr/sr") if absolute else "lr/sr"
    for _ in range(2):
        assert call("upscale", "lr", out_dir, *NEAREST)[0] == 0
    assert [path.name for path in Path("lr/sr").rglob("*")] == ["a.png"]


def test_each_image_says_what_it_was_made_by_and_of_what(call: Call) -> None:
    _write("lr.png")
    call("upscale", "lr.png", "sr.png", *NEAREST, "--mode", "x8")
    said = image_marks.read(Path("sr.png"))
    source = hashlib.sha256(Path("lr.png").read_bytes()).hexdigest()
    assert {name: said[name] for name in ("model", "scale", "mode", "source_sha256", "version")} == {
        "model": "nearest", "scale": "4", "mode": "fp32+x8", "source_sha256": source, "version": __version__,
    }  # fmt: skip
    assert len(said["weights"]) == 16


def test_a_changed_source_is_upscaled_again_and_an_unchanged_one_kept(call: Call) -> None:
    _write("lr/a.png")
    _write("lr/b.png")
    call("upscale", "lr", "sr", *NEAREST)
    pixels = _write("lr/b.png", seed=5)
    content = json.loads(call("upscale", "lr", "sr", *NEAREST, "--json")[1])
    assert (content["made"], content["kept"]) == (["sr/b.png"], 1)
    assert np.array_equal(image.read(Path("sr/b.png")), _four_times(pixels))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--model", "bicubic"), "of bicubic ("),
        (("--model", "nearest", "--scale", "2"), "x2 in fp32"),
        (("--model", "nearest", "--mode", "x8"), "x4 in fp32+x8"),
    ],
)
def test_two_models_scales_or_modes_do_not_share_a_folder(call: Call, arguments: tuple[str, ...], what: str) -> None:
    _write("lr/a.png")
    call("upscale", "lr", "sr", *NEAREST)
    before = Path("sr/a.png").read_bytes()
    _write("lr/b.png")
    code, _, err = call("upscale", "lr", "sr", *arguments)
    message = " ".join(err.split())
    assert code == 2
    assert "sr/a.png is of nearest (" in message
    assert what in message.partition("this call makes")[2]
    assert (Path("sr/a.png").read_bytes(), Path("sr/b.png").exists()) == (before, False)
    assert call("upscale", "lr", "sr", *arguments, "--force")[0] == 0


def test_images_of_unknown_origin_are_not_taken_for_outputs(call: Call) -> None:
    _write("lr/a.png")
    _write("sr/other.png")
    code, _, err = call("upscale", "lr", "sr", *NEAREST)
    assert (code, "sr/other.png is of unknown origin" in " ".join(err.split())) == (2, True)
    assert call("upscale", "lr", "sr", *NEAREST, "--force")[0] == 0


def test_grey_stays_grey(call: Call) -> None:
    pixels = _write("lr.png", channels=1)
    call("upscale", "lr.png", "sr.png", *NEAREST)
    with Image.open("sr.png") as file:
        assert file.mode == "L"
    assert np.array_equal(image.read(Path("sr.png")), _four_times(pixels))
    call("upscale", "lr.png", "net.png", "--model", "esrgan_lite.textured")
    with Image.open("net.png") as file:
        assert (file.mode, file.size) == ("L", (16, 20))


def test_tiles_change_nothing(call: Call) -> None:
    pixels = _write("lr.png", 23, 17)
    call("upscale", "lr.png", "sr.png", "--model", "bicubic", "--mode", "tile=5")
    expected = resize(torch.from_numpy(pixels).permute(2, 0, 1), (92, 68), round_passes=True)
    assert np.array_equal(image.read(Path("sr.png")), expected.permute(1, 2, 0).numpy())


@pytest.mark.parametrize("model", ["bicubic", "esrgan_lite.textured"])
def test_an_output_is_that_of_a_run_on_the_same_lr(call: Call, model: str) -> None:
    for name, channels in (("colour", 3), ("grey", 1)):
        _write(f"lr/{name}.png", 12, 9, channels)
        _write(f"hr/{name}.png", 48, 36, channels, seed=1)
    run = ("run", "--models", model, "--datasets", "hr", "--lr", "lr", "--metrics", "psnr", "--save-images")
    assert call(*run, "--out", "run")[0] == 0
    assert call("upscale", "lr", "sr", "--model", model)[0] == 0
    for name in ("colour", "grey"):
        (ran,) = Path("run/images").rglob(f"{name}-*.png")
        assert np.array_equal(image.read(Path(f"sr/{name}.png")), image.read(ran))


def test_the_fast_mode_is_said_and_used(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(model: object, base: Mode, store: object, memory: object) -> Choice:
        assert base.tile_px == 3
        return Choice(Mode(base.device, channels_last=True, tile_px=3), 2.0, None, "because it is fast")

    monkeypatch.setattr(fastest, "choose", choose)
    _write("lr.png")
    code, out, _ = call("upscale", "lr.png", "sr.png", *NEAREST, "--mode", "auto+tile=3")
    assert code == 0
    assert "(because it is fast)" in out
    _, out, _ = call("upscale", "lr.png", "sr.png", *NEAREST, "--mode", "tile=3+auto", "--force", "--json")
    said = json.loads(out)
    assert (said["mode"], said["mode_reason"]) == ("fp32+channels_last+tile=3", "because it is fast")


def test_self_ensemble_is_another_picture(call: Call) -> None:
    _write("lr.png", 9, 8)
    model = ("--model", "esrgan_lite.textured")
    call("upscale", "lr.png", "plain.png", *model)
    _, out, _ = call("upscale", "lr.png", "x8.png", *model, "--mode", "x8", "--json")
    assert json.loads(out)["mode"] == "fp32+x8"
    assert not np.array_equal(image.read(Path("plain.png")), image.read(Path("x8.png")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "sr"), "nowhere does not exist; expected an image or a folder of images"),
        (("empty", "sr"), "empty is no image and no folder that holds images"),
        (("lr.png", "sr.jpg"), "does not end in .png"),
        (("lr.png", "there.png"), "there.png is there already; --force replaces it"),
        (("lr.png", "taken"), "taken/lr.png is there already; --force replaces it"),
        (("folder", "there.png"), "there.png is the name of a file, but folder is a folder"),
        (("folder", "new.jpg"), "new.jpg is the name of a file, but folder is a folder"),
        (("folder", "sr.png"), "give a folder to write to"),
        (("twice", "sr"), "would both become sr/a.png; rename one"),
        (("folder", "folder"), "folder"),
        (("torn.png", "sr.png"), "torn.png is not an image"),
        (("loop", "sr.png"), "lead back to themselves"),
        (("deep16.png", "sr.png"), "more than 8 bits a sample"),
        (("lr.png", "sr.png", "--model", "srgna"), "Closest: 'srgan'"),
        (("lr.png", "sr.png", "--model", "all"), "expected the id of one"),
        (("lr.png", "sr.png", "--scale", "3", "--model", "esrgan_lite.textured"), "upscales by 4, not by 3"),
        (("lr.png", "sr.png", "--device", "abacus"), "the device 'abacus' cannot be used"),
        (("lr.png", "sr.png", "--mode", "tile=-1"), "is no mode"),
        (("lr.png",), "OUT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_users_mistakes_are_one_line_and_code_2(call: Call, arguments: tuple[str, ...], message: str) -> None:
    for name in ("lr.png", "there.png", "taken/lr.png", "folder/a.png", "twice/a.png"):
        _write(name)
    shutil.copy("twice/a.png", "twice/a.bmp")
    Path("empty").mkdir()
    Path("torn.png").write_bytes(b"not a picture")
    Path("loop").symlink_to("loop")
    Image.fromarray(np.zeros((3, 3), np.uint16)).save("deep16.png")
    before = sorted(Path().rglob("*"))
    code, out, err = call("upscale", *arguments, *(NEAREST if "--model" not in arguments else ()))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert sorted(Path().rglob("*")) == before


def test_a_folder_that_is_its_own_target_is_refused_for_what_it_is(call: Call) -> None:
    _write("lr/a.png")
    _, _, err = call("upscale", "lr", "lr", *NEAREST)
    assert "holds images" not in err


def test_an_image_that_cannot_be_read_does_not_end_the_others(call: Call) -> None:
    for name in ("a", "c"):
        _write(f"lr/{name}.png")
    Path("lr/b.png").write_bytes(b"not a picture")
    code, out, err = call("upscale", "lr", "sr", *NEAREST)
    assert code == 3
    assert out.startswith("2 images")
    assert err.startswith("failed: BadImage: lr/b.png is not an image")
    assert sorted(path.name for path in Path("sr").iterdir()) == ["a.png", "c.png"]
    code, out, _ = call("upscale", "lr", "sr", *NEAREST, "--json")
    content = json.loads(out)
    assert (code, content["made"], content["kept"]) == (3, [], 2)
    assert [entry["out"] for entry in content["failed"]] == ["sr/b.png"]


def test_a_turned_photograph_is_upscaled_as_it_is_shown_with_its_colours(call: Call) -> None:
    pixels = _write("stored.png", 5, 4)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    chunks = PngInfo()
    chunks.add(b"gAMA", (45455).to_bytes(4, "big"))
    Image.fromarray(pixels).save("turned.png", exif=exif, icc_profile=profile, pnginfo=chunks)
    assert call("upscale", "turned.png", "sr.png", *NEAREST)[0] == 0
    assert np.array_equal(image.read(Path("sr.png")), _four_times(np.rot90(pixels, -1)))
    with Image.open("sr.png") as file:
        assert (file.info["icc_profile"], file.info["gamma"]) == (profile, 0.45455)


def test_a_folder_gives_what_is_read_alone_and_counts_the_rest(call: Call) -> None:
    pixels = _write("in/a.png")
    Image.fromarray(pixels).save("in/b.webp", lossless=True)
    Image.fromarray(pixels).save("in/c.ppm")
    shutil.copy("in/a.png", "in/._a.png")
    Path("in/notes.txt").write_text("no image")
    code, _, err = call("upscale", "in", "out", *NEAREST)
    assert (code, err) == (0, "in: left out 1 x file that is no image (.txt)\n")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png", "c.png"]


def test_an_output_that_needs_more_memory_than_is_free_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    _write("lr.png", 500, 500)
    monkeypatch.setattr(memory, "free_mib", lambda: 20)
    code, _, err = call("upscale", "lr.png", "sr.png", *NEAREST)
    assert code == 2
    assert "sr.png (2000 x 2000 px) needs about 46 MiB of memory, and 20 MiB are free" in err


def test_an_image_bears_the_hash_of_the_source_that_was_read(call: Call) -> None:
    """The source is replaced while its output is made: the next call makes it again."""
    _write("in/lr.png")
    body = "    Path('in/lr.png').write_bytes(Path('other.png').read_bytes())\n    return x.repeat(1, 1, 4, 4)\n"
    Path("model.py").write_text(f"from pathlib import Path\ndef f(x):\n{body}def build(scale):\n    return f\n")
    _write("other.png", seed=1)
    read = hashlib.sha256(Path("in/lr.png").read_bytes()).hexdigest()
    assert call("upscale", "in", "out", "--model", "model.py:build")[0] == 0
    assert image_marks.read(Path("out/lr.png"))["source_sha256"] == read
    assert image_marks.is_due(Path("out/lr.png"), Path("in/lr.png"))


NAN_FOR_BRIGHT = """
from torch.nn.functional import interpolate
def build(scale):
    def call(x):
        sr = interpolate(x, scale_factor=scale, mode="nearest")
        return sr * float("nan") if x.mean() > 0.9 else sr
    return call
"""


@pytest.mark.parametrize("source", ["lr", "lr/white.png"])
def test_no_picture_is_made_of_nan_and_the_others_are(call: Call, source: str) -> None:
    pixels = _write("lr/a.png")
    Image.new("RGB", (6, 5), "white").save("lr/white.png")
    Path("net.py").write_text(NAN_FOR_BRIGHT)
    target = "sr" if source == "lr" else "sr.png"
    code, out, err = call("upscale", source, target, "--model", "net.py", "--json")
    assert "output has NaN or infinite values; no picture is made of it" in err
    if target == "sr.png":
        assert (code, out) == (2, "")
        assert not Path(target).exists()
        return
    assert code == 3
    content = json.loads(out)
    assert content["made"] == ["sr/a.png"]
    (failed,) = content["failed"]
    assert failed["out"] == "sr/white.png"
    assert "NaN" in failed["reason"]
    assert [path.name for path in Path("sr").iterdir()] == ["a.png"]
    assert np.array_equal(image.read(Path("sr/a.png")), _four_times(pixels))
    assert call("upscale", source, target, "--model", "net.py", "--json")[0] == 3
