"""Reading weight files without ever running code from them."""

import pickle
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from torch import Tensor

from srbench.errors import BadWeights, first_line
from srbench.models.arch import State

EXTENSIONS = (".safetensors", ".pth", ".pt", ".ckpt", ".mat", ".param")
"""Endings of the formats that can be read; an ncnn `.param` brings the `.bin` beside it."""

_WRAPPERS = ("params_ema", "params", "state_dict", "model", "net_g", "generator")
_DAMAGE = (
    SafetensorError,
    MatReadError,
    RuntimeError,
    EOFError,
    OSError,
    struct.error,
    KeyError,
    ValueError,
    IndexError,
)
_NCNN_MAGIC, _NCNN_FP16 = "7767517", 0x01306B47


@dataclass(frozen=True)
class Checkpoint:
    """The content of a weight file.

    Attributes:
        state: Tensors by name; by position ("0", "1", ...) in formats that store no names.
        named: Whether the file stores names.
        facts: Strings of a safetensors header; empty in other formats.
    """

    state: State
    named: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)


def read(paths: Sequence[Path]) -> Checkpoint:
    """Read the weight files of one model.

    Args:
        paths: One weight file; for ncnn the `.param` and the `.bin`.

    Raises:
        BadWeights: The file is damaged, would need code to be unpickled, or has another format.
    """
    path = paths[0]
    suffix = path.suffix.lower()
    try:
        if suffix == ".safetensors":
            return Checkpoint(load_file(path), facts=_header(path))
        if suffix in (".pth", ".pt", ".ckpt"):
            return Checkpoint(_unwrap(torch.load(path, map_location="cpu", weights_only=True), path))
        if suffix == ".mat":
            return Checkpoint(_read_mat(path), named=False)
        if suffix == ".param":
            return Checkpoint(_read_ncnn(path, paths[1] if len(paths) > 1 else path.with_suffix(".bin")), named=False)
    except _DAMAGE as error:
        raise BadWeights(f"{path} could not be read ({first_line(error)[:120]}); is it complete?") from error
    except pickle.UnpicklingError as error:
        if "GLOBAL" not in str(error) and "Unsupported class" not in str(error):
            raise BadWeights(f"{path} is no torch file; is it complete?") from error
        raise BadWeights(
            f"{path} holds more than tensors, and reading it would run its code; expected a plain state dict. "
            "Save it again as safetensors"
        ) from error
    raise BadWeights(f"{path} has the ending '{suffix}'; expected one of: {', '.join(EXTENSIONS)}")


def _header(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return file.metadata() or {}


def _unwrap(content: object, path: Path) -> State:
    """Find the state dict inside the dictionaries that training code wraps around it."""
    while isinstance(content, dict):
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return {re.sub(r"^module\.", "", str(key)): value for key, value in content.items()}
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)), None)
        if inner is None:
            break
        content = inner
    raise BadWeights(
        f"{path} holds no state dict; expected tensors by name, bare or under one of: {', '.join(_WRAPPERS)}"
    )


def _read_mat(path: Path) -> State:
    """Read MATLAB v5: a struct `model` with cell arrays `weight` (kh, kw, in, out) and `bias`, as in caffe-vdsr."""
    model = loadmat(path)["model"][0, 0]
    state: State = {}
    for weight, bias in zip(model["weight"].ravel(), model["bias"].ravel(), strict=True):
        kernel = weight if weight.ndim == 4 else weight[..., None]  # MATLAB drops a trailing dimension of 1
        for array in (kernel.transpose(3, 2, 0, 1), bias.ravel()):
            state[str(len(state))] = torch.from_numpy(np.ascontiguousarray(array))
    return state


def _read_ncnn(param: Path, binary: Path) -> State:
    """Read ncnn: a text graph, and the weights of its layers one after the other in a binary file.

    A convolution has a 4-byte tag (fp16, or 0 for float32), its weights (out, in, kh, kw) padded to 4 bytes, and a
    float32 bias; a PReLU has float32 slopes without a tag.
    """
    lines = param.read_text(encoding="utf-8").split("\n")
    if lines[0].strip() != _NCNN_MAGIC:
        raise BadWeights(f"{param} does not begin with {_NCNN_MAGIC}; expected an ncnn text graph")
    data, at, state = binary.read_bytes(), 0, State()
    for line in lines[2:]:
        parts = line.split()
        if not parts or parts[0] not in ("Convolution", "PReLU"):
            continue
        facts = dict(part.split("=", 1) for part in parts[4:] if "=" in part)
        outputs = int(facts["0"])
        if parts[0] == "PReLU":
            arrays = [np.frombuffer(data, "<f4", outputs, at)]
            at += 4 * outputs
        else:
            arrays, at = _ncnn_convolution(data, at, outputs, int(facts["1"]), int(facts["6"]))
        for array in arrays:
            state[str(len(state))] = torch.from_numpy(array.astype(np.float32))
    if at != len(data):
        raise BadWeights(f"{binary} has {len(data)} bytes; its graph {param.name} accounts for {at}. Are they a pair?")
    return state


def _ncnn_convolution(data: bytes, at: int, outputs: int, kernel: int, size: int) -> tuple[list[np.ndarray], int]:
    (tag,) = struct.unpack_from("<I", data, at)
    if tag not in (0, _NCNN_FP16):
        raise BadWeights(f"a convolution's weights have the ncnn tag {tag:#010x}; expected float32 or fp16")
    dtype, width = ("<f2", 2) if tag == _NCNN_FP16 else ("<f4", 4)
    weight = np.frombuffer(data, dtype, size, at + 4).reshape(outputs, -1, kernel, kernel)
    at += 4 + (size * width + 3) // 4 * 4
    return [weight, np.frombuffer(data, "<f4", outputs, at)], at + 4 * outputs
