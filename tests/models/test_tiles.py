"""Images in pieces: 8-bit outputs, what is held, and that no seam is seen."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.core import image
from srbench.core.resize import resize
from srbench.errors import ShapeError
from srbench.models import foreign, registry
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from tests.progress import Calling, RecordedTask
from zoo.archs.interpolation import Interpolation

SETTINGS: dict[str, dict[str, Any]] = {
    "luma": {"arch": "espcn", "colour": "luma"},
    "rgb": {"arch": "espcn", "colour": "rgb"},
    "ycbcr": {"arch": "espcn", "colour": "ycbcr"},
    "any": {"arch": "interpolation"},
}


def _upscaler(colour: str, mode: Mode, scale: int = 2) -> Upscaler:
    torch.manual_seed(1)
    settings = dict(SETTINGS[colour])
    network = registry.archs()[settings.pop("arch")].build(scale=scale, **settings)
    return Upscaler(network, scale, mode, colour=network.colour, overlap_px=5)


def _lr(channels: int, height: int, width: int, batch: int = 1) -> Tensor:
    return torch.randint(0, 256, (batch, channels, height, width), dtype=torch.uint8)


@pytest.mark.parametrize("tile_px", [0, 7])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("colour", SETTINGS)
def test_levels_are_what_would_be_scored(colour: str, channels: int, tile_px: int) -> None:
    upscaler = _upscaler(colour, Mode(tile_px=tile_px))
    lr = _lr(channels, 16, 11, batch=2)
    task = RecordedTask("", None)
    sr = upscaler.upscale_uint8(lr, task)
    assert (sr.dtype, sr.shape) == (torch.uint8, (2, channels, 32, 22))
    assert torch.equal(sr, image.to_uint8(upscaler(lr / 255)))
    assert task.done == upscaler.count_tiles(lr) == (6 if tile_px else 1)


@pytest.mark.parametrize("colour", SETTINGS)
def test_levels_do_not_depend_on_the_tiles_but_for_the_last_bit(colour: str) -> None:
    lr = _lr(3, 16, 11)
    whole, tiled = (_upscaler(colour, Mode(tile_px=px)).upscale_uint8(lr) for px in (99, 6))
    assert (whole.int() - tiled.int()).abs().max() <= 1
    assert (whole != tiled).float().mean() < 0.01


def test_self_ensemble_goes_through_tiles_too() -> None:
    lr = _lr(3, 9, 11)
    upscalers = [_upscaler("rgb", Mode(tile_px=px, self_ensemble=True)) for px in (99, 5)]
    whole, tiled = (upscaler(lr / 255) for upscaler in upscalers)
    assert torch.allclose(whole, tiled, atol=1e-6)
    assert torch.equal(upscalers[1].upscale_uint8(lr), image.to_uint8(tiled))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("tile_px", [3, 8])
def test_bicubic_in_tiles_is_exact(tile_px: int, scale: int) -> None:
    lr = _lr(3, 19, 14)
    upscaler = Upscaler(Interpolation(scale, "bicubic"), scale, Mode(tile_px=tile_px), colour="any", overlap_px=3)
    expected = resize(lr, (19 * scale, 14 * scale), round_passes=True)
    assert torch.equal(upscaler.upscale_uint8(lr).double(), expected)
    assert torch.equal(image.to_uint8(upscaler(lr / 255)).double(), expected)


@pytest.mark.parametrize(
    ("size", "tile_px", "pieces"),
    [((1, 1), 1, 1), ((1, 1), 9, 1), ((9, 9), 9, 1), ((10, 9), 9, 2), ((10, 10), 9, 4), ((20, 1), 4, 5)],
)
def test_pieces_are_counted_before_they_are_made(size: tuple[int, int], tile_px: int, pieces: int) -> None:
    upscaler = _upscaler("rgb", Mode(tile_px=tile_px))
    lr = _lr(3, *size)
    task = RecordedTask("", None)
    upscaler.upscale_uint8(lr, task)
    assert upscaler.count_tiles(lr) == task.done == pieces


def test_a_piece_never_sees_more_than_fits_and_progress_follows_each() -> None:
    seen: list[int] = []

    def watch(x: Tensor) -> Tensor:
        seen.append(x.shape[0] * x.shape[-2] * x.shape[-1])
        return interpolate(x, scale_factor=4, mode="nearest")

    upscaler = Upscaler(watch, 4, Mode(memory_mib=1), overlap_px=4, bytes_per_px=500)
    at: list[int] = []
    upscaler.upscale_uint8(_lr(3, 60, 50, batch=2), Calling(lambda _: at.append(len(seen))))
    assert at == list(range(1, len(seen) + 1))
    assert len(seen) > 1
    assert max(seen) * 500 <= 2**20


def test_a_larger_scale_needs_smaller_tiles() -> None:
    lr = _lr(3, 200, 200)
    pieces = []
    for scale in (2, 4, 8):
        network = Interpolation(scale, "nearest")
        upscaler = Upscaler(network, scale, Mode(memory_mib=64), overlap_px=4, bytes_per_px=8000)
        pieces.append(upscaler.count_tiles(lr))
    assert pieces[0] < pieces[1] < pieces[2]


def test_a_network_of_another_scale_is_an_error_in_tiles_too() -> None:
    upscaler = Upscaler(lambda x: interpolate(x, scale_factor=2), 4, Mode(tile_px=4))
    with pytest.raises(ShapeError, match="Is its scale 4"):
        upscaler.upscale_uint8(_lr(3, 9, 9))


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_an_image_without_pixels_is_the_users_mistake(size: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="at least 1 x 1"):
        _upscaler("rgb", Mode())(torch.rand(1, 3, *size))


def test_windows_of_tiles_lie_as_in_the_whole_image() -> None:
    """A network that mixes the pixels of each 8 x 8 window and sees nothing beyond it."""

    def windows(x: Tensor) -> Tensor:
        means = torch.nn.functional.avg_pool2d(x, 8)
        return torch.nn.functional.interpolate(means, scale_factor=16, mode="nearest")

    lr = torch.rand(1, 3, 37, 29)
    whole, *tiled = (
        Upscaler(windows, 2, Mode(tile_px=px), overlap_px=o, multiple_of=8)(lr)
        for px, o in ((99, 0), (8, 0), (12, 0), (13, 3), (5, 20))
    )
    assert whole.shape == (1, 3, 74, 58)
    for sr in tiled:
        assert torch.equal(sr, whole)


class _Windowed(torch.nn.Module):
    """Mixes the pixels of each window of 8 x 8."""

    def forward(self, x: Tensor) -> Tensor:
        mean = interpolate(torch.nn.functional.avg_pool2d(x, 8), scale_factor=8, mode="nearest")
        return interpolate(x + 0.2 * (mean - x), scale_factor=4, mode="bicubic")


class _PadsItself(_Windowed):
    """The same, for images of any size, as spandrel's networks are."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = torch.nn.functional.pad(x, (0, -width % 8, 0, -height % 8), mode="reflect")
        return super().forward(x)[..., : 4 * height, : 4 * width]


class _Pooled(torch.nn.Module):
    """Scales its input by the mean over all of it, as an attention of channels with global pooling does."""

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(x * (0.8 + 0.2 * x.mean((-2, -1), keepdim=True)), scale_factor=4, mode="nearest")


@pytest.mark.parametrize("network", [_Windowed, _PadsItself])
@pytest.mark.parametrize(
    "mode",
    [Mode(tile_px=50), Mode(tile_px=13), Mode(tile_px=3), Mode(memory_mib=60), Mode(memory_mib=1), Mode(tile_px=48)],
    ids=lambda mode: f"tile={mode.tile_px},memory={mode.memory_mib}",
)
@pytest.mark.parametrize("ensemble", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_any_tile_follows_the_size_rule(network: type[torch.nn.Module], mode: Mode, ensemble: bool) -> None:
    rule = {"multiple_of": 8} if network is _Windowed else {"tile_multiple_of": 8}
    lr = torch.rand(1, 3, 101, 77)
    whole, tiled = (
        Upscaler(network(), 4, replace(m, self_ensemble=ensemble), overlap_px=9, bytes_per_px=10000, **rule)
        for m in (Mode(memory_mib=2000), mode)
    )
    assert torch.allclose(whole(lr), tiled(lr), atol=1e-6)
    assert whole.count_tiles(lr) == 1 < tiled.count_tiles(lr)
    assert tiled.tiling.side(101, 77) % 8 == tiled.tiling.context_px % 8 == 0
    assert not whole.tile_warning(lr)
    assert not tiled.tile_warning(lr)


@pytest.mark.parametrize("network", [_Pooled, _PadsItself], ids=["a mean over the image", "windows not declared"])
@pytest.mark.parametrize("mode", [Mode(tile_px=50), Mode(tile_px=12), Mode(memory_mib=60)])
def test_a_network_whose_pixels_depend_on_the_tiles_is_named(network: type[torch.nn.Module], mode: Mode) -> None:
    lr = torch.rand(1, 3, 101, 77)
    upscaler = Upscaler(network(), 4, mode, overlap_px=10, bytes_per_px=10000)
    assert "depends on the tiles" in upscaler.tile_warning(lr)
    assert not Upscaler(network(), 4).tile_warning(lr)


class _Attentive(torch.nn.Module):
    """Sharpens by a deviation over all of its input, as an attention of contrast does (IMDN)."""

    def forward(self, x: Tensor) -> Tensor:
        smooth = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
        return interpolate(x + x.std((-2, -1), keepdim=True) * (x - smooth), scale_factor=4, mode="nearest")


def test_the_probe_promises_no_less_than_a_photograph_with_a_sky_shows() -> None:
    lr = torch.full((1, 3, 96, 96), 0.8)
    lr[..., 64:, :] = 0.1 + 0.8 * torch.rand(1, 3, 32, 96)
    modes = Mode(), Mode(tile_px=32)
    whole, tiled = (Upscaler(_Attentive(), 4, mode, overlap_px=4, bytes_per_px=100) for mode in modes)
    shown = 255 * (whole(lr) - tiled(lr)).abs().max().item()
    promised = re.search(r"up to (\S+) levels on a hard probe", tiled.tile_warning(lr))
    assert promised is not None
    assert shown > 10
    assert float(promised[1]) > shown


def test_the_size_rule_of_a_spandrel_network_is_known(tmp_path: Path) -> None:
    spandrel = pytest.importorskip("spandrel")
    network = spandrel.architectures.SAFMN.SAFMN(dim=8, n_blocks=1, upscaling_factor=4)
    torch.save(network.state_dict(), tmp_path / "safmn.pth")
    model = foreign.from_weight_file(tmp_path / "safmn.pth", 4)
    rule = spandrel.ModelLoader().load_from_state_dict(network.state_dict()).size_requirements.multiple_of
    assert model.upscaler().tiling.multiple_of == rule == 8
