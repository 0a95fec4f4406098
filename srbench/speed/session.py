"""Models x modes x sizes x scenarios: the matrix behind one call of `srbench throughput`."""

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
from srbench.speed import ceiling as ceilings
from srbench.speed import nvml, operations, scenario, split
from srbench.speed.psnr_drop import Prices
from srbench.speed.records import Ceiling, Price, Scenario, Session, SpeedRow, Work
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
"""What is measured where nobody asks for modes."""

_PRECISIONS = ("fp32", "tf32", "bf16", "fp16", "fp16+split")
ALL_MODES = {
    "cpu": (*USUAL_MODES["cpu"], "bf16", "fp32+channels_last+compile", "bf16+channels_last+compile", "onnx"),
    "cuda": (*map("".join, product(_PRECISIONS, ("", "+channels_last"), ("", "+compile", "+graph"))), "onnx"),
}
"""What `--modes all` means. On a CPU torch computes fp16 a hundred times slower than fp32: it has to be asked for."""


@dataclass(frozen=True)
class Matrix:
    """What to measure.

    Attributes:
        models: In the order of the table.
        modes: Words as `srbench.models.mode.parse` takes them.
        sizes: Of LR.
        scenarios: Which of the two.
        device: As torch names it.
        patience: With each row.
        most_batch: Where doubling ends.
        unavailable: Models that were asked for and cannot run, with the reason.
        named: The modes were asked for one by one; else those that mean nothing to a model are left out: a lower
            precision where nothing would be computed in it, a split that cannot be chosen without trained weights.
    """

    models: Sequence[Model]
    modes: Sequence[str]
    sizes: Sequence[Size]
    scenarios: Sequence[Scenario]
    device: str
    patience: TimeBudget = field(default_factory=TimeBudget)
    most_batch: int = 64
    unavailable: Mapping[str, str] = field(default_factory=dict)
    named: bool = True

    def modes_of(self, model: Model) -> list[str]:
        """What a model is measured in."""
        if self.named:
            return list(self.modes)
        try:
            layers = bool(split.layers(model))
        except Exception:  # it cannot be loaded or run; its rows will say why
            return list(self.modes)
        return [
            name for name in self.modes if _means_something(*modes.parse(name), layers=layers, trained=model.trained)
        ]

    @cached_property
    def by_model(self) -> list[tuple[Model, list[str]]]:
        """Each model with its modes."""
        return [(model, self.modes_of(model)) for model in self.models]

    @property
    def steps(self) -> int:
        """Number of steps of the whole session."""
        return 1 + sum(len(names) for _, names in self.by_model) * len(self.sizes) * len(self.scenarios)


def _means_something(mode: Mode, is_split: bool, *, layers: bool, trained: bool) -> bool:
    return (layers or mode.precision == "fp32") and (trained or not is_split)


def run(matrix: Matrix, store: AssetStore, progress: Progress = NO_PROGRESS) -> Iterator[Session]:
    """Measure everything, one row after the other; a row that fails says why and the others go on.

    Yields:
        After each row all that is known by then, so that an interrupted session is not lost.
    """
    with progress.task("the device's own ceiling", matrix.steps) as task:
        yield from _sessions(matrix, store, task)


def _sessions(matrix: Matrix, store: AssetStore, task: Task) -> Iterator[Session]:
    device = pick_device(matrix.device)
    facts = nvml.facts(device)
    ceiling = ceilings.measure(device, _precisions(matrix.modes))
    task.advance()
    rows: list[SpeedRow] = []
    prices: dict[int, Prices | None] = {}
    for model, names in matrix.by_model:
        if model.scale not in prices:
            prices[model.scale] = _prices(model.scale, store)
        for row in _rows(model, names, matrix, ceiling, prices[model.scale] if model.trained else None, task):
            task.advance()
            rows.append(row)
            yield Session(facts, ceiling, list(rows), matrix.unavailable)


def _precisions(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(modes.parse(name)[0].name.partition("+")[0] for name in names))


def _prices(scale: int, store: AssetStore) -> Prices | None:
    try:
        return Prices(scale, store)
    except UserError:
        return None


def _rows(
    model: Model, names: Sequence[str], matrix: Matrix, ceiling: Ceiling, prices: Prices | None, task: Task
) -> Iterator[SpeedRow]:
    work: dict[Size, Work | None] = {}
    for name in names:
        try:
            work = work or {size: operations.count(model, size.height, size.width) for size in matrix.sizes}
            mode, price = _priced(model, name, matrix.device, prices)
            upscaler = model.upscaler(mode)
        except Exception as error:  # a mode that this model or device has not: its rows say so
            yield from _failed(model, name, matrix, error, task)
            continue
        for size in matrix.sizes:
            subject = Subject(model, upscaler, work[size], price)
            before: SpeedRow | None = None
            for kind in matrix.scenarios:
                task.describe(f"{model.id}, {name}, {size.height}x{size.width}, {kind}")
                before = scenario.measure(subject, kind, size, ceiling, matrix.patience, matrix.most_batch, before)
                yield before


def _priced(model: Model, name: str, device: str, prices: Prices | None) -> tuple[Mode, Price | None]:
    mode, is_split = modes.parse(name, Mode(device))
    if not is_split:
        return mode, prices.of(model, model.upscaler(mode)) if prices else None
    if prices is None:
        raise UserError("layers cannot be chosen without a price: there are no trained weights, or no builtin images")
    found = split.find(model, mode, prices)
    if found is None:
        raise UserError("no split keeps the price within bounds with half of the work in the lower precision")
    return found


def _failed(model: Model, name: str, matrix: Matrix, error: Exception, task: Task) -> Iterator[SpeedRow]:
    mode, is_split = modes.parse(name)
    device = pick_device(matrix.device)
    for size in matrix.sizes:
        for kind in matrix.scenarios:
            task.describe(f"{model.id}, {name}: {reason(error)}")
            named = replace(mode, fp32_layers=("?",)) if is_split else mode
            yield replace(scenario.blank(model, named, device, kind, size), failure=reason(error)[:300])
