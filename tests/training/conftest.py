"""A tiny recipe, a few small images, and a trainer made of both."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.training import setup
from srbench.training.features import FILES, VggFeatures
from srbench.training.recipe import Recipe
from srbench.training.trainer import LoopSettings, Trainer
from srbench.training.validation import Validation

TINY: dict[str, Any] = {
    "generator": {"arch": "srresnet", "settings": {"blocks": 1, "channels": 8}},
    "data": {"batch": 2, "patch_px": 32, "validation_images": 1},
    "phases": [{"steps": 4, "losses": [{"kind": "pixel"}]}],
}
ADVERSARIAL: dict[str, Any] = {
    **TINY,
    "discriminator": {"kind": "vgg_style", "channels": 4, "pool": 2, "hidden": 8},
    "phases": [{"steps": 4, "losses": [{"kind": "pixel"}, {"kind": "adversarial", "weight": 0.1}]}],
}


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six smooth random images of 56 x 48 px."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for at in range(6):
        coarse = torch.from_numpy(rng.random((1, 3, 7, 6)))
        fine = torch.nn.functional.interpolate(coarse, size=(56, 48), mode="bicubic").clamp(0, 1)
        image.write(folder / f"p{at}.png", image.to_array((fine * 255).to(torch.uint8)))
    return folder


Make = Callable[..., Trainer]


@pytest.fixture
def make(photographs: Path, tmp_path: Path) -> Make:
    """Builds a trainer from a recipe's table."""

    def build(table: dict[str, Any], folder: Path | None = None, **settings: int) -> Trainer:
        recipe = Recipe.check(table, "test")
        fabric = setup.launch(setup.DeviceSettings("cpu"), recipe)
        store = AssetStore([tmp_path])
        generator = setup.build_generator(recipe, store)
        teacher = setup.find_teacher(recipe, store, fabric)
        patches, images = setup.build_dataset(recipe, photographs, 64, teacher=teacher)
        validation = Validation(images.held_out, recipe, fabric.device)
        loop_settings = LoopSettings(**{"workers": 0, "validate_every": 1000, "save_every": 2, **settings})
        return Trainer(recipe, generator, patches, validation, folder or tmp_path / "run", fabric, store, loop_settings)

    return build


@pytest.fixture
def vgg19(monkeypatch: pytest.MonkeyPatch) -> VggFeatures:
    """Random VGG19 weights in the place of the trained ones."""
    network = _vgg19()
    monkeypatch.setattr("srbench.training.features.checkpoint.read", lambda _: _State(network.state_dict()))
    monkeypatch.setattr(AssetStore, "fetch", lambda _, file: Path(file.path))
    assert set(FILES) == {"caffe", "torchvision"}
    return network


@cache
def _vgg19() -> VggFeatures:
    torch.manual_seed(1)
    return VggFeatures(["conv5_4"], after_activation=True)


class _State:
    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        self.state = state
