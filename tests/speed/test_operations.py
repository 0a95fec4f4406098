"""Operations and activations, against sums done by hand."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from srbench.models.model import Model
from srbench.speed.operations import count, parameters_by_file
from srbench.speed.records import Work
from tests.speed.synthetic import model, nearest, of_registry


def test_srcnn_works_at_full_size() -> None:
    work = count(of_registry("srcnn"), 10, 7)
    pixels = 16 * 10 * 7
    macs = pixels * (64 * 81 + 32 * 64 + 1 * 32 * 25)
    parameters = 64 * 81 + 64 + 32 * 64 + 32 + 32 * 25 + 1
    assert work == Work(parameters, macs, 2 * macs, pixels * (64 + 32 + 1), 2 * macs, ("relu_",))


def test_espcn_works_at_small_size() -> None:
    work = count(of_registry("espcn", scale=3), 10, 7)
    macs = 70 * (64 * 25 + 32 * 64 * 9 + 9 * 32 * 9)
    parameters = 64 * 26 + 32 * (64 * 9 + 1) + 9 * (32 * 9 + 1)
    assert work == Work(parameters, macs, 2 * macs, 70 * (64 + 32 + 9), 2 * macs, ("tanh",))


def test_srresnet_as_published_not_as_folded() -> None:
    work = count(of_registry("srresnet"), 20, 30)
    assert work is not None
    c, blocks = 64, 16
    at_lr = 3 * c * 81 + blocks * 2 * c * c * 9 + c * c * 9 + c * 4 * c * 9
    at_twice, at_full = c * 4 * c * 9, c * 3 * 81
    assert work.macs == 600 * (at_lr + 4 * at_twice + 16 * at_full)
    assert work.activations == 600 * (c + blocks * 2 * c + c + 4 * c + 4 * 4 * c + 16 * 3)


def test_rrdb_by_a_closed_formula() -> None:
    blocks, c, g = 3, 64, 32
    work = count(of_registry("rrdb", blocks=blocks), 11, 13)
    assert work is not None
    dense = 9 * (sum(g * (c + i * g) for i in range(4)) + c * (c + 4 * g))
    at_lr = 9 * 3 * c + blocks * 3 * dense + 9 * c * c
    assert work.macs == 143 * (at_lr + 4 * 9 * c * c + 16 * (2 * 9 * c * c + 9 * c * 3))
    assert work.activations == 143 * (c + blocks * 3 * (4 * g + c) + c + 4 * c + 16 * (2 * c + 3))


def test_msrresnet_is_what_ntire_counts() -> None:
    """NTIRE's challenges on efficient SR print 1.517 M, 166.36 G and 292.55 M for 256 x 256; FLOPs there are MACs."""
    work = count(of_registry("msrresnet"), 256, 256)
    assert work is not None
    assert work.parameters / 1e6 == pytest.approx(1.517, abs=0.001)
    assert work.macs / 1e9 == pytest.approx(166.36, rel=0.002)
    assert work.activations / 1e6 == pytest.approx(292.55, abs=0.01)


class _Strided(nn.Module):
    multiple_of = 2

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3 * 64, 4, stride=2, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.pixel_shuffle(self.conv(x), 8)


def test_a_strided_convolution_counts_what_it_puts_out() -> None:
    work = count(model(_Strided(), multiple_of=2), 8, 6)
    macs = 4 * 3 * 192 * 3 * 16
    assert work == Work(192 * 48, macs, 2 * macs, 12 * 192, 2 * macs)


def test_a_size_that_is_padded_is_counted_as_it_runs() -> None:
    network = model(_Strided(), multiple_of=2)
    assert count(network, 7, 5) == count(network, 8, 6)


class _Attention(nn.Module):
    """Each pixel looks at every other; or only at those of its column."""

    def __init__(self, columns: bool) -> None:
        super().__init__()
        self.columns = columns

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        tokens = x.permute(0, 3, 2, 1).reshape(n * w, h, c) if self.columns else x.flatten(2).mT
        tokens = tokens @ tokens.mT @ tokens
        seen = tokens.reshape(n, w, h, c).permute(0, 3, 2, 1) if self.columns else tokens.mT.reshape(n, c, h, w)
        return nearest(seen)


def test_a_network_that_does_not_grow_with_the_pixels_runs_at_full_size() -> None:
    work = count(model(_Attention(columns=False)), 30, 20)
    assert work is not None
    assert (work.parameters, work.macs, work.activations) == (0, 2 * 3 * 600**2, 0)


def test_a_network_that_grows_with_the_square_of_the_height_runs_at_full_size() -> None:
    work = count(model(_Attention(columns=True)), 48, 20)
    assert work is not None
    assert work.macs == 2 * 3 * 20 * 48**2


def test_a_constant_part_is_counted_once() -> None:
    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.gate = nn.Conv2d(3, 3, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return nearest(x * self.gate(x.mean((2, 3), keepdim=True)))

    work = count(model(Pooled()), 10, 10)
    assert work is not None
    assert (work.macs, work.activations) == (100 * 81 + 9, 100 * 3 + 3)


def test_what_is_no_module_is_not_counted_and_resampling_is_no_work() -> None:
    assert count(model(nearest), 8, 8) is None
    work = count(of_registry("interpolation"), 8, 8)
    assert work is not None
    assert (work.macs, work.flops_own, work.activations) == (0, 0, 0)


class _Ways(nn.Module):
    """Layers whose products come in different operators; attention is one that torch's counter lacks on a CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1, groups=1)
        self.grouped = nn.Conv2d(4, 8, 3, padding=1, groups=2, stride=2)
        self.line = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        tokens = self.grouped(self.up(x)).flatten(2).mT
        seen = nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)
        return nearest(self.line(seen).mT.reshape(n, 3, h, w))


def test_what_one_count_lacks_is_named_and_the_two_counts_differ_by_it() -> None:
    work = count(model(_Ways()), 6, 5)
    assert work is not None
    layers = 30 * (3 * 4 * 16 + 8 * 2 * 9 + 8 * 3)
    attention = 2 * 30**2 * 8
    assert work.flops_own == 2 * (layers + attention)
    if "_scaled_dot_product_flash_attention_for_cpu" in work.not_counted:
        assert work.flops == 2 * layers
    else:  # a torch that splits it into products that both count
        assert work.flops == work.flops_own


def test_parameters_are_counted_in_each_file(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3))
    save_file({name: value for name, value in network.state_dict().items() if value.ndim}, tmp_path / "a.safetensors")
    identity = {"weights": {"a": "hash"}}
    of_file = Model("m", 4, lambda: network, identity, path=tmp_path / "a.safetensors")
    assert parameters_by_file(of_file) == {"a.safetensors": 81 + 3 + 4 * 3}
    assert parameters_by_file(model(nearest)) == {}
