"""Interpolation by MATLAB's imresize: nearest, bilinear, bicubic, lanczos. No weights; the floor of every table."""

from typing import Any

from torch import Tensor

from srbench.core.resize import Kernel, resize
from srbench.models.arch import Arch, Network, State
from srbench.models.card import Card, Claim


class Interpolation(Network):
    """Resamples each channel on its own.

    MATLAB decides by the image's class: uint8 is rounded after each pass, double is not. Here an input whose values
    all lie on 8-bit levels is the uint8 case.
    """

    def __init__(self, scale: int, kernel: Kernel = "bicubic") -> None:
        super().__init__(scale, "any")
        self.kernel = kernel

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N, C, scale * h, scale * w)`, both in [0, 1], of the input's dtype."""
        size = (lr.shape[-2] * self.scale, lr.shape[-1] * self.scale)
        levels = lr.double() * 255
        rounded = levels.round()
        eight_bit = bool(((levels - rounded).abs() < 1e-4).all())
        sr = resize(rounded if eight_bit else levels, size, kernel=self.kernel, round_passes=eight_bit)
        return (sr / 255).to(lr.dtype)


def infer(state: State) -> dict[str, Any] | None:
    """Return None: interpolation has no weights to recognise."""
    return None


ARCH = Arch(
    name="interpolation",
    paper="Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 29(6), 1981",
    year=1981,
    build=Interpolation,
    infer=infer,
    overlap_px=4,
    bytes_per_px=2600,
    colour="any",
    examples=({"kernel": "bicubic"}, {"kernel": "nearest"}),
)


def _card(kernel: Kernel, *claims: Claim) -> Card:
    return Card(
        id=kernel,
        arch="interpolation",
        settings={"kernel": kernel},
        scales=(),
        parameters=0,
        licence="Apache-2.0",
        source="this project; MATLAB's imresize",
        claims=claims,
    )


CARDS = (
    _card(
        "nearest",
        Claim("set5", "classical_x4", 26.2583, 0.7380, "recomputed by independent code"),
        Claim("set14", "classical_x4", 24.6458, 0.6534, "recomputed by independent code"),
        Claim("bsd100", "classical_x4", 25.0376, 0.6299, "recomputed by independent code"),
    ),
    _card("bilinear"),
    _card(
        "bicubic",
        Claim("set5", "classical_x4", 28.4290, 0.8111, "recomputed by independent code"),
        Claim("set14", "classical_x4", 25.9940, 0.7029, "recomputed by independent code"),
        Claim("bsd100", "classical_x4", 25.9613, 0.6681, "recomputed by independent code"),
        Claim("set5", "classical_x4+y_rounding=true", 28.4165, 0.8101, "recomputed by independent code"),
        Claim("set14", "classical_x4+y_rounding=true", 25.9903, 0.7023, "recomputed by independent code"),
        Claim("bsd100", "classical_x4+y_rounding=true", 25.9558, 0.6672, "recomputed by independent code"),
        Claim("set5", "luma_x4", 28.4207, 0.8104, "recomputed by independent code; the literature's 28.42 / 0.8104"),
        Claim("set14", "luma_x4", 26.0001, 0.7019, "recomputed by independent code; the literature's 26.00 / 0.7027"),
        Claim("bsd100", "luma_x4", 25.9606, 0.6674, "recomputed by independent code; the literature's 25.96 / 0.6675"),
        Claim("set5", "luma_x2", 33.66, 0.9299, "Kim et al., VDSR, CVPR 2016, table 3"),
        Claim("set5", "luma_x3", 30.39, 0.8682, "Kim et al., VDSR, CVPR 2016, table 3"),
        Claim("bsd100", "luma_x3", 27.21, 0.7385, "Kim et al., VDSR, CVPR 2016, table 3"),
        Claim("set5", "rgb_x4", 26.6921, None, "recomputed by independent code"),
        Claim("set14", "rgb_x4", 24.4616, None, "recomputed by independent code"),
        Claim("bsd100", "rgb_x4", 24.6348, None, "recomputed by independent code"),
    ),
    _card("lanczos"),
)
