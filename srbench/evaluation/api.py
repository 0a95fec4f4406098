"""The Python API: evaluate a model as `srbench run` does, and load one to call it."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from srbench import protocol as protocols
from srbench.core.assets import AssetStore
from srbench.core.device import pick_device
from srbench.core.paths import weights_roots
from srbench.datasets.locate import locate
from srbench.errors import UserError
from srbench.evaluation import harness, scoring
from srbench.evaluation.frame import frame
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.metrics.catalogue import SHORT
from srbench.models import foreign
from srbench.models.mode import Mode, parse
from srbench.models.model import Model
from srbench.models.select import select, select_one
from srbench.models.upscaler import Upscaler

_Given = str | Callable[[Tensor], Tensor]
"""A model of the caller's: a name, or a function."""


def evaluate(
    model: _Given | Mapping[str, _Given],
    datasets: str | Sequence[str] = ("builtin",),
    protocol: str = protocols.DEFAULT,
    *,
    metrics: Sequence[str] = SHORT,
    mode: str | Mode = "fp32",
    limit: int | None = None,
    data_root: Path | None = None,
    weights_root: Path | None = None,
) -> pd.DataFrame:
    """Score a model as `srbench run` does; nothing is stored.

    A module is given back on its device, in its training mode and with its gradient flags, so that the call may stand
    in a training loop.

    Args:
        model: Name of one model, as `--models` takes it; or a function or module from float `(N, 3, h, w)` RGB in
            [0, 1] to `(N, 3, s h, s w)`, s being the protocol's scale. An attribute `multiple_of` of it is the number
            of which both sides of LR must be a multiple; images are padded to it. Several models are a dictionary
            by names: `{"ours": net, "bicubic": "bicubic"}`.
        datasets: Ids of data sets or folders of images, or one of them.
        protocol: Name of a protocol or variant, as `--protocol` takes it.
        metrics: Names of metrics, as `--metrics` takes them.
        mode: Mode in which the network runs: words as `--mode` takes them but split, on the device that the module is
            on; or a `Mode` with its device.
        limit: Number of images to use of each data set, from its first; None for all.
        data_root: Folder with copies of data sets, as `--data-root` takes it.
        weights_root: Folder searched for weight files, as `--weights-root` takes it.

    Returns:
        A line for each image and metric; its columns are the fields of `srbench.evaluation.row.Row`. Speed is among
        the metrics as "latency" (ms) and "throughput" (output MP/s).

    Raises:
        UserError: `srbench run` would refuse the call, or the model failed on an image.

    Examples:
        >>> scores = evaluate("bicubic", "builtin", metrics=["psnr"], limit=1)
        >>> scores[scores.metric == "psnr"][["image", "value", "unit"]].round(2).to_dict("records")
        [{'image': 'astronaut', 'value': 26.84, 'unit': 'dB'}]
    """
    conventions = protocols.find(protocol)
    store = AssetStore(weights_roots(weights_root))
    given: Mapping[str, _Given] = model if isinstance(model, Mapping) else {"": model}
    models = [each for name, of in given.items() for each in _models(name, of, conventions.scale, store)]
    names = [datasets] if isinstance(datasets, str) else datasets
    sets = [locate(name, store, scale=conventions.scale, data_root=data_root, limit=limit) for name in names]
    scorers = scoring.scorers(list(metrics), conventions, store)
    plan = Plan(models, sets, conventions, scorers, _mode(mode, _common_device(given)))
    with ExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory())
        for of in given.values():
            kept.enter_context(_StateKept(of))
        outcome = harness.run(plan, RunFolder(Path(folder)))
    if outcome.failed:
        first = outcome.failed[0]
        place = " ".join(filter(None, (first["dataset"], first["image"])))
        raise UserError(f"{first['model'] or 'reading'} failed on {place}: {first['reason']}")
    return frame(outcome.rows)


def _models(name: str, given: _Given, scale: int, store: AssetStore) -> list[Model]:
    """Return the models that a name or function means, called by the key that it was given under."""
    if not isinstance(given, str):
        return [foreign.from_callable(given, scale, name or type(given).__name__)]
    selected = select([given], scale, store).models
    if name and len(selected) != 1:
        raise UserError(
            f"'{given}' means {len(selected)} models, and '{name}' is one name; expected the id of one model"
        )
    return [replace(model, id=name or model.id) for model in selected]


def _common_device(given: Mapping[str, _Given]) -> str:
    devices = {name: _device_of(of) for name, of in given.items() if isinstance(of, nn.Module)}
    if len(set(devices.values())) > 1:
        listed = ", ".join(f"{name} on {device}" for name, device in devices.items())
        raise UserError(f"the models are on several devices ({listed}); expected one, as after model.to('cpu')")
    return next(iter(devices.values()), "cpu")


def load_model(
    name: str,
    scale: int | None = None,
    *,
    device: str = "auto",
    mode: str | Mode = "fp32",
    weights_root: Path | None = None,
    trust_unpinned: bool = False,
) -> Upscaler:
    """Load a model, ready to be called on images of any size.

    Args:
        name: Name of one model, as `--model` takes it: an id, `id@alpha`, a weight file, `file.py:function`.
        scale: Upscaling factor; None for the model's own, which is 4 for most, and the largest of several.
        device: "auto" for a GPU where there is one, "cpu", "cuda" or "cuda:1".
        mode: Mode in which the network runs: words as `--mode` takes them but split, on `device`; or a `Mode` with a
            device of its own.
        weights_root: Folder searched for weight files, as `--weights-root` takes it.
        trust_unpinned: Whether to load weights for which no hash is known.

    Returns:
        A function from float `(N, 3, h, w)` RGB, or `(N, 1, h, w)` grey, in [0, 1] to `(N, C, s h, s w)` of the same
        channels in [0, 1], on the device; its attribute `scale` is s. Large images go through in tiles.

    Raises:
        UserError: There is no such model, its weights cannot be had, it has another scale, or the device is not there.

    Examples:
        >>> import torch
        >>> upscale = load_model("bicubic", scale=4, device="cpu")
        >>> upscale(torch.rand(1, 3, 24, 32)).shape
        torch.Size([1, 3, 96, 128])
    """
    store = AssetStore(weights_roots(weights_root), trust_unpinned=trust_unpinned)
    return select_one(name, store, scale).upscaler(_mode(mode, str(pick_device(device))))


def _mode(mode: str | Mode, device: str) -> Mode:
    parsed = parse(mode, device) if isinstance(mode, str) else mode
    if parsed.split and not parsed.fp32_layers:
        raise UserError(f"'{parsed.name}': the layers of split are chosen by `srbench run`; expected a mode without it")
    return parsed


def _device_of(model: object) -> str:
    first = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return "cpu" if first is None else str(first.device)


class _StateKept:
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
