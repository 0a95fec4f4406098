"""The harness from Python: one call, a DataFrame."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from srbench import protocol as protocols
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import UserError
from srbench.evaluation import harness, scoring
from srbench.evaluation.results import RunFolder
from srbench.metrics.catalogue import SHORT
from srbench.models import foreign
from srbench.models.mode import Mode
from srbench.models.select import select


def evaluate(
    model: str | Callable[[Tensor], Tensor],
    datasets: str | Sequence[str] = ("builtin",),
    protocol: str = protocols.DEFAULT,
    *,
    metrics: Sequence[str] = SHORT,
    mode: Mode | None = None,
    limit: int | None = None,
    data_root: Path | None = None,
) -> pd.DataFrame:
    """Score a model as `srbench run` does; nothing is stored.

    A module is given back on its device, in its training mode and with its gradient flags, so that the call may stand
    in a training loop.

    Args:
        model: What `--models` takes (one model), or a function: float `(N, 3, h, w)` RGB in [0, 1] to
            `(N, 3, s h, s w)`, s the protocol's scale.
        datasets: Ids or folders, or one.
        protocol: As `--protocol` takes it.
        metrics: As `--metrics` takes them.
        mode: How to run the network; by default on the device it is on, in fp32.
        limit: Use only the first images of each set.
        data_root: Folder of data sets.

    Returns:
        A row for each image and metric, with the columns of `results.Row`; speed among them as "latency" (ms) and
        "throughput" (output MP/s).

    Raises:
        UserError: Anything `srbench run` would refuse, or the model failed on an image.
    """
    conventions = protocols.find(protocol)
    store = AssetStore()
    if isinstance(model, str):
        models = select([model], conventions.scale, store).models
    else:
        models = [foreign.from_callable(model, conventions.scale, type(model).__name__)]
    named = [datasets] if isinstance(datasets, str) else datasets
    sets = [locate(name, store, scale=conventions.scale, data_root=data_root, limit=limit) for name in named]
    gauges = scoring.scorers(list(metrics), conventions, store)
    plan = harness.Plan(models, sets, conventions, gauges, mode or Mode(device=_device_of(model)))
    with _Untouched(model), tempfile.TemporaryDirectory() as folder:
        outcome = harness.run(plan, RunFolder(Path(folder)))
    if outcome.failed:
        first = outcome.failed[0]
        raise UserError(f"{first['model']} failed on {first['dataset']} {first['image']}: {first['reason']}")
    return pd.DataFrame([asdict(row) for row in outcome.rows])


def _device_of(model: object) -> str:
    first = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return "cpu" if first is None else str(first.device)


class _Untouched:
    """Gives a module its device, training mode and gradient flags back."""

    def __init__(self, model: object) -> None:
        self.model = model
        self.device = _device_of(model)
        self.modules = list(model.modules()) if isinstance(model, nn.Module) else []
        self.parameters = list(model.parameters()) if isinstance(model, nn.Module) else []

    def __enter__(self) -> None:
        self.training = [module.training for module in self.modules]
        self.gradients = [parameter.requires_grad for parameter in self.parameters]

    def __exit__(self, *_: object) -> None:
        if isinstance(self.model, nn.Module):
            self.model.to(self.device)
        for module, training in zip(self.modules, self.training, strict=True):
            module.training = training
        for parameter, wanted in zip(self.parameters, self.gradients, strict=True):
            parameter.requires_grad_(wanted)
