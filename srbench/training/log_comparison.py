"""Comparison of a run with the published log of another run of the same recipe."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from srbench.errors import BadRun
from srbench.training.journal import read_log
from srbench.training.recipe import Recipe


def recipe_of(path: Path) -> Recipe:
    """Read the recipe of a published log.

    Raises:
        BadRun: The file is no log of a training run.
    """
    return _read(path)[1]


def _read(path: Path) -> tuple[Mapping[str, Any], Recipe, dict[int, float]]:
    """Read what a log says about its run, its recipe, and the loss of each of its steps."""
    try:
        facts, lines = read_log(path)
        return facts, Recipe.check(facts["recipe"], str(path)), {line["step"]: line["loss"] for line in lines}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRun(f"{path} is no log of a training run; expected a log.jsonl as srbench train writes it") from error


class LogComparison:
    """Compares the losses of a run, step by step, with those of a published log.

    Args:
        path: The `log.jsonl` of the other run.
        recipe: The recipe of this run.

    Attributes:
        facts: What the log says about its run: "command", "recipe" and "machine".
        steps: Number of steps that can be compared: the log holds every step only up to there.
        differences: Relative difference of the loss at each step so far.

    Raises:
        BadRun: The file is no log of a training run, holds no step, or its run had another recipe.
    """

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.facts, other, self._losses = _read(path)
        if keys := recipe.differing_keys(other):
            command = self.facts["command"]
            raise BadRun(f"{path} is of another recipe: '{keys[0]}' differs; its command was: {command}")
        self.steps = next(step for step in range(1, len(self._losses) + 2) if step not in self._losses) - 1
        if not self.steps:
            raise BadRun(f"{path} has no step 1 to compare with; expected a log.jsonl as srbench train writes it")
        self.differences: list[float] = []

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Compare the loss of one step, given as its line of the journal."""
        expected = self._losses[line["step"]]
        self.differences.append(abs(line["loss"] - expected) / max(abs(expected), 1e-12))

    @property
    def largest(self) -> float:
        """The largest relative difference so far; 0 if every loss has the same bits."""
        return max(self.differences, default=math.inf)
