"""Training: steps a second in each precision and layout, and the share of time spent waiting for samples."""

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import photographs
from benchmarks.extent import TimeLeft
from srbench.core.assets import AssetStore
from srbench.training import recipe as recipes
from srbench.training import setup
from srbench.training.trainer import LoopSettings, Trainer
from srbench.training.validation import Validation

_STEPS = {"once": 1, "quick": 8, "usual": 15, "whole": 30}
_MOST_WAITING = 0.05
_LATER = ("fp32_channels_last", "bf16", "bf16_channels_last")


@pytest.fixture(scope="module")
def folder_of_photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The builtin photographs as files of their own."""
    folder = tmp_path_factory.mktemp("photographs")
    photographs.write(folder)
    return folder


@pytest.mark.parametrize("mode", ["fp32", *(pytest.param(mode, marks=pytest.mark.extent("usual")) for mode in _LATER)])
def test_srresnet_steps(
    benchmark: BenchmarkFixture, mode: str, folder_of_photographs: Path, tmp_path: Path, time_left: TimeLeft
) -> None:
    steps = _STEPS[time_left.extent]
    precision, _, layout = mode.partition("_")
    recipe = recipes.load(
        "srresnet_short",
        [
            'data.folders=["."]',
            "data.held_out=[]",
            "data.validation_images=0",
            f"phases.0.steps={steps}",
            f"compute.precision={precision}",
            f"compute.channels_last={str(bool(layout)).lower()}",
        ],
    )
    fabric = setup.launch(setup.DeviceSettings("cpu"), recipe)
    patches, _ = setup.build_dataset(recipe, folder_of_photographs, 512)
    runs: list[Trainer] = []

    def prepare() -> tuple[tuple[Trainer], dict[str, int]]:
        generator = setup.build_generator(recipe, AssetStore([]))
        empty = Validation([], recipe, fabric.device)
        folder = tmp_path / str(len(runs))
        runs.append(Trainer(recipe, generator, patches, empty, folder, fabric, AssetStore([]), LoopSettings(workers=1)))
        return (runs[-1],), {}

    benchmark.group = f"training, srresnet_short, {recipe.data.batch} patches of {recipe.data.patch_px} px"
    benchmark.pedantic(
        lambda trainer: trainer.run(), setup=prepare, rounds=1 if time_left.extent in ("once", "quick") else 3
    )
    speed = sorted(trainer.state.step / trainer.state.seconds for trainer in runs)[len(runs) // 2]
    waited = sorted(trainer.state.waited / trainer.state.seconds for trainer in runs)[len(runs) // 2]
    benchmark.extra_info.update(
        reference=mode == "fp32",
        steps_per_second=round(speed, 2),
        waiting_share=round(waited, 4),
        within_aim=waited <= _MOST_WAITING,
    )
    assert all(trainer.state.step == steps for trainer in runs)
