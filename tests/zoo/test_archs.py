"""Every architecture with random weights: sizes, self-consistency, and the naming schemes of other projects."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

from srbench.models import foreign, registry
from srbench.models.arch import Arch, Network, State, channels_of
from srbench.models.upscaler import Upscaler


def _build(arch: str, **settings: Any) -> Network:
    kind = registry.archs()[arch]
    return kind.build(**{"scale": 4, **kind.examples[0], **settings}).eval()


@pytest.mark.parametrize("arch", registry.archs().values(), ids=lambda arch: arch.name)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 5)])
@torch.no_grad()
def test_any_size_is_upscaled_by_each_of_its_scales(arch: Arch, size: tuple[int, int]) -> None:
    for scale in arch.scales:
        network = arch.build(scale=scale, **arch.examples[0]).eval()
        lr = torch.rand(2, channels_of(network.colour), *(side * arch.multiple_of for side in size))
        assert network(lr).shape == (*lr.shape[:2], lr.shape[2] * scale, lr.shape[3] * scale)
        upscaler = Upscaler(network, scale, colour=network.colour, multiple_of=arch.multiple_of)
        assert upscaler(torch.rand(1, 3, *size)).shape == (1, 3, size[0] * scale, size[1] * scale)


CASES = [
    pytest.param(arch, settings, id=f"{arch.name} {settings}")
    for arch in registry.archs().values()
    for settings in arch.examples
    if arch.build(scale=arch.scales[0], **settings).state_dict()  # interpolation has no weights to recognise
]


@pytest.mark.parametrize(("arch", "settings"), CASES)
def test_a_state_dict_under_our_own_names_is_recognised(arch: Arch, settings: dict[str, Any]) -> None:
    for scale in arch.scales:
        state = arch.build(scale=scale, **settings).state_dict()
        found = foreign.detect(state)
        assert found is not None
        assert found[0].name == arch.name
        arch.build(**{"scale": scale, **found[1]}).load_state_dict(state)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_srresnet_takes_norms_and_scales(norm: str, scale: int) -> None:
    network = _build("srresnet", norm=norm, scale=scale)
    found = foreign.detect(network.state_dict())
    assert found is not None
    assert (found[1]["norm"], found[1]["scale"]) == (norm, scale)
    with torch.no_grad():
        assert network(torch.rand(1, 3, 4, 4)).shape == (1, 3, 4 * scale, 4 * scale)


def test_msrresnets_two_functions_differ() -> None:
    with_activation, without = _build("msrresnet"), _build("msrresnet", upsampling_slope=1.0)
    without.load_state_dict(with_activation.state_dict())
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        assert not torch.allclose(with_activation(lr), without(lr), atol=1e-4)


def test_edsr_works_in_0_to_255_or_in_0_to_1() -> None:
    wide = _build("edsr", peak=255.0)
    narrow = _build("edsr", peak=1.0)
    narrow.load_state_dict(wide.state_dict())
    lr = torch.rand(1, 3, 6, 6)
    with torch.no_grad():
        assert not torch.allclose(wide(lr), narrow(lr), atol=1e-4)


Rename = Callable[[str], str]


def _by_table(*rules: tuple[str, str]) -> Rename:
    def rename(key: str) -> str:
        for pattern, replacement in rules:
            if re.fullmatch(pattern, key):
                return re.sub(pattern, replacement, key, count=1)
        raise AssertionError(key)

    return rename


def _oldest_rrdb(key: str) -> str:
    if dense := re.fullmatch(r"body\.(\d+)\.rdb(\d)\.conv(\d)\.(.*)", key):
        return "model.1.sub.{}.RDB{}.conv{}.0.{}".format(*dense.groups())
    name, _, rest = key.rpartition(".")
    place = {
        "conv_first": "0",
        "conv_body": "1.sub.1",
        "conv_up1": "3",
        "conv_up2": "6",
        "conv_hr": "8",
        "conv_last": "10",
    }
    return f"model.{place[name]}.{rest}"


def _esrgan_rrdb(key: str) -> str:
    key = re.sub(r"body\.(\d+)\.rdb", r"RRDB_trunk.\1.RDB", key)
    for ours, theirs in (("conv_body", "trunk_conv"), ("conv_up", "upconv"), ("conv_hr", "HRconv")):
        key = key.replace(ours, theirs)
    return key


def _author_edsr(key: str) -> str:
    if block := re.fullmatch(r"body\.(\d+)\.conv(\d)\.(.*)", key):
        return f"body.{block[1]}.body.{2 * int(block[2]) - 2}.{block[3]}"
    return _by_table(
        (r"head\.(.*)", r"head.0.\1"),
        (r"tail\.(.*)", r"body.2.\1"),
        (r"up\.0\.(.*)", r"tail.0.0.\1"),
        (r"up\.1\.(.*)", r"tail.0.2.\1"),
        (r"last\.(.*)", r"tail.1.\1"),
    )(key)


SCHEMES: list[tuple[str, str, Rename, dict[str, Any]]] = [
    ("rrdb", "oldest", _oldest_rrdb, {}),
    ("rrdb", "esrgan", _esrgan_rrdb, {}),
    ("rrdb", "mmagic", lambda key: f"generator.{key}", {}),
    ("rrdb", "mmagic-ema", lambda key: f"generator_ema.{key}", {}),
    ("msrresnet", "basicsr", lambda key: key, {}),
    (
        "msrresnet",
        "kair",
        _by_table((r"body\.(.*)", r"recon_trunk.\1"), (r"conv_hr\.(.*)", r"HRconv.\1"), (r"(.*)", r"\1")),
        {},
    ),
    (
        "msrresnet",
        "mmagic",
        _by_table(
            (r"body\.(.*)", r"generator.trunk_net.\1"),
            (r"upconv(\d)\.(.*)", r"generator.upsample\1.upsample_conv.\2"),
            (r"(.*)", r"generator.\1"),
        ),
        {"upsampling_slope": 1.0},
    ),
    ("edsr", "author", _author_edsr, {"peak": 255.0}),
    (
        "edsr",
        "mmagic",
        _by_table(
            (r"head\.(.*)", r"generator.conv_first.\1"),
            (r"body\.(.*)", r"generator.body.\1"),
            (r"tail\.(.*)", r"generator.conv_after_body.\1"),
            (r"up\.(\d)\.(.*)", r"generator.upsample.\1.upsample_conv.\2"),
            (r"last\.(.*)", r"generator.conv_last.\1"),
        ),
        {"peak": 1.0},
    ),
    (
        "edsr",
        "basicsr",
        _by_table(
            (r"head\.(.*)", r"conv_first.\1"),
            (r"body\.(.*)", r"body.\1"),
            (r"tail\.(.*)", r"conv_after_body.\1"),
            (r"up\.0\.(.*)", r"upsample.0.\1"),
            (r"up\.1\.(.*)", r"upsample.2.\1"),
            (r"last\.(.*)", r"conv_last.\1"),
        ),
        {"peak": 255.0},
    ),
    ("srcnn", "mmagic", lambda key: f"generator.{key}", {"colour": "rgb", "upsampling": "torch"}),
    (
        "imdn",
        "author",
        _by_table(
            (r"head\.(.*)", r"module.fea_conv.\1"),
            (r"body\.0\.(.*)", r"module.IMDB1.\1"),
            (r"body\.1\.(.*)", r"module.IMDB2.\1"),
            (r"fuse\.(.*)", r"module.c.0.\1"),
            (r"tail\.(.*)", r"module.LR_conv.\1"),
            (r"last\.(.*)", r"module.upsampler.0.\1"),
        ),
        {},
    ),
    (
        "rlfn",
        "author",
        _by_table((r"body\.0\.(.*)", r"block_1.\1"), (r"last\.(.*)", r"upsampler.0.\1"), (r"(.*)", r"\1")),
        {},
    ),
    (
        "efdn",
        "author",
        _by_table(
            (r"(.*)\.convs\.0\.(.*)", r"\1.conv1.conv1x1.\2"),
            (r"(.*)\.convs\.1\.(.*)", r"\1.conv2.rep_conv.\2"),
            (r"(.*)\.convs\.2\.(.*)", r"\1.conv3.rep_conv.\2"),
            (r"(.*)\.acts\.0\.(.*)", r"\1.conv1.act.\2"),
            (r"(.*)\.acts\.1\.(.*)", r"\1.conv2.act.\2"),
            (r"(.*)\.acts\.2\.(.*)", r"\1.conv3.act.\2"),
            (r"tail\.(.*)", r"tail.0.\1"),
            (r"(.*)", r"\1"),
        ),
        {},
    ),
    (
        "span",
        "author",
        _by_table(
            (r"head\.(.*)", r"conv_1.eval_conv.\1"),
            (r"body\.0\.(c\d)\.(.*)", r"block_1.\1_r.eval_conv.\2"),
            (r"body\.1\.(c\d)\.(.*)", r"block_2.\1_r.eval_conv.\2"),
            (r"tail\.(.*)", r"conv_2.eval_conv.\1"),
            (r"fuse\.(.*)", r"conv_cat.\1"),
            (r"last\.(.*)", r"upsampler.0.\1"),
        ),
        {},
    ),
    (
        "safmn",
        "author",
        _by_table((r"(.*\.)ccm\.(.*)", r"\1ccm.ccm.\2"), (r"to_img\.(.*)", r"to_img.0.\1"), (r"(.*)", r"\1")),
        {},
    ),
]


@pytest.mark.parametrize(("arch", "origin", "rename", "implied"), SCHEMES, ids=[f"{s[0]}-{s[1]}" for s in SCHEMES])
def test_other_projects_names_are_understood(arch: str, origin: str, rename: Rename, implied: dict[str, Any]) -> None:
    network = _build(arch, **implied)
    theirs: State = {rename(key): value for key, value in network.state_dict().items()}
    assert theirs.keys() != network.state_dict().keys() or origin == "basicsr"
    if origin == "mmagic-ema":  # the average is what is published; the plain generator beside it is not taken
        theirs |= {key.replace("_ema", ""): torch.zeros_like(value) for key, value in theirs.items()}
    found = foreign.detect(theirs)
    assert found is not None
    kind, settings, state = found
    assert kind.name == arch
    again = kind.build(**{"scale": 4, **settings}).eval()
    again.load_state_dict(state)
    lr = torch.rand(1, 3, 5, 6)
    with torch.no_grad():
        assert torch.equal(again(lr), network(lr))


def test_edsr_author_files_carry_mean_shift_layers_that_are_left_out() -> None:
    theirs = {_author_edsr(key): value for key, value in _build("edsr").state_dict().items()}
    theirs |= {
        "sub_mean.weight": torch.eye(3).view(3, 3, 1, 1),
        "sub_mean.bias": torch.zeros(3),
        "add_mean.bias": torch.zeros(3),
    }
    found = foreign.detect(theirs)
    assert found is not None
    assert found[0].name == "edsr"


def test_a_network_of_another_kind_is_not_mistaken() -> None:
    assert foreign.detect({"layer.weight": torch.zeros(3, 3)}) is None
    state = _build("rrdb").state_dict()
    del state["conv_hr.bias"]
    assert foreign.detect(state) is None


def test_pixel_unshuffled_rrdbs_of_other_scales_are_left_to_spandrel() -> None:
    state = _build("rrdb").state_dict()
    state["conv_first.weight"] = torch.zeros(64, 12, 3, 3)
    assert foreign.detect(state) is None
