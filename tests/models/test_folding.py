"""Folded layers and networks beside those they replace."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from srbench.core.assets import AssetStore
from srbench.models import folding, registry
from srbench.models.arch import Network
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.select import select_one

SIZES = [(1, 1), (1, 6), (7, 5)]


def _norm(channels: int, affine: bool = True) -> nn.BatchNorm2d:
    """A BatchNorm as if it had been trained."""
    return _trained(nn.BatchNorm2d(channels, affine=affine))


def _trained(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.normal_(0, 0.3)
    norm.running_var.uniform_(0.3, 2)
    if norm.affine:
        nn.init.uniform_(norm.weight, -1.2, 1.2)
        nn.init.normal_(norm.bias, 0, 0.3)
    return norm.eval()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@torch.no_grad()
def test_a_convolution_takes_the_norm_after_it(kernel: int, bias: bool, affine: bool) -> None:
    conv, norm = nn.Conv2d(5, 7, kernel, padding=kernel // 2, bias=bias), _norm(7, affine)
    folded = folding.with_norm(conv, norm)
    for size in SIZES:
        x = torch.rand(2, 5, *size)
        assert torch.allclose(folded(x), norm(conv(x)), atol=1e-5)


def test_a_norm_without_statistics_cannot_be_folded() -> None:
    with pytest.raises(ValueError, match="no running statistics"):
        folding.with_norm(nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2, track_running_stats=False))


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 3, 5, 9])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_a_shuffle_goes_behind_the_convolution_that_followed_it(kernel: int, factor: int, bias: bool) -> None:
    conv = nn.Conv2d(4, 3, kernel, padding=kernel // 2, bias=bias)
    folded = folding.before_shuffle(conv, factor)
    for size in SIZES:
        x = torch.rand(2, 4 * factor**2, *size)
        assert torch.allclose(folded(x), conv(pixel_shuffle(x, factor)), atol=1e-5)


@pytest.mark.parametrize(("kernel", "factor", "small"), [(9, 2, 5), (9, 4, 3), (3, 2, 3), (5, 3, 3), (1, 2, 1)])
def test_the_kernel_covers_no_more_cells_than_it_must(kernel: int, factor: int, small: int) -> None:
    made = folding.before_shuffle(nn.Conv2d(2, 3, kernel, padding=kernel // 2), factor)[0]
    assert isinstance(made, nn.Conv2d)
    assert made.weight.shape == (3 * factor**2, 2 * factor**2, small, small)


@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_nearest_upsampling_goes_into_the_convolution_after_it(bias: bool) -> None:
    conv = nn.Conv2d(4, 5, 3, padding=1, bias=bias)
    folded = folding.after_nearest(conv)
    for size in SIZES:
        x = torch.rand(2, 4, *size)
        assert torch.allclose(folded(x), conv(interpolate(x, scale_factor=2, mode="nearest")), atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(9, 2, 4), (9, 3, 4), (9, 4, 4), (3, 2, 1), (3, 3, 0), (5, 3, 1), (5, 4, 2), (4, 2, 1), (2, 2, 0), (6, 4, 1)],
)
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_a_transposed_convolution_is_a_convolution_and_a_shuffle(
    kernel: int, stride: int, padding: int, bias: bool
) -> None:
    rest = stride + 2 * padding - kernel  # so that the output is stride times as large
    deconv = nn.ConvTranspose2d(4, 2, kernel, stride, padding, output_padding=rest, bias=bias)
    folded = folding.as_shuffle(deconv)
    for size in SIZES:
        x = torch.rand(2, 4, *size)
        expected = deconv(x)
        assert expected.shape[-2:] == (size[0] * stride, size[1] * stride)
        assert torch.allclose(folded(x), expected, atol=1e-5)


@torch.no_grad()
def test_only_a_prelu_with_one_slope_becomes_a_leaky_relu() -> None:
    one_slope, many, other = nn.PReLU(init=0.3), nn.PReLU(4), nn.ReLU()
    x = torch.randn(1, 4, 3, 3)
    assert torch.equal(folding.one_slope(one_slope)(x.clone()), one_slope(x))
    assert folding.one_slope(many) is many
    assert folding.one_slope(other) is other


@torch.no_grad()
def test_a_subclass_of_a_convolution_becomes_the_convolution_alone() -> None:
    class Louder(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * 2

    louder = Louder(3, 4, 3, padding=1)
    x = torch.rand(1, 3, 5, 4)
    assert torch.equal(folding.plain(louder)(x) * 2, louder(x))


def _network(arch: str, settings: dict[str, Any]) -> Network:
    network = registry.archs()[arch].build(**settings)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            _trained(module)
    return network.eval()


def _channels(network: Network) -> int:
    return 1 if network.colour == "luma" else 3


FOLDING = {
    "srresnet": {"scale": 4, "blocks": 1, "channels": 4},
    "edsr": {"scale": 4, "blocks": 1, "channels": 4},
    "rrdb": {"scale": 4, "blocks": 1, "channels": 4, "growth": 2},
    "fsrcnn": {"scale": 4},
}


@pytest.mark.parametrize("arch", FOLDING)
def test_a_folded_network_has_other_layers_and_the_original_still_trains(arch: str) -> None:
    network = _network(arch, FOLDING[arch]).train()
    folded = network.folded()
    assert folded is not network
    assert [type(module) for module in folded.modules()] != [type(module) for module in network.modules()]
    assert network.training
    network(torch.rand(2, _channels(network), 4, 4)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("arch", FOLDING)
def test_a_folded_copy_shares_no_memory_with_the_original(arch: str) -> None:
    network = _network(arch, FOLDING[arch])
    own = {tensor.data_ptr() for tensor in network.state_dict().values()}
    shared = [name for name, tensor in network.folded().state_dict().items() if tensor.data_ptr() in own]
    assert shared == []


class _Doubled(Network):
    def __init__(self, level: float) -> None:
        super().__init__(2)
        self.level = level

    def forward(self, lr: Tensor) -> Tensor:
        return torch.full((*lr.shape[:2], 2 * lr.shape[-2], 2 * lr.shape[-1]), self.level)

    def folded(self) -> "Network":
        return _Doubled(0.5)


def test_a_model_runs_its_folded_network() -> None:
    sr = Model("m", 2, lambda: _Doubled(0.25), {}).upscaler()(torch.rand(1, 3, 2, 2))
    assert torch.equal(sr, torch.full((1, 3, 4, 4), 0.5))


def test_a_model_runs_its_network_as_published_when_asked() -> None:
    sr = Model("m", 2, lambda: _Doubled(0.25), {}).upscaler(Mode(unfolded=True))(torch.rand(1, 3, 2, 2))
    assert torch.equal(sr, torch.full((1, 3, 4, 4), 0.25))


@pytest.mark.parametrize(
    "id_",
    ["srresnet.h100", "srgan.smooth", "srgan.textured", "srgan.srbench", "esrgan_lite.textured", "esrgan_lite.psnr"],
)
@torch.no_grad()
def test_trained_weights_answer_the_same_when_folded(id_: str) -> None:
    model = select_one(id_, AssetStore([]))
    network = model.make()
    assert isinstance(network, Network)
    lr = torch.randint(0, 256, (1, 3, 9, 6)) / 255
    assert torch.allclose(model.upscaler(Mode())(lr), network.eval()(lr).clamp(0, 1), atol=1e-5, rtol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("arch", FOLDING)
@torch.no_grad()
def test_a_network_that_is_on_a_gpu_can_be_folded(arch: str) -> None:
    """As `srbench.evaluate` does with a network in a training loop."""
    network = _network(arch, FOLDING[arch]).cuda()
    lr = torch.rand(1, _channels(network), 7, 5, device="cuda")
    assert torch.allclose(network.folded().cuda()(lr), network(lr), atol=1e-4)
