"""MSRResNet: SRResNet without BatchNorm, with the bilinear image added to the output.

Wang et al., ESRGAN, ECCV 2018 workshops (the "modified SRResNet" of its code). Two functions go by this name: BasicSR
and KAIR apply LeakyReLU 0.1 after each upsampling step, MMagic applies nothing there. Weights follow their origin.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pixel_shuffle

from zoo.arch import Arch, Network, Scheme, State, count_blocks
from zoo.card import Card, Claim, weight


class Block(nn.Module):
    """convolution, ReLU, convolution, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        out: Tensor = x + self.conv2(torch.relu(self.conv1(x)))
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
        x = leaky_relu(self.conv_first(lr), 0.1)  # (N, 64, h, w)
        for block in self.body:
            x = block(x)
        x = leaky_relu(pixel_shuffle(self.upconv1(x), 2), self.slope)  # (N, 64, 2h, 2w)
        x = leaky_relu(pixel_shuffle(self.upconv2(x), 2), self.slope)  # (N, 64, 4h, 4w)
        x = self.conv_last(leaky_relu(self.conv_hr(x), 0.1))  # (N, 3, 4h, 4w)
        base = interpolate(lr, scale_factor=self.scale, mode="bilinear", align_corners=False)
        out: Tensor = x + base
        return out


def infer(state: State) -> dict[str, Any] | None:
    """Blocks and channels; there are two upsampling steps, so the scale is 4."""
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
    overlap_px=16,
    bytes_per_px=16000,
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
)

_MMAGIC = "open-mmlab/mmagic @ 0a560bba, configs/srgan_resnet/README.md"
_MMAGIC_URL = "https://download.openmmlab.com/mmediting/restorers/srresnet_srgan/"
_KAIR_URL = "https://github.com/cszn/KAIR/releases/download/v1.0/"
_BASICSR = "XPixelGroup/BasicSR @ 8d56e3a0, docs/ModelZoo.md"
_PARAMETERS = 1517571

CARDS = (
    Card(
        id="msrresnet.mmagic_div2k",
        arch="msrresnet",
        settings={"upsampling_slope": 1.0},
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_MMAGIC,
        files=(
            weight(
                "msrresnet_x4c64b16_1x16_300k_div2k_20200521-61556be5.pth",
                "61556be5",
                url=f"{_MMAGIC_URL}msrresnet_x4c64b16_1x16_300k_div2k_20200521-61556be5.pth",
            ),
        ),
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 30.2252, 0.8491, _MMAGIC),
            Claim("set14", "openmmlab_x4", 26.7762, 0.7369, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 28.9748, 0.8178, _MMAGIC),
        ),
    ),
    Card(
        id="msrresnet.basicsr_div2k",
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_BASICSR,
        files=(weight("001_MSRResNet_x4_f64b16_DIV2K_1000k_B16G1.pth", ""),),
        where="a cloud folder linked from BasicSR's docs/ModelZoo.md",
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 30.2468, None, _BASICSR),
            Claim("set14", "openmmlab_x4", 26.7817, None, _BASICSR),
            Claim("div2k_val", "openmmlab_x4", 28.9967, None, _BASICSR),
        ),
    ),
    Card(
        id="msrresnet.kair_psnr",
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="MIT",
        source="cszn/KAIR @ fc1732f4, main_download_pretrained_models.py",
        files=(weight("msrresnet_x4_psnr.pth", "", url=f"{_KAIR_URL}msrresnet_x4_psnr.pth"),),
    ),
    Card(
        id="srgan.mmagic_div2k",
        arch="msrresnet",
        settings={"upsampling_slope": 1.0},
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_MMAGIC,
        files=(
            weight(
                "srgan_x4c64b16_1x16_1000k_div2k_20200606-a1f0810e.pth",
                "a1f0810e",
                url=f"{_MMAGIC_URL}srgan_x4c64b16_1x16_1000k_div2k_20200606-a1f0810e.pth",
            ),
        ),
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 27.9499, 0.7846, _MMAGIC),
            Claim("set14", "openmmlab_x4", 24.7383, 0.6491, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 26.5697, 0.7365, _MMAGIC),
        ),
        note="its generator is the MSRResNet, without BatchNorm",
    ),
    Card(
        id="srgan.basicsr_div2k",
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="Apache-2.0",
        source=_BASICSR,
        files=(weight("004_MSRGAN_x4_f64b16_DIV2K_400k_B16G1.pth", ""),),
        where="a cloud folder linked from BasicSR's docs/ModelZoo.md",
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 28.0158, None, _BASICSR),
            Claim("set14", "openmmlab_x4", 24.7474, None, _BASICSR),
            Claim("div2k_val", "openmmlab_x4", 26.6504, None, _BASICSR),
        ),
        note="its generator is the MSRResNet, without BatchNorm",
    ),
    Card(
        id="srgan.kair_gan",
        arch="msrresnet",
        parameters=_PARAMETERS,
        licence="MIT",
        source="cszn/KAIR @ fc1732f4, main_download_pretrained_models.py",
        files=(weight("msrresnet_x4_gan.pth", "", url=f"{_KAIR_URL}msrresnet_x4_gan.pth"),),
        note="its generator is the MSRResNet, without BatchNorm",
    ),
)
