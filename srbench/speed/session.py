"""The matrix of models, modes, sizes and scenarios that one call of `srbench throughput` measures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from srbench.core.assets import AssetStore
from srbench.core.device import pick_device
from srbench.core.progress import NO_PROGRESS, Progress, Task
from srbench.core.timing import TimeBudget
from srbench.errors import UserError, reason
from srbench.models import mode as modes
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.user_code import contained
from srbench.speed import ceiling as ceilings
from srbench.speed import nvml, operations, psnr_drop, scenario, split
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import Ceiling, PsnrDrop, Scenario, SpeedRow, SpeedSession, Work
from srbench.speed.scenario import Size, Subject

USUAL_MODES = {
    "cpu": ("fp32", "fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last"),
    "cuda": (
        "fp32",
        "tf32+channels_last",
        "bf16+channels_last",
        "fp16+channels_last",
        "fp16+split+channels_last",
        "fp16+channels_last+graph",
    ),
}
"""Modes that are measured by default."""

_PRECISIONS = ("fp32", "tf32", "bf16", "fp16", "fp16+split")
ALL_MODES = {
    "cpu": (
        *USUAL_MODES["cpu"],
        "bf16",
        "fp32+channels_last+compile",
        "bf16+channels_last+compile",
        "onnx",
        "openvino",
    ),
    "cuda": (*map("".join, product(_PRECISIONS, ("", "+channels_last"), ("", "+compile", "+graph"))), "onnx"),
}
"""Modes of `--mode all`. On a CPU, fp16 is a hundred times slower than fp32: it is measured only when named."""


@dataclass(frozen=True)
class Matrix:
    """What to measure.

    Attributes:
        models: Models in the order of the table.
        modes: Names of modes, as `srbench.models.mode.parse` takes them.
        sizes: Sizes of LR.
        scenarios: Scenarios to measure.
        device: Name of the device as torch knows it.
        budget: Time for which each row is measured.
        max_batch: Largest batch to try.
        unavailable: Models that were asked for and cannot run, with the reason.
        named: Whether the modes were asked for one by one; else those that have no effect on a model are left out: a
            lower precision where nothing would be computed in it, a split that needs trained weights.
    """

    models: Sequence[Model]
    modes: Sequence[str]
    sizes: Sequence[Size]
    scenarios: Sequence[Scenario]
    device: str
    budget: TimeBudget = field(default_factory=TimeBudget)
    max_batch: int = 64
    unavailable: Mapping[str, str] = field(default_factory=dict)
    named: bool = True

    def modes_of(self, model: Model) -> list[str]:
        """Return the modes in which a model is measured."""
        if self.named:
            return list(self.modes)
        try:
            layers = bool(split.layers(model))
        except Exception:  # it cannot be loaded or run; its rows will say why
            return list(self.modes)
        return [name for name in self.modes if _has_effect(modes.parse(name), layers=layers, trained=model.trained)]

    @cached_property
    def by_model(self) -> list[tuple[Model, list[str]]]:
        """Models, each with its modes."""
        return [(model, self.modes_of(model)) for model in self.models]

    @property
    def steps(self) -> int:
        """Number of steps of the whole session."""
        return 1 + sum(len(names) for _, names in self.by_model) * len(self.sizes) * len(self.scenarios)


def _has_effect(mode: Mode, *, layers: bool, trained: bool) -> bool:
    return (layers or mode.precision == "fp32") and (trained or not mode.split)


def run(matrix: Matrix, store: AssetStore, progress: Progress = NO_PROGRESS) -> Iterator[SpeedSession]:
    """Measure everything, one row after the other; a row that fails says why and the others go on.

    Rows that are not valid, as where the machine was busy or a clock fell, are measured once more after all others.

    Yields:
        The session so far, after each row, so that an interrupted one is not lost.
    """
    with progress.task("the device's own ceiling", matrix.steps) as task:
        yield from _sessions(matrix, store, task)


def _sessions(matrix: Matrix, store: AssetStore, task: Task) -> Iterator[SpeedSession]:
    device = pick_device(matrix.device)
    facts = nvml.facts(device)
    ceiling = ceilings.measure(device, _precisions(matrix.modes))
    task.advance()
    rows: list[SpeedRow] = []
    references: dict[int, PsnrReference | None] = {}
    for model, names in matrix.by_model:
        if model.scale not in references:
            references[model.scale] = psnr_drop.reference(model.scale, store)
        reference = references[model.scale] if model.trained else None
        for row in _rows(model, names, matrix, ceiling, reference, task):
            task.advance()
            rows.append(row)
            yield SpeedSession(facts, ceiling, list(rows), matrix.unavailable)
    models = {model.id: model for model, _ in matrix.by_model}
    for at, row in enumerate(list(rows)):
        if row.valid or row.failure:
            continue
        model = models[row.model]
        alone = replace(matrix, sizes=(Size(row.lr_height, row.lr_width),), scenarios=(row.scenario,))
        reference = references[model.scale] if model.trained else None
        again = next(_rows(model, (row.mode,), alone, ceiling, reference, task))
        if again.valid:
            rows[at] = replace(again, measured=2)
            yield SpeedSession(facts, ceiling, list(rows), matrix.unavailable)


def _precisions(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(modes.parse(name).name.partition("+")[0] for name in names))


def _rows(
    model: Model,
    names: Sequence[str],
    matrix: Matrix,
    ceiling: Ceiling,
    reference: PsnrReference | None,
    task: Task,
) -> Iterator[SpeedRow]:
    work: dict[Size, Work | None] = {}
    for name in names:
        try:
            with contained(model.id):
                work = work or _work(model, matrix.sizes)
                mode, drop = _mode_and_drop(model, name, matrix.device, reference)
                upscaler = model.upscaler(mode)
                first_ms = scenario.first_call_ms(upscaler, matrix.sizes[0])
                problem = scenario.problem(upscaler, matrix.sizes[0])
        except Exception as error:  # a mode that this model or device has not: its rows say so
            yield from _failed(model, name, matrix, error, task)
            continue
        for size in matrix.sizes:
            # Pictures of random weights mean nothing.
            said = problem if model.trained else ""
            of_size = first_ms if size == matrix.sizes[0] else None
            subject = Subject(model, upscaler, work[size], drop, said, of_size)
            before: SpeedRow | None = None
            for kind in matrix.scenarios:
                task.describe(f"{model.id}, {name}, {size}, {kind}")
                before = scenario.measure(subject, kind, size, ceiling, matrix.budget, matrix.max_batch, before)
                yield before


def _work(model: Model, sizes: Sequence[Size]) -> dict[Size, Work | None]:
    counted = {size: operations.count(model, size.height, size.width) for size in sizes}
    files = operations.parameters_by_file(model)
    return {size: work and replace(work, parameters_by_file=files) for size, work in counted.items()}


def _mode_and_drop(
    model: Model, name: str, device: str, reference: PsnrReference | None
) -> tuple[Mode, PsnrDrop | None]:
    mode = modes.parse(name, device)
    if reference:
        return split.measured(model, mode, reference)
    if mode.split:
        raise UserError(split.NO_PRICE)
    return mode, None


def _failed(model: Model, name: str, matrix: Matrix, error: Exception, task: Task) -> Iterator[SpeedRow]:
    mode = modes.parse(name, matrix.device)
    for size in matrix.sizes:
        for kind in matrix.scenarios:
            task.describe(f"{model.id}, {name}: {reason(error)}")
            yield replace(scenario.blank(model, mode, kind, size), failure=reason(error)[:300])
