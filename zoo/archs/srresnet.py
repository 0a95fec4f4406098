"""SRResNet, which is also the generator of SRGAN: residual blocks with BatchNorm at LR size, then PixelShuffle.

Ledig et al., Photo-realistic single image super-resolution using a generative adversarial network, CVPR 2017, figure 4:
9x9 convolution, 16 residual blocks, a convolution with BatchNorm, a long skip, two PixelShuffle steps, 9x9 convolution.
Published re-implementations vary the number of blocks, what follows the blocks, and add (tanh + 1) / 2 at the end.
"""

import copy
import re
from itertools import product
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from srbench.errors import BadWeights
from srbench.models import folding
from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import ONE_CORE, XEON_CORE, Card, Claim, trained_here, weight

Norm = Literal["batch", "instance", "none"]


def _norm(kind: Norm, channels: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.InstanceNorm2d(channels, affine=True) if kind == "instance" else nn.Identity()


class Block(nn.Module):
    """convolution, norm, PReLU, convolution, norm, plus the input.

    With a norm it starts as the identity (its last scale is 0: Goyal et al., 2017, section 5.1), which trains faster.
    """

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = _norm(norm, channels)
        self.act: nn.Module = nn.PReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = _norm(norm, channels)
        if isinstance(self.norm2, nn.BatchNorm2d | nn.InstanceNorm2d):
            nn.init.zeros_(self.norm2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        out: Tensor = x + self.norm2(self.conv2(self.act(self.norm1(self.conv1(x)))))
        return out

    def fold(self) -> None:
        """Put each BatchNorm into the convolution before it."""
        self.act = folding.one_slope(self.act)
        self.conv1, self.norm1 = _joined(self.conv1, self.norm1)
        self.conv2, self.norm2 = _joined(self.conv2, self.norm2)


class SRResNet(Network):
    """Generator of the SRGAN paper.

    Args:
        scale: 2, 3, 4 or 8.
        blocks: Residual blocks; 16 in the paper.
        channels: Features; 64 in the paper.
        norm: After each convolution of a block; "batch" in the paper.
        tail: After the convolution that follows the blocks: its norm, as in the paper, or a PReLU.
        output: "linear" as it is, or "tanh": (tanh + 1) / 2.
    """

    def __init__(
        self,
        scale: int,
        blocks: int = 16,
        channels: int = 64,
        norm: Norm = "batch",
        tail: Literal["norm", "prelu"] = "norm",
        output: Literal["linear", "tanh"] = "linear",
    ) -> None:
        super().__init__(scale)
        self.output = output
        self.head = nn.Sequential(nn.Conv2d(3, channels, 9, padding=4), nn.PReLU())
        self.body = nn.ModuleList(Block(channels, norm) for _ in range(blocks))
        after = nn.PReLU() if tail == "prelu" else _norm(norm, channels)
        self.tail = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), after)
        self.up = nn.ModuleList(_step(channels, factor) for factor in _factors(scale))
        self.last: nn.Module = nn.Conv2d(channels, 3, 9, padding=4)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        first = self.head(lr)  # (N, 64, h, w)
        x = first
        for block in self.body:
            x = block(x)
        x = first + self.tail(x)
        for step in self.up:
            x = step(x)  # (N, 64, h, w) -> (N, 256, h, w) -> (N, 64, 2h, 2w)
        x = self.last(x)  # (N, 3, s h, s w)
        return (torch.tanh(x) + 1) / 2 if self.output == "tanh" else x

    def folded(self) -> "SRResNet":
        """BatchNorm in the convolutions; the last PixelShuffle after the last convolution.

        A PReLU with one slope, which stands between the two, commutes with a reordering of pixels.
        """
        network = copy.deepcopy(self)
        for block in network.body:
            cast(Block, block).fold()
        network.head[1] = folding.one_slope(network.head[1])
        network.tail = nn.Sequential(*_joined(cast(nn.Conv2d, network.tail[0]), network.tail[1]))
        for step in network.up:
            cast(nn.Sequential, step)[2] = folding.one_slope(cast(nn.Sequential, step)[2])
        conv, shuffle, act = cast(nn.Sequential, network.up[-1])
        network.up[-1] = nn.Sequential(conv, act)
        network.last = folding.before_shuffle(cast(nn.Conv2d, self.last), cast(nn.PixelShuffle, shuffle).upscale_factor)
        return network


def _joined(conv: nn.Conv2d, after: nn.Module) -> tuple[nn.Conv2d, nn.Module]:
    if isinstance(after, nn.BatchNorm2d):
        return folding.with_norm(conv, after), nn.Identity()
    return conv, after


def _factors(scale: int) -> list[int]:
    return {2: [2], 3: [3], 4: [2, 2], 8: [2, 2, 2]}[scale]


def _step(channels: int, factor: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, channels * factor**2, 3, padding=1), nn.PixelShuffle(factor), nn.PReLU())


def infer(state: State) -> dict[str, Any] | None:
    """Infer blocks, channels, norm and scale from the names and shapes."""
    if "head.0.weight" not in state or "head.1.weight" not in state or "up.0.0.weight" not in state:
        return None
    channels = state["head.0.weight"].shape[0]
    scale = 1
    for step in range(count_blocks(state, r"up\.(\d+)\.0\.weight")):
        scale *= round((state[f"up.{step}.0.weight"].shape[0] / channels) ** 0.5)
    normed = "body.0.norm1.weight" in state
    batch = "body.0.norm1.running_mean" in state
    tail = "prelu" if "tail.1.weight" in state and state["tail.1.weight"].numel() == 1 else "norm"
    return {
        "scale": scale,
        "blocks": count_blocks(state, r"body\.(\d+)\."),
        "channels": channels,
        "norm": "batch" if batch else "instance" if normed else "none",
        "tail": tail,
    }


def _block_of_net(match: re.Match[str]) -> str:
    return f"body.{int(match[1]) - 1}.{('conv1', 'norm1', 'act', 'conv2', 'norm2')[int(match[2])]}.{match[3]}"


def _block_of_leftthomas(match: re.Match[str]) -> str:
    number, name, rest = int(match[1]), match[2], match[3]
    if not 2 <= number <= 6:
        raise BadWeights(f"block{number}.{name} is not a residual block of the 5-block generator")
    layer = {"conv1": "conv1", "bn1": "norm1", "prelu": "act", "conv2": "conv2", "bn2": "norm2"}[name]
    return f"body.{number - 2}.{layer}.{rest}"


ARCH = Arch(
    name="srresnet",
    paper="Ledig et al., Photo-realistic single image super-resolution using a GAN, CVPR 2017",
    year=2017,
    build=SRResNet,
    infer=infer,
    overlap_px=40,
    bytes_per_px=15500,
    schemes=(
        Scheme(
            "goldhuang",
            (
                (r"conv1\.([01]\..*)", r"head.\1"),
                (r"residual(\d+)\.net\.(\d)\.(.*)", _block_of_net),
                (r"conv2\.([01]\..*)", r"tail.\1"),
                (r"upsample\.([01])\.net\.([02]\..*)", r"up.\1.\2"),
                (r"upsample\.2\.(.*)", r"last.\1"),
            ),
            {"output": "tanh"},
        ),
        Scheme(
            "leftthomas",
            (
                (r"block1\.([01]\..*)", r"head.\1"),
                (r"block(\d+)\.(conv1|bn1|prelu|conv2|bn2)\.(.*)", _block_of_leftthomas),
                (r"block7\.([01]\..*)", r"tail.\1"),
                (r"block8\.([01])\.conv\.(.*)", r"up.\1.0.\2"),
                (r"block8\.([01])\.prelu\.(.*)", r"up.\1.2.\2"),
                (r"block8\.2\.(.*)", r"last.\1"),
            ),
            {"output": "tanh"},
        ),
    ),
    examples=tuple(
        {"blocks": 2, "channels": 6, "norm": norm, "tail": tail, "output": output}
        for norm, tail, output in product(("batch", "instance", "none"), ("norm", "prelu"), ("linear", "tanh"))
    ),
)

_GOLDHUANG: dict[str, Any] = {"blocks": 8, "tail": "prelu", "output": "tanh"}
_ANIME = "8 blocks, trained on anime illustrations with Pillow's bicubic LR"

CARDS = (
    Card(
        id="srresnet.h100",
        arch="srresnet",
        parameters=1549462,
        licence="Apache-2.0",
        source="this project: 41,477 updates in 345 s on an H100, half of each batch towards HAESR's answers",
        files=(
            weight(
                "srresnet_h100.safetensors", "30b46dfc91a29ee1eb7b9dec1b2f917fc6807730ed9002f04e8e601c5ca51353", 3130140
            ),
        ),
        where="inside this package",
        claims=(
            Claim("set5", "classical_x4", 31.79, 0.8907, "this project", 0.1737),
            Claim("set14", "classical_x4", 28.30, 0.7756, "this project", 0.2915),
        ),
        note="half of each training batch was answers of HAESR (NTIRE 2026, MIT); the paper has 32.05 dB on Set5",
        rank=-2,
    ),
    trained_here(
        "srresnet.srbench",
        "srresnet",
        1549462,
        weight("srresnet.safetensors", "d123d243e38ed92a09d969c6e7d4e57a034126e35db694898682a4e9d08a2200", 3130068),
        recipe="zoo_srresnet",
        steps=16_000,
        hours=1.1,
        scores={
            "set5": (31.20, 0.8796, 0.1751),
            "set14": (27.89, 0.7642, 0.2976),
            "bsd100": (27.23, 0.7237, 0.3920),
        },
        note="trained on 2 CPU cores in 1.1 h; the paper has 32.05 dB on Set5 after 1e6 updates on ImageNet",
    ),
    trained_here(
        "srgan.smooth",
        "srresnet",
        1549462,
        weight("srgan_smooth.safetensors", "187558469b39e8577b4ad99cac87f267f637156ef7c9eb67f1ce512d3271892c", 3130012),
        recipe="zoo_srgan_smooth",
        steps=2500,
        hours=0.6,
        scores={
            "set5": (30.43, 0.8597, 0.0913),
            "set14": (27.36, 0.7424, 0.1635),
            "bsd100": (26.70, 0.7014, 0.2175),
        },
        psnr_partner="srresnet.h100",
        note="srgan.textured without its grid, by 2,500 more updates on one CPU core",
        rank=-2,
        device=XEON_CORE,
    ),
    trained_here(
        "srgan.textured",
        "srresnet",
        1549462,
        weight(
            "srgan_textured.safetensors", "001c5362b429bb5f46e7bb5b454bf859b3a6712550a691909281767f3dcc2ab9", 3130092
        ),
        recipe="zoo_srgan_textured",
        steps=9000,
        hours=1.5,
        scores={
            "set5": (30.27, 0.8549, 0.0905),
            "set14": (27.20, 0.7352, 0.1599),
            "bsd100": (26.55, 0.6940, 0.2127),
        },
        psnr_partner="srresnet.h100",
        note="trained from srresnet.h100 in 1.5 h on one CPU core; it leaves a faint grid of 4 px",
        device=ONE_CORE,
    ),
    trained_here(
        "srgan.srbench",
        "srresnet",
        1549462,
        weight("srgan.safetensors", "02c73263d10af10b27db38dbb0a18dffd839a65d17d295c927f0fa127a74604b", 3130060),
        recipe="zoo_srgan",
        steps=5000,
        hours=1.2,
        scores={
            "set5": (29.45, 0.8373, 0.1096),
            "set14": (26.62, 0.7118, 0.1894),
            "bsd100": (25.87, 0.6622, 0.2398),
        },
        psnr_partner="srresnet.srbench",
        note="trained from srresnet.srbench, in 1.2 h on 2 CPU cores; LPIPS is 0.61 to 0.64 of that one's",
    ),
    Card(
        id="srresnet.goldhuang_b8",
        arch="srresnet",
        settings=_GOLDHUANG,
        parameters=956431,
        licence="none stated",
        source="goldhuang/SRGAN-PyTorch @ 9ec329b7, cp",
        files=(
            weight(
                "netG_baseline_gpu.pth",
                "b69b2bb71521c4546daca452f44e488b78a1352d8c19d1efc3060660bf852edc",
                3856730,
                "https://raw.githubusercontent.com/goldhuang/SRGAN-PyTorch/9ec329b7d108237d3b36c1533b026677b33f333e/cp/netG_baseline_gpu.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 31.02, None, "recomputed by independent code"),),
        note=_ANIME,
    ),
    Card(
        id="srgan.goldhuang_b8",
        arch="srresnet",
        rank=1,
        settings=_GOLDHUANG,
        parameters=956431,
        licence="none stated",
        source="goldhuang/SRGAN-PyTorch @ fefb5e76, cp",
        files=(
            weight(
                "netG_GAN_gpu.pth",
                "5ef9f7e564a1cd126c37ceacb5f9f1b61bdb28235837f5f36824a43591fb07dc",
                3856730,
                "https://raw.githubusercontent.com/goldhuang/SRGAN-PyTorch/fefb5e764fee70c3481f5f39d0c632d3c93a66f0/cp/netG_GAN_gpu.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 27.47, None, "recomputed by independent code"),),
        note=_ANIME,
    ),
    Card(
        id="srgan.shahinur_b5",
        arch="srresnet",
        rank=1,
        settings={"blocks": 5, "output": "tanh"},
        parameters=734219,
        licence="MIT",
        source="shahinur-alam/SRGAN @ 75794ebb, epochs",
        files=(
            weight(
                "netG_epoch_4_100.pth",
                "aff933f6822568019fa7d9184000744b9326f4446560948543712a62d51e7423",
                2958260,
                "https://raw.githubusercontent.com/shahinur-alam/SRGAN/75794ebbd659b732c97511e635002d85003207e2/epochs/netG_epoch_4_100.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 30.46, None, "recomputed by independent code"),),
        note="5 blocks, a small adversarial weight: behaves like a PSNR model",
    ),
)
