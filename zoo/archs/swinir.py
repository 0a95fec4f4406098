"""SwinIR, the lightweight variant: attention within windows, which every second block shifts by half a window.

Liang, Cao, Sun, Zhang, Van Gool and Timofte, SwinIR: image restoration using Swin transformer, ICCV Workshops 2021.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight
from zoo.archs import mirrored
from zoo.archs.attention_tokens import SIDE, STEPS, from_windows, places_apart, windows
from zoo.archs.residual_group import ResidualGroup

_MEAN = (0.4488, 0.4371, 0.4040)
"""Mean of RGB over DIV2K, which is taken off and added again."""
_SHIFT = SIDE // 2
_NEVER = -100.0
"""What is added to the likeness of pixels that a shift has brought together from two ends of the image."""


class Attention(nn.Module):
    """Multi-head attention among the 64 pixels of each window, with a bias for each distance (equation 4 of Swin)."""

    apart: Tensor

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative = nn.Parameter(torch.zeros(STEPS**2, heads))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.register_buffer("apart", places_apart(), persistent=False)

    def forward(self, tokens: Tensor, apart: Tensor | None) -> Tensor:
        """`(N n, 64, channels)` to the same; `apart` is `(n, 64, 64)`, added to the likeness in each window."""
        query, key, value = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        likeness = query * query.shape[-1] ** -0.5 @ key.transpose(2, 3)  # (N n, heads, 64, 64)
        likeness = likeness + self.relative[self.apart].permute(2, 0, 1)
        if apart is not None:
            likeness = (likeness.unflatten(0, (-1, len(apart))) + apart[:, None]).flatten(0, 1)
        out: Tensor = self.proj((torch.softmax(likeness, 3) @ value).transpose(1, 2).flatten(2))
        return out


class Block(nn.Module):
    """Attention, then two layers of each pixel; each normalises its input and is added to it."""

    def __init__(self, channels: int, heads: int, hidden: int, shifted: bool) -> None:
        super().__init__()
        self.shifted = shifted
        self.norm1 = nn.LayerNorm(channels)
        self.attn = Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels)
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, h, w, channels)` to the same; sides are multiples of 8."""
        height, width = x.shape[1:3]
        y = self.norm1(x).permute(0, 3, 1, 2)
        if self.shifted:
            y = y.roll((-_SHIFT, -_SHIFT), (2, 3))
        y = self.attn(windows(y), _torn(height, width, x) if self.shifted else None)
        y = from_windows(y, height, width)
        if self.shifted:
            y = y.roll((_SHIFT, _SHIFT), (2, 3))
        x = x + y.permute(0, 2, 3, 1)
        out: Tensor = x + self.fc2(gelu(self.fc1(self.norm2(x))))
        return out


def _torn(height: int, width: int, like: Tensor) -> Tensor:
    """`(n, 64, 64)`: what keeps pixels of one window of the shifted image apart that were not beside each other."""
    part = [
        (at >= side - SIDE).to(like) + (at >= side - _SHIFT).to(like)
        for side in (height, width)
        for at in [torch.arange(side, device=like.device)]
    ]
    parts = windows((3 * part[0][:, None] + part[1])[None, None])[..., 0]  # (n, 64)
    return (parts[:, :, None] != parts[:, None]).to(like) * _NEVER


class SwinIR(Network):
    """Groups at LR size and one PixelShuffle; sides are continued by their mirror image to a multiple of 8 px.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of the heads.
        heads: Number of heads.
        hidden: Features between the layers of a block.
        groups: Number of groups.
        blocks: Number of blocks in each.
    """

    mean: Tensor

    def __init__(
        self, scale: int = 4, channels: int = 60, heads: int = 6, hidden: int = 120, groups: int = 4, blocks: int = 6
    ) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.first_norm = nn.LayerNorm(channels)
        self.body = nn.ModuleList(
            ResidualGroup(channels, [Block(channels, heads, hidden, shifted=at % 2 == 1) for at in range(blocks)])
            for _ in range(groups)
        )
        self.last_norm = nn.LayerNorm(channels)
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        height, width = (side * self.scale for side in lr.shape[2:])
        head = self.head(mirrored.to_multiple(lr, SIDE) - self.mean)  # (N, channels, h, w)
        x = self.first_norm(head.permute(0, 2, 3, 1))  # (N, h, w, channels)
        for group in self.body:
            x = group(x)
        x = self.tail(self.last_norm(x).permute(0, 3, 1, 2)) + head
        return (pixel_shuffle(self.last(x), self.scale) + self.mean)[:, :, :height, :width]


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels, heads, groups and blocks from the shapes."""
    table = state.get("body.0.blocks.0.attn.relative")
    if table is None or "last.bias" not in state or "head.bias" not in state:
        return None
    return {
        "scale": round((len(state["last.bias"]) / 3) ** 0.5),
        "channels": len(state["head.bias"]),
        "heads": table.shape[1],
        "hidden": len(state["body.0.blocks.0.fc1.bias"]),
        "groups": count_blocks(state, r"body\.(\d+)\."),
        "blocks": count_blocks(state, r"body\.0\.blocks\.(\d+)\."),
    }


_BLOCK, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"body.\1.blocks.\2."

ARCH = Arch(
    name="swinir",
    paper="Liang et al., SwinIR: image restoration using Swin transformer, ICCV Workshops 2021",
    year=2021,
    build=SwinIR,
    infer=infer,
    overlap_px=64,
    bytes_per_px=9000,
    tile_multiple_of=SIDE,
    schemes=(
        Scheme(
            "author, lightweight",
            (
                (_BLOCK + r"attn_mask", ""),
                (_BLOCK + r"attn\.relative_position_index", ""),
                (_BLOCK + r"attn\.relative_position_bias_table", _OURS + "attn.relative"),
                (_BLOCK + r"mlp\.(fc[12]\..*)", _OURS + r"\3"),
                (_BLOCK + r"((?:norm[12]|attn\.qkv|attn\.proj)\..*)", _OURS + r"\3"),
                (r"layers\.(\d+)\.conv\.(.*)", r"body.\1.conv.\2"),
                (r"patch_embed\.norm\.(.*)", r"first_norm.\1"),
                (r"norm\.(.*)", r"last_norm.\1"),
                (r"conv_first\.(.*)", r"head.\1"),
                (r"conv_after_body\.(.*)", r"tail.\1"),
                (r"upsample\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 12, "heads": 2, "hidden": 24, "groups": 1, "blocks": 2},),
)

_FILE = "002_lightweightSR_DIV2K_s64w8_SwinIR-S_x4.pth"

CARDS = (
    Card(
        id="swinir_light",
        arch="swinir",
        parameters=929628,
        licence="Apache-2.0",
        source="JingyunLiang/SwinIR, release v0.0",
        files=(weight(_FILE, "", url=f"https://github.com/JingyunLiang/SwinIR/releases/download/v0.0/{_FILE}"),),
        trained_on=("DIV2K",),
        claims=(Claim("set5", "classical_x4", 32.44, 0.8976, "the paper, table 3"),),
    ),
)
