"""EFDN: cells whose four stages are joined, then attention over a coarse map.

Wang, Edge-enhanced feature distillation network for efficient super-resolution, CVPRW 2022. Its edge-enhanced
convolutions are trained as several branches; what is read here is their sum, one 3x3 for each.
"""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad, pixel_shuffle, relu

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight

_SMALLEST_PX = 15
"""Smallest side of which a 3x3 convolution of stride 2 leaves the 7 pixels that are pooled."""


class SpatialAttention(nn.Module):
    """Enhanced spatial attention of Liu et al., CVPR 2020, with three convolutions on the coarse map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 4
        self.conv1 = nn.Conv2d(channels, inner, 1)
        self.conv_f = nn.Conv2d(inner, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=2)
        self.conv_max = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv3 = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv3_ = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv4 = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same; below 15 px the map sees the edge repeated."""
        thin = self.conv1(x)  # (N, inner, h, w)
        coarse = max_pool2d(self.conv2(_at_least(thin, _SMALLEST_PX)), 7, 3)  # (N, inner, h/6, w/6)
        coarse = self.conv3_(relu(self.conv3(relu(self.conv_max(coarse)))))
        coarse = interpolate(coarse, size=x.shape[2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.conv4(coarse + self.conv_f(thin)))


def _at_least(x: Tensor, side_px: int) -> Tensor:
    """Repeat the lower and right edge of `(N, C, h, w)` until no side is below `side_px`."""
    # max(side_px - side, 0) without a comparison, which tracing for ONNX would fix at the traced size
    missing = [(side_px - side + abs(side_px - side)) // 2 for side in x.shape[2:]]
    return pad(x, (0, missing[1], 0, missing[0]), mode="replicate")


class Cell(nn.Module):
    """A 1x1 and two 3x3 convolutions with PReLU; half the features of the input and of each are joined."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, size, padding=size // 2) for size in (1, 3, 3))
        self.acts = nn.ModuleList(nn.PReLU(channels) for _ in range(3))
        self.branch = nn.ModuleList(nn.Conv2d(channels, channels // 2, 1) for _ in range(4))
        self.fuse = nn.Conv2d(2 * channels, channels, 1)
        self.att = SpatialAttention(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        stages = [x]
        for conv, act in zip(self.convs, self.acts, strict=True):
            stages.append(act(conv(stages[-1])))
        halves = [branch(stage) for branch, stage in zip(self.branch, stages, strict=True)]
        out: Tensor = x + self.att(self.fuse(torch.cat(halves, 1)))
        return out


class EFDN(Network):
    """Cells; the second's output is joined with the first's, that of each later one with the second's.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of 4.
        cells: Number of cells.
    """

    def __init__(self, scale: int = 4, channels: int = 48, cells: int = 4) -> None:
        super().__init__(scale)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.cells = nn.ModuleList(Cell(channels) for _ in range(cells))
        self.local_fuse = nn.ModuleList(nn.Conv2d(2 * channels, channels, 1) for _ in range(cells - 1))
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        head = self.head(lr)  # (N, channels, h, w)
        before = x = self.cells[0](head)
        for at, (cell, fuse) in enumerate(zip(list(self.cells)[1:], self.local_fuse, strict=True)):
            output = cell(x)
            x = fuse(torch.cat([before, output], 1))  # (N, 2 channels, h, w) -> (N, channels, h, w)
            before = output if at == 0 else before
        return pixel_shuffle(self.tail(x + head), self.scale)


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and cells from the shapes."""
    if "cells.0.att.conv3_.weight" not in state or "tail.bias" not in state or "head.bias" not in state:
        return None
    scale = round((len(state["tail.bias"]) / 3) ** 0.5)
    return {"scale": scale, "channels": len(state["head.bias"]), "cells": count_blocks(state, r"cells\.(\d+)\.")}


def _stage(match: re.Match[str]) -> str:
    what = "acts" if match[3] == "act" else "convs"
    return f"{match[1]}.{what}.{int(match[2]) - 1}.{match[4]}"


ARCH = Arch(
    name="efdn",
    paper="Wang, Edge-enhanced feature distillation network for efficient super-resolution, CVPRW 2022",
    year=2022,
    build=EFDN,
    infer=infer,
    overlap_px=64,  # the coarse map is counted from the corner of the input: tiles change the output
    bytes_per_px=2200,
    schemes=(
        Scheme(
            "author, for inference",
            (
                (r"(cells\.\d+)\.conv([123])\.(act|conv1x1|rep_conv)\.(.*)", _stage),
                (r"tail\.0\.(.*)", r"tail.\1"),
                (r"(cells\.\d+\.(?:fuse|att|branch)\..*|(?:head|local_fuse)\..*)", r"\1"),
            ),
        ),
    ),
    examples=({"channels": 8, "cells": 2},),
)

_REPOSITORY = "Amazingren/NTIRE2025_ESR"
_COMMIT = "b69fb668c0362deb696eecbfdebfaa5c2fcdfcb4"

CARDS = (
    Card(
        id="efdn",
        arch="efdn",
        parameters=276192,
        licence="MIT",
        source=f"{_REPOSITORY} @ {_COMMIT}, team 0",
        files=(
            weight(
                "team00_EFDN.pth",
                "71069f10ef234cd123f45ac8e69099f0a1fdc0c16afcfe2189e50071d47ce477",
                1153119,
                f"https://raw.githubusercontent.com/{_REPOSITORY}/{_COMMIT}/model_zoo/team00_EFDN.pth",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 32.08, 0.8931, "the authors' network under this protocol"),),
    ),
)
