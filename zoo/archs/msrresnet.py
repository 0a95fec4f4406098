"""MSRResNet: SRResNet without BatchNorm, with the bilinear image added to the output.

Wang et al., ESRGAN, ECCV 2018 workshops (the "modified SRResNet" of its code). Two functions go by this name: BasicSR
and KAIR apply LeakyReLU 0.1 after each upsampling step, MMagic applies nothing there. Weights follow their origin.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu_, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight


class Block(nn.Module):
    """convolution, ReLU, convolution, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        out: Tensor = x + self.conv2(torch.relu_(self.conv1(x)))
        return out


class MSRResNet(Network):
    """SRResNet without BatchNorm, for a scale of 4.

    Args:
        scale: 4.
        blocks: Residual blocks.
        channels: Features.
        upsampling_slope: Slope of the LeakyReLU after each PixelShuffle; 1 for none (MMagic).
    """

    def __init__(self, scale: int = 4, blocks: int = 16, channels: int = 64, upsampling_slope: float = 0.1) -> None:
        super().__init__(scale)
        self.slope = upsampling_slope
        self.conv_first = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.upconv1 = nn.Conv2d(channels, channels * 4, 3, padding=1)
        self.upconv2 = nn.Conv2d(channels, channels * 4, 3, padding=1)
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, 4h, 4w)`."""
        x = leaky_relu_(self.conv_first(lr), 0.1)  # (N, 64, h, w)
        for block in self.body:
            x = block(x)
        x = leaky_relu_(pixel_shuffle(self.upconv1(x), 2), self.slope)  # (N, 64, 2h, 2w)
        x = leaky_relu_(pixel_shuffle(self.upconv2(x), 2), self.slope)  # (N, 64, 4h, 4w)
        x = self.conv_last(leaky_relu_(self.conv_hr(x), 0.1))  # (N, 3, 4h, 4w)
        base = interpolate(lr, scale_factor=self.scale, mode="bilinear", align_corners=False)
        out: Tensor = x + base
        return out


def infer(state: State) -> dict[str, Any] | None:
    """Infer blocks and channels from the shapes; there are two upsampling steps, so the scale is 4."""
    if "upconv2.weight" not in state or "body.0.conv1.weight" not in state:
        return None
    blocks, channels = count_blocks(state, r"body\.(\d+)\."), state["conv_first.weight"].shape[0]
    return {"scale": 4, "blocks": blocks, "channels": channels}


ARCH = Arch(
    name="msrresnet",
    paper="Wang et al., ESRGAN: enhanced super-resolution generative adversarial networks, ECCVW 2018",
    year=2018,
    build=MSRResNet,
    infer=infer,
    overlap_px=40,
    bytes_per_px=25000,
    schemes=(
        Scheme(
            "MMagic",
            (
                (r"generator\.trunk_net\.(\d+\..*)", r"body.\1"),
                (r"generator\.upsample([12])\.upsample_conv\.(.*)", r"upconv\1.\2"),
                (r"generator\.(conv_(?:first|hr|last)\..*)", r"\1"),
                (r"discriminator\..*", ""),
            ),
            {"upsampling_slope": 1.0},
        ),
        Scheme(
            "KAIR",
            (
                (r"recon_trunk\.(\d+\..*)", r"body.\1"),
                (r"HRconv\.(.*)", r"conv_hr.\1"),
                (r"((?:conv_first|conv_last|upconv[12])\..*)", r"\1"),
            ),
        ),
    ),
    scales=(4,),
    examples=tuple({"blocks": 1, "channels": 6, "upsampling_slope": slope} for slope in (0.1, 1.0)),
)

_MMAGIC = "open-mmlab/mmagic @ 0a560bba, configs/srgan_resnet/README.md"
_MMAGIC_URL = "https://download.openmmlab.com/mmediting/restorers/srresnet_srgan/"
_KAIR_URL = "https://github.com/cszn/KAIR/releases/download/v1.0/"
_BASICSR = "XPixelGroup/BasicSR @ 8d56e3a0, docs/ModelZoo.md"
_PARAMETERS = 1517571

_NOTE = "its generator is the MSRResNet, without BatchNorm"


def _scores(source: str, *psnr: float, ssim: tuple[float, ...] | None = None) -> tuple[Claim, ...]:
    columns = zip(("set5", "set14", "div2k_val"), psnr, ssim or (None, None, None), strict=True)
    return tuple(
        Claim(dataset, "openmmlab_x4", decibels, similarity, source) for dataset, decibels, similarity in columns
    )


def _mmagic(id_: str, file: str, claims: tuple[Claim, ...], note: str = "") -> Card:
    return Card(
        id=id_,
        arch="msrresnet",
        settings={"upsampling_slope": 1.0},
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_MMAGIC,
        files=(weight(file, file[:-4].rsplit("-", maxsplit=1)[-1], url=f"{_MMAGIC_URL}{file}"),),
        trained_on=("DIV2K",),
        claims=claims,
        note=note,
    )


def _basicsr(id_: str, file: str, claims: tuple[Claim, ...], note: str = "") -> Card:
    return Card(
        id=id_,
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_BASICSR,
        files=(weight(file, ""),),
        where="a cloud folder linked from BasicSR's docs/ModelZoo.md",
        trained_on=("DIV2K",),
        claims=claims,
        note=note,
    )


def _kair(id_: str, file: str, note: str = "") -> Card:
    return Card(
        id=id_,
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="MIT",
        source="cszn/KAIR @ fc1732f4, main_download_pretrained_models.py",
        files=(weight(file, "", url=f"{_KAIR_URL}{file}"),),
        note=note,
    )


CARDS = (
    _mmagic(
        "msrresnet.mmagic_div2k",
        "msrresnet_x4c64b16_1x16_300k_div2k_20200521-61556be5.pth",
        _scores(_MMAGIC, 30.2252, 26.7762, 28.9748, ssim=(0.8491, 0.7369, 0.8178)),
    ),
    _basicsr(
        "msrresnet.basicsr_div2k",
        "001_MSRResNet_x4_f64b16_DIV2K_1000k_B16G1.pth",
        _scores(_BASICSR, 30.2468, 26.7817, 28.9967),
    ),
    _kair("msrresnet.kair_psnr", "msrresnet_x4_psnr.pth"),
    _mmagic(
        "srgan.mmagic_div2k",
        "srgan_x4c64b16_1x16_1000k_div2k_20200606-a1f0810e.pth",
        _scores(_MMAGIC, 27.9499, 24.7383, 26.5697, ssim=(0.7846, 0.6491, 0.7365)),
        _NOTE,
    ),
    _basicsr(
        "srgan.basicsr_div2k",
        "004_MSRGAN_x4_f64b16_DIV2K_400k_B16G1.pth",
        _scores(_BASICSR, 28.0158, 24.7474, 26.6504),
        _NOTE,
    ),
    _kair("srgan.kair_gan", "msrresnet_x4_gan.pth", _NOTE),
)
