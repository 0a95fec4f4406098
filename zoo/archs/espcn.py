"""ESPCN: convolutions at LR size, then PixelShuffle.

Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
network, CVPR 2016: 5-3-3 with 64 and 32 features and tanh.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle

from srbench.models.arch import Arch, Colour, Network, Scheme, State, channels_of
from srbench.models.card import Card, Claim, weight


class ESPCN(Network):
    """Three convolutions and one PixelShuffle.

    Args:
        scale: Upscaling factor.
        colour: Luma as in the paper, full-range YCbCr or RGB.
    """

    def __init__(self, scale: int, colour: Colour = "luma") -> None:
        super().__init__(scale, colour)
        channels = channels_of(colour)
        self.conv1 = nn.Conv2d(channels, 64, 5, padding=2)
        self.conv2 = nn.Conv2d(64, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, channels * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N, C, s h, s w)`."""
        x = torch.tanh(self.conv1(lr))  # (N, 64, h, w)
        x = torch.tanh(self.conv2(x))  # (N, 32, h, w)
        return pixel_shuffle(self.conv3(x), self.scale)  # (N, C s^2, h, w) -> (N, C, s h, s w)


def infer(state: State) -> dict[str, Any] | None:
    """Infer channels and scale from the first and last shapes."""
    if "conv3.weight" not in state or state["conv3.weight"].shape[1] != 32 or state["conv3.weight"].shape[-1] != 3:
        return None
    channels = state["conv1.weight"].shape[1]
    scale = round((state["conv3.weight"].shape[0] / channels) ** 0.5)
    return {"scale": scale, "colour": "luma" if channels == 1 else "rgb"}


ARCH = Arch(
    name="espcn",
    paper="Shi et al., Real-time single image and video super-resolution, CVPR 2016",
    year=2016,
    build=ESPCN,
    infer=infer,
    overlap_px=4,
    bytes_per_px=2000,
    colour="luma",
    schemes=(Scheme("Nhat-Thanh", ((r"conv_([123]\..*)", r"conv\1"),), {"colour": "ycbcr"}),),
    examples=({"colour": "luma"}, {"colour": "rgb"}, {"colour": "ycbcr"}),
)

CARDS = (
    Card(
        id="espcn",
        arch="espcn",
        settings={"colour": "ycbcr"},
        parameters=37200,
        licence="MIT",
        source="Nhat-Thanh/ESPCN-Pytorch @ 86370ec7, checkpoint/x4",
        files=(
            weight(
                "ESPCN-x4.pt",
                "456c2382c157bf064c31f297374564417d9687dd93de47d41dffdb79b527abb1",
                150807,
                "https://raw.githubusercontent.com/Nhat-Thanh/ESPCN-Pytorch/86370ec715d6e30c7915d4f4a7bb2e46cd56f4de/checkpoint/x4/ESPCN-x4.pt",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 29.15, None, "recomputed by independent code"),),
        note="trained on LR made without antialiasing, so it trails the 30.76 dB on Set5 of the SRGAN paper's Table 2",
    ),
)
