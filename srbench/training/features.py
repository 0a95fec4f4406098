"""VGG19's feature maps, for content losses."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import BadRecipe, DownloadError, MissingWeights
from srbench.models import checkpoint

WeightsOrigin = Literal["torchvision", "caffe"]

FILES: dict[WeightsOrigin, PinnedFile] = {
    "torchvision": PinnedFile(
        "weights/vgg19-dcbb9e9d.pth", "dcbb9e9d", None, "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
    ),
    # The Oxford group's own weights, which SRGAN and its factor 1/12.75 were made with; their activations are several
    # times larger than torchvision's. From github azertat/tfjs_models @ 3c14b35a, restored from 8 bits.
    "caffe": PinnedFile(
        "weights/vgg19_features_caffe_q8_fp16.safetensors",
        "c1eff9691a667041a7df5af8989dc99b3cf311dab96a2011fc963cfbd0f76796",
        40062512,
    ),
}
_CONVOLUTIONS = {1: (2, 64), 2: (2, 128), 3: (4, 256), 4: (4, 512), 5: (4, 512)}
"""Number of convolutions of each block, and their channels (Simonyan and Zisserman, ICLR 2015, table 1, column E)."""


def layer_names() -> list[str]:
    """List the names of the convolutions, "conv1_1" to "conv5_4"."""
    return [f"conv{block}_{index}" for block, (count, _) in _CONVOLUTIONS.items() for index in range(1, count + 1)]


class VggFeatures(nn.Module):
    """VGG19 up to the last layer that is needed, with frozen weights.

    Args:
        layers: Names of the convolutions whose maps are returned.
        after_activation: Whether the maps are taken after ReLU (SRGAN) or before it (ESRGAN).

    Raises:
        BadRecipe: VGG19 has no such layer.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, layers: Iterable[str], after_activation: bool) -> None:
        super().__init__()
        self.layers = list(layers)
        for name in self.layers:
            if name not in layer_names():
                raise BadRecipe(f"layers.{name}: VGG19 has no such layer; it has {', '.join(layer_names())}")
        self.after_activation = after_activation
        self.features = nn.Sequential(*_stack())
        self._index = dict(
            zip(layer_names(), (i for i, m in enumerate(self.features) if isinstance(m, nn.Conv2d)), strict=True)
        )
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, rgb: Tensor) -> dict[str, Tensor]:
        """Compute feature maps, by the names of their layers.

        Args:
            rgb: Images `(N, 3, H, W)` in [0, 1]; a single channel is repeated.
        """
        x = (rgb.expand(-1, 3, -1, -1) - self.mean) / self.std
        names = {self._index[name] + int(self.after_activation): name for name in self.layers}
        maps: dict[str, Tensor] = {}
        for index, layer in enumerate(self.features[: max(names) + 1]):
            x = layer(x)
            if index in names:
                maps[names[index]] = x
        return maps


def _stack() -> list[nn.Module]:
    stack: list[nn.Module] = []
    width = 3
    for count, channels in _CONVOLUTIONS.values():
        for _ in range(count):
            stack += [nn.Conv2d(width, channels, 3, padding=1), nn.ReLU()]  # not in place: maps before it are kept
            width = channels
        stack.append(nn.MaxPool2d(2))
    return stack


def load_features(
    layers: Iterable[str], after_activation: bool, origin: WeightsOrigin, store: AssetStore
) -> VggFeatures:
    """Build VGG19 with trained weights.

    Args:
        layers: Names of the convolutions whose maps are needed.
        after_activation: Whether the maps are taken after ReLU or before it.
        origin: Publisher of the weights: torchvision, or the authors (Caffe).
        store: Store that finds or downloads the file of weights.

    Raises:
        BadRecipe: VGG19 has no such layer.
        MissingWeights: The weights are not on this machine and could not be downloaded.
        BadWeights: The file is damaged.
    """
    network = VggFeatures(layers, after_activation)
    file = FILES[origin]
    try:
        path = store.fetch(file)
    except DownloadError as error:
        raise MissingWeights(
            f"VGG19's weights {Path(file.path).name} (sha256 {file.sha256[:16]}…) are not at hand: {error}. "
            "Give their folder as --weights-root, or train with the other backbone: caffe or torchvision"
        ) from error
    state = checkpoint.read([path]).state
    weights = {key: value.float() for key, value in state.items() if key.startswith("features.")}
    network.load_state_dict(weights)
    return network
