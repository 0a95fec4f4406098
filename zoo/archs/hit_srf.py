"""HiT-SRF: windows that grow from block to block, whose pixels and channels are compared without a softmax.

Zhang, Zhang and Yu, HiT-SR: hierarchical transformer for efficient image super-resolution, ECCV 2024; the variant named
SRF there, which goes back to SRFormer.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, gelu, leaky_relu, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight
from zoo.archs import mirrored
from zoo.archs.residual_group import ResidualGroup

_MEAN = (0.4488, 0.4371, 0.4040)
"""Mean of RGB over DIV2K, which is taken off and added again."""
_WINDOWS_PX = (4, 8, 16, 32, 48, 64)
"""Sides of the windows of the blocks of a group."""
_BASE_PX = 8
"""Side to which what is looked at in a larger window is reduced."""


class Features(nn.Module):
    """Product of a 1x1 convolution and of three convolutions with a fifth of the features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = channels // 5
        self.reduce = nn.Conv2d(channels, few, 1)
        self.spatial = nn.Conv2d(few, few, 3, padding=1)
        self.expand = nn.Conv2d(few, channels, 1)
        self.linear = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        few = leaky_relu(self.spatial(leaky_relu(self.reduce(x), 0.2)), 0.2)
        out: Tensor = self.expand(few) * self.linear(x)
        return out


class PositionBias(nn.Module):
    """What the distance of two pixels adds to their likeness, from a small network of the distance.

    Args:
        channels: Features of the network.
        heads: Number of heads.
        side_px: Side of the window.
    """

    apart: Tensor
    places: Tensor

    def __init__(self, channels: int, heads: int, side_px: int) -> None:
        super().__init__()
        base = min(side_px, _BASE_PX)
        self.step = side_px // base
        self.first = nn.Linear(2, channels)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(channels), nn.ReLU(), nn.Linear(channels, out))
            for out in (channels, channels, heads)
        )
        apart = torch.arange(1 - side_px, side_px)
        self.register_buffer("apart", torch.cartesian_prod(apart, apart).float(), persistent=False)
        # distance from each of `side_px` pixels to the first of each cell that is looked at, counted from 0
        rows = torch.arange(side_px)[:, None] + side_px - self.step * (torch.arange(base) + 1)
        wide = 2 * side_px - self.step
        places = rows[:, None, :, None] * wide + rows[None, :, None, :]
        self.register_buffer("places", places.reshape(side_px**2, base**2), persistent=False)

    def forward(self) -> Tensor:
        """Return `(heads, pixels, cells)`; of a cell of several pixels, the mean over them."""
        x = self.first(self.apart)
        for layer in self.layers:
            x = layer(x)
        side = round(len(x) ** 0.5)
        table = avg_pool2d(x.T.reshape(1, -1, side, side), self.step, 1)  # a mean over each possible cell
        return table.flatten(2)[0][:, self.places]


class Correlation(nn.Module):
    """Half of the features looked up by likeness of pixels, half by likeness of channels.

    Args:
        channels: Features.
        heads: Number of heads of the comparison of pixels.
        side_px: Side of the window.
    """

    def __init__(self, channels: int, heads: int, side_px: int) -> None:
        super().__init__()
        self.side = side_px
        self.base = min(side_px, _BASE_PX)
        self.heads = heads
        self.features = Features(channels)
        self.reduce = nn.Linear((side_px // self.base) ** 2, 1)
        self.position = PositionBias(channels // 16, heads, side_px)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to `(N, h, w, channels)`; sides are mirrored up to whole windows."""
        height, width = x.shape[2:]
        x = self.features(mirrored.to_multiple(x, self.side))
        windows = x.unflatten(3, (-1, self.side)).unflatten(2, (-1, self.side))
        windows = windows.permute(0, 2, 4, 3, 5, 1)  # (N, h/side, w/side, side, side, channels)
        query, value = windows.flatten(0, 2).flatten(1, 2).chunk(2, 2)  # each (N n, pixels, channels / 2)
        found = torch.cat([self._pixels(query, value), self._channels(query, value)], 2)
        out = self.proj(found).view(windows.shape)
        return out.transpose(2, 3).flatten(3, 4).flatten(1, 2)[:, :height, :width]

    def _pixels(self, query: Tensor, value: Tensor) -> Tensor:
        """Compare pixels with cells of the window, in heads."""
        each = query.shape[2] // self.heads
        step = self.side // self.base
        cells = value.view(-1, self.base, step, self.base, step, self.heads, each)
        cells = self.reduce(cells.permute(0, 5, 1, 3, 6, 2, 4).flatten(5)).flatten(2, 3)[..., 0]
        likeness = query.unflatten(2, (self.heads, each)).transpose(1, 2) @ cells.transpose(2, 3) / each
        found = (likeness + self.position()) @ cells  # (N n, heads, pixels, each)
        return found.transpose(1, 2).flatten(2)

    def _channels(self, query: Tensor, value: Tensor) -> Tensor:
        likeness = query.transpose(1, 2) @ value / query.shape[1]  # (N n, channels / 2, channels / 2)
        return value @ likeness.transpose(1, 2)


class Layers(nn.Module):
    """Two layers of each pixel, with a 5x5 convolution of each feature added between them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 2 * channels)
        self.spatial = nn.Conv2d(2 * channels, 2 * channels, 5, padding=2, groups=2 * channels)
        self.fc2 = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, h, w, channels)` to the same."""
        x = gelu(self.fc1(x))
        near = gelu(self.spatial(x.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        out: Tensor = self.fc2(x + near)
        return out


class Block(nn.Module):
    """Correlation, then layers; each is normalised and added to its input."""

    def __init__(self, channels: int, heads: int, side_px: int) -> None:
        super().__init__()
        self.correlation = Correlation(channels, heads, side_px)
        self.norm1 = nn.LayerNorm(channels)
        self.mlp = Layers(channels)
        self.norm2 = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, h, w, channels)` to the same."""
        x = x + self.norm1(self.correlation(x.permute(0, 3, 1, 2)))
        out: Tensor = x + self.norm2(self.mlp(x))
        return out


class HiTSRF(Network):
    """Groups at LR size and one PixelShuffle; the convolutions see RGB without its mean.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of twice the heads, and 16 or more.
        heads: Number of heads of the comparison of pixels.
        groups: Number of groups.
    """

    mean: Tensor

    def __init__(self, scale: int = 4, channels: int = 60, heads: int = 6, groups: int = 4) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.first_norm = nn.LayerNorm(channels)
        self.body = nn.ModuleList(
            ResidualGroup(channels, [Block(channels, heads, side) for side in _WINDOWS_PX]) for _ in range(groups)
        )
        self.last_norm = nn.LayerNorm(channels)
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        head = self.head(lr - self.mean)  # (N, channels, h, w)
        x = self.first_norm(head.permute(0, 2, 3, 1))  # (N, h, w, channels)
        for group in self.body:
            x = group(x)
        x = self.tail(self.last_norm(x).permute(0, 3, 1, 2)) + head
        return pixel_shuffle(self.last(x), self.scale) + self.mean


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels, heads and groups from the shapes."""
    heads = state.get("body.0.blocks.0.correlation.position.layers.2.2.bias")
    if heads is None or "head.bias" not in state or "last.bias" not in state:
        return None
    return {
        "scale": round((len(state["last.bias"]) / 3) ** 0.5),
        "channels": len(state["head.bias"]),
        "heads": len(heads),
        "groups": count_blocks(state, r"body\.(\d+)\."),
    }


_BLOCK, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"body.\1.blocks.\2."

ARCH = Arch(
    name="hit_srf",
    paper="Zhang, Zhang and Yu, HiT-SR: hierarchical transformer for efficient image super-resolution, ECCV 2024",
    year=2024,
    build=HiTSRF,
    infer=infer,
    overlap_px=64,
    bytes_per_px=7000,
    tile_multiple_of=192,  # of 48 and of 64
    schemes=(
        Scheme(
            "author",
            (
                (_BLOCK + r"correlation\.qv\.conv\.0\.(.*)", _OURS + r"correlation.features.reduce.\3"),
                (_BLOCK + r"correlation\.qv\.conv\.2\.(.*)", _OURS + r"correlation.features.spatial.\3"),
                (_BLOCK + r"correlation\.qv\.conv\.4\.(.*)", _OURS + r"correlation.features.expand.\3"),
                (_BLOCK + r"correlation\.qv\.linear\.(.*)", _OURS + r"correlation.features.linear.\3"),
                (_BLOCK + r"correlation\.spatial_linear\.(.*)", _OURS + r"correlation.reduce.\3"),
                (_BLOCK + r"correlation\.proj\.(.*)", _OURS + r"correlation.proj.\3"),
                (_BLOCK + r"correlation\.pos\.pos_proj\.(.*)", _OURS + r"correlation.position.first.\3"),
                (
                    _BLOCK + r"correlation\.pos\.pos([123])\.(.*)",
                    lambda match: match.expand(_OURS) + f"correlation.position.layers.{int(match[3]) - 1}.{match[4]}",
                ),
                (_BLOCK + r"mlp\.dwconv\.depthwise_conv\.0\.(.*)", _OURS + r"mlp.spatial.\3"),
                (_BLOCK + r"((?:norm[12]|mlp\.fc[12])\..*)", _OURS + r"\3"),
                (r"layers\.(\d+)\.conv\.(.*)", r"body.\1.conv.\2"),
                (r"patch_embed\.norm\.(.*)", r"first_norm.\1"),
                (r"norm\.(.*)", r"last_norm.\1"),
                (r"conv_first\.(.*)", r"head.\1"),
                (r"conv_after_body\.(.*)", r"tail.\1"),
                (r"upsample\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 24, "heads": 2, "groups": 1},),
)

_REPOSITORY = "Amazingren/NTIRE2025_ESR"
_COMMIT = "b69fb668c0362deb696eecbfdebfaa5c2fcdfcb4"

CARDS = (
    Card(
        id="hit_srf",
        arch="hit_srf",
        parameters=866420,
        licence="MIT",
        source=f"{_REPOSITORY} @ {_COMMIT}, team 54",
        files=(
            weight(
                "team54_HITSR.pth",
                "dffb47c5a7e1e28755cde32d9fa4c19f14e965d6c63491da39419bf3699ec456",
                3814881,
                f"https://raw.githubusercontent.com/{_REPOSITORY}/{_COMMIT}/model_zoo/team54_HITSR.pth",
            ),
        ),
        claims=(
            Claim(
                "set5",
                "classical_x4",
                32.55,
                0.8999,
                "the authors' network under this protocol; their table has 32.63 and .8993 for training on DF2K",
            ),
        ),
        note="the network of team 54 of NTIRE 2025",
    ),
)
