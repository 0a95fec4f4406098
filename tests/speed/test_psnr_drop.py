"""What a mode costs, against an independent computation."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from srbench.speed import psnr_drop
from srbench.speed.psnr_drop import NoTime, PsnrReference
from srbench.speed.records import PSNR_DROP_LIMIT_DB, PsnrDrop
from tests.speed.synthetic import model, nearest, of_registry


@pytest.fixture(scope="module")
def reference() -> PsnrReference:
    return PsnrReference(4, AssetStore([]))


def _noisy(x: Tensor) -> Tensor:
    sr = nearest(x)
    return sr + 0.02 * torch.randn(sr.shape, generator=torch.Generator().manual_seed(0))


def test_fp32_costs_nothing(reference: PsnrReference) -> None:
    network = of_registry("espcn")
    trained = network.make()
    same = model(trained, "espcn")
    found = reference.drop(same, same.upscaler())
    assert (found.mean_db, found.worst_db, found.images, found.exceeds_limit) == (0, 0, 3, False)


def test_noise_costs_what_scikit_image_says(reference: PsnrReference) -> None:
    plain, noisy = [], []
    for item, pair in zip(locate("builtin", AssetStore([]), scale=4).items, reference.pairs, strict=True):
        assert pair.hr.shape[-1] == 4 * pair.lr.shape[-1], item.name
        for network, found in ((nearest, plain), (_noisy, noisy)):
            sr = (network(pair.lr / 255).double().clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8)
            y, x = (rgb2ycbcr(levels[0].permute(1, 2, 0).numpy())[4:-4, 4:-4, 0] for levels in (pair.hr, sr))
            found.append(peak_signal_noise_ratio(y, x, data_range=255))
    difference = np.subtract(noisy, plain)
    change = reference.drop(model(nearest, "nearest"), Upscaler(_noisy, 4))
    assert change.mean_db == pytest.approx(difference.mean(), abs=1e-6)
    assert change.worst_db == pytest.approx(difference.min(), abs=1e-6)
    assert change.psnr == pytest.approx(np.mean(noisy), abs=1e-6)
    assert change.worst_db < change.mean_db < -0.1
    assert change.exceeds_limit


def test_the_farthest_difference_may_be_a_gain(reference: PsnrReference) -> None:
    better = of_registry("interpolation").upscaler()
    change = reference.drop(model(nearest, "gain"), better)
    assert change.worst_db > change.mean_db > 0.5
    assert change.exceeds_limit


def test_plain_fp32_is_measured_once_a_model(reference: PsnrReference) -> None:
    calls: list[int] = []

    def watch(x: Tensor) -> Tensor:
        calls.append(1)
        return nearest(x)

    watched = model(watch, "watched")
    reference.drop(watched, Upscaler(nearest, 4))
    reference.drop(watched, Upscaler(_noisy, 4))
    assert len(calls) == len(reference.pairs) == 3


def test_nan_exceeds_the_limit(reference: PsnrReference) -> None:
    found = reference.drop(model(nearest, "nan"), Upscaler(lambda x: nearest(x) * float("nan"), 4))
    assert np.isnan([found.mean_db, found.worst_db, found.psnr]).all()
    assert found.exceeds_limit


def test_one_image_that_breaks_is_the_worst(reference: PsnrReference) -> None:
    broken = iter([1.0, float("nan"), 1.0])
    found = reference.drop(model(nearest, "one"), Upscaler(lambda x: nearest(x) * next(broken), 4))
    assert np.isnan(found.worst_db)
    assert found.exceeds_limit


@pytest.mark.parametrize(
    ("worst_db", "exceeds"),
    [(0.0, False), (PSNR_DROP_LIMIT_DB, False), (-PSNR_DROP_LIMIT_DB, False), (-0.0101, True), (0.0101, True)],
)
def test_a_gain_exceeds_the_limit_as_a_loss_does(worst_db: float, exceeds: bool) -> None:
    assert PsnrDrop(0.0, worst_db, 30.0, 3).exceeds_limit is exceeds


def test_the_change_is_that_of_the_mode_s_own_output(reference: PsnrReference) -> None:
    network = of_registry("espcn").make()
    asked = model(network, "bf16")
    found = reference.drop(asked, asked.upscaler(Mode(precision="bf16")))
    assert 0 < abs(found.worst_db) < 0.5


def test_a_scale_without_a_protocol_has_no_change_in_psnr() -> None:
    with pytest.raises(UserError, match="no protocol tells what modes cost at scale 7"):
        PsnrReference(7, AssetStore([]))


def test_nothing_is_begun_after_the_end_nor_what_would_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    until = PsnrReference(4, AssetStore([]), ends=10.0)
    monkeypatch.setattr(psnr_drop.time, "monotonic", lambda: 8.0)
    until.look_at_the_clock(1.5)
    with pytest.raises(NoTime, match=r"no time to build it, which takes about 45.0 s"):
        until.look_at_the_clock(45.0)
    monkeypatch.setattr(psnr_drop.time, "monotonic", lambda: 10.5)
    with pytest.raises(NoTime, match="no time to measure it"):
        until.look_at_the_clock()
