"""Recipes: reading, changing, and what is said about mistakes in them."""

from pathlib import Path
from typing import Any

import pytest

from srbench.core import plugins
from srbench.errors import BadRecipe, UnknownName
from srbench.training import recipe as recipes
from srbench.training.optimisation import ConstantSchedule, CosineSchedule, LinearSchedule, StepSchedule
from srbench.training.recipe import Recipe
from tests.training.conftest import ADVERSARIAL, TINY


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_valid(name: str) -> None:
    recipe = recipes.load(name)
    assert recipe.title
    assert recipe.source


def test_the_papers_settings() -> None:
    srgan, esrgan = recipes.load("srgan"), recipes.load("esrgan")
    assert {loss.kind: loss.weight for loss in srgan.phases[0].losses} == {"content": 1.0, "adversarial": 1e-3}
    weights = {loss.kind: loss.weight for loss in esrgan.phases[0].losses}
    assert weights == {"content": 1.0, "adversarial": 5e-3, "pixel": 1e-2}
    assert recipes.load("srresnet").generator.build(4).load_state_dict
    assert sum(p.numel() for p in recipes.load("srresnet").generator.build(4).parameters()) == 1549462


def _with(changes: dict[str, Any], table: dict[str, Any] = TINY) -> dict[str, Any]:
    return {**table, **changes}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (_with({"sede": 1}), r"no key 'sede'\. Closest: 'seed'\. Keys: title"),
    (_with({"seed": "one"}), "'seed': expected a whole number"),
    (_with({"seed": -1}), "'seed': expected at least 0"),
    (_with({"ema": 1.0}), "'ema': expected less than 1"),
    (_with({"phases": []}), "'phases'"),
    (_with({"phases": [{"steps": 0, "losses": [{"kind": "pixel"}]}]}), r"'phases\.0\.steps'"),
    (
        _with({"phases": [{"steps": 1, "losses": [{"kind": "pixle"}]}]}),
        "is 'pixle'; .* Closest: 'pixel'",
    ),
    (
        _with({"phases": [{"steps": 1, "losses": [{"kind": "pixel", "wieght": 1}]}]}),
        r"^mine\.toml: no key 'phases\.0\.losses\.0\.wieght'\. Closest: 'weight'",
    ),
    (_with({"phases": [{"steps": 1, "losses": [{"kind": "adversarial"}]}]}), r"needs the table \[discriminator\]"),
    (
        _with({"phases": [{"steps": 1, "losses": [{"kind": "content", "layers": {"conv9": 1.0}}]}]}),
        r"^mine\.toml: phases\.0\.losses\.0: layers\.conv9.*it has conv1_1",
    ),
    (
        _with({"generator": {"arch": "srresent"}}),
        r"generator: arch: .*'srresent'\. Closest: 'srresnet'",
    ),
    (
        _with({"generator": {"arch": "srresnet", "settings": {"block": 2}}}),
        r"'settings\.block'\. Closest: 'blocks'",
    ),
    (
        _with({"generator": {"arch": "srresnet", "settings": {"blocks": "2"}}}),
        "blocks: expected a whole number",
    ),
    (_with({"generator": {"arch": "srresnet", "settings": {"norm": "layer"}}}), r"settings\.norm:.*'batch'"),
    (_with({"generator": {"arch": "srresnet", "settings": {"channels": -4}}}), "cannot be built"),
    (_with({"data": {"patch_px": 30}}), "30 is no multiple of the scale 4"),
    (_with({"data": {"patch_px": 128, "centre_crop_px": 64}}), "centre_crop_px: 64 px are less than patch_px"),
    (_with({"data": {"lr_folders": ["lr"]}}), "go together"),
    (
        _with({"data": {"degradation": {"kind": "unheard"}}}),
        "kind' is 'unheard'; expected one of classical",
    ),
    (_with({"gan": {"kind": "vanilla", "real_label": 2.0}}, ADVERSARIAL), "real_label"),
    (_with({"discriminator": {"kind": "unet", "norm": "batch"}}, ADVERSARIAL), r"no key 'discriminator\.norm'"),
    (_with({"gan": {}}, ADVERSARIAL), r"'gan\.kind' is missing; expected one of vanilla"),
    (
        _with({"gan": {"knd": "hinge", "kind": "hinge"}}, ADVERSARIAL),
        r"'gan\.knd'\. Closest: 'kind'\. Keys of 'gan'",
    ),
    (_with({"protocol": "classical_x5"}), "no protocol 'classical_x5'"),
]


@pytest.mark.parametrize(("table", "expected"), MISTAKES, ids=[expected[:30] for _, expected in MISTAKES])
def test_a_mistake_is_named(table: dict[str, Any], expected: str) -> None:
    with pytest.raises((BadRecipe, UnknownName), match=expected) as caught:
        Recipe.check(table, "mine.toml")
    assert "\n" not in str(caught.value)


def test_changes_reach_any_key() -> None:
    changes = ["phases.0.steps=7", "generator.settings.blocks=2", "title=mine", 'data.folders=["x"]', "gan.kind=hinge"]
    recipe = recipes.load("srgan", changes)
    assert recipe.phases[0].steps == 7
    assert recipe.generator.settings == {"blocks": 2, "channels": 64, "norm": "batch"}
    assert (recipe.title, recipe.data.folders, recipe.gan.kind) == ("mine", ["x"], "hinge")


@pytest.mark.parametrize("change", ["phases", "phases.9.steps=1", "phases.x.steps=1", "seed.a.b=1"])
def test_a_change_that_leads_nowhere_is_refused(change: str) -> None:
    with pytest.raises(BadRecipe):
        recipes.load("srresnet", [change])


def test_a_recipe_builds_on_another(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "srgan"\nseed = 5\n[gan]\nkind = "hinge"\n[data]\nbatch = 4\n', encoding="utf-8")
    recipe, base = recipes.load(str(mine)), recipes.load("srgan")
    assert (recipe.seed, recipe.gan.kind, recipe.data.batch) == (5, "hinge", 4)
    assert (recipe.data.patch_px, recipe.phases) == (base.data.patch_px, base.phases)


def test_unreadable_recipes_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("seed = = 1", encoding="utf-8")
    with pytest.raises(BadRecipe, match=r"broken\.toml is no TOML"):
        recipes.load(str(broken))
    with pytest.raises(UnknownName, match="Closest: 'srgan'"):
        recipes.load("srgann")
    around = tmp_path / "around.toml"
    around.write_text('base = "around"\n', encoding="utf-8")
    with pytest.raises(BadRecipe, match="is its own base"):
        recipes.load(str(around))


def test_schedules() -> None:
    assert ConstantSchedule().factor(99, 100) == 1
    steps = StepSchedule(kind="steps", at=[10, 20], gamma=0.5)
    assert [steps.factor(at, 30) for at in (9, 10, 19, 20, 29)] == [1, 0.5, 0.5, 0.25, 0.25]
    cosine = CosineSchedule(kind="cosine", warmup=4, floor=0.2)
    assert cosine.factor(0, 1000) == pytest.approx(0.25, abs=1e-5)
    assert cosine.factor(500, 1000) == pytest.approx(0.6)
    assert cosine.factor(1000, 1000) == pytest.approx(0.2)
    linear = LinearSchedule(kind="linear", start=50)
    assert [linear.factor(at, 100) for at in (0, 49, 50, 75, 100)] == [1, 1, 1, 0.5, 0]


def _package(folder: Path, *names: str) -> Path:
    (folder / "recipes").mkdir(parents=True)
    for name in names:
        (folder / "recipes" / f"{name}.toml").write_text('base = "srresnet_short"\nseed = 7\n', encoding="utf-8")
    return folder


def test_recipes_of_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = (*plugins.folders(plugins.RECIPES), _package(tmp_path / "theirs", "mine"))
    monkeypatch.setattr(plugins, "folders", lambda _: folders)
    assert {"mine", "srgan"} <= set(recipes.names())
    assert recipes.load("mine").seed == recipes.load("mine.toml").seed == 7
    assert recipes.load("mine").generator == recipes.load("srresnet_short").generator


def test_two_recipes_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = _package(tmp_path / "one", "mine", "other"), _package(tmp_path / "two", "mine")
    monkeypatch.setattr(plugins, "folders", lambda _: (one, two))
    for call in (recipes.names, lambda: recipes.load("mine")):
        with pytest.raises(BadRecipe, match="two packages register a recipe 'mine'") as caught:
            call()
        assert all(str(folder / "recipes" / "mine.toml") in str(caught.value) for folder in (one, two))
