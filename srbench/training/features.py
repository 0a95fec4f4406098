"""VGG19's feature maps, for content losses."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from srbench.core.assets import AssetStore, PinnedFile
from srbench.errors import BadRecipe, DownloadError, MissingWeights
from srbench.models import checkpoint

Origin = Literal["torchvision", "caffe"]

FILES: dict[Origin, PinnedFile] = {
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
"""Of each block: how many, and their channels (Simonyan and Zisserman, ICLR 2015, table 1, column E)."""


def layers() -> list[str]:
    """Names of the convolutions, "conv1_1" to "conv5_4"."""
    return [f"conv{block}_{at + 1}" for block, (count, _) in _CONVOLUTIONS.items() for at in range(count)]


class Features(nn.Module):
    """VGG19 up to the last layer that is asked for; frozen.

    Args:
        wanted: Names of convolutions.
        after_activation: Take the maps after ReLU (SRGAN), or before it (ESRGAN).

    Raises:
        BadRecipe: No such layer.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, wanted: Iterable[str], after_activation: bool) -> None:
        super().__init__()
        self.wanted = list(wanted)
        for name in self.wanted:
            if name not in layers():
                raise BadRecipe(f"layers.{name}: VGG19 has no such layer; it has {', '.join(layers())}")
        self.after_activation = after_activation
        self.features = nn.Sequential(*_stack())
        self._at = dict(
            zip(layers(), (i for i, m in enumerate(self.features) if isinstance(m, nn.Conv2d)), strict=True)
        )
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, rgb: Tensor) -> dict[str, Tensor]:
        """Feature maps by layer.

        Args:
            rgb: `(N, 3, H, W)` in [0, 1]; a single channel is repeated.
        """
        x = (rgb.expand(-1, 3, -1, -1) - self.mean) / self.std
        take = {self._at[name] + int(self.after_activation): name for name in self.wanted}
        found: dict[str, Tensor] = {}
        for at, layer in enumerate(self.features[: max(take) + 1]):
            x = layer(x)
            if at in take:
                found[take[at]] = x
        return found


def _stack() -> list[nn.Module]:
    stack: list[nn.Module] = []
    width = 3
    for count, channels in _CONVOLUTIONS.values():
        for _ in range(count):
            stack += [nn.Conv2d(width, channels, 3, padding=1), nn.ReLU()]  # not in place: maps before it are kept
            width = channels
        stack.append(nn.MaxPool2d(2))
    return stack


def open_features(wanted: Iterable[str], after_activation: bool, origin: Origin, store: AssetStore) -> Features:
    """Load VGG19's weights.

    Raises:
        BadRecipe: No such layer.
        MissingWeights: The weights are neither at hand nor could be fetched.
        BadWeights: The file is damaged.
    """
    network = Features(wanted, after_activation)
    file = FILES[origin]
    try:
        path = store.fetch(file)
    except DownloadError as error:
        raise MissingWeights(
            f"VGG19's weights {Path(file.path).name} (sha256 {file.sha256[:16]}…) are not at hand: {error}. "
            "Give their folder as --weights-root, or train with the other backbone: caffe or torchvision"
        ) from error
    state = checkpoint.read([path]).state
    kept = {key: value.float() for key, value in state.items() if key.startswith("features.")}
    network.load_state_dict(kept)
    return network
