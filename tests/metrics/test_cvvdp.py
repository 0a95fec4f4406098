"""What the authors' package is given; its own values are checked where it is installed."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.errors import MissingWeights
from srbench.metrics import cvvdp
from srbench.metrics.catalogue import find


class _Model:
    def __init__(self, display_name: str, device: torch.device) -> None:
        assert (display_name, device.type) == ("standard_4k", "cpu")

    def predict(self, sr: np.ndarray, hr: np.ndarray, dim_order: str) -> tuple[Any, None]:
        assert (sr.dtype, sr.shape, hr.shape, dim_order) == (np.uint8, (5, 7, 3), (5, 7, 3), "HWC")
        return torch.tensor(10 - abs(sr.astype(float) - hr).mean()), None


def test_the_package_is_given_pictures_in_8_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("pycvvdp")
    package.cvvdp = _Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pycvvdp", package)
    hr = torch.full((2, 1, 5, 7), 100.0)
    sr = hr + torch.tensor([0, 2]).view(2, 1, 1, 1)
    assert find("cvvdp").open(AssetStore([]))(sr, hr).tolist() == [10, 8]  # type: ignore[operator, union-attr]


def test_without_the_package_cvvdp_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycvvdp", None)
    with pytest.raises(MissingWeights, match=r"pip install 'sr-bench-suite\[cvvdp\]'"):
        find("cvvdp").open(AssetStore([]))


def test_the_package_hides_no_module_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import adds its own folder to the path, which has a utils.py."""

    def imported(name: str) -> ModuleType:
        sys.path.append("the folder of the package")
        return ModuleType(name)

    monkeypatch.setattr(cvvdp.importlib, "import_module", imported)
    find("cvvdp").open(AssetStore([]))
    assert "the folder of the package" not in sys.path
