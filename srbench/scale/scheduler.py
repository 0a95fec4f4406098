"""Which worker does what next; it knows neither processes nor models, only units of work, their costs and ends."""

from collections import deque
from collections.abc import Mapping

from srbench.evaluation.plan import Unit

MOST_DEATHS = 3
"""Processes that a unit of work may cost, or a model one after another without any success, until it is set aside."""


class Scheduler:
    """Hands units of work to workers, each of whom keeps to a model as long as it has units.

    Args:
        costs: Cost of each unit, in the order of one process.

    Attributes:
        set_aside: What is not tried any more, a unit or a model alone, and why.
    """

    def __init__(self, costs: Mapping[Unit, float]) -> None:
        self.costs = costs
        self.set_aside: dict[tuple[str, ...], str] = {}
        self._waiting: dict[str, deque[Unit]] = {}
        self._left: dict[str, float] = {}
        for unit in sorted(costs, key=lambda unit: -costs[unit]):
            self._waiting.setdefault(unit[0], deque()).append(unit)
            self._left[unit[0]] = self._left.get(unit[0], 0.0) + costs[unit]
        self._at_work: dict[int, Unit] = {}
        self._model_of: dict[int, str] = {}
        self._deaths: dict[Unit, int] = {}
        self._in_a_row: dict[str, int] = {}

    @property
    def is_done(self) -> bool:
        """Whether nothing waits and nobody works."""
        return not self._at_work and not any(self._waiting.values())

    def next(self, worker: int) -> Unit | None:
        """Return what a worker is to do next; None where nothing waits.

        It stays with the model that it has loaded. Then it takes that with most work left for each of its workers.
        """
        model = self._model_of.get(worker, "")
        if not self._waiting.get(model):
            open_models = [name for name, units in self._waiting.items() if units]
            if not open_models:
                return None
            model = max(open_models, key=self._work_for_each)
        unit = self._waiting[model].popleft()
        self._left[model] -= self.costs[unit]
        self._at_work[worker], self._model_of[worker] = unit, model
        return unit

    def done(self, worker: int, *, goes_on: bool = True) -> None:
        """Note that a worker has ended its unit.

        Args:
            worker: Its number.
            goes_on: Whether the model can go on; False after a failure of its own code.
        """
        model = self._at_work.pop(worker)[0]
        self._in_a_row[model] = 0
        if not goes_on:
            self._waiting[model].clear()

    def died(self, worker: int, how: str) -> None:
        """Note that a worker's process has ended in the middle of its unit, which is tried again first of all.

        Args:
            worker: Its number.
            how: How it ended, as "signal 9".
        """
        self._model_of.pop(worker, None)
        unit = self._at_work.pop(worker, None)
        if unit is None:
            return
        model = unit[0]
        self._deaths[unit] = self._deaths.get(unit, 0) + 1
        self._in_a_row[model] = self._in_a_row.get(model, 0) + 1
        why = f"ended its process {MOST_DEATHS} times ({how}); set aside"
        if self._in_a_row[model] >= MOST_DEATHS:
            self.set_aside[(model,)] = why
            self._waiting[model].clear()
        elif self._deaths[unit] >= MOST_DEATHS:
            self.set_aside[unit] = why
        elif (model,) not in self.set_aside:
            self._waiting[model].appendleft(unit)
            self._left[model] += self.costs[unit]

    def _work_for_each(self, model: str) -> float:
        workers = sum(unit[0] == model for unit in self._at_work.values())
        return self._left[model] / (workers + 1)
