import warnings
from pathlib import Path

import lpips as package
import pytest
import torch

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.errors import MissingWeights, ShapeError
from srbench.metrics.catalogue import find
from srbench.metrics.lpips_network import LpipsNetwork, Net


def _example(data: Path, name: str) -> torch.Tensor:
    return image.to_tensor(image.read(data / "lpips_examples" / f"ex_{name}.png"))


@pytest.mark.parametrize(
    ("net", "values"),
    [("alex", (0.721881, 0.137566)), ("squeeze", (0.711048, 0.147902)), ("vgg", (0.568613, 0.421664))],
)
def test_the_authors_examples_have_their_published_distances(
    data: Path, weights: Path, net: str, values: tuple[float, float]
) -> None:
    """alex 0.722 and 0.138 are printed by the authors; the others were computed with their package. Tolerance 1e-4: the
    figures' last digits move with the convolution kernels of torch's versions."""
    try:
        score = find(f"lpips.{net}").open(AssetStore([weights]))
    except MissingWeights as error:
        pytest.skip(str(error))
    reference = _example(data, "ref")
    for name, value in zip(("p0", "p1"), values, strict=True):
        assert score(_example(data, name), reference).item() == pytest.approx(value, abs=1e-4)


def test_alex_needs_no_download_and_equal_images_have_no_distance() -> None:
    score = find("lpips.alex").open(AssetStore([]))
    photo = torch.randint(0, 256, (2, 3, 64, 64))
    assert score(photo, photo).tolist() == [0, 0]


def test_levels_are_taken_to_minus_one_and_one() -> None:
    """The same images fed as [0, 1], the common mistake, would give another value."""
    score = find("lpips.alex").open(AssetStore([]))
    sr, hr = torch.randint(0, 256, (1, 3, 64, 64)), torch.randint(0, 256, (1, 3, 64, 64))
    network = score.keywords["network"]  # type: ignore[attr-defined]
    right = network(sr / 127.5 - 1, hr / 127.5 - 1).item()
    assert score(sr, hr).item() == pytest.approx(right, abs=1e-6)
    assert abs(network(sr / 255, hr / 255).item() - right) > 0.01


def test_grey_is_repeated() -> None:
    score = find("lpips.alex").open(AssetStore([]))
    sr, hr = torch.randint(0, 256, (1, 1, 64, 64)), torch.randint(0, 256, (1, 1, 64, 64))
    assert score(sr, hr).item() == pytest.approx(score(sr.expand(-1, 3, -1, -1), hr.expand(-1, 3, -1, -1)).item())


@pytest.mark.parametrize("net", ["alex", "vgg", "squeeze"])
def test_networks_equal_the_authors(net: Net) -> None:
    """Sides of which no stage is a multiple; random weights. float32 rounds by 1e-6."""
    with warnings.catch_warnings(action="ignore"):  # the package calls torchvision by a deprecated argument
        authors = package.LPIPS(net=net, pnet_rand=True, spatial=True, verbose=False)
    parts = ((key.split(".", 3), tensor) for key, tensor in authors.net.state_dict().items())
    ours = LpipsNetwork(net, {f"features.{'.'.join(key[1:])}": tensor for key, tensor in parts})
    x, y = torch.rand(2, 2, 3, 67, 93) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(ours.map(x, y), authors(x, y), rtol=1e-5, atol=1e-6)
        authors.spatial = False
        torch.testing.assert_close(ours(x, y), authors(x, y), rtol=1e-5, atol=1e-6)


def test_a_missing_backbone_says_where_it_belongs() -> None:
    with pytest.raises(MissingWeights, match=r"vgg16-397923af\.pth.*--weights-root"):
        find("lpips.vgg").open(AssetStore([]))


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeError):
        find("lpips.alex").open(AssetStore([]))(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 60))
