"""What each metric is shown of an output: rounding, channel, border."""

from dataclasses import replace

import pytest
import torch

from srbench import protocol
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.evaluation import scoring
from srbench.metrics import catalogue

CLASSICAL = protocol.find("classical_x4")
PSNR, LPIPS = catalogue.find("psnr"), catalogue.find("lpips.alex")
LEVELS = torch.randint(0, 256, (1, 3, 24, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_an_output_is_rounded_to_8_bits_unless_the_protocol_says_not_to() -> None:
    sr = torch.tensor([-0.5, 0.0, 0.4996 / 255, 0.5 / 255, 100.5 / 255, 1.0, 1.5]).view(1, 1, 1, 7).double()
    rounded = scoring.quantise(sr, CLASSICAL)
    assert rounded.dtype == torch.uint8
    assert rounded.flatten().tolist() == [0, 0, 0, 1, 101, 255, 255]
    exact = scoring.quantise(sr, protocol.find("classical_x4+sr_rounding=false"))
    assert exact.flatten().tolist() == pytest.approx([0, 0, 0.4996, 0.5, 100.5, 255, 255])


def test_a_metric_sees_luma_inside_the_border() -> None:
    expected = image.luma(LEVELS)[..., 4:-4, 4:-4]
    assert torch.equal(scoring.prepare(LEVELS, PSNR, CLASSICAL), expected)
    assert torch.equal(scoring.prepare(LEVELS, PSNR, CLASSICAL, image.luma(LEVELS)), expected)
    rounded = scoring.prepare(LEVELS, PSNR, protocol.find("classical_x4+y_rounding=true"))
    assert torch.equal(rounded, image.round_half_up(expected))
    assert not torch.equal(rounded, expected)


def test_a_metric_sees_rgb_where_the_protocol_says_so() -> None:
    rgb = protocol.find("rgb_x4+border_px=3")
    assert torch.equal(scoring.prepare(LEVELS, PSNR, rgb), LEVELS.double()[..., 3:-3, 3:-3])


def test_a_metric_of_whole_images_sees_three_channels_without_a_border() -> None:
    assert torch.equal(scoring.prepare(LEVELS, LPIPS, CLASSICAL), LEVELS.double())
    grey = scoring.prepare(LEVELS[:, :1], LPIPS, CLASSICAL)
    assert torch.equal(grey, LEVELS[:, :1].double().expand(-1, 3, -1, -1))


def test_a_metric_without_reference_sees_the_output_alone() -> None:
    views = scoring.Views(LEVELS, 255 - LEVELS, CLASSICAL)
    (sr,) = views.of(replace(PSNR, needs_hr=False))
    assert torch.equal(sr, scoring.prepare(LEVELS, PSNR, CLASSICAL))
    assert torch.equal(views.of(PSNR)[1], scoring.prepare(255 - LEVELS, PSNR, CLASSICAL))


def test_a_grid_that_the_original_has_not_is_remarked_on() -> None:
    """A wave of 4 px; on an original that has it too, nothing is said."""
    generator = torch.Generator().manual_seed(5)
    hr = (128 + 12 * torch.randn(1, 3, 96, 96, generator=generator)).clamp(0, 255).round()
    wave = 12 * torch.cos(torch.pi * torch.arange(96) / 2)
    sr = (hr + wave + wave[:, None]).clamp(0, 255).round()
    (scorer,) = scoring.scorers(["grid"], CLASSICAL, AssetStore([]))
    remark = "Grid over 10 dB above its original's"
    for original, expected in ((hr, [remark]), (sr, []), (None, [])):
        assert scoring.measure(scoring.Views(sr, original, CLASSICAL), [scorer]).remarks == expected
