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
from srbench.speed.psnr_drop import Prices
from srbench.speed.records import MOST_LOSS_DB, Price
from tests.speed.made import model, nearest, of_registry


@pytest.fixture(scope="module")
def prices() -> Prices:
    return Prices(4, AssetStore([]))


def _noisy(x: Tensor) -> Tensor:
    sr = nearest(x)
    return sr + 0.02 * torch.randn(sr.shape, generator=torch.Generator().manual_seed(0))


def test_fp32_costs_nothing(prices: Prices) -> None:
    network = of_registry("espcn")
    trained = network.make()
    same = model(trained, "espcn")
    found = prices.of(same, same.upscaler())
    assert (found.mean_db, found.worst_db, found.images, found.marked) == (0, 0, 3, False)


def test_noise_costs_what_scikit_image_says(prices: Prices) -> None:
    plain, noisy = [], []
    for item, pair in zip(locate("builtin", AssetStore([]), scale=4).items, prices.pairs, strict=True):
        assert pair.hr.shape[-1] == 4 * pair.lr.shape[-1], item.name
        for network, found in ((nearest, plain), (_noisy, noisy)):
            sr = (network(pair.lr / 255).double().clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8)
            y, x = (rgb2ycbcr(levels[0].permute(1, 2, 0).numpy())[4:-4, 4:-4, 0] for levels in (pair.hr, sr))
            found.append(peak_signal_noise_ratio(y, x, data_range=255))
    difference = np.subtract(noisy, plain)
    price = prices.of(model(nearest, "nearest"), Upscaler(_noisy, 4))
    assert price.mean_db == pytest.approx(difference.mean(), abs=1e-6)
    assert price.worst_db == pytest.approx(difference.min(), abs=1e-6)
    assert price.psnr == pytest.approx(np.mean(noisy), abs=1e-6)
    assert price.worst_db < price.mean_db < -0.1
    assert price.marked


def test_the_farthest_difference_may_be_a_gain(prices: Prices) -> None:
    better = of_registry("interpolation").upscaler()
    price = prices.of(model(nearest, "gain"), better)
    assert price.worst_db > price.mean_db > 0.5
    assert price.marked


def test_plain_fp32_is_measured_once_a_model(prices: Prices) -> None:
    calls: list[int] = []

    def watch(x: Tensor) -> Tensor:
        calls.append(1)
        return nearest(x)

    watched = model(watch, "watched")
    prices.of(watched, Upscaler(nearest, 4))
    prices.of(watched, Upscaler(_noisy, 4))
    assert len(calls) == len(prices.pairs) == 3


def test_nan_is_marked(prices: Prices) -> None:
    found = prices.of(model(nearest, "nan"), Upscaler(lambda x: nearest(x) * float("nan"), 4))
    assert np.isnan([found.mean_db, found.worst_db, found.psnr]).all()
    assert found.marked


def test_one_image_that_breaks_is_the_worst(prices: Prices) -> None:
    broken = iter([1.0, float("nan"), 1.0])
    found = prices.of(model(nearest, "one"), Upscaler(lambda x: nearest(x) * next(broken), 4))
    assert np.isnan(found.worst_db)
    assert found.marked


@pytest.mark.parametrize(
    ("worst_db", "marked"),
    [(0.0, False), (MOST_LOSS_DB, False), (-MOST_LOSS_DB, False), (-0.0101, True), (0.0101, True)],
)
def test_a_gain_is_marked_as_a_loss_is(worst_db: float, marked: bool) -> None:
    assert Price(0.0, worst_db, 30.0, 3).marked is marked


def test_a_mode_is_priced_by_its_own_output(prices: Prices) -> None:
    network = of_registry("espcn").make()
    asked = model(network, "bf16")
    found = prices.of(asked, asked.upscaler(Mode(precision="bf16")))
    assert 0 < abs(found.worst_db) < 0.5


def test_a_scale_without_a_protocol_cannot_be_priced() -> None:
    with pytest.raises(UserError, match="modes cannot be priced at scale 7"):
        Prices(7, AssetStore([]))
