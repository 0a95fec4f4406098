"""`srbench datasets pin`: a manifest of somebody's own images, and a record of another package that uses it."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from srbench.cli.app import app
from srbench.core import image
from srbench.datasets import manifest, pinning
from srbench.errors import BadData, MissingData
from tests.forks import Forks
from tests.models.superres import install

RECORD = """
from srbench.datasets.dataset import Dataset

DATASET = Dataset(
    id="birds", title="Birds", count=2, folder="Birds", reference="ours", licence="CC0", where="ask us",
    manifest="birds.json",
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generator = torch.Generator().manual_seed(1)
    for name, channels in (("tit mouse", 3), ("wren", 1)):
        pixels = torch.randint(0, 256, (1, channels, 48, 40), generator=generator, dtype=torch.uint8)
        image.write(tmp_path / "birds" / f"{name}.png", image.to_array(pixels))
    return tmp_path / "birds"


def test_a_manifest_pins_files_and_pixels(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "birds.json"
    manifest.write(target, pinning.pin(folder, "https://birds.example/hr/"))
    record = json.loads(target.read_text(encoding="utf-8"))
    assert (record["schema"], record["version"]) == ("manifest", 1)
    first, second = manifest.read(target, "Birds")
    assert (first.name, first.path) == ("tit mouse", "Birds/HR/tit mouse.png")
    assert first.url == "https://birds.example/hr/tit%20mouse.png"
    assert first.size_bytes == (folder / "tit mouse.png").stat().st_size
    assert second.pixels_sha256 == image.pixels_sha256(image.read(folder / "wren.png"))
    assert [entry["mode"] for entry in record["images"]] == ["RGB", "L"]


@pytest.mark.parametrize("address", ["birds.example/hr", "ftp://birds.example/hr", "https://"])
def test_an_address_that_nothing_can_fetch_is_refused(folder: Path, address: str) -> None:
    with pytest.raises(BadData, match="expected an address such as https://"):
        pinning.pin(folder, address)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="holds no images"):
        pinning.pin(tmp_path, "https://birds.example")


def test_a_file_that_is_no_manifest_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"schema": "speed", "version": 1}', encoding="utf-8")
    with pytest.raises(BadData, match="schema speed, version 1; expected manifest"):
        manifest.read(tmp_path / "m.json", "Birds")


def test_the_command_writes_beside_and_replaces_only_when_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["datasets", "pin", str(folder), "--url-base", "https://birds.example"]
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout) == {"manifest": "birds.json", "images": 2}
    assert isinstance(CliRunner().invoke(app, words).exception, BadData)
    assert "pins 2 images" in CliRunner().invoke(app, [*words, "--force"]).stdout


def test_a_record_of_another_package_runs_by_its_manifest(folder: Path, tmp_path: Path, programs: Forks) -> None:
    site = tmp_path / "site"
    install(site, "birdlab", {"birds.py": RECORD}, {"srbench.datasets": "birds = birdlab.birds"})
    manifest.write(site / "birdlab" / "birds.json", pinning.pin(folder, "https://birds.example"))
    listed = programs.srbench("datasets", "--json", site=site)
    assert {r["id"]: r["origin"] for r in json.loads(listed.stdout)}["birds"] == "package birdlab 1.2"
    (tmp_path / "data").mkdir()
    folder.rename(tmp_path / "data" / "Birds")
    words = ["run", "--models", "nearest", "--datasets", "birds", "--metrics", "psnr", "--device", "cpu", "--json"]
    done = programs.srbench(*words, "--data-root", str(tmp_path / "data"), site=site)
    assert done.returncode == 0, done.stderr
    assert {(line["dataset"], line["n"]) for line in json.loads(done.stdout)["summary"]} == {("birds", 2)}
    (tmp_path / "data" / "Birds" / "wren.png").write_bytes((tmp_path / "data" / "Birds" / "tit mouse.png").read_bytes())
    changed = programs.srbench(*words, "--data-root", str(tmp_path / "data"), "--force", site=site)
    assert changed.returncode == 2
    assert "another version of the image" in changed.stderr


def test_two_data_sets_of_one_name_are_refused_with_both_sources(tmp_path: Path, programs: Forks) -> None:
    text = RECORD.replace('"birds"', '"set5"').replace('manifest="birds.json",', "")
    install(tmp_path, "birdlab", {"birds.py": text}, {"srbench.datasets": "birds = birdlab.birds"})
    done = programs.srbench("datasets", site=tmp_path)
    assert done.returncode == 2
    assert "two data sets are called 'set5'" in done.stderr
    assert "records/set5.py" in done.stderr
    assert "package birdlab 1.2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_package_that_cannot_be_imported_is_named_and_the_others_are_listed(tmp_path: Path, programs: Forks) -> None:
    install(
        tmp_path, "birdlab", {"birds.py": "raise ValueError('no birds')"}, {"srbench.datasets": "b = birdlab.birds"}
    )
    done = programs.srbench("datasets", site=tmp_path)
    assert done.returncode == 0
    assert "set5" in done.stdout
    assert "ValueError: no birds" in done.stderr
    unknown = programs.srbench("fetch", "birds", site=tmp_path)
    assert unknown.returncode == 2
