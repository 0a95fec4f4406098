"""Export of models: safetensors under this project's names, and ONNX, each with the model's facts inside."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import nn

from srbench import __version__
from srbench.core import files
from srbench.errors import UserError
from srbench.models import onnx_network, registry
from srbench.models.arch import Network, State, channels_of
from srbench.models.model import Model
from srbench.models.sealed_tensors import serialise

EXTENSIONS = (".safetensors", ".onnx")
"""Endings of the formats that can be written."""
_NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: Path of the file.
        facts: Facts of the model as they stand in the file.
        size_bytes: Size of the file in bytes.
        sha256: SHA-256 of the file, 64 hex digits.
        max_abs_difference: Largest difference between onnxruntime's outputs and torch's on [0, 1]; None for
            safetensors.
    """

    path: Path
    facts: Mapping[str, str]
    size_bytes: int
    sha256: str
    max_abs_difference: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {**vars(self), "path": str(self.path), "facts": dict(self.facts)}


def write(model: Model, path: Path, *, half: bool = False) -> Exported:
    """Write a model in the format that the ending names.

    Args:
        model: Model to write; its weights are loaded for this.
        path: File that ends in .safetensors or .onnx; replaced only when the new one is complete and was checked.
        half: Whether to round floating-point tensors to fp16; safetensors only.

    Raises:
        UserError: The format cannot hold this model, a package is missing, or the check fails.
    """
    suffix = path.suffix.lower()
    if suffix not in EXTENSIONS:
        raise UserError(f"{path} has the ending '{suffix}'; expected one of: {', '.join(EXTENSIONS)}")
    if suffix == ".safetensors":
        return _write_safetensors(model, path, half)
    if half:
        raise UserError(f"{path} cannot be written in fp16; leave out --half, or write .safetensors")
    return _write_onnx(model, path)


def facts(model: Model, network: nn.Module) -> dict[str, str]:
    """Return a model's card as strings, for the header of a file.

    Args:
        model: Model to describe.
        network: Its network, loaded.

    Returns:
        id, arch, settings (JSON, complete, without the scale), scale, scales (JSON: all that these weights serve),
        parameters, licence, source, colour (what the network sees), sha256 (JSON: of the files it came from), srbench
        (the version that wrote it); for an interpolated model also alpha.
    """
    card, identity = model.card, model.identity
    settings = _settings(identity)
    stated = {"licence": card.licence, "source": card.source} if card else model.facts
    written = {
        "id": model.id,
        "arch": str(identity.get("arch", _NOT_KNOWN)),
        "settings": json.dumps(settings),
        "scale": str(model.scale),
        "scales": json.dumps(card.scales if card and card.scales else [model.scale]),
        "parameters": str(sum(p.numel() for p in network.parameters())),
        "licence": stated.get("licence", _NOT_KNOWN),
        "source": stated.get("source", _NOT_KNOWN),
        "colour": model.colour,
        "sha256": json.dumps(identity.get("weights", {})),
        "srbench": __version__,
    }
    return written | ({"alpha": str(identity["alpha"])} if "alpha" in identity else {})


def _settings(identity: Mapping[str, Any]) -> dict[str, Any]:
    if "settings" not in identity:
        return {}
    complete = registry.archs()[identity["arch"]].complete(identity["settings"])
    return {key: value for key, value in complete.items() if key != "scale"}


# safetensors


def _write_safetensors(model: Model, path: Path, half: bool) -> Exported:
    network = model.make()
    if not isinstance(network, Network) or "settings" not in model.identity:
        raise UserError(
            f"{model.id} is no network of this project ({', '.join(registry.archs())}), so its tensors have no names "
            "here; expected one, or an OUT that ends in .onnx"
        )
    state = network.state_dict()
    if not state:
        raise UserError(f"{model.id} has no weights; expected a network, or an OUT that ends in .onnx")
    written = {"format": "pt", **facts(model, network)}
    return _finish(path, serialise(_halved(state) if half else state, written), written)


def _halved(state: State) -> State:
    """Round floating-point tensors to fp16; whole numbers stay as they are.

    Raises:
        UserError: A value is beyond the range of fp16.
    """
    halved = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    for key, value in halved.items():
        if not torch.equal(value.isfinite(), state[key].isfinite()):
            largest = float(state[key].abs().max())
            raise UserError(f"{key} reaches {largest:g}; expected at most 65504, fp16's largest. Leave out --half")
    return halved


# ONNX


def _write_onnx(model: Model, path: Path) -> Exported:
    """Trace a network, check it beside torch, and write it.

    The file's input "lr" is float32 `(batch, C, height, width)` in [0, 1], its output "sr" the network's float32
    `(batch, C, scale * height, scale * width)`, whose range is [0, 1] too but for overshoots, which are not clamped.
    C and its colours are what `colour` in the file says: 1 for luma, else 3. Batch, height and width are free.
    """
    network = model.make()
    if not isinstance(network, nn.Module):
        raise UserError(f"{model.id} is a {type(network).__name__}; expected a torch module to export as ONNX")
    network = network.cpu().eval()
    written = facts(model, network)
    content, difference = onnx_network.trace(network, model.id, channels_of(model.colour), model.multiple_of)
    return _finish(path, _described(content, written, model), written, difference)


def _described(content: bytes, written: Mapping[str, str], model: Model) -> bytes:
    """Add the facts, and the output's channels where tracing lost them."""
    onnx = onnx_network.package("onnx")
    proto = onnx.load_from_string(content)
    onnx.helper.set_model_props(proto, dict(written))
    proto.producer_name, proto.producer_version = "srbench", __version__
    proto.graph.output[0].type.tensor_type.shape.dim[1].dim_value = channels_of(model.colour)
    onnx.checker.check_model(proto)
    described: bytes = proto.SerializeToString()
    return described


# files


def _finish(path: Path, content: bytes, written: Mapping[str, str], difference: float | None = None) -> Exported:
    """Write a file whole or not at all.

    Raises:
        UserError: The path cannot be written.
    """
    try:
        files.write(path, content)
    except OSError as error:
        raise UserError(f"{path} could not be written ({error.strerror}); choose another place") from error
    return Exported(path, written, len(content), sha256(content).hexdigest(), difference)
