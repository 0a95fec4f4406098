"""A run against the published log of another: does the recipe still do what it did?"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from srbench.errors import BadRun
from srbench.training.journal import read
from srbench.training.recipe import Recipe


class Comparison:
    """Compares a run, step by step, with a published log of the same recipe.

    Args:
        path: Of a `log.jsonl`.
        stop: Called when the log's unbroken beginning has been compared.

    Raises:
        BadRun: It is no such log, or of another recipe.
    """

    def __init__(self, path: Path, recipe: Recipe, stop: Callable[[], None]) -> None:
        try:
            self.head, *lines = read(path)
            self._losses = {line["step"]: line["loss"] for line in lines}
            self.machine, theirs = self.head["machine"], Recipe.check(self.head["recipe"], str(path))
        except (OSError, ValueError, KeyError, UnicodeDecodeError) as error:
            raise BadRun(
                f"{path} is no log of a training run; expected a log.jsonl as srbench train writes it"
            ) from error
        if unlike := recipe.unlike(theirs):
            raise BadRun(f"{path} is of another recipe: '{unlike[0]}' differs; its command was: {self.head['command']}")
        self.steps = next(at for at in range(1, len(self._losses) + 2) if at not in self._losses) - 1
        self.differences: list[float] = []
        self._stop = stop

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Compare one step's loss, relative to the log's."""
        expected = self._losses[line["step"]]
        self.differences.append(abs(line["loss"] - expected) / max(abs(expected), 1e-12))
        if line["step"] == self.steps:
            self._stop()

    @property
    def largest(self) -> float:
        """The largest relative difference so far; 0 where every loss has the same bits."""
        return max(self.differences, default=math.inf)
