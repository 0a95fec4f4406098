"""Metrics beside scikit-image, torchmetrics and piq, at the same settings and to the same values."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from benchmarks.conftest import Beside
from srbench.core import image
from srbench.metrics.fsim import fsim
from srbench.metrics.gmsd import gmsd
from srbench.metrics.haarpsi import haarpsi
from srbench.metrics.iw_ssim import iw_ssim
from srbench.metrics.ms_ssim import ms_ssim
from srbench.metrics.psnr import psnr
from srbench.metrics.ssim import ssim
from srbench.metrics.vifp import vifp

Pair = tuple[Tensor, Tensor]
Score = Callable[[Tensor, Tensor], Tensor]
Scores = dict[str, Score]

_SIZES, _SIZES_ONCE = {"480x320": (320, 480), "512x512": (512, 512)}, {"480x320": (40, 60), "512x512": (64, 64)}
_BATCHES = (1, pytest.param(8, marks=pytest.mark.extent("usual")))
_OURS: Scores = {
    "psnr": psnr,
    "ssim.wang": partial(ssim, flavour="wang"),
    "ssim.skimage-default": partial(ssim, flavour="skimage-default"),
}


def _scikit_image() -> Scores:
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return {
        "psnr": _each(partial(peak_signal_noise_ratio, data_range=255)),
        "ssim.wang": _each(partial(structural_similarity, data_range=255, **gaussian)),
        "ssim.skimage-default": _each(partial(structural_similarity, data_range=255)),
    }


def _each(score: Callable[[np.ndarray, np.ndarray], float]) -> Score:
    def scores(sr: Tensor, hr: Tensor) -> Tensor:
        pairs = zip(sr[:, 0].numpy(), hr[:, 0].numpy(), strict=True)
        return torch.tensor([score(x, y) for x, y in pairs], dtype=torch.float64)

    return scores


def _torchmetrics() -> Scores:
    theirs = pytest.importorskip("torchmetrics.functional.image")
    psnr_of_each = partial(theirs.peak_signal_noise_ratio, data_range=255.0, reduction="none", dim=(1, 2, 3))
    settings = {"sigma": 1.5, "kernel_size": 11, "data_range": 255.0, "reduction": "none", "return_full_image": True}

    def wang(sr: Tensor, hr: Tensor) -> Tensor:
        """It mirrors the image and averages over all of it; Wang, over the windows of 11 px that lie inside."""
        _, maps = theirs.structural_similarity_index_measure(sr, hr, gaussian_kernel=True, **settings)
        return maps[..., 5:-5, 5:-5].mean((1, 2, 3))

    return {"psnr": psnr_of_each, "ssim.wang": wang}


def _torchmetrics_float32() -> Scores:
    """In the type that its users have their images in."""
    wang = _torchmetrics()["ssim.wang"]
    return {"ssim.wang": lambda sr, hr: wang(sr.float(), hr.float()).double()}


def _piq() -> Scores:
    theirs = pytest.importorskip("piq")
    settings = {"data_range": 255, "reduction": "none"}
    return {"psnr": partial(theirs.psnr, **settings), "ssim.wang": partial(theirs.ssim, downsample=False, **settings)}


_PEERS: dict[str, Callable[[], Scores]] = {
    "scikit-image": _scikit_image,
    "torchmetrics": _torchmetrics,
    "torchmetrics float32": _torchmetrics_float32,
    "piq": _piq,
}
_TOLERANCE = 1e-9
_TOLERANCES = {
    ("torchmetrics", "psnr"): 1e-5,  # it takes the logarithms of 255 and 10 in float32
    ("piq", "psnr"): 1e-3,  # it adds 1e-8 to the MSE of levels in [0, 1]: 4.3e-5 dB at 30 dB, 4.3e-4 dB at 40 dB
    ("torchmetrics float32", "ssim.wang"): 1e-3,  # variances are differences of squares that agree in 4 digits
}
_AIMS = {
    ("scikit-image", "psnr"): 1.0,
    ("scikit-image", "ssim.wang"): 2.0,
    ("scikit-image", "ssim.skimage-default"): 2.0,
    ("torchmetrics", "psnr"): 1.0,
    ("torchmetrics", "ssim.wang"): 5.0,
    ("torchmetrics float32", "ssim.wang"): 5.0,
}
_COMPARISONS = [
    *(("scikit-image", name) for name in _OURS),
    *((peer, name) for peer in ("torchmetrics", "piq") for name in ("psnr", "ssim.wang")),
    ("torchmetrics float32", "ssim.wang"),
]


_BESIDE_PIQ: dict[str, tuple[Score, str, dict[str, bool], float, float | None]] = {
    "ms-ssim.product": (partial(ms_ssim, product=True), "multi_scale_ssim", {}, 1e-4, 1.0),
    "gmsd": (gmsd, "gmsd", {}, 2e-3, 1.0),
    "fsim": (partial(fsim, colour=False), "fsim", {"chromatic": False}, 2e-4, 1.0),
    "iw-ssim": (iw_ssim, "information_weighted_ssim", {}, 1e-6, None),
    "vifp": (vifp, "vif_p", {}, 1e-6, None),
    "haarpsi": (haarpsi, "haarpsi", {}, 1e-6, 1.0),
}
"""Our function; piq's and its settings; how far the values may lie apart (tests/metrics says why); the aim."""


@pytest.fixture(params=["480x320", pytest.param("512x512", marks=pytest.mark.extent("whole"))])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=_BATCHES)
def pair(request: pytest.FixtureRequest, size: str, once: bool, photograph: Tensor, blurred: Tensor) -> Pair:
    """SR and HR luma as the harness shows it to a metric: float64 `(N, 1, H, W)`."""
    height, width = (_SIZES_ONCE if once else _SIZES)[size]
    sr, hr = (image.luma(levels)[..., :height, :width].contiguous() for levels in (blurred, photograph))
    return _batch(sr, request.param), _batch(hr, request.param)


def _batch(levels: Tensor, images: int) -> Tensor:
    return torch.cat([levels.roll(step, -1) for step in range(images)])


@pytest.mark.parametrize(("peer", "name"), _COMPARISONS)
def test_metric(benchmark: BenchmarkFixture, beside: Beside, peer: str, name: str, size: str, pair: Pair) -> None:
    theirs = _PEERS[peer]()[name]
    benchmark.group = f"{name} {size}, batch of {len(pair[0])}"
    values, expected = benchmark(_OURS[name], *pair), theirs(*pair)
    tolerance = _TOLERANCES.get((peer, name), _TOLERANCE)
    torch.testing.assert_close(values, expected, rtol=0, atol=tolerance)
    aims = {peer: _AIMS[peer, name]} if (peer, name) in _AIMS else {}
    beside(partial(_OURS[name], *pair), {peer: partial(theirs, *pair)}, aims)


@pytest.mark.parametrize("name", _OURS)
@pytest.mark.parametrize("pair", _BATCHES[1:], indirect=True)
def test_batch(benchmark: BenchmarkFixture, beside: Beside, name: str, size: str, pair: Pair) -> None:
    benchmark.group = f"{name} {size}, batch of {len(pair[0])}"
    values = benchmark(_OURS[name], *pair)
    torch.testing.assert_close(values, _one_by_one(_OURS[name], *pair), rtol=1e-12, atol=0)
    alone = {"one by one": partial(_one_by_one, _OURS[name], *pair)}
    beside(partial(_OURS[name], *pair), alone, {"one by one": 1.0})


def _one_by_one(score: Score, sr: Tensor, hr: Tensor) -> Tensor:
    return torch.cat([score(x, y) for x, y in zip(sr.split(1), hr.split(1), strict=True)])


@pytest.mark.parametrize("flavour", ["wang-ds", "daala"])
def test_flavour_without_peer(benchmark: BenchmarkFixture, flavour: str, size: str, pair: Pair) -> None:
    benchmark.group = f"ssim {size}, batch of {len(pair[0])}, flavours that the others lack"
    values = benchmark(ssim, *pair, flavour=flavour)
    assert ((values > 0) & (values < 1)).all()


@pytest.mark.parametrize(
    "name", ["gmsd", *(pytest.param(name, marks=pytest.mark.extent("usual")) for name in _BESIDE_PIQ if name != "gmsd")]
)
def test_beside_piq(
    benchmark: BenchmarkFixture, beside: Beside, name: str, once: bool, photograph: Tensor, blurred: Tensor
) -> None:
    """One image, in float64 on both sides."""
    score, theirs, settings, tolerance, aim = _BESIDE_PIQ[name]
    height, width = (176, 176) if once else (320, 480)
    sr, hr = (image.luma(levels)[..., :height, :width].contiguous() for levels in (blurred, photograph))
    other = partial(getattr(pytest.importorskip("piq"), theirs), data_range=255, reduction="none", **settings)
    benchmark.group = f"{name} {height}x{width}"
    torch.testing.assert_close(benchmark(score, sr, hr), other(sr, hr), rtol=0, atol=tolerance)
    beside(partial(score, sr, hr), {"piq": partial(other, sr, hr)}, {} if aim is None else {"piq": aim})
