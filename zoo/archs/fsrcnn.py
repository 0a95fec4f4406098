"""FSRCNN: shrink, map, expand at LR size, then one transposed convolution.

Dong, Loy and Tang, Accelerating the super-resolution convolutional neural network, ECCV 2016: FSRCNN(d, s, m) with
d = 56 features, s = 12 after shrinking, m = 4 mapping layers.
"""

import copy
from typing import Any, cast

from torch import Tensor, nn

from srbench.models import folding
from srbench.models.arch import Arch, Network, Scheme, State, count_blocks
from srbench.models.card import Card, Claim, weight


class FSRCNN(Network):
    """Luma only.

    Args:
        scale: Stride of the transposed convolution.
        features: d.
        shrunk: s.
        layers: m.
    """

    def __init__(self, scale: int, features: int = 56, shrunk: int = 12, layers: int = 4) -> None:
        super().__init__(scale, "luma")
        self.features = nn.Sequential(nn.Conv2d(1, features, 5, padding=2), nn.PReLU(features))
        mapping: list[nn.Module] = [nn.Conv2d(features, shrunk, 1), nn.PReLU(shrunk)]
        for _ in range(layers):
            mapping += [nn.Conv2d(shrunk, shrunk, 3, padding=1), nn.PReLU(shrunk)]
        mapping += [nn.Conv2d(shrunk, features, 1), nn.PReLU(features)]
        self.mapping = nn.Sequential(*mapping)
        self.deconv: nn.Module = nn.ConvTranspose2d(features, 1, 9, stride=scale, padding=4, output_padding=scale - 1)

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 1, h, w)` to `(N, 1, s h, s w)`."""
        x = self.features(lr)  # (N, d, h, w)
        x = self.mapping(x)  # (N, d, h, w), s features inside
        out: Tensor = self.deconv(x)
        return out

    def folded(self) -> "FSRCNN":
        """The transposed convolution as a convolution and a PixelShuffle."""
        network = copy.deepcopy(self)
        network.deconv = folding.as_shuffle(cast(nn.ConvTranspose2d, self.deconv))
        return network


def infer(state: State) -> dict[str, Any] | None:
    """Infer d, s and m from the shapes; the scale is not in them."""
    if "deconv.weight" not in state:
        return None
    convolutions = count_blocks({k: v for k, v in state.items() if v.ndim == 4}, r"mapping\.(\d+)\.weight")
    features, shrunk = state["features.0.weight"].shape[0], state["mapping.0.weight"].shape[0]
    return {"features": features, "shrunk": shrunk, "layers": convolutions - 2}


ARCH = Arch(
    name="fsrcnn",
    paper="Dong et al., Accelerating the super-resolution convolutional neural network, ECCV 2016",
    year=2016,
    build=FSRCNN,
    infer=infer,
    overlap_px=8,
    bytes_per_px=3300,
    colour="luma",
    schemes=(
        Scheme(
            "yjn870",
            (
                (r"first_part\.(.*)", r"features.\1"),
                (r"mid_part\.(.*)", r"mapping.\1"),
                (r"last_part\.(.*)", r"deconv.\1"),
            ),
        ),
    ),
    examples=({}, {"features": 8, "shrunk": 4, "layers": 0}),
)

CARDS = (
    Card(
        id="fsrcnn",
        arch="fsrcnn",
        parameters=12809,
        licence="none stated",
        source="yjn870/FSRCNN-pytorch @ 597b52f7, weights",
        files=(
            weight(
                "fsrcnn_x4.pth",
                "c15150d6787d487f38a68e66be5ec8a964182403af494e6a935fa03eeb56a630",
                54998,
                "https://raw.githubusercontent.com/yjn870/FSRCNN-pytorch/597b52f7e8118ea014c079d32193a712181e003b/weights/fsrcnn_x4.pth",
            ),
        ),
        trained_on=("T91",),
        claims=(Claim("set5", "classical_x4", 30.52, None, "recomputed by independent code"),),
    ),
)
