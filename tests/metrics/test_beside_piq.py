"""Values beside those of piq, whose own tests hold the values of the authors' MATLAB programs."""

import piq
import pytest
import torch
from torch import Tensor

from srbench.metrics.fsim import fsim
from srbench.metrics.gmsd import gmsd
from srbench.metrics.haarpsi import haarpsi
from srbench.metrics.iw_ssim import iw_ssim
from srbench.metrics.ms_ssim import ms_ssim
from srbench.metrics.vifp import vifp


@pytest.fixture
def distorted(photo: Tensor) -> Tensor:
    """Two images with noise that grows to the right, clamped."""
    ramp = torch.linspace(0, 30, photo.shape[-1], dtype=torch.float64)
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return (photo + ramp * noise).clamp(0, 255).round()


def test_grey_metrics_equal_piqs(photo: Tensor, distorted: Tensor) -> None:
    x, y = distorted[:, :1], photo[:, :1]
    both = {"data_range": 255, "reduction": "none"}
    for ours, theirs, tolerance in (
        (iw_ssim(x, y), piq.information_weighted_ssim(x, y, **both), 1e-9),
        (vifp(x, y), piq.vif_p(x, y, **both), 1e-7),  # piq keeps small variances from 0 by 1e-8, we by 1e-10
        (ms_ssim(x, y, product=True), piq.multi_scale_ssim(x, y, **both), 1e-4),  # weights whose sum is 1.0001, or 1
        (gmsd(x, y), piq.gmsd(x, y, **both), 2e-3),  # piq divides by n and pads by 1 px less
        (haarpsi(x, y), piq.haarpsi(x, y, **both), 1e-9),
    ):
        torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)


def test_metrics_of_colour_equal_piqs(photo: Tensor, distorted: Tensor) -> None:
    x, y, both = distorted, photo, {"data_range": 255, "reduction": "none"}
    torch.testing.assert_close(haarpsi(x, y), piq.haarpsi(x, y, **both), atol=1e-9, rtol=0)
    # piq takes the lower of two middle values as a median, and other digits of the matrix to YIQ.
    torch.testing.assert_close(fsim(x, y, colour=False), piq.fsim(x, y, chromatic=False, **both), atol=2e-5, rtol=0)
    torch.testing.assert_close(fsim(x, y, colour=True), piq.fsim(x, y, chromatic=True, **both), atol=2e-4, rtol=0)


def test_grey_stored_as_rgb_has_the_haarpsi_of_grey(photo: Tensor, distorted: Tensor) -> None:
    x, y = distorted[:, :1], photo[:, :1]
    as_rgb = haarpsi(x.expand(-1, 3, -1, -1), y.expand(-1, 3, -1, -1))
    torch.testing.assert_close(as_rgb, haarpsi(x, y), atol=1e-12, rtol=0)


def test_metrics_of_flat_originals_are_finite() -> None:
    flat = torch.full((1, 1, 176, 176), 100.0)
    for metric in (iw_ssim, vifp, haarpsi):
        assert metric(flat, flat).item() == pytest.approx(1)
