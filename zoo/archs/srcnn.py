"""SRCNN: three convolutions on the upsampled image.

Dong, Loy, He and Tang, Image super-resolution using deep convolutional networks, IEEE TPAMI 38(2), 2016. The paper
works on luma alone; the published PyTorch weights do not, and each origin upsamples and pads in its own way.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from srbench.core.resize import resize
from srbench.models.arch import Arch, Colour, Network, Scheme, State, channels_of
from srbench.models.card import Card, Claim, weight


class SRCNN(Network):
    """9-1-5 or 9-5-5, with 64 and 32 features.

    Args:
        scale: Upscaling factor, done before the first convolution.
        kernels: Sizes of the three convolutions.
        colour: Luma, full-range YCbCr or RGB.
        upsampling: MATLAB's bicubic, or torch's (a = -0.75), with which MMagic trains.
        padding: What convolutions see outside: zeros at each one, or the upsampled image's edge repeated once.
    """

    def __init__(
        self,
        scale: int,
        kernels: tuple[int, int, int] = (9, 1, 5),
        colour: Colour = "luma",
        upsampling: Literal["matlab", "torch"] = "matlab",
        padding: Literal["zeros", "replicate"] = "zeros",
    ) -> None:
        super().__init__(scale, colour)
        self.upsampling = upsampling
        self.replicated_px = sum(k // 2 for k in kernels) if padding == "replicate" else 0
        channels = channels_of(colour)
        pads = [k // 2 if padding == "zeros" else 0 for k in kernels]
        self.conv1 = nn.Conv2d(channels, 64, kernels[0], padding=pads[0])
        self.conv2 = nn.Conv2d(64, 32, kernels[1], padding=pads[1])
        self.conv3 = nn.Conv2d(32, channels, kernels[2], padding=pads[2])

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N, C, s h, s w)`."""
        x = self._upsample(lr)  # (N, C, s h, s w)
        if self.replicated_px:
            x = pad(x, (self.replicated_px,) * 4, mode="replicate")
        x = torch.relu_(self.conv1(x))  # (N, 64, s h, s w)
        x = torch.relu_(self.conv2(x))  # (N, 32, s h, s w)
        out: Tensor = self.conv3(x)
        return out

    def _upsample(self, lr: Tensor) -> Tensor:
        size = (lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)
        if self.upsampling == "torch":
            return interpolate(lr, size=size, mode="bicubic", align_corners=False)
        return resize(lr, size).to(lr.dtype)


def infer(state: State) -> dict[str, Any] | None:
    """Infer kernel sizes and channels from the shapes."""
    if "conv3.weight" not in state or state["conv1.weight"].shape[0] != 64:
        return None
    kernels = tuple(state[f"conv{i}.weight"].shape[-1] for i in (1, 2, 3))
    return {"kernels": kernels, "colour": "luma" if state["conv1.weight"].shape[1] == 1 else "rgb"}


ARCH = Arch(
    name="srcnn",
    paper="Dong et al., Image super-resolution using deep convolutional networks, TPAMI 2016",
    year=2014,
    build=SRCNN,
    infer=infer,
    overlap_px=4,
    bytes_per_px=15500,
    colour="luma",
    schemes=(
        Scheme("MMagic", ((r"generator\.(conv[123]\..*)", r"\1"),), {"colour": "rgb", "upsampling": "torch"}),
        Scheme(
            "Nhat-Thanh",
            (
                (r"patch_extraction\.(.*)", r"conv1.\1"),
                (r"nonlinear_map\.(.*)", r"conv2.\1"),
                (r"recon\.(.*)", r"conv3.\1"),
            ),
            {"colour": "ycbcr", "padding": "replicate"},
        ),
    ),
    examples=(
        {},
        {"kernels": (9, 5, 5), "colour": "rgb", "upsampling": "torch"},
        {"colour": "ycbcr", "padding": "replicate"},
    ),
)

_MMAGIC = "open-mmlab/mmagic @ 0a560bba, configs/srcnn/README.md"

CARDS = (
    Card(
        id="srcnn.mmagic_div2k",
        arch="srcnn",
        settings={"kernels": (9, 1, 5), "colour": "rgb", "upsampling": "torch"},
        parameters=20099,
        licence="Apache-2.0",
        source=_MMAGIC,
        files=(
            weight(
                "srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth",
                "4186f232",
                url="https://download.openmmlab.com/mmediting/restorers/srcnn/srcnn_x4k915_1x16_1000k_div2k_20200608-4186f232.pth",
            ),
        ),
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 28.4316, 0.8099, _MMAGIC),
            Claim("set14", "openmmlab_x4", 25.6486, 0.7014, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 27.7460, 0.7854, _MMAGIC),
        ),
    ),
    Card(
        id="srcnn.nhatthanh_955",
        arch="srcnn",
        settings={"kernels": (9, 5, 5), "colour": "ycbcr", "padding": "replicate"},
        parameters=69251,
        licence="MIT",
        source="Nhat-Thanh/SRCNN-Pytorch @ 81a21b46, checkpoint/SRCNN955",
        files=(
            weight(
                "SRCNN-955.pt",
                "429891bbcd68ff46585ae9d2f29a54a85bc06740178b2e7cc8bba33b063c4dc5",
                278999,
                "https://raw.githubusercontent.com/Nhat-Thanh/SRCNN-Pytorch/81a21b4608771f6342c00f5c10280c94c1079368/checkpoint/SRCNN955/SRCNN-955.pt",
            ),
        ),
        claims=(Claim("set5", "classical_x4", 28.71, None, "recomputed by independent code"),),
        note="trained on LR made without antialiasing, so it trails the paper's 30.48 dB on Set5",
    ),
)
