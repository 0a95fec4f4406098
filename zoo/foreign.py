"""Models that are not in the registry: a user's weight file, a user's function, another package's entry point."""

import importlib.metadata
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srbench.errors import BadWeights, UserError
from srbench.pinned import hash_of
from zoo import checkpoint, registry
from zoo.arch import Arch, State
from zoo.model import Model, differences, from_weights, readings

try:
    import spandrel
except ImportError:
    spandrel = None  # type: ignore[assignment]


def from_weight_file(path: Path, scale: int) -> Model:
    """Recognise the architecture of a weight file: this project's networks first, then spandrel's.

    Args:
        path: Any of `checkpoint.EXTENSIONS`.
        scale: Of the protocol.

    Raises:
        BadWeights: Nothing recognises it, or its scale is another.
    """
    found = checkpoint.read([path])
    if not found.named:
        raise BadWeights(f"{path} stores no tensor names, and no card has its hash, so its architecture is not known")
    matches = detect(found.state)
    if matches is not None:
        arch, settings, state = matches
        _check_scale(path, settings.get("scale", scale), scale)
        return from_weights(path.stem, scale, path, arch, settings, state)
    return _from_spandrel(path, scale, found.state)


def detect(state: State) -> tuple[Arch, dict[str, Any], State] | None:
    """Find the architecture, its settings and the renamed tensors of a state dict; None where none fits in full."""
    for arch in registry.archs().values():
        for renamed, implied in readings(arch, state):
            try:
                inferred = arch.infer(renamed)
            except KeyError:  # a tensor it would look at is not there
                continue
            if inferred is None:
                continue
            settings = {**inferred, **implied}
            with torch.device("meta"):
                own = arch.build(**{"scale": 4, **settings}).state_dict()
            if not differences(own, renamed):
                return arch, settings, renamed
    return None


def _check_scale(path: Path, found: int, expected: int) -> None:
    if found != expected:
        raise BadWeights(
            f"{path} upscales by {found}, the protocol by {expected}; choose --protocol classical_x{found}"
        )


class _Described(nn.Module):
    """A spandrel model as a module that moves between devices; spandrel pads to its size rule."""

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self.model = descriptor.model
        self.descriptor = descriptor

    def forward(self, lr: Tensor) -> Tensor:
        """`(N, 3, h, w)` to `(N, 3, s h, s w)`."""
        out: Tensor = self.descriptor(lr)
        return out


def _from_spandrel(path: Path, scale: int, state: State) -> Model:
    if spandrel is None:
        raise BadWeights(
            f"the architecture of {path} is not one of {', '.join(registry.archs())}; "
            "more are recognised with: pip install 'sr-bench-suite[spandrel]'"
        )
    try:
        descriptor = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(state))
    except (spandrel.UnsupportedModelError, RuntimeError, KeyError, ValueError) as error:
        raise BadWeights(f"the architecture of {path} is known neither here nor to spandrel") from error
    if not isinstance(descriptor, spandrel.ImageModelDescriptor) or descriptor.input_channels != 3:
        raise BadWeights(f"{path} is a {descriptor.architecture.name}; expected a network from RGB to RGB")
    _check_scale(path, descriptor.scale, scale)
    identity = {
        "arch": f"spandrel/{descriptor.architecture.id}",
        "spandrel": importlib.metadata.version("spandrel"),
        "weights": {path.name: hash_of(path)},
    }
    parameters = sum(p.numel() for p in descriptor.model.parameters())
    return Model(path.stem, scale, lambda: _Described(descriptor), identity, parameters=parameters, path=path)


def from_source(path: Path, function: str, scale: int) -> Model:
    """The model that a function in a Python file builds.

    Args:
        path: A Python file; it is imported, so it runs.
        function: Takes the scale (or nothing), returns a network or function in RGB: `(N, 3, h, w)` in [0, 1] to
            `(N, 3, s h, s w)`.
        scale: Of the protocol.

    Raises:
        UserError: No such file or function.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; expected a Python file with a function '{function}'")

    def make() -> Callable[[Tensor], Tensor]:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise UserError(f"{path} cannot be imported as Python")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, function):
            raise UserError(f"{path} has no function '{function}'")
        return _build(getattr(module, function), scale)

    identity = {"source": hash_of(path), "function": function, "scale": scale}
    return Model(path.stem, scale, make, identity, path=path)


def from_entry_point(point: importlib.metadata.EntryPoint, scale: int) -> Model:
    """The model that another installed package registers; its version is part of the key."""
    version = point.dist.version if point.dist else ""
    identity = {"entry_point": point.value, "version": version, "scale": scale}
    return Model(point.name, scale, lambda: _build(point.load(), scale), identity)


def from_callable(model: Callable[[Tensor], Tensor], scale: int, id_: str) -> Model:
    """A network or function in memory; nothing identifies its state, so its rows are never taken for finished."""
    return Model(id_, scale, lambda: model, {"callable": id_, "scale": scale})


def _build(function: Callable[..., Any], scale: int) -> Callable[[Tensor], Tensor]:
    takes_scale = bool(inspect.signature(function).parameters)
    network: Callable[[Tensor], Tensor] = function(scale) if takes_scale else function()
    return network
