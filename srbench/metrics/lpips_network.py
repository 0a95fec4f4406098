"""The networks of LPIPS 0.1: features of a classifier, and a weight for each channel of them.

The weights of the channels are read from the authors' package `lpips`. Its module is not imported: it brings
torchvision and torch's compiler, which take as long to load as torch itself. A test holds both networks equal.
"""

import importlib.util
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from srbench.errors import MissingWeights
from srbench.metrics.backbone import Net

_PACKAGE = "lpips"
# Mean and standard deviation of ImageNet's colours, on levels taken to [-1, 1].
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_EPSILON = 1e-10
# A stage of features ends before these layers.
_ENDS: dict[Net, tuple[int, ...]] = {
    "alex": (2, 5, 8, 10, 12),
    "vgg": (4, 9, 16, 23, 30),
    "squeeze": (2, 5, 8, 10, 11, 12, 13),
}


class LpipsNetwork(nn.Module):
    """Distance between the features of two images.

    Args:
        net: Backbone.
        state: Tensors of the backbone, by torchvision's names.

    Raises:
        MissingWeights: The package `lpips` is not installed.

    Source:
        Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018, eq. 1; richzhang/PerceptualSimilarity @ 082bb24f.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, net: Net, state: dict[str, Tensor]) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("shift", torch.tensor(_SHIFT)[None, :, None, None])
        self.register_buffer("scale", torch.tensor(_SCALE)[None, :, None, None])
        self.features = _BACKBONES[net]()
        self.features.load_state_dict({name: state[f"features.{name}"] for name in self.features.state_dict()})
        weights = _weights_of_channels(net)
        self.channels = nn.ParameterList([nn.Parameter(weight, requires_grad=False) for weight in weights])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Compare two images of `(N, 3, H, W)` in [-1, 1]: float32 `(N, 1, 1, 1)`."""
        return torch.stack([stage.mean((2, 3), keepdim=True) for stage in self._stages(x, y)]).sum(0)

    def map(self, x: Tensor, y: Tensor) -> Tensor:
        """Compare two images at every pixel: float32 `(N, 1, H, W)`, the stages enlarged bilinearly and summed."""
        size = x.shape[2:]
        return torch.stack([interpolate(stage, size, mode="bilinear") for stage in self._stages(x, y)]).sum(0)

    def _stages(self, x: Tensor, y: Tensor) -> list[Tensor]:
        """Return the distances of each stage, `(N, 1, h, w)`."""
        x, y = ((image - self.shift) / self.scale for image in (x, y))
        stages = []
        for (start, end), weight in zip(pairwise((0, *_ENDS[self.net])), self.channels, strict=True):
            x, y = self.features[start:end](x), self.features[start:end](y)
            stages.append(nn.functional.conv2d((_of_length_one(x) - _of_length_one(y)) ** 2, weight))
        return stages


def _of_length_one(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + _EPSILON)


def _weights_of_channels(net: Net) -> list[Tensor]:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingWeights("the package lpips, which holds weights of LPIPS, is not installed: pip install lpips")
    path = Path(spec.submodule_search_locations[0]) / "weights" / "v0.1" / f"{net}.pth"
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return [state[f"lin{stage}.model.1.weight"] for stage in range(len(_ENDS[net]))]


def _alex() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(),
    )


def _vgg() -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for number, (wide, convolutions) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        if number:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, wide, 3, padding=1), nn.ReLU()]
            channels = wide
    return nn.Sequential(*layers)


class _Fire(nn.Module):
    """SqueezeNet's block: fewer channels, then two kernels side by side."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)


def _squeeze() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        _Fire(64, 16, 64),
        _Fire(128, 16, 64),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        _Fire(128, 32, 128),
        _Fire(256, 32, 128),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        _Fire(256, 48, 192),
        _Fire(384, 48, 192),
        _Fire(384, 64, 256),
        _Fire(512, 64, 256),
    )


_BACKBONES = {"alex": _alex, "vgg": _vgg, "squeeze": _squeeze}
