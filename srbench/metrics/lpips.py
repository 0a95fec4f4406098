"""Learned perceptual image patch similarity, version 0.1, by the authors' package and its linear weights."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import lpips as authors
import torch
from safetensors.torch import load_file
from torch import Tensor

from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.tf32 import tf32
from srbench.errors import DownloadError, MissingWeights
from srbench.metrics.metric import Score, check, of_cards

Net = Literal["alex", "vgg", "squeeze"]

_TORCHVISION = "https://download.pytorch.org/models"
_SHIPPED = Path(__file__).parent / "backbones" / "alexnet_features.safetensors"
# torchvision's file names carry the first 8 digits of their SHA-256.
_BACKBONES: dict[Net, tuple[PinnedFile, ...]] = {
    "alex": (),
    "vgg": (PinnedFile("weights/vgg16-397923af.pth", "397923af", None, f"{_TORCHVISION}/vgg16-397923af.pth"),),
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
# Below these, pooling leaves nothing.
_SMALLEST_PX = {"alex": 31, "vgg": 16, "squeeze": 17}


def lpips(sr: Tensor, hr: Tensor, network: authors.LPIPS) -> Tensor:
    """Compute the distance between the deep features of two images.

    Args:
        sr: `(N, 3, H, W)` RGB, levels 0..255; a single channel is repeated. Taken to [-1, 1] as x / 127.5 - 1.
        hr: Original of the same shape and range.
        network: An `lpips.LPIPS` with its backbone loaded.

    Returns:
        float64 `(N,)`, at least 0.

    Raises:
        ShapeError: The shapes differ, or the image is too small for the network.

    Source:
        Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018, eq. 1; richzhang/PerceptualSimilarity @ 082bb24f.
    """
    check(sr, hr, _SMALLEST_PX[network.pnet_type])
    network = network.to(sr.device)
    x, y = (image.expand(-1, 3, -1, -1).float() / 127.5 - 1 for image in (sr, hr))
    with torch.no_grad(), tf32(False):
        return network(x, y).flatten().double()


def open_map(net: Net, store: AssetStore) -> Callable[[Tensor, Tensor], Tensor]:
    """Load a network that says where in an image two pictures of it differ.

    Args:
        net: Backbone.
        store: Finds its weights.

    Returns:
        A function of two images as `lpips` takes them, one pair at a time, to float32 `(H, W)`: the distances of all
        layers, enlarged bilinearly to the image and summed. Their mean is near LPIPS, but not equal to it.

    Raises:
        MissingWeights: The backbone cannot be had.
    """
    network = _network(net, store)
    network.spatial = True

    def distances(sr: Tensor, hr: Tensor) -> Tensor:
        check(sr, hr, _SMALLEST_PX[net])
        x, y = (image.expand(-1, 3, -1, -1).float() / 127.5 - 1 for image in (sr, hr))
        with torch.no_grad(), tf32(False):
            of_pixels: Tensor = network(x, y)
        return of_pixels[0, 0]

    return distances


def _open(net: Net, store: AssetStore) -> Score:
    return partial(lpips, network=_network(net, store))


def _network(net: Net, store: AssetStore) -> authors.LPIPS:
    with warnings.catch_warnings():  # the package calls torchvision by a deprecated argument
        warnings.simplefilter("ignore", UserWarning)
        network = authors.LPIPS(net=net, version="0.1", pnet_rand=True, verbose=False).eval()
    state = _features(net, store)
    weights = network.state_dict()
    for key in weights:
        if key.startswith("net.slice"):
            weights[key] = state["features." + key.split(".", 2)[2]]
    network.load_state_dict(weights)
    return network


def _features(net: Net, store: AssetStore) -> dict[str, Tensor]:
    path = _SHIPPED if net == "alex" else _backbone(net, store)
    if path.suffix == ".safetensors":
        return load_file(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _backbone(net: Net, store: AssetStore) -> Path:
    """Find a backbone: in torchvision's own cache, at hand, or by a download."""
    files = _BACKBONES[net]
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    for file in files:
        for path in (hub / Path(file.path).name, store.at_hand(file)):
            if path is not None and file.matches(path):
                return path
    try:
        return store.fetch(files[0])
    except DownloadError as error:
        raise MissingWeights(
            f"lpips.{net} needs torchvision's {Path(files[0].path).name}, which could not be downloaded ({error}). "
            "Put it into a folder and give that as --weights-root, or use lpips.alex, which needs no download"
        ) from error


METRICS = of_cards(
    __file__,
    {
        "lpips.alex": partial(_open, "alex"),
        "lpips.vgg": partial(_open, "vgg"),
        "lpips.squeeze": partial(_open, "squeeze"),
    },
)
