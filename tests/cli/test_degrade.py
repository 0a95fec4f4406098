"""`srbench degrade` as a user meets it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srbench import protocol as protocols
from srbench.core import image
from srbench.degradation import catalogue
from srbench.degradation.steps import replay
from srbench.evaluation import pairing
from tests.cli.conftest import Call


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures, one of them grey, one in a folder, none a multiple of 4."""
    folder = tmp_path / "photos"
    for number, name in enumerate(("one", "two", "far/three")):
        coarse = np.random.default_rng(number).integers(0, 256, (10, 12, 3), dtype=np.uint8)
        picture = np.asarray(Image.fromarray(coarse).resize((99, 82), Image.Resampling.BICUBIC))
        image.write(folder / f"{name}.png", picture[..., 0] if name == "two" else picture)
    return folder


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


@pytest.mark.parametrize("model", ["realesrgan", "bsrgan", "classical"])
def test_a_folder_becomes_pairs_with_their_parameters(call: Call, photos: Path, model: str) -> None:
    code, out, err = call("degrade", "photos", "made", "--model", model, "--seed", "7", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        **{"model": model, "seed": 7, "protocol": "classical_x4", "images": 3},
        **{"lr": "made", "hr": "made/HR", "records": "made/degradations.jsonl"},
    }
    lines = [json.loads(line) for line in Path("made/degradations.jsonl").read_text().splitlines()]
    assert [line["name"] for line in lines] == ["far_three", "one", "two"]
    assert all((line["seed"], line["model"]) == (7, model) for line in lines)
    assert all((line["schema"], line["version"]) == ("degradation", 1) for line in lines)
    for line in lines:
        hr, lr = (image.to_tensor(image.read(Path(at, f"{line['name']}.png"))) for at in ("made/HR", "made"))
        channels = 1 if line["name"] == "two" else 3
        assert (hr.shape, lr.shape) == ((1, channels, 80, 96), (1, channels, 20, 24))
        protocol = protocols.find("classical_x4")
        assert torch.equal(hr, pairing.original(photos / f"{line['name'].replace('_', '/')}.png", protocol))
        again = pairing.degrade(hr, protocol) if model == "classical" else replay(hr, line["parameters"])
        assert torch.equal(lr, again)


def test_what_is_printed_can_be_run(call: Call, photos: Path) -> None:
    _, out, _ = call("degrade", "photos", "made", "--protocol", "classical_x3")
    advice = out.splitlines()[1].partition("srbench ")[2].split()
    assert advice[:5] == ["run", "--datasets", "made/HR", "--lr", "made"]
    code, out, _ = call(*advice, "--models", "bicubic", "--metrics", "psnr", "--json")
    assert code == 0
    summary = json.loads(out)["summary"][0]
    assert summary["n"] == 3
    _, plain, _ = call("run", "--datasets", "made/HR", "--protocol", "classical_x3", *advice[7:], "--out", "plain")
    assert "bicubic" in plain
    assert 8 < summary["mean"] < 40


def test_the_originals_themselves_pair_with_the_lr_too(call: Call, photos: Path) -> None:
    (photos / "far" / "three.png").unlink()
    call("degrade", "photos", "made")
    figures = []
    for hr in ("./photos", "made/HR"):
        code, out, _ = call(
            *("run", "--datasets", hr, "--lr", "made", "--models", "bicubic", "--metrics", "psnr", "--json"),
            *("--out", f"run-{len(figures)}"),
        )
        assert code == 0
        figures.append(json.loads(out)["summary"][0]["mean"])
    assert figures[0] == figures[1]


def test_an_image_is_the_same_alone_and_among_others(call: Call, photos: Path) -> None:
    call("degrade", "photos", "all", "--seed", "3")
    call("degrade", "photos", "again", "--seed", "3")
    call("degrade", "photos", "other", "--seed", "4")
    call("degrade", "photos/one.png", "alone", "--seed", "3")
    call("degrade", "photos/one.png", "alone.png", "--seed", "3")
    everything = _bytes(Path("all"))
    assert _bytes(Path("again")) == everything
    assert _bytes(Path("alone")) == {"one.png": everything["one.png"]}
    assert Path("alone.png").read_bytes() == everything["one.png"]
    other = _bytes(Path("other"))
    assert all(other[name] != everything[name] for name in everything)


def test_a_single_file_has_its_record_beside_it(call: Call, photos: Path) -> None:
    code, out, _ = call("degrade", "photos/one.png", "deep/lr.png", "--json")
    assert code == 0
    assert json.loads(out)["hr"] is None
    assert json.loads(out)["records"] == "deep/lr.jsonl"
    assert sorted(path.name for path in Path("deep").iterdir()) == ["lr.jsonl", "lr.png"]
    (line,) = Path("deep/lr.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "one"


def test_a_luma_protocol_makes_grey_pairs(call: Call, photos: Path) -> None:
    assert call("degrade", "photos", "made", "--protocol", "luma_x4", "--model", "classical")[0] == 0
    assert image.read(Path("made/HR/one.png")).shape == (80, 96)
    assert image.read(Path("made/one.png")).shape == (20, 24)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photos", "made", "--model", "realesrgna"), "no degradation 'realesrgna'. Closest: 'realesrgan'"),
        (("photos", "made", "--protocol", "classic_x4"), "Closest: 'classical_x4'"),
        (("nowhere", "made"), "nowhere does not exist; expected an image or a folder of images"),
        (("photos", "made.png"), "made.png is the name of a file, but photos is a folder"),
        (("photos", "made.jpg"), "made.jpg is the name of a file, but photos is a folder"),
        (("photos", "photos"), "photos is there already"),
        (("photos/one.png", "photos/two.png"), "two.png is there already"),
        (("photos/note.txt", "made"), "note.txt is not an image"),
        (("photos", "made", "--protocol", "classical_x4+hr_multiple=96"), "has no crop to a multiple of 96"),
        (("photos", "made", "--seed", "-1"), "--seed"),
        (("clash", "made"), "would both become a_b.png"),
        (("photos",), "OUT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_are_one_line_and_code_2(call: Call, photos: Path, arguments: tuple[str, ...], message: str) -> None:
    (photos / "note.txt").write_text("no image")
    for name in ("a_b.png", "a/b.png"):
        image.write(Path("clash") / name, np.zeros((8, 8), np.uint8))
    before = {path: path.read_bytes() for path in photos.rglob("*.png")}
    code, out, err = call("degrade", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert {path: path.read_bytes() for path in photos.rglob("*.png")} == before


def test_help_names_every_degradation(call: Call) -> None:
    _, out, _ = call("degrade", "--help")
    assert all(name in out for name in catalogue.names())
