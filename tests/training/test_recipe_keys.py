"""Keys of recipes that were renamed are read by their old names too."""

from pathlib import Path
from typing import Any

import pytest

from srbench.errors import BadRecipe
from srbench.training import recipe as recipes
from srbench.training import recipe_keys
from srbench.training.recipe import Recipe
from tests.training.conftest import ADVERSARIAL, TINY

PATCHGAN = {"kind": "patchgan", "layers": 1}
OLD: dict[str, Any] = {
    **ADVERSARIAL,
    "data": {**TINY["data"], "lr_folders": ["lr"]},
    "inverse": {"generator": {"kind": "downscaler", "channels": 4}, "discriminator": PATCHGAN},
    "phases": [{"steps": 4, "critic_steps": 2, "losses": [{"kind": "adversarial", "on": "lr"}, {"kind": "cycle"}]}],
}
NEW: dict[str, Any] = {
    **{key: value for key, value in OLD.items() if key != "inverse"},
    "lr_generator": {"kind": "downscaler", "channels": 4},
    "lr_discriminator": PATCHGAN,
    "phases": [
        {"steps": 4, "discriminator_steps": 2, "losses": [{"kind": "adversarial", "domain": "lr"}, {"kind": "cycle"}]}
    ],
}


def test_old_keys_mean_the_new_ones() -> None:
    assert recipe_keys.upgrade(OLD, "test") == NEW
    assert recipe_keys.upgrade(NEW, "test") == NEW
    assert Recipe.check(OLD, "test") == Recipe.check(NEW, "test")
    assert recipe_keys.upgrade({**TINY, "inverse": None}, "test") == TINY  # as stored recipes have it


def test_old_keys_change_a_recipe_that_has_the_new_ones(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "cyclegan"\n[inverse.generator]\nblocks = 5\n', encoding="utf-8")
    changes = ["inverse.discriminator.channels=8", "phases.0.critic_steps=3", "phases.0.losses.2.on=lr"]
    recipe, base = recipes.load(str(mine), changes), recipes.load("cyclegan")
    assert recipe.lr_generator is not None
    assert base.lr_generator is not None
    assert recipe.lr_generator.blocks == 5
    assert recipe.lr_generator.channels == base.lr_generator.channels
    assert recipe.lr_discriminator is not None
    assert recipe.lr_discriminator.channels == 8
    assert recipe.phases[0].discriminator_steps == 3
    assert recipe.phases[0].losses[2].label == "cycle_lr"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({**NEW, "inverse": OLD["inverse"]}, r"test: 'inverse\.generator' is the old name of 'lr_generator'"),
        (
            {**TINY, "phases": [{**TINY["phases"][0], "critic_steps": 1, "discriminator_steps": 1}]},
            "'critic_steps' is the old name of 'discriminator_steps', and both are there",
        ),
        ({**NEW, "inverse": {"network": {}}}, r"no key 'inverse\.network'"),
        ({**NEW, "inverse": "none"}, "no key 'inverse'"),
        ({**TINY, "lr_discriminator": PATCHGAN}, r"lr_discriminator: it needs the table \[lr_generator\]"),
    ],
)
def test_mistakes_in_old_keys_are_named(table: dict[str, Any], expected: str) -> None:
    with pytest.raises(BadRecipe, match=expected):
        Recipe.check(table, "test")
