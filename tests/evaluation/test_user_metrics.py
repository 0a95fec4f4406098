"""Functions in Python files as metrics."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.errors import UserError
from srbench.evaluation import scoring, user_metrics
from srbench.evaluation.scoring import Measured, Scorer, Views
from srbench.protocol import find

TEXT = """
import helper_of_mine
import random
import numpy as np

def distance(sr, hr):
    return (sr - hr).abs().mean() * helper_of_mine.FACTOR

distance.higher_is_better = False

def brightness(sr):
    return float(sr.mean())

def beside_lr(sr, lr):
    return np.float64(lr.shape[-1])

def broken(sr): raise RuntimeError("no luck")
def undefined(sr): return float("nan")
def picture(sr): return sr
def words(sr): return "good"
def dice(sr): return random.random()
def ends(sr): raise SystemExit(3)
def odd(x, y): return 0

class Mean:
    def __init__(self): self.seen = []
    def update(self, sr): self.seen.append(float(sr.mean()))
    def compute(self): return sum(self.seen) / len(self.seen)

class Half:
    def compute(self): return 1

made = Mean()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "helper_of_mine.py").write_text("FACTOR = 2\n")
    (tmp_path / "my.py").write_text(TEXT)
    return tmp_path / "my.py"


def _scorers(*names: str) -> list[Scorer]:
    return scoring.scorers(list(names), find("classical_x4"), AssetStore([]))


def _measure(*names: str) -> Measured:
    sr, hr = torch.full((1, 1, 16, 16), 90, dtype=torch.uint8), torch.full((1, 1, 16, 16), 100, dtype=torch.uint8)
    return scoring.measure(Views(sr, hr, find("classical_x4"), hr[..., ::4, ::4]), _scorers(*names))


def test_functions_get_the_images_that_they_name(file: Path) -> None:
    measured = _measure(f"{file}:distance", f"{file}:brightness", f"{file}:beside_lr", "psnr")
    assert measured.values["my:distance"] == 20
    assert measured.values["my:brightness"] == 90
    assert measured.values["my:beside_lr"] == 4
    assert not measured.failed
    assert not user_metrics.load(f"{file}:distance").higher_is_better


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken", r"failed \(RuntimeError: no luck\)"),
        ("undefined", "gave nan"),
        ("picture", r"Tensor of shape \(1, 3, 16, 16\)"),
        ("words", "gave a str"),
        ("dice", "not repeatable"),
        ("ends", "SystemExit"),
    ],
)
def test_what_goes_wrong_is_a_failed_cell_and_costs_the_others_nothing(file: Path, name: str, text: str) -> None:
    measured = _measure(f"{file}:{name}", "psnr")
    assert set(measured.values) == {"psnr"}
    with pytest.raises(UserError, match=text):
        raise measured.failed[f"my:{name}"]


def test_a_function_that_is_not_repeatable_has_no_value_of_a_later_image_either(file: Path) -> None:
    (scorer,), image = _scorers(f"{file}:dice"), torch.full((1, 3, 16, 16), 90, dtype=torch.uint8)
    views = Views(image, image, find("classical_x4"))
    for _ in range(3):
        assert set(scoring.measure(views, [scorer]).failed) == {"my:dice"}


@pytest.mark.parametrize("name", ["Mean", "made"])
def test_a_class_or_an_object_has_one_value_for_a_set(file: Path, name: str) -> None:
    for levels, mean in (((10, 30), 20), ((50,), 50)):
        scores = scoring.SetScores(_scorers(f"{file}:{name}"))
        for level in levels:
            image: Tensor = torch.full((1, 3, 16, 16), level, dtype=torch.uint8)
            scores.update(Views(image, image, find("classical_x4")))
        assert scores.compute() == {f"my:{name}": mean}


def test_the_version_follows_the_file_and_what_it_imports(file: Path) -> None:
    before = user_metrics.load(f"{file}:distance").version
    (file.parent / "helper_of_mine.py").write_text("FACTOR = 3\n")
    assert user_metrics.load(f"{file}:distance").version != before


def test_other_names_and_arguments_are_refused(file: Path) -> None:
    with pytest.raises(UserError, match="no function 'dist'"):
        user_metrics.load(f"{file}:dist")
    with pytest.raises(UserError, match=r"\(x, y\); expected \(sr, hr\)"):
        user_metrics.load(f"{file}:odd")
    with pytest.raises(UserError, match=r"Half is a class without update; expected update\(sr, hr\) and compute\(\)"):
        user_metrics.load(f"{file}:Half")
    with pytest.raises(UserError, match="is no file"):
        user_metrics.load("absent.py:f")
    with pytest.raises(UserError, match="name one"):
        user_metrics.load(str(file))
