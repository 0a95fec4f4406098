"""Losses against values computed by hand."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d, relu

from srbench.core.assets import AssetStore
from srbench.errors import BadRecipe, UserError
from srbench.training.adversarial_loss import AdversarialLoss
from srbench.training.features import FILES, VggFeatures, layer_names, load_features
from srbench.training.forward_cache import Batch, ForwardCache
from srbench.training.gan_objectives import Relativistic, Vanilla
from srbench.training.generator_losses import Adversarial, Content, Cycle, Grid, LossContext, Pixel
from zoo.archs.espcn import ESPCN


def _levels(*values: int) -> Tensor:
    return torch.tensor(values, dtype=torch.uint8).view(1, 1, 1, -1).expand(1, 3, 1, -1).contiguous()


def _cache(lr: Tensor, hr: Tensor, **networks: Any) -> ForwardCache:
    return ForwardCache(Batch(lr, hr, []), "rgb", networks)


def _context(losses: dict[Any, AdversarialLoss] | None = None, scale: int = 2) -> LossContext:
    return LossContext(AssetStore([]), torch.device("cpu"), False, scale, "rgb", losses or {})


def _double(x: Tensor) -> Tensor:
    return 2 * x


def test_pixel() -> None:
    cache = _cache(_levels(51, 102), _levels(51, 255), generator=_double)  # SR 0.4, 0.8 against HR 0.2, 1.0
    assert float(Pixel(kind="pixel", criterion="mse").build(_context())(cache)) == pytest.approx(0.04)
    assert float(Pixel(kind="pixel", criterion="l1").build(_context())(cache)) == pytest.approx(0.2)


def test_cycle() -> None:
    cache = _cache(_levels(51), _levels(102), generator=_double, lr_generator=lambda x: 0.25 * x)
    assert float(Cycle(kind="cycle", domain="lr").build(_context())(cache)) == pytest.approx(0.1)  # 0.2 -> 0.4 -> 0.1
    assert float(Cycle(kind="cycle", domain="hr").build(_context())(cache)) == pytest.approx(0.2)  # 0.4 -> 0.1 -> 0.2


def test_a_missing_network_is_named() -> None:
    with pytest.raises(BadRecipe, match=r"\[lr_generator\]"):
        Cycle(kind="cycle").build(_context())(_cache(_levels(1), _levels(1), generator=_double))


class _Mean(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * x.mean((1, 2, 3), keepdim=False).view(-1, 1)


def _loss(objective: Any, conditional: bool = False) -> AdversarialLoss:
    network = _Mean()
    return AdversarialLoss(network, network, objective, "hr", conditional)


def test_adversarial() -> None:
    cache = _cache(_levels(51), _levels(204), generator=_double)  # D(SR) = 0.4, D(HR) = 0.8
    loss = _loss(Vanilla())
    value = Adversarial(kind="adversarial").build(_context({"hr": loss}))(cache)
    assert float(value.detach()) == pytest.approx(float(torch.nn.functional.softplus(torch.tensor(-0.4))))


def test_the_relativistic_generator_sees_both_sides() -> None:
    softplus = torch.nn.functional.softplus
    cache = _cache(_levels(51), _levels(204), generator=_double)
    value = _loss(Relativistic(kind="relativistic_average")).generator_loss(cache)
    assert float(value.detach()) == pytest.approx(
        float(softplus(torch.tensor(0.4)) * 2)
    )  # D(HR) - D(SR) = 0.4, both ways


def test_the_discriminators_step_leaves_the_generator_alone() -> None:
    gain = torch.ones((), requires_grad=True)
    cache = _cache(_levels(51), _levels(204), generator=lambda x: gain * x)
    loss = _loss(Vanilla())
    loss.discriminator_loss(cache).backward()
    assert gain.grad is None
    assert loss.network.gain.grad is not None


def test_a_conditional_discriminator_sees_the_upscaled_lr() -> None:
    seen: list[Tensor] = []

    class Recorder(_Mean):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.detach())
            return super().forward(x)

    network = Recorder()
    lr = torch.randint(0, 256, (1, 3, 4, 4), dtype=torch.uint8)
    hr = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
    cache = _cache(lr, hr, generator=lambda x: torch.nn.functional.interpolate(x, scale_factor=4))
    AdversarialLoss(network, network, Vanilla(), "hr", True).discriminator_loss(cache)
    real, fake = seen
    assert real.shape == fake.shape == (1, 6, 16, 16)
    assert torch.equal(real[:, :3], hr.float() / 255)
    assert torch.equal(fake[:, :3], cache.sr)
    assert torch.equal(real[:, 3:], cache.upscaled)


def _slow_features(network: VggFeatures, rgb: Tensor, name: str, after: bool) -> Tensor:
    """VGG19 written out once more, from its table."""
    state = network.state_dict()
    x = (rgb - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    at = 0
    for block, count in enumerate((2, 2, 4, 4, 4), 1):
        for number in range(1, count + 1):
            x = conv2d(x, state[f"features.{at}.weight"], state[f"features.{at}.bias"], padding=1)
            if f"conv{block}_{number}" == name:
                return relu(x) if after else x
            x, at = relu(x), at + 2
        x, at = max_pool2d(x, 2), at + 1
    raise AssertionError(name)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("name", ["conv1_1", "conv2_2", "conv3_4"])
def test_features_are_vgg19s(name: str, after: bool) -> None:
    network = VggFeatures([name], after)
    rgb = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(network(rgb)[name], _slow_features(network, rgb, name, after))


def test_features_know_their_layers() -> None:
    assert len(layer_names()) == 16
    with pytest.raises(BadRecipe, match="conv6_1"):
        VggFeatures(["conv6_1"], after_activation=True)


def test_content_sums_its_layers(vgg19: VggFeatures) -> None:
    lr = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
    hr = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8)
    cache = _cache(lr, hr, generator=lambda x: x)
    config = Content(kind="content", layers={"conv1_2": 0.5, "conv2_2": 2.0}, divide_by=4.0, criterion="l1")
    expected = 0.0
    for name, weight in config.layers.items():
        maps = [_slow_features(vgg19, levels.float() / 255, name, after=True) for levels in (lr, hr)]
        expected += weight * float((maps[0] - maps[1]).abs().mean()) / 4
    assert float(config.build(_context())(cache)) == pytest.approx(expected, rel=1e-5)


def test_features_of_unit_length_are_compared_by_direction(vgg19: VggFeatures) -> None:
    """The mean over positions of |a - b|^2 = 2 - 2 cos, as each layer's weight is its number of channels."""
    lr, hr = (torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8) for _ in range(2))
    maps = [_slow_features(vgg19, levels.float() / 255, "conv2_2", after=True) for levels in (lr, hr)]
    cosine = torch.nn.functional.cosine_similarity(*maps, dim=1)
    config = Content(kind="content", layers={"conv2_2": 128.0}, unit_length=True)
    value = float(config.build(_context())(_cache(lr, hr, generator=lambda x: x)))
    assert value == pytest.approx(float((2 - 2 * cosine).mean()), rel=1e-4)


def test_a_grid_is_a_difference_at_one_place_of_the_lattice() -> None:
    hr = torch.full((1, 3, 8, 8), 51, dtype=torch.uint8)
    lattice = torch.zeros(8, 8)
    lattice[1::2, ::2] = 0.1  # one of the four places of a x2 lattice
    signs = torch.ones(8, 8)
    signs[:, 4:] = -1.0  # the same amount of texture, which averages out over the window of 4 x 4 LR pixels
    for image, expected in ((lattice, 0.01 / 4), (lattice * signs, 0.0)):
        cache = _cache(hr[..., ::2, ::2], hr, generator=lambda _, image=image: (0.2 + image).expand(1, 3, 8, 8))
        value = float(Grid(kind="grid", window=4).build(_context())(cache))
        assert value == pytest.approx(expected, abs=1e-8)


def test_a_grid_is_told_by_a_model_that_has_none() -> None:
    lr = torch.full((1, 3, 4, 4), 51, dtype=torch.uint8)
    answer = torch.full((1, 3, 8, 8), 51, dtype=torch.uint8)
    answer[..., ::2, ::2] = 102  # the batch holds a teacher's answer, which has the grid itself
    cache = _cache(lr, answer, generator=lambda _: answer / 255)
    values = [float(Grid(kind="grid", window=4, reference=name).build(_context())(cache)) for name in ("", "bicubic")]
    assert values == pytest.approx([0.0, 0.2**2 / 4], abs=1e-6)


def test_pixels_are_compared_with_the_output_of_another_network(tmp_path: Path) -> None:
    network, file = ESPCN(2, "rgb").eval(), tmp_path / "espcn.safetensors"
    save_file(network.state_dict(), file)
    lr = torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8)
    cache = _cache(lr, torch.zeros(1, 3, 16, 16, dtype=torch.uint8), generator=lambda x: network(x) + 0.25)
    loss = Pixel(kind="pixel", criterion="l1", reference=str(file)).build(_context())(cache)
    assert loss.item() == pytest.approx(0.25, abs=1e-6)


def test_a_reference_is_one_model() -> None:
    with pytest.raises(UserError, match="all"):
        Pixel(kind="pixel", reference="all").build(_context())


def test_a_grid_is_not_told_by_a_network_of_luma(tmp_path: Path) -> None:
    file = tmp_path / "espcn.safetensors"
    save_file(ESPCN(2).state_dict(), file)
    with pytest.raises(BadRecipe, match=r"^reference: expected bicubic or a network of rgb, not \S+$"):
        Grid(kind="grid", reference=str(file)).build(_context())


def test_sr_and_hr_are_cut_alike_at_every_offset_to_the_lattice() -> None:
    places = torch.arange(64).view(1, 1, 8, 8).repeat(1, 3, 1, 1).to(torch.uint8)
    seen = set()
    for seed in range(200):
        torch.manual_seed(seed)
        cache = ForwardCache(Batch(places[..., ::4, ::4], places, []), "rgb", {}, shift_px=3)
        first, again = cache.cut(cache.hr), cache.cut(cache.hr)
        assert first.shape == (1, 3, 5, 5)
        assert torch.equal(first, again)
        corner = round(float(first[0, 0, 0, 0]) * 255)
        assert torch.equal((first[0, 0] * 255).round(), places[0, 0, corner // 8 :, corner % 8 :][:5, :5].float())
        seen.add(corner)
    assert seen == {8 * y + x for y in range(4) for x in range(4)}


def test_a_discriminator_sees_what_is_cut() -> None:
    shapes: list[torch.Size] = []

    class Recorder(_Mean):
        def forward(self, x: Tensor) -> Tensor:
            shapes.append(x.shape)
            return super().forward(x)

    network = Recorder()
    lr, hr = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    up = {"generator": lambda x: torch.nn.functional.interpolate(x, scale_factor=4)}
    cache = ForwardCache(Batch(lr, hr, []), "rgb", up, shift_px=3)
    AdversarialLoss(network, network, Vanilla(), "hr", True).discriminator_loss(cache)
    assert shapes == [(1, 6, 13, 13)] * 2


def test_the_caffe_weights_are_the_ones_that_were_described(weights: Path) -> None:
    """Their record says: mean |conv5_4| before ReLU is 52.7 on chelsea (the square in its middle, at 224 px).

    The resampling there is not stated; bilinear and bicubic give 52.8 and 54.6, other crops 35 to 50.
    """
    skimage = pytest.importorskip("skimage")
    path = weights / "backbones" / Path(FILES["caffe"].path).name
    if not path.is_file():
        pytest.skip("needs the VGG19 weights")
    network = load_features(["conv5_4"], False, "caffe", AssetStore([weights]))
    chelsea = torch.from_numpy(skimage.data.chelsea()).permute(2, 0, 1)[None].float() / 255
    square = chelsea[..., 75:375]
    small = torch.nn.functional.interpolate(square, size=(224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        assert float(network(small)["conv5_4"].abs().mean()) == pytest.approx(52.7, abs=0.3)
