"""SPAN: blocks whose output is weighed by itself, without parameters of attention.

Wan, Yu, Chang, Huang, Yue and others, Swift parameter-free attention network for efficient super-resolution, CVPRW
2024. Its convolutions are trained as three in a row beside a 1x1; what is read here is their sum, one 3x3 for each.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, silu

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight

_MEAN = (0.4488, 0.4371, 0.4040)
"""Mean of RGB over DIV2K, which is taken off."""


class Block(nn.Module):
    """Three convolutions with SiLU; their sum with the input times sigmoid(output) - 1/2 (equations 3 to 5)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.c2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.c3 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`(N, channels, h, w)` to the output and the features after the first SiLU, both of the same shape."""
        first = silu(self.c1(x))
        out = self.c3(silu(self.c2(first)))
        return (out + x) * (torch.sigmoid(out) - 0.5), first


class SPAN(Network):
    """Blocks at LR size and one PixelShuffle; the convolutions see RGB in [0, 255] without its mean.

    Args:
        scale: Upscaling factor.
        channels: Features.
        joined: Features from which the image is made.
        blocks: Number of blocks.
    """

    mean: Tensor

    def __init__(self, scale: int = 4, channels: int = 28, joined: int = 20, blocks: int = 6) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.fuse = nn.Conv2d(4 * channels, joined, 1)
        self.last = nn.Conv2d(joined, 3 * scale**2, 3, padding=1)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        head = x = self.head((lr - self.mean) * 255)  # (N, channels, h, w)
        outputs, inner = [], x
        for block in self.body:
            x, inner = block(x)
            outputs.append(x)
        joined = self.fuse(torch.cat([head, self.tail(x), outputs[0], inner], 1))  # (N, 4 channels, h, w) before
        return pixel_shuffle(self.last(joined), self.scale)


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and blocks from the shapes."""
    if "body.0.c3.weight" not in state or "fuse.bias" not in state or "last.bias" not in state:
        return None
    return {
        "scale": round((len(state["last.bias"]) / 3) ** 0.5),
        "channels": len(state["head.bias"]),
        "joined": len(state["fuse.bias"]),
        "blocks": count_blocks(state, r"body\.(\d+)\."),
    }


ARCH = Arch(
    name="span",
    paper="Wan et al., Swift parameter-free attention network for efficient super-resolution, CVPRW 2024",
    year=2024,
    build=SPAN,
    infer=infer,
    overlap_px=24,
    bytes_per_px=2900,
    schemes=(
        Scheme(
            "author, for inference",
            (
                (r"conv_1\.eval_conv\.(.*)", r"head.\1"),
                (
                    r"block_(\d+)\.(c[123])_r\.eval_conv\.(.*)",
                    lambda match: f"body.{int(match[1]) - 1}.{match[2]}.{match[3]}",
                ),
                (r"conv_2\.eval_conv\.(.*)", r"tail.\1"),
                (r"conv_cat\.(.*)", r"fuse.\1"),
                (r"upsampler\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 6, "joined": 5, "blocks": 2},),
)

_REPOSITORY = "Amazingren/NTIRE2025_ESR"
_COMMIT = "b69fb668c0362deb696eecbfdebfaa5c2fcdfcb4"

CARDS = (
    Card(
        id="span",
        arch="span",
        parameters=146328,
        licence="MIT",
        source=f"{_REPOSITORY} @ {_COMMIT}, team 46",
        files=(
            weight(
                "team46_span.pth",
                "b212c077015e97d8ea5b1f279dc3d990ce4c9fdd80c3f829e2b2711562086d7f",
                1200031,
                f"https://raw.githubusercontent.com/{_REPOSITORY}/{_COMMIT}/model_zoo/team46_span.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 31.74, None, "the authors' network under this protocol"),),
        note="the network of team 46 of NTIRE 2025, with 28 features; SPAN's paper has 48",
    ),
)
