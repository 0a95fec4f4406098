"""Shapes and settings of the discriminators."""

import pytest
import torch
from torch import nn

from srbench.training.discriminators import PatchGan, UNet, VggStyle


def _count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_vgg_style_is_srgans_at_96_px() -> None:
    network = VggStyle().build(3)
    # eight convolutions with bias, seven BatchNorms, 18432 -> 1024 -> 1
    pairs = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    convs = sum(9 * a * b + b for a, b in pairs)
    assert _count(network) == convs + sum(2 * b for _, b in pairs[1:]) + 18432 * 1024 + 1024 + 1025
    assert network.features[:-2](torch.zeros(1, 3, 96, 96)).shape == (1, 512, 6, 6)


@pytest.mark.parametrize("size", [(16, 16), (96, 96), (101, 67)])
def test_vgg_style_takes_any_size(size: tuple[int, int]) -> None:
    network = VggStyle(channels=4, hidden=8).build(6)
    assert network(torch.rand(2, 6, *size)).shape == (2, 1)


def test_patchgan_scores_70_px_patches() -> None:
    network = PatchGan(kind="patchgan").build(6).eval()
    image = torch.zeros(1, 6, 256, 256, requires_grad=True)
    scores = network(image)
    assert scores.shape == (1, 1, 30, 30)
    scores[0, 0, 15, 15].backward()
    assert image.grad is not None
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


@pytest.mark.parametrize("size", [(8, 8), (32, 32), (45, 30)])
def test_unet_scores_each_pixel(size: tuple[int, int]) -> None:
    assert UNet(kind="unet", channels=4).build(3)(torch.rand(2, 3, *size)).shape == (2, 1, *size)


def test_spectral_norm_bounds_the_layers_of_the_unet() -> None:
    network = UNet(kind="unet", channels=4).build(3)
    for _ in range(60):  # power iterations happen in training mode
        network(torch.rand(1, 3, 16, 16))
    for conv in [*network.down, *network.up, *network.end]:
        largest = torch.linalg.matrix_norm(conv.weight.detach().flatten(1), 2)
        assert float(largest) == pytest.approx(1.0, abs=0.02)


def test_norms_can_be_chosen() -> None:
    for norm, layer in (("batch", nn.BatchNorm2d), ("instance", nn.InstanceNorm2d), ("none", None)):
        for piece in (VggStyle(norm=norm, channels=4), PatchGan(kind="patchgan", norm=norm, channels=4)):
            found = {type(m) for m in piece.build(3).modules()} & {nn.BatchNorm2d, nn.InstanceNorm2d}
            assert found == ({layer} if layer else set())
