import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import interpolate

from srbench.core import image
from srbench.core.resize import resize
from srbench.errors import ShapeError, UserError
from srbench.models import registry
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from zoo.archs.interpolation import Interpolation


def _nearest(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="nearest")


def _srresnet() -> nn.Module:
    return registry.archs()["srresnet"].build(scale=4, blocks=1, channels=8)


@pytest.mark.parametrize("arch", ["espcn", "fsrcnn", "srresnet", "msrresnet", "edsr", "srvgg", "interpolation"])
@settings(max_examples=8)
@given(height=st.integers(1, 40), width=st.integers(1, 40), tile=st.integers(5, 24))
def test_tiles_with_the_whole_receptive_field_change_nothing(arch: str, height: int, width: int, tile: int) -> None:
    network = registry.archs()[arch].build(
        scale=4, **({"blocks": 1, "channels": 8} if arch in ("srresnet", "edsr") else {})
    )
    if arch in ("msrresnet", "srvgg"):
        network = registry.archs()[arch].build(scale=4, channels=8)
    colour = registry.archs()[arch].colour
    whole, tiled = (Upscaler(network, 4, Mode(tile_px=px), colour=colour, overlap_px=40) for px in (1000, tile))
    lr = torch.rand(1, 3, height, width)
    assert torch.allclose(whole(lr), tiled(lr), atol=1e-5)


def test_memory_sizes_the_tiles() -> None:
    sizes: list[tuple[int, int]] = []

    def watch(x: Tensor) -> Tensor:
        sizes.append((x.shape[-2], x.shape[-1]))
        return _nearest(x)

    upscaler = Upscaler(watch, 4, Mode(memory_mib=1), overlap_px=4, bytes_per_px=1000)
    lr = torch.rand(1, 3, 70, 50)
    assert torch.equal(upscaler(lr), _nearest(lr))
    assert len(sizes) > 1
    assert max(h * w for h, w in sizes) * 1000 <= 2**20
    sizes.clear()
    Upscaler(watch, 4, Mode(memory_mib=64), bytes_per_px=1000)(lr)
    assert sizes == [(70, 50)]


@given(height=st.integers(1, 30), width=st.integers(1, 30), multiple=st.integers(1, 9))
def test_size_rules_are_met_and_the_padding_is_cropped(height: int, width: int, multiple: int) -> None:
    def strict(x: Tensor) -> Tensor:
        assert x.shape[-2] % multiple == 0
        assert x.shape[-1] % multiple == 0
        return _nearest(x)

    lr = torch.rand(1, 3, height, width)
    assert torch.equal(Upscaler(strict, 4, multiple_of=multiple)(lr), _nearest(lr))


def test_a_network_of_another_scale_is_an_error() -> None:
    with pytest.raises(ShapeError, match="Is its scale 2"):
        Upscaler(_nearest, 2)(torch.rand(1, 3, 4, 4))


def test_output_is_clamped_and_nan_is_kept_for_the_flags() -> None:
    assert Upscaler(lambda x: _nearest(x) * 3 - 1, 4)(torch.rand(1, 3, 4, 4)).aminmax() == (0, 1)
    assert Upscaler(lambda x: _nearest(x) * float("nan"), 4)(torch.rand(1, 3, 4, 4)).isnan().all()


def test_self_ensemble_averages_the_eight_views() -> None:
    network = _srresnet().eval()
    lr = torch.rand(1, 3, 6, 9)
    plain, ensemble = Upscaler(network, 4), Upscaler(network, 4, Mode(self_ensemble=True))
    expected = torch.zeros(1, 3, 24, 36)
    for turns in range(4):
        for flip in (False, True):
            view = torch.rot90(lr.flip(-1) if flip else lr, turns, (-2, -1))
            with torch.no_grad():
                back = torch.rot90(network(view), -turns, (-2, -1))
            expected += (back.flip(-1) if flip else back) / 8
    assert torch.allclose(ensemble(lr), expected.clamp(0, 1), atol=1e-6)
    assert not torch.allclose(ensemble(lr), plain(lr), atol=1e-6)
    # The ensemble of an image turned by 90 degrees is the turned ensemble.
    assert torch.allclose(ensemble(torch.rot90(lr, 1, (-2, -1))), torch.rot90(ensemble(lr), 1, (-2, -1)), atol=1e-6)


def test_an_rgb_network_sees_grey_three_times_and_answers_in_grey() -> None:
    tint = torch.tensor([1.0, 0.5, 0.25]).view(1, 3, 1, 1)
    lr = torch.full((1, 1, 2, 2), 100 / 255)
    sr = Upscaler(lambda x: _nearest(x) * tint, 4)(lr)
    assert sr.shape == (1, 1, 8, 8)
    # 0.299 * 100 + 0.587 * 50 + 0.114 * 25, of channels rounded first, is 62.1
    assert torch.equal(image.to_uint8(sr), torch.full((1, 1, 8, 8), 62, dtype=torch.uint8))


def test_a_luma_network_sees_grey_as_it_is() -> None:
    seen: list[Tensor] = []

    def watch(x: Tensor) -> Tensor:
        seen.append(x)
        return _nearest(x)

    lr = torch.rand(1, 1, 3, 3)
    assert torch.equal(Upscaler(watch, 4, colour="luma")(lr), _nearest(lr))
    assert torch.equal(seen[0], lr)


def test_a_luma_network_sees_studio_luma_and_chroma_is_bicubic() -> None:
    lr = torch.randint(0, 256, (1, 3, 8, 8)) / 255
    flat = Upscaler(lambda x: torch.full((1, 1, 32, 32), 0.5), 4, colour="luma")(lr)
    ycbcr = image.rgb_to_ycbcr(lr.double(), studio=True)
    chroma = resize(ycbcr[:, 1:], (32, 32))
    expected = image.ycbcr_to_rgb(torch.cat([torch.full((1, 1, 32, 32), 0.5).double(), chroma], 1), studio=True)
    assert torch.allclose(flat.double(), expected.clamp(0, 1), atol=1e-6)


def test_interpolation_treats_channels_alone_and_eight_bits_as_matlab_does() -> None:
    lr = torch.randint(0, 256, (1, 3, 9, 7))
    sr = Upscaler(Interpolation(4, "bicubic"), 4, colour="any")(lr / 255)
    assert torch.equal(image.to_uint8(sr).double(), resize(lr, (36, 28), round_passes=True))
    real = torch.rand(1, 1, 9, 7, dtype=torch.float64)
    smooth = Upscaler(Interpolation(4, "bicubic"), 4, colour="any")(real)
    assert torch.allclose(smooth, resize(real, (36, 28)).clamp(0, 1), atol=1e-12)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_stays_close_and_the_output_is_float32(precision: str) -> None:
    network = _srresnet().eval()
    lr = torch.rand(1, 3, 12, 12)
    full = Upscaler(network, 4)(lr)
    low = Upscaler(network, 4, Mode(precision=precision))(lr)  # type: ignore[arg-type]
    assert low.dtype == torch.float32
    assert 0 < (low - full).abs().max() < 0.05


def test_channels_last_gives_the_same_output() -> None:
    network = _srresnet().eval()
    lr = torch.rand(1, 3, 12, 12)
    plain = Upscaler(network, 4)(lr)
    assert torch.allclose(Upscaler(network, 4, Mode(channels_last=True))(lr), plain, atol=1e-5)


def test_tf32_is_off_during_the_call_and_the_callers_setting_comes_back() -> None:
    seen: list[bool] = []

    def watch(x: Tensor) -> Tensor:
        seen.append(torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32)
        assert torch.backends.cudnn.enabled
        return _nearest(x)

    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        Upscaler(watch, 4)(torch.rand(1, 3, 2, 2))
        assert seen == [False]
        assert torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False


def test_a_device_that_is_not_there_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="the device 'nonsense' cannot be used"):
        Upscaler(_nearest, 4, Mode("nonsense"))
