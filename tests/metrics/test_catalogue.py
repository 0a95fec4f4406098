from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.core.resize import resize
from srbench.errors import MissingWeights, UnknownName
from srbench.metrics.catalogue import catalogue, find
from srbench.metrics.metric import Metric


@pytest.mark.parametrize(
    "metric", [each for each in catalogue().values() if not each.of_sets], ids=lambda metric: metric.name
)
def test_every_metric_is_declared_in_full_and_tells_a_copy_from_noise(metric: Metric, photo: Tensor) -> None:
    assert metric.reference
    assert metric.title
    assert metric.digits >= 0
    assert metric.version
    assert find(metric.name) is metric
    try:
        opened: Any = metric.open(AssetStore([]))
    except MissingWeights as error:
        pytest.skip(str(error))
    hr = photo[:, :1] if metric.reads in ("y", "grey") else photo
    noisy = (hr + torch.randint(-60, 61, hr.shape)).clamp(0, 255)
    lr = resize(hr, (hr.shape[-2] // 4, hr.shape[-1] // 4), round_passes=True)
    score = partial(opened, scale=4) if metric.needs_scale else opened
    others = ([hr] if metric.needs_hr else []) + ([lr] if metric.needs_lr else [])
    worse, same = score(noisy, *others), score(hr, *others)
    assert worse.shape == (2,)
    assert worse.dtype == torch.float64
    if metric.needs_hr or metric.needs_lr:  # without either, `photo` is no better than noise
        assert bool(((same > worse) if metric.higher_is_better else (same < worse)).all())
    parts = zip(*(each.split(1) for each in (noisy, *others)), strict=True)
    alone = torch.cat([score(*part) for part in parts])
    torch.testing.assert_close(alone, worse, rtol=1e-5 if metric.spread else 1e-12, atol=0)


def test_an_unknown_metric_suggests_the_closest() -> None:
    with pytest.raises(UnknownName, match="Closest: 'ssim'"):
        find("sssim")
