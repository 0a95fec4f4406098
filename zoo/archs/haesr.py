"""HAESR: attention within windows and over a grid of the image, computed in the first group and used in the others.

The entry of team 6 to the NTIRE 2026 challenge on efficient super-resolution; no paper of its own was found. Its
spatial attention at the end of a group is that of RLFN.
"""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight
from zoo.archs import mirrored
from zoo.archs.attention_tokens import SIDE, STEPS, Grid, Windows, from_windows, windows
from zoo.archs.long_kernel import Convolutions
from zoo.archs.rlfn import SpatialAttention

_PARTS = 4
"""Each group sets a quarter of the channels aside after each of its stages."""


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        centred = x - x.mean(1, keepdim=True)
        unit = centred / (centred.square().mean(1, keepdim=True) + 1e-6).sqrt()
        return unit * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class Gated(nn.Module):
    """Convolutions whose one half, after GELU, weighs the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project_in = nn.Conv2d(channels, 2 * channels, 1, bias=False)
        self.dwconv = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels, bias=False)
        self.project_out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        gate, value = self.dwconv(self.project_in(x)).chunk(2, 1)
        out: Tensor = self.project_out(gelu(gate) * value)
        return out


class Attention(nn.Module):
    """Attention among tokens, then gated convolutions, each added to its input.

    Args:
        channels: Features.
        tokens: Which pixels look at which.
        first: Whether the attention is computed here; else it is given.
    """

    def __init__(self, channels: int, tokens: Windows | Grid, first: bool) -> None:
        super().__init__()
        self.tokens = tokens
        self.norm = ChannelNorm(channels)
        self.out = nn.Linear(channels, channels, bias=False)
        self.norm2 = ChannelNorm(channels)
        self.gated = Gated(channels)
        if not first:
            self.value = nn.Linear(channels, channels, bias=False)
            return
        self.query = nn.Linear(channels, channels, bias=False)
        self.key_value = nn.Linear(channels, 2 * channels, bias=False)
        if isinstance(tokens, Grid):
            self.relative = nn.Parameter(torch.zeros(STEPS**2, 1))
        extra = tokens.between if isinstance(tokens, Grid) else tokens.looked_at
        self.bias = nn.Parameter(torch.zeros(1, SIDE**2, extra))

    def forward(self, x: Tensor, attention: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`(N, channels, h, w)` to the same, and the attention `(N n, 64, keys)`."""
        normed = self.norm(x)
        keys = self.tokens.keys(normed)
        if attention is None:
            query = self.query(self.tokens.queries(normed)) * x.shape[1] ** -0.5
            key, value = self.key_value(keys).chunk(2, 2)
            attention = torch.softmax(query @ key.transpose(1, 2) + self._bias(), -1)
        else:
            value = self.value(keys)
        x = x + self.tokens.image(self.out(attention @ value), *x.shape[2:])
        return x + self.gated(self.norm2(x)), attention

    def _bias(self) -> Tensor:
        """`(1, 64, keys)`; among the places of a grid it depends on how far they are apart."""
        if not isinstance(self.tokens, Grid):
            return self.bias
        return torch.cat([self.relative[self.tokens.apart].permute(2, 0, 1), self.bias], 2)


class ChannelAttention(nn.Module):
    """Channels that look at each other; their likeness is the cosine over some of the pixels.

    Args:
        channels: Features.
        across: Whether these are the pixels at one place of all windows; else those of one window.
    """

    def __init__(self, channels: int, across: bool) -> None:
        super().__init__()
        self.across = across
        self.norm = ChannelNorm(channels)
        self.temperature = nn.Parameter(torch.ones(1, 1, 1))
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.qkv_dwconv = nn.Conv2d(3 * channels, 3 * channels, 3, padding=1, groups=3 * channels, bias=False)
        self.project_out = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm2 = ChannelNorm(channels)
        self.gated = Gated(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        joined = windows(self.qkv_dwconv(self.qkv(self.norm(x)))).unflatten(0, (len(x), -1))
        joined = joined.transpose(1, 2) if self.across else joined  # (N, sets of pixels, pixels, 3 channels)
        query, key, value = joined.chunk(3, 3)
        likeness = normalize(query, dim=2).transpose(2, 3) @ normalize(key, dim=2) * self.temperature
        seen = value @ torch.softmax(likeness, 3).transpose(2, 3)  # (N, sets of pixels, pixels, channels)
        seen = seen.transpose(1, 2) if self.across else seen
        x = x + self.project_out(from_windows(seen.flatten(0, 1), *x.shape[2:]))
        out: Tensor = x + self.gated(self.norm2(x))
        return out


class Group(nn.Module):
    """Three stages, on fewer and fewer of the channels, then attention among channels and over the image.

    Args:
        channels: Features; a multiple of 16.
        first: Whether attention is computed here; else it is given.
    """

    def __init__(self, channels: int, first: bool) -> None:
        super().__init__()
        part = channels // _PARTS
        self.part = part
        widths = (3 * part, 2 * part, part)
        self.local = nn.ModuleList(Convolutions(width + part) for width in widths)
        near = [Windows(pattern) for pattern in ("star", "cross", "corner")]
        far = [Grid(moved) for moved in ("both", "across", "down")]
        self.near = nn.ModuleList(Attention(*kind, first) for kind in zip(widths, near, strict=True))
        self.far = nn.ModuleList(Attention(*kind, first) for kind in zip(widths, far, strict=True))
        self.mix = nn.ModuleList(nn.Conv2d(width, width, 1) for width in (channels, 3 * part, channels))
        self.channels = nn.ModuleList(ChannelAttention(channels, across) for across in (False, True))
        self.end = nn.Conv2d(channels, channels, 1)
        self.esa = SpatialAttention(channels, max(part, 16))

    def forward(self, x: Tensor, given: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """`(N, channels, h, w)` to the same, with the attention of the six layers; `given` is empty in the first."""
        y, aside, attention = x, list[Tensor](), list[Tensor]()
        for local, near, far, mix in zip(self.local, self.near, self.far, self.mix, strict=True):
            y = local(y)
            kept, y = y[:, : self.part], y[:, self.part :]
            for layer in (near, far):
                y, seen = layer(y, given[len(attention)] if given else None)
                attention.append(seen)
            if len(aside) == _PARTS - 2:
                y = mix(torch.cat([*aside, y, kept], 1))
            else:
                y = mix(torch.cat([y, kept], 1))
                aside.append(y[:, : self.part])
                y = y[:, self.part :]
        for channels in self.channels:
            y = channels(y)
        return self.esa(self.end(y) + x), attention


class HAESR(Network):
    """Groups at LR size and one PixelShuffle; sides are continued by their mirror image to a multiple of 8 px.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of 16.
        groups: Number of groups.
    """

    def __init__(self, scale: int = 4, channels: int = 48, groups: int = 3) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Group(channels, first=at == 0) for at in range(groups))
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        height, width = lr.shape[2:]
        head = x = self.head(mirrored.to_multiple(lr, SIDE))  # (N, channels, h, w), sides a multiple of 8
        attention: list[Tensor] = []
        for group in self.body:
            x, attention = group(x, attention)
        sr = pixel_shuffle(self.last(self.tail(x) + head), self.scale)
        return sr[:, :, : height * self.scale, : width * self.scale]


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and groups from the shapes."""
    if "body.0.near.0.key_value.weight" not in state or "head.bias" not in state or "last.bias" not in state:
        return None
    scale = round((len(state["last.bias"]) / 3) ** 0.5)
    return {"scale": scale, "channels": len(state["head.bias"]), "groups": count_blocks(state, r"body\.(\d+)\.")}


_STAGES = r"(LB|SLA|SGA|pw|BlockC\.canorm|BlockC\.cnorm|BlockC\.gfn|BlockC\.cttn)(\d)\."
"""Layers of a group that the authors count from 1."""
_LAYERS = {
    "LB": "local.{}.",
    "SLA": "near.{}.",
    "SGA": "far.{}.",
    "pw": "mix.{}.",
    "BlockC.canorm": "channels.{}.norm.",
    "BlockC.cnorm": "channels.{}.norm2.",
    "BlockC.gfn": "channels.{}.gated.",
    "BlockC.cttn": "channels.{}.",
}
_WITHIN = {
    "PLKB.DWConv_Kx1": "long.column",
    "PLKB.DWConv_1xK": "long.row",
    "PLKB.conv1": "long.mix",
    "DWConv3": "short",
    "conv1": "mix",
    "cnorm": "norm",
    "cnorm2": "norm2",
    "attn.to_q": "query",
    "attn.to_kv": "key_value",
    "attn.to_v": "value",
    "attn.to_out.0": "out",
    "attn.extra_pos_bias": "bias",
}


def _of_group(match: re.Match[str]) -> str:
    """Translate the name of a tensor of a group."""
    group, layer, number, rest = match.groups()
    if rest.startswith("attn.rel_pos_bias"):
        rest = "relative" if rest.endswith(".weight") else "bias"
    elif rest.startswith("attn.ext_unfold"):
        return ""  # places of pixels, which are computed here
    rest = rest.replace("gfn.", "gated.")
    stem, dot, kind = rest.rpartition(".")
    stem = _WITHIN.get(rest) or f"{_WITHIN.get(stem, stem)}{dot}{kind}"
    return f"body.{group}.{_LAYERS[layer].format(int(number) - 1)}{stem}"


ARCH = Arch(
    name="haesr",
    paper="none found; the entry of team 6 to the NTIRE 2026 challenge on efficient super-resolution, CVPRW 2026",
    year=2026,
    build=HAESR,
    infer=infer,
    overlap_px=64,  # the grid spans the input: tiles change the output, by 4 grey levels at most in a photograph
    bytes_per_px=11000,
    tile_multiple_of=SIDE,
    schemes=(
        Scheme(
            "author",
            (
                (r"block(\d)\.residual_layer\.(?:0\.)?" + _STAGES + "(.*)", _of_group),
                (r"block(\d)\.res_end\.(.*)", r"body.\1.end.\2"),
                (r"block(\d)\.esa\.(.*)", r"body.\1.esa.\2"),
                (r"input\.(.*)", r"head.\1"),
                (r"output\.(.*)", r"tail.\1"),
                (r"up\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 16, "groups": 2},),
)

_REPOSITORY = "Amazingren/NTIRE2026_ESR"
_COMMIT = "4592ce6db68b395699f13e7e2a4e3baf317ef1c6"

CARDS = (
    Card(
        id="haesr",
        arch="haesr",
        parameters=352869,
        licence="MIT",
        source=f"{_REPOSITORY} @ {_COMMIT}, team 6",
        files=(
            weight(
                "team06_HAESR.pth",
                "7734156836614b543dcc67eb198b8225f7cd0cf0fe03b66bbc2aa1c3f89ad445",
                3162222,
                f"https://raw.githubusercontent.com/{_REPOSITORY}/{_COMMIT}/model_zoo/team06_HAESR.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 32.46, 0.8980, "the authors' network under this protocol"),),
        note="the running average of the weights (params_ema)",
    ),
)
