"""Reading weight files: their content says what they are, and code in them never runs."""

import hashlib
import io
import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from srbench.core.deferred import deferred
from srbench.errors import BadWeights, first_line
from srbench.models import sealed_tensors, unpickling, unwrapping
from srbench.models.arch import State
from srbench.models.unpickling import StoredTensor
from srbench.models.unwrapping import TensorSet

if TYPE_CHECKING:
    from scipy.io import matlab
else:
    matlab = deferred("scipy.io.matlab")

EXTENSIONS = (".safetensors", ".pth", ".pt", ".ckpt", ".mat", ".param")
"""Usual endings of the formats that can be read; an ncnn `.param` brings the `.bin` beside it."""

SIGN = "#"
"""Sign between a file and the set of tensors in it, as in `net.pth#params`."""

_NCNN_MAGIC, _NCNN_FP16 = "7767517", 0x01306B47
_HEAD_BYTES = 512
_OTHERS = (
    (rb"\A\x89HDF", "an HDF5 file, as Keras writes it"),
    (rb"\A\x93NUMPY", "a NumPy array"),
    (rb"\A\s*<(!doctype|html|\?xml)", "a web page"),
    (rb"\A\s*version https://git-lfs", "a pointer of Git LFS, without the file itself"),
    (rb"\A\x1f\x8b|\A7z|\ARar!|\ABZh|\A\xfd7zXZ|\A.{257}ustar", "a compressed or tar archive; unpack it first"),
)


@dataclass(frozen=True)
class Checkpoint:
    """The content of a weight file.

    Attributes:
        state: Tensors by name; by position ("0", "1", ...) in formats that store no names. Of several sets the one that
            was chosen, or a running average, or else the largest.
        named: Whether the file stores names.
        facts: Strings of a safetensors header; empty in other formats.
        name: Where the tensors stand in the file; empty at the top.
        beside: Names of other sets of the same tensors, as of the raw weights beside their average.
        others: Further sets of tensors, in which the network may be where `state` is none.
        hashes: SHA-256 of the very bytes that were read, by file name.
    """

    state: State
    named: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    beside: tuple[str, ...] = ()
    others: tuple["Checkpoint", ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)

    def candidates(self) -> Iterator["Checkpoint"]:
        """Yield this set and the others, the likeliest first."""
        yield self
        yield from self.others

    @property
    def taken(self) -> str:
        """Say which of several sets of the same tensors this is; empty where there is only one."""
        beside = ", ".join(f"'{name}'" for name in self.beside)
        return f"'{self.name}' taken, beside {beside}" if beside else ""


def split_name(name: str) -> tuple[Path, str]:
    """Return the file and the set of tensors that a text such as "net.pth#params" names."""
    file, sign, chosen = name.rpartition(SIGN)
    return (Path(file), chosen) if sign and not Path(name).exists() else (Path(name), "")


def read(paths: Sequence[Path], chosen: str = "", *, pinned: bool = False) -> Checkpoint:
    """Read the weight files of one model.

    Args:
        paths: One weight file; for ncnn the `.param` and the `.bin`.
        chosen: Name of the set of tensors to take, where a file holds several.
        pinned: Whether their hashes were checked. MATLAB and ncnn files are read only then: their parsers trust them.

    Raises:
        BadWeights: The file is damaged, has another format, or holds no tensors.
    """
    path = paths[0]
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if head.startswith(b"MATLAB") or path.suffix.lower() == ".mat" or _is_ncnn(head):
                return _read_ordered(paths, _is_ncnn(head), pinned)
            content = head + file.read() if _is_safetensors(head) or head.startswith((b"PK", b"\x80")) else b""
        stored = _of_sets(path, _sets(path, head, content, bool(chosen)), chosen)
        hashes = {path.name: hashlib.sha256(content).hexdigest()}
        return replace(stored, hashes=hashes, others=tuple(replace(other, hashes=hashes) for other in stored.others))
    except BadWeights:
        raise
    except BadZipFile as error:
        raise BadWeights(f"{path} is damaged ({first_line(error)}); {_beside(path) or 'get the file again'}") from error
    except Exception as error:  # a damaged file may end anywhere in its reader
        what = first_line(error)[:120]
        raise BadWeights(f"{path} could not be read ({what}); {_beside(path) or 'is it complete?'}") from error


def _beside(path: Path) -> str:
    """Name the weights that `srbench train` writes beside its checkpoint; empty where there are none."""
    weights = path.with_suffix(".safetensors")
    return f"{weights} beside it has the weights too" if path.suffix == ".ckpt" and weights.exists() else ""


def _sets(path: Path, head: bytes, data: bytes, all_of_them: bool) -> tuple[list[TensorSet[Tensor]], Mapping[str, str]]:
    """Return the sets of tensors in a file, and the facts in its header.

    Args:
        path: The file, for messages.
        head: Its first bytes.
        data: Its content; empty where the head is that of no weight file.
        all_of_them: Whether those of optimizers and discriminators are returned beside the network's.
    """
    if _is_safetensors(data):
        sealed_tensors.check(path, data)
        return unwrapping.find(safetensors.torch.load(data), Tensor), _safetensors_facts(data)
    if not data:
        raise BadWeights(f"{path} {_what_it_is(path, head)}")
    read = unpickling.read_zip if data.startswith(b"PK") else unpickling.read_legacy
    content = read(path, data)
    found = unwrapping.find(content.tree, StoredTensor)
    tensors: dict[int, Tensor] = {}

    def load(stored: StoredTensor) -> Tensor:
        if id(stored) not in tensors:
            tensors[id(stored)] = content.tensor(stored)
        return tensors[id(stored)]

    network = [each for each in found if not unwrapping.is_for_training(each.name)]
    wanted = found if all_of_them else network or found
    return [TensorSet(each.name, {k: load(v) for k, v in each.tensors.items()}, each.part) for each in wanted], {}


def _of_sets(path: Path, found: tuple[list[TensorSet[Tensor]], Mapping[str, str]], chosen: str) -> Checkpoint:
    sets, facts = found
    if not sets:
        raise BadWeights(f"{path} holds no tensors; expected the weights of a network, as torch.save stores them")
    if chosen:
        named = [each for each in sets if chosen in (each.name, each.name.rpartition(".")[2])]
        if not named:
            names = ", ".join(repr(each.name) for each in sets if each.name and not each.part) or "none with a name"
            raise BadWeights(f"{path} has no set of tensors '{chosen}'; it has {names}")
        return Checkpoint(named[0].tensors, facts=facts, name=named[0].name)
    shapes = [_shapes(each.tensors) for each in sets]
    made = []
    for at, each in enumerate(sets):
        beside = tuple(other.name for k, other in enumerate(sets) if k != at and shapes[k] == shapes[at])
        made.append(Checkpoint(each.tensors, facts=facts if not at else {}, name=each.name, beside=beside))
    first, *others = made
    return Checkpoint(first.state, True, facts, first.name, first.beside, tuple(others))


def _shapes(state: State) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in unwrapping.bare(state).items()}


def _safetensors_facts(data: bytes) -> Mapping[str, str]:
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header.get("__metadata__") or {}


def _is_ncnn(head: bytes) -> bool:
    return head.startswith(_NCNN_MAGIC.encode())


def _is_safetensors(head: bytes) -> bool:
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32


def _what_it_is(path: Path, head: bytes) -> str:
    """Say what a file is that holds no weights, and what to do."""
    if not head:
        return "is empty; get the file again"
    if path.suffix.lower() == ".onnx" or re.match(rb"\A\x08[\x01-\x20][\x12\x1a:]", head):
        return (
            "is an ONNX file, a network for other software; expected the weights it was exported from (.pth, "
            ".safetensors), or a Python file that runs it: file.py:builder"
        )
    for pattern, what in _OTHERS:
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            return f"is {what}; expected weights as torch.save or safetensors store them"
    return "is no torch file and no safetensors file; is it complete?"


def _read_ordered(paths: Sequence[Path], ncnn: bool, pinned: bool) -> Checkpoint:
    """Read a format that stores tensors in order, without names."""
    if not pinned:
        raise BadWeights(
            f"{paths[0]} is {'an ncnn' if ncnn else 'a MATLAB'} file, and no card has its hash; such files are read "
            "only where a card pins them. Save its tensors by name, as .safetensors or .pth"
        )
    files = [paths[0], paths[1] if len(paths) > 1 else paths[0].with_suffix(".bin")] if ncnn else [paths[0]]
    contents = [file.read_bytes() for file in files]
    state = _read_ncnn(files, *contents) if ncnn else _read_mat(contents[0])
    hashes = {file.name: hashlib.sha256(of).hexdigest() for file, of in zip(files, contents, strict=True)}
    return Checkpoint(state, named=False, hashes=hashes)


def _read_mat(content: bytes) -> State:
    """Read MATLAB v5: a struct `model` with cell arrays `weight` (kh, kw, in, out) and `bias`, as in caffe-vdsr."""
    model = matlab.loadmat(io.BytesIO(content))["model"][0, 0]
    state: State = {}
    for weight, bias in zip(model["weight"].ravel(), model["bias"].ravel(), strict=True):
        kernel = weight if weight.ndim == 4 else weight[..., None]  # MATLAB drops a trailing dimension of 1
        for array in (kernel.transpose(3, 2, 0, 1), bias.ravel()):
            state[str(len(state))] = torch.from_numpy(np.ascontiguousarray(array))
    return state


def _read_ncnn(files: Sequence[Path], graph: bytes, data: bytes) -> State:
    """Read ncnn: a text graph, and the weights of its layers one after the other in a binary file.

    A convolution has a 4-byte tag (fp16, or 0 for float32), its weights (out, in, kh, kw) padded to 4 bytes, and a
    float32 bias; a PReLU has float32 slopes without a tag.
    """
    lines = graph.decode("utf-8").split("\n")
    at, state = 0, State()
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
        names = f"{files[1]} has {len(data)} bytes; its graph {files[0].name}"
        raise BadWeights(f"{names} accounts for {at}. Are they a pair?")
    return state


def _ncnn_convolution(data: bytes, at: int, outputs: int, kernel: int, size: int) -> tuple[list[np.ndarray], int]:
    (tag,) = struct.unpack_from("<I", data, at)
    if tag not in (0, _NCNN_FP16):
        raise BadWeights(f"a convolution's weights have the ncnn tag {tag:#010x}; expected float32 or fp16")
    dtype, width = ("<f2", 2) if tag == _NCNN_FP16 else ("<f4", 4)
    weight = np.frombuffer(data, dtype, size, at + 4).reshape(outputs, -1, kernel, kernel)
    at += 4 + (size * width + 3) // 4 * 4
    return [weight, np.frombuffer(data, "<f4", outputs, at)], at + 4 * outputs
