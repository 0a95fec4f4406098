"""What a training will take, said before it starts; and the faster precision for `precision = "auto"`."""

from pathlib import Path
from typing import TYPE_CHECKING

from srbench.cli import console
from srbench.core.wording import counted

if TYPE_CHECKING:
    from srbench.core.assets import AssetStore
    from srbench.training.recipe import Recipe
    from srbench.training.setup import DeviceSettings
    from srbench.training.trainer import Trainer

_MINUTE_S, _HOUR_S = 60, 3600


def settled(
    recipe: "Recipe", machine: "DeviceSettings", store: "AssetStore", earlier: Path | None, log: Path | None
) -> "Recipe":
    """Return the recipe with a precision in the place of "auto": that of before, or the one that is faster here.

    Args:
        recipe: The recipe.
        machine: The devices.
        store: Source of weight files.
        earlier: Folder of a run that goes on.
        log: Log of a run that is repeated.
    """
    from srbench.training import log_comparison, pace, run_facts
    from srbench.training.recipe import Recipe

    if recipe.compute.precision != "auto":
        return recipe
    if earlier is not None:
        before = Recipe.check(run_facts.read(earlier, "recipe"), str(earlier / "recipe.json"))
        return pace.with_precision(recipe, before.compute.precision)
    if log is not None:
        return pace.with_precision(recipe, log_comparison.recipe_of(log).compute.precision)
    with console.fetching(store):
        paces = pace.of_both(recipe, machine, store)
    seconds = {name: measured.remaining_s(recipe) / recipe.steps for name, measured in paces.items()}
    fastest = min(seconds, key=lambda name: seconds[name])
    told = ", ".join(f"{_seconds(of)} in {name}" for name, of in seconds.items())
    console.err.print(f"precision: {fastest} (an update takes {told})", highlight=False)
    return pace.with_precision(recipe, fastest)


def foretell(trainer: "Trainer", steps_done: int) -> None:
    """Say how long the rest of a run will take, after a few steps with copies of its networks."""
    from srbench.training import pace

    steps = trainer.recipe.steps - steps_done
    if steps < pace.LEAST_STEPS:
        return
    measured = pace.measure(trainer.recipe, trainer.generator, trainer.store, trainer.fabric)
    seconds = measured.remaining_s(trainer.recipe, steps_done)
    if trainer.fabric.global_rank == 0:
        console.err.print(
            f"{counted(steps, 'update')} of {_seconds(seconds / steps)}: about {_span(seconds)}, and validation",
            highlight=False,
        )


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _span(seconds: float) -> str:
    """Say a time in its two largest units."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    hours, rest = divmod(seconds, _HOUR_S)
    return f"{hours:.0f} h {rest // _MINUTE_S:.0f} min" if hours < 48 else f"{hours / 24:.1f} days"
