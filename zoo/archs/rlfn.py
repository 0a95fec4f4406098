"""RLFN: three convolutions for each block and its input added, then attention over a coarse map.

Kong, Li, Liu, Liu, He, Bai, Chen and Fu, Residual local feature network for efficient super-resolution, CVPRW 2022.
The attention is ESA of Liu, Zhang, Wang and Tang, Residual feature aggregation network, CVPR 2020, in which a single
convolution works on the coarse map.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, max_pool2d, pad, pixel_shuffle

from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import XEON_CORE, Card, Claim, trained_here, weight

_SLOPE = 0.05
SMALLEST_PX = 15
"""Smallest side of which a 3x3 convolution of stride 2 leaves the 7 pixels that are pooled."""


class SpatialAttention(nn.Module):
    """Enhanced spatial attention: a weight for each value, from a map of a sixth of the size and the features.

    Args:
        channels: Features of the input.
        inner: Features of the map.
    """

    def __init__(self, channels: int, inner: int = 16) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, inner, 1)
        self.conv_f = nn.Conv2d(inner, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=2)
        self.conv3 = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv4 = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same; below 15 px the map sees the edge repeated."""
        thin = self.conv1(x)  # (N, inner, h, w)
        coarse = self.on_map(max_pool2d(self.conv2(at_least(thin, SMALLEST_PX)), 7, 3))  # (N, inner, h/6, w/6)
        coarse = interpolate(coarse, size=x.shape[2:], mode="bilinear", align_corners=False)
        return x * torch.sigmoid(self.conv4(coarse + self.conv_f(thin)))

    def on_map(self, coarse: Tensor) -> Tensor:
        """What is done on the coarse map."""
        out: Tensor = self.conv3(coarse)
        return out


def at_least(x: Tensor, side_px: int) -> Tensor:
    """Repeat the lower and right edge of `(N, C, h, w)` until no side is below `side_px`."""
    # max(side_px - side, 0) without a comparison, which tracing for ONNX would fix at the traced size
    missing = [(side_px - side + abs(side_px - side)) // 2 for side in x.shape[2:]]
    return pad(x, (0, missing[1], 0, missing[0]), mode="replicate")


class Block(nn.Module):
    """Three convolutions with LeakyReLU, the input added, a 1x1 convolution, and attention."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.c1_r = nn.Conv2d(channels, inner, 3, padding=1)
        self.c2_r = nn.Conv2d(inner, inner, 3, padding=1)
        self.c3_r = nn.Conv2d(inner, channels, 3, padding=1)
        self.c5 = nn.Conv2d(channels, channels, 1)
        self.esa = SpatialAttention(channels)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        y = x
        for conv in (self.c1_r, self.c2_r, self.c3_r):
            y = leaky_relu(conv(y), _SLOPE)
        out: Tensor = self.esa(self.c5(y + x))
        return out


class RLFN(Network):
    """Blocks at LR size and one PixelShuffle; the convolutions see RGB in [0, 255].

    Args:
        scale: Upscaling factor.
        channels: Features.
        inner: Features between the convolutions of a block.
        blocks: Number of blocks.
    """

    def __init__(self, scale: int = 4, channels: int = 52, inner: int = 52, blocks: int = 6) -> None:
        super().__init__(scale)
        self.conv_1 = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels, inner) for _ in range(blocks))
        self.conv_2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        first = x = self.conv_1(lr * 255)  # (N, channels, h, w)
        for block in self.body:
            x = block(x)
        return pixel_shuffle(self.last(self.conv_2(x) + first), self.scale) / 255


def infer(state: State) -> dict[str, Any] | None:
    """Infer scale, channels and blocks from the shapes."""
    if "body.0.c1_r.weight" not in state or "body.0.esa.conv_f.weight" not in state or "last.bias" not in state:
        return None
    inner, channels = state["body.0.c1_r.weight"].shape[:2]
    scale = round((len(state["last.bias"]) / 3) ** 0.5)
    return {"scale": scale, "channels": channels, "inner": inner, "blocks": count_blocks(state, r"body\.(\d+)\.")}


ARCH = Arch(
    name="rlfn",
    paper="Kong et al., Residual local feature network for efficient super-resolution, CVPRW 2022",
    year=2022,
    build=RLFN,
    infer=infer,
    overlap_px=64,  # the coarse map is counted from the corner of the input: tiles change the output
    bytes_per_px=2200,
    schemes=(
        Scheme(
            "author",
            (
                (r"(conv_[12]\..*)", r"\1"),
                (r"block_(\d+)\.(.*)", lambda match: f"body.{int(match[1]) - 1}.{match[2]}"),
                (r"upsampler\.0\.(.*)", r"last.\1"),
            ),
        ),
    ),
    examples=({"channels": 6, "inner": 8, "blocks": 1},),
)

_COMMIT = "bccfde91bf8b2de80789ec033a029e6f2a932330"


def _card(
    id_: str, file: tuple[str, str, int], parameters: int, claim: Claim, settings: dict[str, Any] | None = None
) -> Card:
    url = f"https://raw.githubusercontent.com/bytedance/RLFN/{_COMMIT}/model_zoo/{file[0]}"
    return Card(
        id=id_,
        arch="rlfn",
        settings=settings or {},
        parameters=parameters,
        licence="Apache-2.0",
        source=f"bytedance/RLFN @ {_COMMIT}",
        files=(weight(*file, url),),
        trained_on=("DIV2K",),
        claims=(claim,),
    )


_MEASURED = "the authors' network under this protocol"

CARDS = (
    _card(
        "rlfn",
        ("rlfn_x4.pth", "8c7edb57dfc89048bafba29d591d4c27d4099964b4a9e22df23d6dc257a637c0", 2212893),
        543740,
        Claim("set5", "classical_x4", 32.24, 0.8953, f"{_MEASURED}; the paper has .8952"),
    ),
    _card(
        "rlfn.s",
        ("rlfn_s_x4.pth", "f769c5a88433786b2db0c2b24da6ca6c92a24c62344b9354a390f8a74388e89d", 1919005),
        470208,
        Claim("set5", "classical_x4", 32.24, 0.8954, f"{_MEASURED}; the paper has 32.23 and .8961"),
        {"channels": 48, "inner": 48},
    ),
    _card(
        "rlfn.ntire",
        ("rlfn_ntire_x4.pth", "3c9be7b9d7a4bece9b68c83a56a1ffb38010f76413d5f215be6b4be842e18fb2", 1294011),
        317218,
        Claim("set5", "classical_x4", 32.10, None, _MEASURED),
        {"channels": 46, "inner": 48, "blocks": 4},
    ),
    trained_here(
        "rlfn.taught",
        "rlfn",
        543740,
        weight("rlfn_taught.safetensors", "48ccda8f615c56705661bcb690d06213127d4d667ce0bd96144d930fb01b227f", 1097632),
        recipe="zoo_rlfn_taught",
        steps=14_000,
        hours=1.3,
        scores={
            "set5": (31.62, 0.8865, 0.1774),
            "set14": (28.14, 0.7706, 0.2961),
            "bsd100": (27.39, 0.7293, 0.3899),
        },
        note="rlfn.srbench, trained further with a teacher on one CPU core; the authors' network has 32.24 dB on Set5",
        rank=1,
        device=XEON_CORE,
    ),
    trained_here(
        "rlfn.srbench",
        "rlfn",
        543740,
        weight("rlfn.safetensors", "5915641bc041c7f87eb585d34ee3b1b3e540aee3303833cef4a816c3310f1f98", 1097624),
        recipe="zoo_rlfn",
        steps=24_000,
        hours=1.9,
        scores={
            "set5": (31.50, 0.8843, 0.1762),
            "set14": (28.08, 0.7690, 0.2966),
            "bsd100": (27.35, 0.7281, 0.3892),
        },
        note="trained from random numbers in 1.9 h on one CPU core; the authors' network has 32.24 dB on Set5",
        rank=2,
        device=XEON_CORE,
    ),
)
