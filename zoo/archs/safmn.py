"""SAFMN: features modulated by themselves, seen at four sizes.

Sun, Dong, Tang and Pan, Spatially-adaptive feature modulation for efficient image super-resolution, ICCV 2023; here in
the form of its authors' entry to NTIRE 2023, whose convolutions have no bias in the blocks, whose maps are a quarter to
a sixteenth of the size, and which normalises once, after Woo et al., ConvNeXt V2, CVPR 2023 (global response).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, gelu, interpolate, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight

_LEVELS = 4


class ResponseNorm(nn.Module):
    """Channels weighed by their norm over the image, relative to the mean of all channels' norms."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        norm = x.square().sum((2, 3), keepdim=True).sqrt()  # (N, channels, 1, 1)
        relative = norm / (norm.mean(1, keepdim=True) + 1e-6)
        return x + self.gamma * (x * relative) + self.beta


class Modulation(nn.Module):
    """A quarter of the channels at full size, the others pooled to 1/4, 1/8, 1/16; their mixture weighs the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        part = channels // _LEVELS
        self.mfr = nn.ModuleList(nn.Conv2d(part, part, 3, padding=1, groups=part, bias=False) for _ in range(_LEVELS))
        self.aggr = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same; a pooled side has at least 1 pixel."""
        height, width = x.shape[2:]
        seen = []
        for level, (part, conv) in enumerate(zip(x.chunk(_LEVELS, 1), self.mfr, strict=True)):
            if level:
                factor = 2 ** (level + 1)
                pooled = adaptive_max_pool2d(part, (max(height // factor, 1), max(width // factor, 1)))
                seen.append(interpolate(conv(pooled), size=(height, width), mode="nearest"))
            else:
                seen.append(conv(part))
        return x * gelu(self.aggr(torch.cat(seen, 1)))


class Block(nn.Module):
    """Modulation, then a 3x3 and a 1x1 convolution with GELU between; each added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.safm = Modulation(channels)
        self.ccm = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False),
            nn.GELU(),
            nn.Conv2d(2 * channels, channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        x = x + self.safm(x)
        out: Tensor = x + self.ccm(x)
        return out


class SAFMN(Network):
    """Blocks at LR size and one PixelShuffle, added to the bilinear image.

    Args:
        scale: Upscaling factor.
        channels: Features; a multiple of 4.
        blocks: Number of blocks.
    """

    def __init__(self, scale: int = 4, channels: int = 36, blocks: int = 8) -> None:
        super().__init__(scale)
        self.to_feat = nn.Conv2d(3, channels, 3, padding=1)
        self.norm = ResponseNorm(channels)
        self.feats = nn.ModuleList(Block(channels) for _ in range(blocks))
        self.to_img = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        x = self.norm(self.to_feat(lr))  # (N, channels, h, w)
        for block in self.feats:
            x = block(x)
        base = interpolate(lr, scale_factor=self.scale, mode="bilinear", align_corners=False)
        return pixel_shuffle(self.to_img(x), self.scale) + base


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and blocks from the shapes."""
    if "to_feat.bias" not in state or "norm.gamma" not in state or "to_img.bias" not in state:
        return None
    scale = round((len(state["to_img.bias"]) / 3) ** 0.5)
    return {"scale": scale, "channels": len(state["to_feat.bias"]), "blocks": count_blocks(state, r"feats\.(\d+)\.")}


ARCH = Arch(
    name="safmn",
    paper="Sun et al., Spatially-adaptive feature modulation for efficient image super-resolution, ICCV 2023",
    year=2023,
    build=SAFMN,
    infer=infer,
    overlap_px=64,  # the norm sees the whole input: tiles change the output
    bytes_per_px=2300,
    schemes=(
        Scheme(
            "author, NTIRE 2023",
            (
                (r"((?:norm|to_feat)\..*|feats\.\d+\.safm\..*)", r"\1"),
                (r"feats\.(\d+)\.ccm\.ccm\.(.*)", r"feats.\1.ccm.\2"),
                (r"to_img\.0\.(.*)", r"to_img.\1"),
            ),
        ),
    ),
    examples=({"channels": 8, "blocks": 1},),
)

_COMMIT = "68c2182e4f8829a979886b0a1cab8f269f91b321"
_PATH = "NTIRE2023_ESR/model_zoo/team15_SAFMN.pth"

CARDS = (
    Card(
        id="safmn",
        arch="safmn",
        parameters=237000,
        licence="MIT",
        source=f"sunny2109/SAFMN @ {_COMMIT}",
        files=(
            weight(
                "team15_SAFMN.pth",
                "93fe3d7175ef1446cfcb3a884ddf8bbb4391f31190e9d1bf6c6c1cb768f8b565",
                971051,
                f"https://raw.githubusercontent.com/sunny2109/SAFMN/{_COMMIT}/{_PATH}",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 32.16, 0.8943, "the authors' network under this protocol"),),
        note="the authors' entry to NTIRE 2023, not the network of the paper",
    ),
)
