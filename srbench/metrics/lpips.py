"""Learned perceptual image patch similarity, version 0.1, by the weights of the authors' package."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.core.tf32 import tf32
from srbench.metrics import backbone
from srbench.metrics.backbone import Net
from srbench.metrics.lpips_network import LpipsNetwork
from srbench.metrics.metric import Score, check, of_cards

# Below these, pooling leaves nothing.
_SMALLEST_PX = {"alex": 31, "vgg": 16, "squeeze": 17}


def lpips(sr: Tensor, hr: Tensor, network: LpipsNetwork) -> Tensor:
    """Compute the distance between the deep features of two images.

    Args:
        sr: `(N, 3, H, W)` RGB, levels 0..255; a single channel is repeated. Taken to [-1, 1] as x / 127.5 - 1.
        hr: Original of the same shape and range.
        network: One backbone with its weights.

    Returns:
        float64 `(N,)`, at least 0.

    Raises:
        ShapeError: The shapes differ, or the image is too small for the network.

    Source:
        Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018, eq. 1; richzhang/PerceptualSimilarity @ 082bb24f.
    """
    check(sr, hr, _SMALLEST_PX[network.net])
    network = network.to(sr.device)
    x, y = (image.expand(-1, 3, -1, -1).float() / 127.5 - 1 for image in (sr, hr))
    with torch.no_grad(), tf32(False):
        distances: Tensor = network(x, y)
    return distances.flatten().double()


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

    def distances(sr: Tensor, hr: Tensor) -> Tensor:
        check(sr, hr, _SMALLEST_PX[net])
        x, y = (image.expand(-1, 3, -1, -1).float() / 127.5 - 1 for image in (sr, hr))
        with torch.no_grad(), tf32(False):
            return network.map(x, y)[0, 0]

    return distances


def _open(net: Net, store: AssetStore) -> Score:
    return partial(lpips, network=_network(net, store))


def _network(net: Net, store: AssetStore) -> LpipsNetwork:
    state = backbone.features(net, store, f"lpips.{net}", "or use lpips.alex, which needs no download")
    return LpipsNetwork(net, state)


METRICS = of_cards(
    __file__,
    {
        "lpips.alex": partial(_open, "alex"),
        "lpips.vgg": partial(_open, "vgg"),
        "lpips.squeeze": partial(_open, "squeeze"),
    },
)
