"""BRISQUE's features beside piq's, and its regression on a model of two vectors."""

import importlib
import math

import pytest
import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.core.image import matlab_grey
from srbench.core.resize import resize
from srbench.errors import MissingWeights, ShapeError
from srbench.metrics import brisque as module
from srbench.metrics.catalogue import find

theirs = importlib.import_module("piq.brisque")
MODEL = """svm_type epsilon_svr
kernel_type rbf
gamma 0.05
nr_class 2
total_sv 2
rho -150
probA 6
SV
-2 1:0.5 36:-1
3 2:1
"""


def test_features_equal_piqs(photo: Tensor) -> None:
    """The ranges, by which they are divided, too."""
    grey = matlab_grey(photo).double()
    found = torch.cat([module.features(each) for each in (grey, resize(grey, (88, 96)))], -1)
    x = theirs.imresize(grey, sizes=(88, 96))
    expected = torch.cat([theirs._natural_scene_statistics(each) for each in (grey, x)], -1)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    low, high = module._numbers(module._LOWEST), module._numbers(module._HIGHEST)
    torch.testing.assert_close(-1 + 2 * (found - low) / (high - low), theirs._scale_features(expected))


def test_the_regression_is_read_from_libsvms_file() -> None:
    vector = torch.zeros(1, 36, dtype=torch.float64)
    expected = 150 - 2 * math.exp(-0.05 * 1.25) + 3 * math.exp(-0.05)
    assert module.Regression(MODEL).score(vector).item() == pytest.approx(expected, abs=1e-12)


def test_features_are_rounded_as_in_the_authors_files() -> None:
    values = torch.tensor([[1.23456789, 0.0000123456]], dtype=torch.float64)
    assert module._printed(values, "f").tolist() == [[1.234568, 0.000012]]
    assert module._printed(values, "g").tolist() == [[1.23457, 0.0000123456]]


def test_without_the_model_or_on_a_tiny_image_brisque_says_so() -> None:
    with pytest.raises(MissingWeights, match=r"brisque needs the authors' model brisque_allmodel.*--weights-root"):
        find("brisque").open(AssetStore([]))
    with pytest.raises(ShapeError, match="16 px a side"):
        module.brisque(torch.zeros(1, 1, 15, 40), module.Regression(MODEL))
