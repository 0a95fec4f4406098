"""Each reader on a few changed inputs; `python -m benchmarks.reliability.fuzz` takes thousands."""

import shutil
from pathlib import Path

import pytest

from benchmarks.reliability import fuzz
from benchmarks.reliability.readers import readers
from srbench.errors import BadWeights

_NAMES = (
    *("image", "image as a viewer shows it", "marks of an upscaled image", "weight file", "MATLAB, ncnn, ONNX"),
    *("last.ckpt", "run.json", "rows", "speed.json", "fastest.json", "recipe", "ratings", "study.json"),
    *("backup of a study", "manifest", "A/B comparison of speed", "secrets.json", "recipe.json", "journal"),
    *("training log", "protocol", "mode"),
)
_REFUSED = ("MATLAB, ncnn, ONNX",)


@pytest.mark.parametrize("name", _NAMES)
def test_changed_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    (reader,) = (reader for reader in readers(tmp_path) if reader.name == name)
    found = list(fuzz.outcomes(reader, 80))
    assert len(found) == 80
    assert not fuzz.bad(found)


def test_every_reader_reads_its_samples_and_is_listed_here(tmp_path: Path) -> None:
    listed = readers(tmp_path)
    assert [reader.name for reader in listed] == list(_NAMES)
    for reader in listed:
        for name, sample in reader.samples.items():
            folder = tmp_path / reader.name / f"of {name}"
            shutil.copytree(reader.beside, folder) if reader.beside else folder.mkdir(parents=True)
            (folder / name).write_bytes(sample)
            try:
                reader.read(folder / name)
            except BadWeights:
                assert reader.name in _REFUSED


def test_an_input_is_a_function_of_its_number() -> None:
    assert fuzz.changed(b"abc 12", "rows 7") == fuzz.changed(b"abc 12", "rows 7")
    assert len({fuzz.changed(b"abc 12", f"rows {number}") for number in range(40)}) > 20


@pytest.mark.parametrize(("name", "number"), [("speed.json", 669)])
def test_inputs_that_once_ended_in_another_error_are_refused(name: str, number: int, tmp_path: Path) -> None:
    (reader,) = (reader for reader in readers(tmp_path) if reader.name == name)
    (tmp_path / "x").mkdir()
    assert fuzz.outcome(reader, number, tmp_path / "x") == "refused"
