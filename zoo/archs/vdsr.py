"""VDSR: twenty convolutions that correct the bicubic image.

Kim, Lee and Lee, Accurate image super-resolution using very deep convolutional networks, CVPR 2016. One set of weights
serves scales 2, 3 and 4. The upsampled luma stays in floating point: rounding it first costs 0.23 dB on Set5.
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from srbench.core.resize import resize
from srbench.models.arch import Arch, Network, State, count_blocks
from srbench.models.card import Card, Claim, weight


class VDSR(Network):
    """Luma only; every layer has a bias.

    Args:
        scale: Upscaling factor, done by bicubic interpolation.
        layers: Convolutions in all.
        channels: Features between them.
    """

    def __init__(self, scale: int, layers: int = 20, channels: int = 64) -> None:
        super().__init__(scale, "luma")
        widths = [1, *[channels] * (layers - 1), 1]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 1, h, w)` to `(N, 1, s h, s w)`."""
        base = resize(lr, (lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)).to(lr.dtype)  # (N, 1, s h, s w)
        x = base
        for conv in self.convs[:-1]:
            x = torch.relu_(conv(x))  # (N, 64, s h, s w)
        out: Tensor = base + self.convs[-1](x)
        return out


def infer(state: State) -> dict[str, Any] | None:
    """Infer layers and channels from the shapes; the scale is not in them."""
    if "convs.0.weight" not in state:
        return None
    return {"layers": count_blocks(state, r"convs\.(\d+)\.weight"), "channels": state["convs.0.weight"].shape[0]}


ARCH = Arch(
    name="vdsr",
    paper="Kim et al., Accurate image super-resolution using very deep convolutional networks, CVPR 2016",
    year=2016,
    build=VDSR,
    infer=infer,
    overlap_px=8,
    bytes_per_px=16500,
    colour="luma",
    examples=({"layers": 4}, {"layers": 3, "channels": 4}),
)

# Of the paper's Table 3, Set14 at x2 (33.03/.9124) and x3 (29.77/.8314) is no claim: these weights give 33.06/.9128 and
# 29.80/.8320 there. Bicubic differs in the same two cells, and no known convention gives them: reports/claims.
_TABLE_3 = "the paper, Table 3"

CARDS = (
    Card(
        id="vdsr",
        arch="vdsr",
        scales=(2, 3, 4),
        parameters=665921,
        licence="MIT (repository)",
        source="the authors' release, converted in huangzehao/caffe-vdsr @ 5a839232, Test",
        files=(
            weight(
                "VDSR_Official.mat",
                "f613166660840af1a2ca47e31b0337b951e7c4e094364f6135a16d81a55c323c",
                2490083,
                "https://raw.githubusercontent.com/huangzehao/caffe-vdsr/5a839232d179c10736ed94e7142068b168b61cf6/Test/VDSR_Official.mat",
            ),
        ),
        trained_on=("T91", "BSDS500_train"),
        claims=(
            Claim("set5", "classical_x4", 31.35, None, _TABLE_3),
            Claim("set5", "luma_x2", 37.53, 0.9587, _TABLE_3),
            Claim("set5", "luma_x3", 33.66, 0.9213, _TABLE_3),
            Claim("set5", "luma_x4", 31.35, 0.8838, _TABLE_3),
            Claim("set14", "luma_x4", 28.01, 0.7674, _TABLE_3),
            Claim("bsd100", "luma_x2", 31.90, 0.8960, _TABLE_3),
            Claim("bsd100", "luma_x3", 28.82, 0.7976, _TABLE_3),
            Claim("bsd100", "luma_x4", 27.29, 0.7251, _TABLE_3),
        ),
    ),
)
