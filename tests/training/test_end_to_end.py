"""A small network learns real photographs in a hundred steps."""

from pathlib import Path

import pytest

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.models.select import select
from srbench.training import setup
from srbench.training.journal import read_steps
from srbench.training.recipe import Recipe
from srbench.training.trainer import LoopSettings, Trainer
from srbench.training.validation import Validation

RECIPE = {
    "generator": {"arch": "msrresnet", "settings": {"blocks": 2, "channels": 16}},
    "data": {"batch": 8, "patch_px": 48, "folders": ["train"], "validation_images": 0},
    "phases": [
        {
            "steps": 100,
            "optimizer": {"kind": "adam", "lr": 3e-3},
            "schedule": {"kind": "cosine", "warmup": 10},
            "losses": [{"kind": "pixel", "criterion": "l1"}],
        }
    ],
}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """The builtin photographs: all but the rightmost 160 columns in `train`, a part of these columns in `held`."""
    for item in locate("builtin", AssetStore(), scale=4).items:
        array = image.read(item.hr)
        image.write(tmp_path / "train" / f"{item.name}.png", array[:, :-160].copy())
        image.write(tmp_path / "held" / f"{item.name}.png", array[100:260, -160:].copy())
    return tmp_path


@pytest.mark.slow
def test_a_hundred_steps_beat_nearest_on_a_held_out_crop(folders: Path) -> None:
    """Measured: untrained 28.9 dB, nearest 30.0, after 100 steps 31.9. A loss that teaches nothing stays below."""
    recipe = Recipe.check(RECIPE, "test")
    fabric = setup.launch(setup.DeviceSettings("cpu"), recipe)
    generator = setup.build_generator(recipe, AssetStore([]))
    patches, _ = setup.build_dataset(recipe, folders, 512)
    validation = Validation(sorted((folders / "held").iterdir()), recipe, fabric.device)
    untrained = validation.measure(generator)["psnr"]
    (nearest,) = select(["nearest"], 4, AssetStore([])).models
    reference = validation.measure(nearest.make())["psnr"]  # type: ignore[arg-type]
    run = Trainer(
        recipe, generator, patches, validation, folders / "run", fabric, AssetStore([]), LoopSettings(workers=0)
    )
    run.run()
    trained = read_steps(folders / "run" / "journal.jsonl")[-1]["psnr"]
    assert untrained < reference
    assert trained > reference + 1.5
