"""IMDN: blocks that set features aside after each convolution and weigh the rest by their contrast.

Hui, Gao, Yang and Wang, Lightweight image super-resolution with information multi-distillation network, ACM MM 2019.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight

_SLOPE = 0.05
_SQUEEZE = 16


class ContrastAttention(nn.Module):
    """Weights of channels from the sum of their standard deviation and mean (section 3.3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = max(channels // _SQUEEZE, 1)
        self.conv_du = nn.Sequential(nn.Conv2d(channels, squeezed, 1), nn.ReLU(), nn.Conv2d(squeezed, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        mean = x.mean((2, 3), keepdim=True)  # (N, channels, 1, 1)
        deviation = (x - mean).square().mean((2, 3), keepdim=True).sqrt()
        return x * torch.sigmoid(self.conv_du(deviation + mean))


class Block(nn.Module):
    """Four convolutions; a quarter of the features leaves after each, and all that left are joined (figure 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kept = channels // 4
        passed = channels - self.kept
        self.c1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.c2 = nn.Conv2d(passed, channels, 3, padding=1)
        self.c3 = nn.Conv2d(passed, channels, 3, padding=1)
        self.c4 = nn.Conv2d(passed, self.kept, 3, padding=1)
        self.c5 = nn.Conv2d(channels, channels, 1)
        self.cca = ContrastAttention(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        kept, passed = [], x
        for conv in (self.c1, self.c2, self.c3):
            y = leaky_relu(conv(passed), _SLOPE)  # (N, channels, h, w)
            kept.append(y[:, : self.kept])
            passed = y[:, self.kept :]
        joined = torch.cat([*kept, self.c4(passed)], 1)  # (N, channels, h, w)
        out: Tensor = x + self.c5(self.cca(joined))
        return out


class IMDN(Network):
    """Six blocks, whose outputs are all joined.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of 4.
        blocks: Number of blocks.
    """

    def __init__(self, scale: int = 4, channels: int = 64, blocks: int = 6) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.fuse = nn.Conv2d(channels * blocks, channels, 1)
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        first = x = self.head(lr)  # (N, channels, h, w)
        outputs = []
        for block in self.body:
            x = block(x)
            outputs.append(x)
        x = leaky_relu(self.fuse(torch.cat(outputs, 1)), _SLOPE)  # (N, blocks * channels, h, w) -> (N, channels, h, w)
        return pixel_shuffle(self.last(self.tail(x) + first), self.scale)


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and blocks from the shapes."""
    if "fuse.weight" not in state or "last.bias" not in state or "body.0.cca.conv_du.0.weight" not in state:
        return None
    scale = round((len(state["last.bias"]) / 3) ** 0.5)
    return {"scale": scale, "channels": len(state["fuse.bias"]), "blocks": count_blocks(state, r"body\.(\d+)\.")}


ARCH = Arch(
    name="imdn",
    paper="Hui et al., Lightweight image super-resolution with information multi-distillation network, ACM MM 2019",
    year=2019,
    build=IMDN,
    infer=infer,
    overlap_px=32,  # the receptive field but for the attention, which sees the whole input: tiles change the output
    bytes_per_px=7000,
    schemes=(
        Scheme(
            "author",
            (
                (r"(?:module\.)?fea_conv\.(.*)", r"head.\1"),
                (r"(?:module\.)?IMDB(\d+)\.(.*)", lambda match: f"body.{int(match[1]) - 1}.{match[2]}"),
                (r"(?:module\.)?c\.0\.(.*)", r"fuse.\1"),
                (r"(?:module\.)?LR_conv\.(.*)", r"tail.\1"),
                (r"(?:module\.)?upsampler\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 8, "blocks": 2},),
)

_COMMIT = "8f158e6a5ac9db6e5857d9159fd4a6c4214da574"

CARDS = (
    Card(
        id="imdn",
        arch="imdn",
        parameters=715176,
        licence="none stated",
        source=f"Zheng222/IMDN @ {_COMMIT}",
        files=(
            weight(
                "IMDN_x4.pth",
                "e660c38221147217a136debeb99eb304d62d9c0f73ac421ed66281b619719714",
                2879112,
                f"https://raw.githubusercontent.com/Zheng222/IMDN/{_COMMIT}/checkpoints/IMDN_x4.pth",
            ),
        ),
        trained_on=("DIV2K",),
        claims=(Claim("set5", "classical_x4", 32.21, 0.8948, "the paper, table 4"),),
    ),
)
