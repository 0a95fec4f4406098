"""DISTS against a computation on torchvision's own VGG16, with weights that are random."""

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import conv2d

from srbench.core.assets import AssetStore
from srbench.core.image import to_tensor
from srbench.errors import MissingWeights, ShapeError
from srbench.metrics import dists as module
from srbench.metrics.catalogue import find
from srbench.metrics.dists import Network, dists


@pytest.fixture(scope="module")
def vgg16() -> nn.Sequential:
    torch.manual_seed(5)
    layers: nn.Sequential = torchvision.models.vgg16(weights=None).features
    return layers.eval()


def _pooled(x: Tensor) -> Tensor:
    taps = torch.tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 3, 3)
    return (conv2d(x**2, kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()


def _stages(layers: nn.Sequential, image: Tensor) -> list[Tensor]:
    """The image, and what goes into each reduction and out of the last rectifier."""
    x = torchvision.transforms.functional.normalize(image / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    found = [image / 255]
    for layer in layers[:-1]:
        if isinstance(layer, nn.MaxPool2d):
            found.append(x)
            x = _pooled(x)
        else:
            x = layer(x)
    return [*found, x]


def test_dists_equals_its_formula_on_torchvisions_network(vgg16: nn.Sequential) -> None:
    sr, hr = torch.randint(0, 256, (2, 3, 34, 37)).float(), torch.randint(0, 256, (2, 3, 34, 37)).float()
    weights = load_file(module._PARAMETERS)
    alpha, beta = weights["alpha"][0, :, 0, 0], weights["beta"][0, :, 0, 0]
    with torch.no_grad():
        pairs = list(zip(_stages(vgg16, sr), _stages(vgg16, hr), strict=True))
    likeness, start = torch.zeros(2), 0
    for x, y in pairs:
        (vx, mx), (vy, my) = (torch.var_mean(each, (2, 3), correction=0) for each in (x, y))
        cov = ((x - mx[..., None, None]) * (y - my[..., None, None])).mean((2, 3))
        part = slice(start, start := start + x.shape[1])
        likeness = likeness + (alpha[part] * (2 * mx * my + 1e-6) / (mx**2 + my**2 + 1e-6)).sum(1)
        likeness = likeness + (beta[part] * (2 * cov + 1e-6) / (vx + vy + 1e-6)).sum(1)
    expected = 1 - likeness / (alpha.sum() + beta.sum())
    network = Network({f"features.{key}": value for key, value in vgg16.state_dict().items()})
    torch.testing.assert_close(dists(sr, hr, network), expected.double(), atol=2e-5, rtol=0)
    assert dists(sr, sr, network).abs().max().item() < 1e-6
    with pytest.raises(ShapeError):
        dists(sr[..., :15], hr[..., :15], network)


def test_the_scripts_shrinking_equals_torchvisions() -> None:
    image = torch.randint(0, 256, (1, 3, 300, 411), dtype=torch.uint8)
    picture = Image.fromarray(image[0].permute(1, 2, 0).numpy())
    shrunk = torchvision.transforms.functional.resize(picture, 256)
    assert torch.equal(module._shrunk(image.double()), to_tensor(np.asarray(shrunk)).double())
    assert torch.equal(module._shrunk(image[..., :256]), image[..., :256])


def test_without_vgg16_dists_says_what_it_needs() -> None:
    with pytest.raises(MissingWeights, match=r"dists needs vgg16\.ckpt .*--weights-root"):
        find("dists").open(AssetStore([]))
