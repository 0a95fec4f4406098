"""Every recipe of the project takes real steps, with its networks made small."""

import math
from pathlib import Path

import numpy as np
import pytest

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.training import recipe as recipes
from srbench.training import setup
from srbench.training.journal import read_steps
from srbench.training.recipe import Recipe
from srbench.training.trainer import LoopSettings, Trainer
from srbench.training.validation import Validation

SMALL = {
    "srresnet": ["blocks=1", "channels=8"],
    "rrdb": ["blocks=1", "channels=8", "growth=4"],
    "rlfn": ["blocks=1", "channels=8", "inner=8"],
}


def _small(name: str) -> Recipe:
    """The recipe with small networks, small patches and two steps a phase, from random weights."""
    full = recipes.load(name)
    changes = [f"generator.settings.{setting}" for setting in SMALL[full.generator.arch]]
    changes += ["teacher=bicubic"] if full.teacher else []
    changes += [
        f"phases.{at}.losses.{number}.reference=bicubic"
        for at, phase in enumerate(full.phases)
        for number, loss in enumerate(phase.losses)
        if getattr(loss, "reference", "")
    ]
    changes += ["start=''", "data.batch=2", "data.patch_px=32", "data.folders=['hr']", "data.held_out=[]"]
    changes += [f"phases.{at}.steps=2" for at in range(len(full.phases))]
    changes += ["discriminator.channels=4"] if full.discriminator else []
    changes += ["discriminator.pool=1"] if full.discriminator and full.discriminator.kind == "vgg_style" else []
    changes += ["lr_generator.channels=4", "lr_discriminator.channels=4"] if full.lr_generator else []
    return recipes.load(name, changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of 144 px in `hr`, and of 36 px in `lr`."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for at in range(3):
        for kind, side in (("hr", 144), ("lr", 36)):
            image.write(root / kind / f"{at}.png", rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
    return root


@pytest.mark.parametrize("name", recipes.names())
@pytest.mark.usefixtures("vgg19")
def test_it_trains(name: str, folder: Path, tmp_path: Path) -> None:
    recipe = _small(name)
    fabric = setup.launch(setup.DeviceSettings("cpu"), recipe)
    generator = setup.build_generator(recipe, AssetStore([]))
    teacher = setup.find_teacher(recipe, AssetStore([]), fabric)
    patches, images = setup.build_dataset(recipe, folder, 64, teacher=teacher)
    validation = Validation(images.held_out[:1], recipe, fabric.device)
    trainer = Trainer(recipe, generator, patches, validation, tmp_path, fabric, AssetStore([]), LoopSettings(workers=0))
    trainer.run()
    lines = read_steps(tmp_path / "journal.jsonl")
    assert [line["step"] for line in lines] == list(range(1, recipe.steps + 1))
    assert math.isfinite(lines[-1]["psnr"])
    assert ("discriminator" in lines[-1]) == (recipe.discriminator is not None)
    labels = {loss.label for loss in recipe.phases[-1].losses}
    assert len(labels) == 1 or labels <= lines[-1].keys()


def test_all_that_the_field_describes_is_used_by_a_recipe() -> None:
    loaded = [recipes.load(name) for name in recipes.names()]
    objectives = {recipe.gan.kind for recipe in loaded if recipe.discriminator}
    assert objectives == {"vanilla", "least_squares", "hinge", "wasserstein_gp", "relativistic_average"}
    assert {r.discriminator.kind for r in loaded if r.discriminator} == {"vgg_style", "patchgan", "unet"}
    assert {r.data.degradation.kind for r in loaded} == {"classical", "bsrgan", "realesrgan"}
    assert any(r.discriminator.conditional for r in loaded if r.discriminator)
    assert any(r.lr_generator for r in loaded)
