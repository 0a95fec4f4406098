"""Deep image structure and texture similarity."""

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import conv2d, relu

from srbench.core.assets import AssetStore
from srbench.core.tf32 import tf32
from srbench.metrics import backbone
from srbench.metrics.metric import Score, check, of_cards

_PARAMETERS = Path(__file__).parent / "parameters" / "dists.safetensors"
_STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Convolutions of VGG16 between two reductions, by torchvision's numbers."""

_FEATURES = (3, 64, 128, 256, 512, 512)
_C = 1e-6
_SHORT_PX = 256


class Network(nn.Module):
    """VGG16 whose maximum pooling is replaced by root mean squares, and the weights of its features.

    Args:
        state: VGG16's convolutions with torchvision's keys.
    """

    alpha: Tensor
    beta: Tensor
    window: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, state: dict[str, Tensor]) -> None:
        super().__init__()
        for stage in _STAGES:
            for layer in stage:
                for part in ("weight", "bias"):
                    self.register_buffer(f"{part}{layer}", state[f"features.{layer}.{part}"])
        hann = torch.from_numpy(np.hanning(5)[1:-1].copy())
        window = torch.outer(hann, hann).float()
        self.register_buffer("window", (window / window.sum())[None, None])
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        learned = load_file(_PARAMETERS)  # (1, 1475, 1, 1) each
        total = learned["alpha"].sum() + learned["beta"].sum()
        self.register_buffer("alpha", learned["alpha"].flatten() / total)
        self.register_buffer("beta", learned["beta"].flatten() / total)

    def forward(self, image: Tensor) -> list[Tensor]:
        """`(N, 3, H, W)` in [0, 1] to the image itself and the answers of five stages."""
        found, x = [image], (image - self.mean) / self.deviation
        for number, stage in enumerate(_STAGES):
            if number:
                kernel = self.window.expand(x.shape[1], -1, -1, -1)
                x = (conv2d(x * x, kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()
            for layer in stage:
                x = relu(conv2d(x, self.get_buffer(f"weight{layer}"), self.get_buffer(f"bias{layer}"), padding=1))
            found.append(x)
        return found


def dists(sr: Tensor, hr: Tensor, network: Network) -> Tensor:
    """Compute the distance between means and between correlations of the deep features of two images.

    Args:
        sr: `(N, 3, H, W)` RGB, levels 0..255; a single channel is repeated.
        hr: Original of the same shape and range.
        network: The features, and their weights.

    Returns:
        float64 `(N,)`, 0 where the images are equal.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 16 px.

    Source:
        Ding, Ma, Wang and Simoncelli, Image quality assessment: unifying structure and texture similarity, TPAMI 44(5),
        2022, eqs. 3 to 6; DISTS-pytorch 0.1.
    """
    check(sr, hr, 16)
    network = network.to(sr.device)
    with torch.no_grad(), tf32(False):
        stages = zip(*(network(each.expand(-1, 3, -1, -1).float() / 255) for each in (sr, hr)), strict=True)
        ends = np.cumsum((0, *_FEATURES))
        likeness = torch.zeros(len(sr), dtype=torch.float64, device=sr.device)
        for (x, y), (start, end) in zip(stages, pairwise(ends), strict=True):
            texture, structure = _likeness(x, y)
            likeness += (network.alpha[start:end] * texture + network.beta[start:end] * structure).sum(1)
    return 1 - likeness


def _likeness(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Likeness of the means of each feature (texture), and its correlation (structure). Both float64 `(N, C)`."""
    x, y = x.flatten(2).double(), y.flatten(2).double()
    mean_x, mean_y = x.mean(2), y.mean(2)
    texture = (2 * mean_x * mean_y + _C) / (mean_x**2 + mean_y**2 + _C)
    covariance = (x * y).mean(2) - mean_x * mean_y
    variances = ((x - mean_x[..., None]) ** 2).mean(2) + ((y - mean_y[..., None]) ** 2).mean(2)
    return texture, (2 * covariance + _C) / (variances + _C)


def _of_256_px(sr: Tensor, hr: Tensor, network: Network) -> Tensor:
    """Shrink the short side to 256 px by Pillow's bilinear filter first, as the authors' script does."""
    check(sr, hr, 16)
    return dists(_shrunk(sr), _shrunk(hr), network)


def _shrunk(image: Tensor) -> Tensor:
    height, width = image.shape[-2:]
    short = min(height, width)
    if short <= _SHORT_PX:
        return image
    size = (_SHORT_PX * width // short, _SHORT_PX * height // short)
    shrunk = [
        np.stack([np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR)) for plane in each])
        for each in image.round().to(torch.uint8).cpu().numpy()
    ]
    return torch.from_numpy(np.stack(shrunk)).to(image)


def _open(score: Score, name: str, store: AssetStore) -> Score:
    network = Network(backbone.features("vgg", store, name, "or leave the metric out"))
    return partial(score, network=network.eval())


METRICS = of_cards(
    __file__,
    {
        "dists": partial(_open, dists, "dists"),
        "dists.256": partial(_open, _of_256_px, "dists.256"),
    },
)
