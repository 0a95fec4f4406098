import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.errors import MissingWeights, UnknownName
from srbench.metrics.catalogue import catalogue, find
from srbench.metrics.metric import Metric


@pytest.mark.parametrize("metric", catalogue().values(), ids=lambda metric: metric.name)
def test_every_metric_is_declared_in_full_and_tells_a_copy_from_noise(metric: Metric) -> None:
    assert metric.reference
    assert metric.title
    assert metric.digits >= 0
    assert metric.version
    assert find(metric.name) is metric
    try:
        score = metric.open(AssetStore([]))
    except MissingWeights as error:
        pytest.skip(str(error))
    hr = torch.randint(0, 256, (2, 3, 80, 72)).double()
    noisy = (hr + torch.randint(-30, 31, hr.shape)).clamp(0, 255)
    worse, same = score(noisy, hr), score(hr, hr)
    assert worse.shape == (2,)
    assert worse.dtype == torch.float64
    assert bool(((same > worse) if metric.higher_is_better else (same < worse)).all())


def test_an_unknown_metric_suggests_the_closest() -> None:
    with pytest.raises(UnknownName, match="Closest: 'ssim'"):
        find("sssim")
