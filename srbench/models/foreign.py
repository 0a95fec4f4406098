"""Models that are not in the registry: a user's weight file, a user's function, another package's entry point."""

import copy
import importlib.metadata
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srbench import protocol
from srbench.core import plugins
from srbench.core.assets import hash_of
from srbench.errors import BadWeights, FailedModel, UserError, reason
from srbench.models import checkpoint, content, neighbours, registry, source_file, spandrel_network, unwrapping
from srbench.models.arch import Arch, State
from srbench.models.card import USUAL_SCALE
from srbench.models.model import Model, differences, from_weights, translations
from srbench.models.spandrel_network import SpandrelNetwork
from srbench.models.user_code import contained

_BUILDER = "build"
"""Function of a Python file that is called where none is named."""


def from_weight_file(path: Path, scale: int | None, chosen: str = "") -> Model:
    """Recognise the architecture of a weight file: this project's networks first, then spandrel's.

    Args:
        path: A weight file of any name; its content decides.
        scale: Upscaling factor of the protocol; None for the file's own, or 4 where the file does not tell.
        chosen: Name of the set of tensors to take, where the file holds several.

    Raises:
        BadWeights: Nothing recognises the file, or its scale is another.
    """
    stored = checkpoint.read([path], chosen)
    for candidate in stored.candidates():
        model = _recognised(path, scale, candidate)
        if model is not None:
            return _of_set(model, candidate, chosen)
    raise BadWeights(_unknown(path))


def _recognised(path: Path, scale: int | None, stored: checkpoint.Checkpoint) -> Model | None:
    """Return the model of a set of tensors, with or without a prefix that all names share; None where none is known."""
    states = list(unwrapping.stripped(stored.state))
    found = _from_header(path, stored) or next(filter(None, map(detect, states)), None)
    if found is not None:
        arch, settings, state = found
        actual = settings.get("scale", scale or USUAL_SCALE)
        _check_scale(path, actual, scale or actual)
        return replace(from_weights(path.stem, actual, path, arch, settings, state, stored.hashes), facts=stored.facts)
    return next(filter(None, (_from_spandrel(path, scale, state, stored.hashes) for state in states)), None)


def _of_set(model: Model, stored: checkpoint.Checkpoint, chosen: str) -> Model:
    """Say in a model which of several sets of tensors it is."""
    if not chosen and not stored.beside:
        return model
    return replace(
        model,
        id=f"{model.id}{checkpoint.SIGN}{chosen}" if chosen else model.id,
        identity={**model.identity, "set": stored.name},
        origin=", ".join(filter(None, (model.origin, f"'{chosen}'" if chosen else stored.taken))),
    )


def _unknown(path: Path) -> str:
    if spandrel_network.package():
        unknown = f"the architecture of {path} is known neither here nor to spandrel"
    else:
        unknown = (
            f"the architecture of {path} is not one of {', '.join(registry.archs())}; "
            "more are recognised with: pip install 'sr-bench-suite[spandrel]'"
        )
    return (
        f"{unknown}. Write a file model.py, whose function build(scale) makes the network and loads {path.name}, and "
        f"name it in place of the weights, as model.py:build{registry.failures_hint()}"
    )


def _from_header(path: Path, stored: checkpoint.Checkpoint) -> tuple[Arch, dict[str, Any], State] | None:
    """Read settings that shapes do not tell (EDSR's peak, FSRCNN's scale) from a header that `srbench export` wrote.

    Raises:
        BadWeights: The tensors are not those of the network that the header names.
    """
    facts = stored.facts
    arch = registry.archs().get(facts.get("arch", ""))
    if arch is None or not {"srbench", "settings", "scales"} <= facts.keys():
        return None
    try:
        settings, scales = json.loads(facts["settings"]), json.loads(facts["scales"])
        with torch.device("meta"):
            problem = differences(arch.build(**settings, scale=scales[0]).state_dict(), stored.state)
    except (ValueError, TypeError, KeyError, IndexError, RuntimeError) as error:
        problem = reason(error)
    if problem:
        raise BadWeights(f"{path} says it is {arch.name}, and its tensors or settings do not fit: {problem}")
    return arch, settings if len(scales) > 1 else {**settings, "scale": scales[0]}, stored.state


def detect(state: State) -> tuple[Arch, dict[str, Any], State] | None:
    """Find the architecture, its settings and the renamed tensors of a state dict; None where none fits in full."""
    # This project's own first: a copy in another package does not take the place of one.
    for arch in sorted(registry.archs().values(), key=lambda arch: bool(registry.origin_of(arch))):
        for renamed, implied in translations(arch, state):
            try:
                inferred = arch.infer(renamed)
            except KeyError:  # it looks at a tensor that is not there
                continue
            if inferred is None:
                continue
            settings = {**inferred, **implied}
            with torch.device("meta"):
                expected = arch.build(**{"scale": 4, **settings}).state_dict()
            if not differences(expected, renamed):
                return arch, settings, renamed
    return None


def _check_scale(path: Path, actual: int, expected: int) -> None:
    if actual == expected:
        return
    names = [each.name for each in protocol.PROTOCOLS.values() if each.scale == actual]
    run = f"srbench run takes it with --protocol {names[0]}" if names else "srbench run has no protocol of that scale"
    raise BadWeights(
        f"{path} upscales by {actual}, not by {expected}. {run}; srbench upscale and srbench export take it with "
        f"--scale {actual}"
    )


def _from_spandrel(path: Path, scale: int | None, state: State, hashes: Mapping[str, str]) -> Model | None:
    descriptor = spandrel_network.read(state)
    if descriptor is None:
        return None
    if not spandrel_network.takes_rgb(descriptor):
        raise BadWeights(f"{path} is a {descriptor.architecture.name}; expected a network from RGB to RGB")
    _check_scale(path, descriptor.scale, scale or descriptor.scale)
    identity = {
        "arch": f"spandrel/{descriptor.architecture.id}",
        "spandrel": spandrel_network.version(),
        "weights": dict(hashes),
    }
    parameters = sum(p.numel() for p in descriptor.model.parameters())
    make = partial(copy.deepcopy, SpandrelNetwork(descriptor))
    return Model(
        path.stem,
        descriptor.scale,
        make,
        identity,
        tile_multiple_of=descriptor.size_requirements.multiple_of,
        parameters=parameters,
        path=path,
        origin=f"{path}, read by spandrel",
    )


def from_source(path: Path, function: str, scale: int) -> Model:
    """Build the model of a function in a Python file; file and function can import the modules beside the file.

    Args:
        path: Python file; importing it runs it.
        function: Name of a function of the scale (or of nothing) that returns a network or function in RGB:
            `(N, 3, h, w)` in [0, 1] to `(N, 3, s h, s w)`; empty for `build`, or for the file's only function. An
            attribute `multiple_of` of what it returns is the number of which both sides of LR must be a multiple.
        scale: Upscaling factor of the protocol.

    Raises:
        FailedModel: The file cannot be imported, or the function fails.
        UserError: There is no such file or function.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; expected a Python file with a function '{function or 'build'}'")
    with source_file.opened(path) as file:
        function = function or _only_builder(file)
        if not hasattr(file.module, function):
            raise UserError(f"{path} has no function '{function}'; it has {_listed(_functions(file))}")
        source = {"source": hash_of(path), "function": function}
        model = _built(path.stem, getattr(file.module, function), scale, source)
    beside = file.hashes()
    identity = {**model.identity, "beside": beside} if beside else model.identity
    made = replace(model, identity=identity, path=path, origin=f"{path}:{function}")
    if not file.imports_when_called():
        return made
    return replace(made, make=lambda: source_file.with_neighbours(model.make(), file))


def _functions(file: source_file.SourceFile) -> list[str]:
    """Return the names of the functions that a file defines itself, without those that begin with _."""
    own = {name: value for name, value in vars(file.module).items() if not name.startswith("_")}
    return [name for name, value in own.items() if inspect.isfunction(value) and value.__module__ == file.path.stem]


def _only_builder(file: source_file.SourceFile) -> str:
    functions = _functions(file)
    if _BUILDER in functions or len(functions) != 1:
        if not hasattr(file.module, _BUILDER):
            raise UserError(
                f"{file.path} has no function '{_BUILDER}'; it has {_listed(functions)}. Say which one builds the "
                f"network: {file.path}:NAME"
            )
        return _BUILDER
    return functions[0]


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def from_entry_point(point: importlib.metadata.EntryPoint, scale: int) -> Model:
    """Build the model that another installed package registers; the package's version is part of the identity.

    Args:
        point: Entry point that names the builder.
        scale: Upscaling factor of the protocol.

    Raises:
        FailedModel: The builder cannot be loaded, or it fails.
    """
    try:
        with contained(point.value):
            function = point.load()
    except Exception as error:
        problem = f"{point.value} cannot be loaded ({reason(error)})"
        raise FailedModel(f"the model '{point.name}' of {plugins.origin(point)} cannot run: {problem}") from error
    version = point.dist.version if point.dist else ""
    model = _built(point.name, function, scale, {"entry_point": point.value, "version": version, **_source_of(point)})
    return replace(model, origin=plugins.origin(point))


def _source_of(point: importlib.metadata.EntryPoint) -> dict[str, Any]:
    """Return the hashes of a builder's module and of what it imports from its package; empty without a file."""
    file = getattr(sys.modules.get(point.module), "__file__", None)
    if not isinstance(file, str) or not Path(file).is_file():
        return {}
    return {"source": hash_of(Path(file)), "beside": neighbours.of_module(Path(file), point.module)}


def from_callable(model: Callable[[Tensor], Tensor], scale: int, id_: str) -> Model:
    """Wrap a network or function in memory, for `srbench.evaluate`, which keeps no rows."""
    return Model(id_, scale, lambda: model, {"callable": id_, "scale": scale}, multiple_of=_multiple_of(model))


def _built(id_: str, function: Callable[..., Any], scale: int, identity: dict[str, Any]) -> Model:
    """Call a builder; the tensors of the network that it returns are part of the identity, wherever they are from."""
    try:
        with contained(f"'{id_}'"):
            takes_scale = bool(inspect.signature(function).parameters)
            network = function(scale) if takes_scale else function()
    except Exception as error:
        raise FailedModel(f"the builder of '{id_}' failed ({reason(error)})") from error
    if not callable(network):
        raise FailedModel(f"the builder of '{id_}' returned a {type(network).__name__}; expected a network or function")
    identity = {**identity, "scale": scale, "tensors": content.digest(network)}
    # Each mode changes its network's memory format or device, so each has a copy of its own.
    return Model(id_, scale, lambda: copy.deepcopy(network), identity, multiple_of=_multiple_of(network))


def _multiple_of(network: object) -> int:
    return int(getattr(network, "multiple_of", 1))
