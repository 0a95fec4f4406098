"""EDSR: residual blocks without BatchNorm, scaled residuals, mean colour subtracted.

Lim, Son, Kim, Nah and Lee, Enhanced deep residual networks for single image super-resolution, CVPRW 2017: baseline with
16 blocks of 64 features, large with 32 blocks of 256 features and residuals scaled by 0.1.
"""

import copy
import re
from itertools import product
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle

from srbench.models import folding
from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight

_DIV2K_MEAN = (0.4488, 0.4371, 0.4040)


class Block(nn.Module):
    """convolution, ReLU, convolution, scaled, plus the input."""

    def __init__(self, channels: int, residual_scale: float) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        return torch.add(x, self.conv2(torch.relu_(self.conv1(x))), alpha=self.residual_scale)


class Up(nn.Conv2d):
    """A convolution to factor^2 times the channels, then PixelShuffle."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__(channels, channels * factor**2, 3, padding=1)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to `(N, channels, factor * h, factor * w)`."""
        return pixel_shuffle(super().forward(x), self.factor)


class EDSR(Network):
    """Baseline by default.

    Args:
        scale: 2, 3 or 4.
        blocks: Residual blocks.
        channels: Features.
        residual_scale: 1 (baseline) or 0.1 (large).
        peak: Level of white inside the network: 255 for the authors' weights, 1 for MMagic's.
    """

    def __init__(
        self, scale: int, blocks: int = 16, channels: int = 64, residual_scale: float = 1.0, peak: float = 255.0
    ) -> None:
        super().__init__(scale)
        self.peak = peak
        self.register_buffer("mean", torch.tensor(_DIV2K_MEAN).view(1, 3, 1, 1), persistent=False)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels, residual_scale) for _ in range(blocks))
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        factors = {2: (2,), 3: (3,), 4: (2, 2)}[scale]
        self.up = nn.ModuleList(Up(channels, factor) for factor in factors)
        self.last: nn.Module = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        mean = self.get_buffer("mean")
        first = self.head((lr - mean) * self.peak)  # (N, 64, h, w)
        x = first
        for block in self.body:
            x = block(x)
        x = first + self.tail(x)
        for step in self.up:
            x = step(x)  # (N, 64, f h, f w)
        out: Tensor = self.last(x) / self.peak + mean
        return out

    def folded(self) -> "EDSR":
        """The last PixelShuffle after the last convolution."""
        network = copy.deepcopy(self)
        last_step = cast(Up, self.up[-1])
        network.last = folding.before_shuffle(cast(nn.Conv2d, self.last), last_step.factor)
        network.up[-1] = folding.plain(last_step)
        return network


def infer(state: State) -> dict[str, Any] | None:
    """Infer blocks, channels and scale from the shapes; networks of 256 features scale their residuals."""
    if "head.weight" not in state or "tail.weight" not in state or "up.0.weight" not in state:
        return None
    channels = state["head.weight"].shape[0]
    scale = 1
    for step in range(count_blocks(state, r"up\.(\d+)\.weight")):
        scale *= round((state[f"up.{step}.weight"].shape[0] / channels) ** 0.5)
    blocks = count_blocks(state, r"body\.(\d+)\.")
    return {"scale": scale, "blocks": blocks, "channels": channels, "residual_scale": 0.1 if channels == 256 else 1.0}


def _block_of_author(match: re.Match[str]) -> str:
    return f"body.{match[1]}.{'conv1' if match[2] == '0' else 'conv2'}.{match[3]}"


_AUTHOR = Scheme(
    "authors",
    (
        (r"(?:sub|add)_mean\..*", ""),
        (r"head\.0\.(.*)", r"head.\1"),
        (r"body\.(\d+)\.body\.([02])\.(.*)", _block_of_author),
        (r"body\.\d+\.(weight|bias)", r"tail.\1"),
        (r"tail\.0\.0\.(.*)", r"up.0.\1"),
        (r"tail\.0\.2\.(.*)", r"up.1.\1"),
        (r"tail\.1\.(.*)", r"last.\1"),
    ),
)

ARCH = Arch(
    name="edsr",
    paper="Lim et al., Enhanced deep residual networks for single image super-resolution, CVPRW 2017",
    year=2017,
    build=EDSR,
    infer=infer,
    overlap_px=72,
    bytes_per_px=46000,
    schemes=(
        _AUTHOR,
        Scheme(
            "BasicSR",
            (
                (r"conv_first\.(.*)", r"head.\1"),
                (r"(body\.\d+\.conv[12]\..*)", r"\1"),
                (r"conv_after_body\.(.*)", r"tail.\1"),
                (r"upsample\.0\.(weight|bias)", r"up.0.\1"),
                (r"upsample\.2\.(weight|bias)", r"up.1.\1"),
                (r"conv_last\.(.*)", r"last.\1"),
                (r"mean", ""),
            ),
        ),
        Scheme(
            "MMagic",
            (
                (r"generator\.conv_first\.(.*)", r"head.\1"),
                (r"generator\.(body\.\d+\.conv[12]\..*)", r"\1"),
                (r"generator\.conv_after_body\.(.*)", r"tail.\1"),
                (r"generator\.upsample\.(\d)\.upsample_conv\.(.*)", r"up.\1.\2"),
                (r"generator\.conv_last\.(.*)", r"last.\1"),
            ),
            {"peak": 1.0},
        ),
    ),
    scales=(2, 3, 4),
    examples=tuple(
        {"blocks": 1, "channels": 6, "residual_scale": residual_scale, "peak": peak}
        for residual_scale, peak in product((1.0, 0.1), (255.0, 1.0))
    ),
)

_LARGE: dict[str, Any] = {"blocks": 32, "channels": 256, "residual_scale": 0.1}
_README = "sanghyun-son/EDSR-PyTorch, README: DIV2K 0801-0900, RGB, border scale + 2"
_MMAGIC = "open-mmlab/mmagic @ 0a560bba, configs/edsr/README.md"
_BASICSR = "XPixelGroup/BasicSR @ 8d56e3a0, docs/ModelZoo.md"
_AUTHOR_URL = "https://cv.snu.ac.kr/research/EDSR/models/"

CARDS = (
    Card(
        id="edsr_baseline",
        arch="edsr",
        parameters=1517571,
        licence="not read",
        source="sanghyun-son/EDSR-PyTorch",
        files=(weight("edsr_baseline_x4-6b446fab.pt", "6b446fab", url=f"{_AUTHOR_URL}edsr_baseline_x4-6b446fab.pt"),),
        trained_on=("DIV2K",),
        claims=(Claim("div2k_val", "rgb_x4+border_px=6", 28.95, None, _README),),
    ),
    Card(
        id="edsr_baseline.mmagic_div2k",
        arch="edsr",
        settings={"peak": 1.0},
        parameters=1517571,
        licence="Apache-2.0",
        source=_MMAGIC,
        files=(
            weight(
                "edsr_x4c64b16_1x16_300k_div2k_20200608-3c2af8a3.pth",
                "3c2af8a3",
                url="https://download.openmmlab.com/mmediting/restorers/edsr/edsr_x4c64b16_1x16_300k_div2k_20200608-3c2af8a3.pth",
            ),
        ),
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 30.2223, 0.8500, _MMAGIC),
            Claim("set14", "openmmlab_x4", 26.7870, 0.7366, _MMAGIC),
            Claim("div2k_val", "openmmlab_x4", 28.9675, 0.8172, _MMAGIC),
        ),
    ),
    Card(
        id="edsr_baseline.basicsr",
        arch="edsr",
        parameters=1517571,
        licence="Apache-2.0",
        source=_BASICSR,
        files=(weight("EDSR_Mx4_f64b16_DIV2K_official-0c287733.pth", "0c287733"),),
        where="Google Drive file 1bCK6cFYU01uJudLgUUe-jgx-tZ3ikOWn",
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 30.1821, None, _BASICSR),
            Claim("set14", "openmmlab_x4", 26.7528, None, _BASICSR),
            Claim("div2k_val", "openmmlab_x4", 28.9679, None, _BASICSR),
        ),
    ),
    Card(
        id="edsr",
        arch="edsr",
        settings=_LARGE,
        parameters=43089923,
        licence="not read",
        source="sanghyun-son/EDSR-PyTorch",
        files=(weight("edsr_x4-4f62e9ef.pt", "4f62e9ef", url=f"{_AUTHOR_URL}edsr_x4-4f62e9ef.pt"),),
        trained_on=("DIV2K",),
        claims=(
            Claim("div2k_val", "rgb_x4+border_px=6", 29.25, None, _README),
            Claim("set5", "classical_x4", 32.46, 0.8968, "xinntao/ESRGAN, README"),
        ),
    ),
    Card(
        id="edsr.basicsr",
        arch="edsr",
        settings=_LARGE,
        parameters=43089923,
        licence="Apache-2.0",
        source=_BASICSR,
        files=(weight("EDSR_Lx4_f256b32_DIV2K_official-76ee1c8f.pth", "76ee1c8f"),),
        where="a cloud folder linked from BasicSR's docs/ModelZoo.md",
        trained_on=("DIV2K",),
        claims=(
            Claim("set5", "openmmlab_x4", 30.5499, None, _BASICSR),
            Claim("set14", "openmmlab_x4", 27.0011, None, _BASICSR),
            Claim("div2k_val", "openmmlab_x4", 29.2770, None, _BASICSR),
        ),
    ),
)
