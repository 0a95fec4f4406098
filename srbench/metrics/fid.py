"""Fréchet and kernel inception distance: how far the features of a set of outputs lie from those of its originals.

Features and formulas are those of the package torch-fidelity; of features in float64.
"""

import importlib
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.image import to_uint8
from srbench.errors import DownloadError, MissingWeights
from srbench.metrics.metric import check, of_cards

WEIGHTS = PinnedFile(
    "weights/weights-inception-2015-12-05-6726825d.pth",
    "6726825d",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
)
"""TensorFlow's Inception of 2015, as the package has converted it."""

_SUBSETS, _SUBSET_SIZE, _SEED = 100, 1000, 2020

Features = Callable[[Tensor], Tensor]
"""From uint8 `(N, 3, H, W)` to `(N, D)`."""


def fid(sr: Tensor, hr: Tensor, package: ModuleType) -> float:
    """Compute the Fréchet distance of two normal distributions with the means and covariances of features.

    Args:
        sr: Features of the outputs, `(N, D)`.
        hr: Features of the originals, `(M, D)`.
        package: `torch_fidelity.metric_fid`.

    Returns:
        At least 0 but for rounding; NaN for fewer than two images.

    Source:
        Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, NIPS 2017, eq. 6.
    """
    if min(len(sr), len(hr)) < 2:
        return math.nan
    statistics = [package.fid_features_to_statistics(features.double().cpu()) for features in (sr, hr)]
    return float(package.fid_statistics_to_metric(*statistics, verbose=False)[package.KEY_METRIC_FID])


def kid(sr: Tensor, hr: Tensor, package: ModuleType) -> float:
    """Compute the unbiased squared maximum mean discrepancy with the kernel (x y / D + 1)^3.

    Args:
        sr: Features of the outputs, `(N, D)`.
        hr: Features of the originals, `(M, D)`.
        package: `torch_fidelity.metric_kid`.

    Returns:
        The mean over 100 subsets of 1000 images, drawn by a fixed seed; of fewer images that of one subset, of as many
        as both have. It may be below 0. NaN for fewer than two images.

    Source:
        Binkowski, Sutherland, Arbel and Gretton, ICLR 2018, section 3.
    """
    size = min(len(sr), len(hr), _SUBSET_SIZE)
    if size < 2:
        return math.nan
    settings = {
        "kid_subsets": 1 if size == len(sr) == len(hr) else _SUBSETS,
        "kid_subset_size": size,
        "rng_seed": _SEED,
        "verbose": False,
    }
    found = package.kid_features_to_metric(sr.double().cpu(), hr.double().cpu(), **settings)
    return float(found[package.KEY_METRIC_KID_MEAN])


class InceptionDistance:
    """Collects the features of outputs and originals.

    Args:
        features: Gives the features of images.
        distance: Gives the value of those of all outputs and all originals.
    """

    def __init__(self, features: Features, distance: Callable[[Tensor, Tensor], float]) -> None:
        self._features = features
        self._distance = distance
        self._sr: list[Tensor] = []
        self._hr: list[Tensor] = []

    def update(self, *images: Tensor) -> None:
        """Take in an output and its original, `(1, 3, H, W)` levels 0..255 each; both are rounded."""
        sr, hr = images
        check(sr, hr)
        for image, collected in ((sr, self._sr), (hr, self._hr)):
            collected.append(self._features(to_uint8(image.double() / 255)))

    def compute(self) -> float:
        """Return the value of all images that came."""
        return self._distance(torch.cat(self._sr), torch.cat(self._hr))


def _open(name: str, store: AssetStore) -> Callable[[], InceptionDistance]:
    try:
        package = importlib.import_module(f"torch_fidelity.metric_{name}")
        extractors = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    except ImportError as error:
        raise MissingWeights(
            f"{name} needs the package torch-fidelity, which cannot be imported ({error}); install it: "
            "pip install 'sr-bench-suite[fid]'"
        ) from error
    features = _inception(store, extractors, name)
    formula = fid if name == "fid" else kid
    return lambda: InceptionDistance(features, lambda sr, hr: formula(sr, hr, package))


def _inception(store: AssetStore, extractors: Any, name: str) -> Features:
    """Return the network's last features before its classes.

    Raises:
        MissingWeights: They cannot be had.
    """
    try:
        path = store.fetch(WEIGHTS)
    except DownloadError as error:
        raise MissingWeights(
            f"{name} needs the weights of Inception, which cannot be had ({error}); give a folder that has the file, "
            "under any name with the ending .pth: --weights-root DIR"
        ) from error
    torch.load(path, weights_only=True)  # refuses code; the package below reads the file by a loader that runs it
    network = extractors.FeatureExtractorInceptionV3("inception", ["2048"], str(path))

    def features(images: Tensor) -> Tensor:
        with torch.no_grad():
            (found,) = network.to(images.device)(images)
        return torch.as_tensor(found)

    return features


METRICS = of_cards(__file__, {"fid": lambda store: _open("fid", store), "kid": lambda store: _open("kid", store)})
