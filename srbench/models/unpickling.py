"""torch files without torch.load: tensors are read, everything else becomes an inert placeholder, and no code runs."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from srbench.errors import BadWeights

_MOST_UNPACKED_BYTES = 2**28
"""Bytes by which an archive may grow: TorchScript compresses its code, and nobody the numbers."""

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "UntypedStorage": torch.uint8,
}


class Placeholder:
    """Stands for an object of any class that a file names: it takes what it is given and does nothing.

    Attributes:
        state: What the object's fields were to be; None where it had none.
        entries: What was put into it by key, as into a dictionary.
    """

    state: object
    entries: dict[object, object]

    def __new__(cls, *_: object, **__: object) -> "Placeholder":
        """Make one, whatever its class would have been made of."""
        made = super().__new__(cls)
        made.state, made.entries = None, {}
        return made

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __call__(self, *_: object, **__: object) -> "Placeholder":
        """Answer another, whatever was asked."""
        return Placeholder()

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, key: object, value: object) -> None:
        self.entries[key] = value

    def append(self, _: object) -> None:
        """Take an entry of a list."""

    def extend(self, _: object) -> None:
        """Take entries of a list."""

    def add(self, _: object) -> None:
        """Take an entry of a set."""


@dataclass(frozen=True)
class _Storage:
    """Numbers in a file: where they are, and how many there should be."""

    key: str
    dtype: torch.dtype
    numel: int


@dataclass(frozen=True)
class StoredTensor:
    """A tensor whose numbers are still in the file."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size, under the name that tensors have for it."""
        return self.size


@dataclass(frozen=True)
class Content:
    """What a torch file holds.

    Attributes:
        tree: Dictionaries, lists, placeholders and stored tensors.
        storages: Bytes of each storage by its key, read when they are asked for.
        big_endian: Whether the bytes are in that order.
    """

    tree: object
    storages: Callable[[str], bytes]
    big_endian: bool = False
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)

    def tensor(self, stored: StoredTensor) -> Tensor:
        """Read the numbers of a tensor.

        Raises:
            ValueError: The file has not as many numbers as the tensor needs.
        """
        storage, item = stored.storage, stored.dtype.itemsize
        if storage.key not in self._read:
            self._read[storage.key] = self.storages(storage.key)
        data = self._read[storage.key]
        last = sum((n - 1) * step for n, step in zip(stored.size, stored.stride, strict=True))
        whole = all(n >= 0 for n in stored.size) and all(n >= 0 for n in stored.stride) and stored.offset >= 0
        empty = 0 in stored.size
        if not whole or (not empty and (stored.offset + last + 1) * item > len(data)):
            raise ValueError(f"a tensor of {stored.size} is larger than its {len(data)} bytes")
        if empty:
            return torch.empty(stored.size, dtype=stored.dtype)
        data = data[: len(data) // item * item]
        if self.big_endian and item > 1:
            data = np.frombuffer(data, f">u{item}").byteswap().tobytes()
        flat = torch.frombuffer(bytearray(data), dtype=stored.dtype)
        return flat.as_strided(stored.size, stored.stride, stored.offset).clone()


def read_zip(path: Path, data: bytes) -> Content:
    """Read a file of torch.save or of TorchScript, whose records' CRC is checked.

    Args:
        path: The file, for messages.
        data: Its content.

    Raises:
        zipfile.BadZipFile: A record is damaged.
        BadWeights: It is another archive.
    """
    archive = zipfile.ZipFile(io.BytesIO(data))  # stays open: opening reads the list of all records
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > len(data) + _MOST_UNPACKED_BYTES:
        raise BadWeights(
            f"{path} is a compressed archive; expected one of torch, which is never compressed. Unpack it first"
        )
    pickles = [info.filename for info in infos if info.filename.endswith("/data.pkl")]
    if not pickles:
        raise BadWeights(f"{path} is an archive without data.pkl; expected one that torch.save wrote. Unpack it first")
    damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {damaged!r}")
    root = pickles[0].removesuffix("data.pkl")
    tree = _Unpickler(io.BytesIO(archive.read(pickles[0]))).load()
    order = archive.read(f"{root}byteorder") if f"{root}byteorder" in archive.namelist() else b"little"

    def storage(key: str) -> bytes:
        return archive.read(f"{root}data/{key}")

    return Content(tree, storage, big_endian=order == b"big")


def read_legacy(path: Path, data: bytes) -> Content:
    """Read a file as torch.save wrote it before version 1.6: pickles, then the numbers.

    Args:
        path: The file, for messages.
        data: Its content.

    Raises:
        ValueError: It has no such head.
    """
    file = io.BytesIO(data)
    if _Unpickler(file).load() != _LEGACY_MAGIC:
        raise ValueError(f"{path.name} is no torch file")
    _Unpickler(file).load()  # version of the format
    system = _Unpickler(file).load()
    unpickler = _Unpickler(file)
    tree = unpickler.load()
    sizes = {storage.key: storage for storage in unpickler.storages}
    found: dict[str, bytes] = {}
    keys = _Unpickler(file).load()
    for key in keys if isinstance(keys, list) else []:
        (numel,) = struct.unpack("<q", file.read(8))
        wanted = numel * sizes[key].dtype.itemsize
        found[key] = file.read(wanted) if 0 <= wanted <= 2**40 else b""
        if len(found[key]) != wanted:
            raise ValueError(f"the storage {key} has {len(found[key])} of {wanted} bytes")
    little = not isinstance(system, Mapping) or bool(system.get("little_endian", True))
    return Content(tree, found.__getitem__, big_endian=not little)


class _Unpickler(pickle.Unpickler):
    """Knows how tensors are put together, and no other class or function."""

    def __init__(self, file: BinaryIO | io.BytesIO) -> None:
        super().__init__(file, encoding="latin1")
        self.storages: list[_Storage] = []

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a class or function of the file."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if module in ("torch", "torch.cuda", "torch.storage") and name in _DTYPES:
            return _DTYPES[name]
        return _KNOWN.get((module, name), Placeholder)

    def persistent_load(self, pid: Any) -> object:
        """Return the storage that a file refers to."""
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], torch.dtype):
            return Placeholder()
        storage = _Storage(str(pid[2]), pid[1], int(pid[4]))
        self.storages.append(storage)
        return storage


def _tensor(storage: object, offset: object, size: object, stride: object, *rest: object) -> object:
    whole = (int, *(tuple for _ in range(2)))
    if not isinstance(storage, _Storage) or not all(map(isinstance, (offset, size, stride), whole)):
        return Placeholder()
    dtype = next((value for value in rest if isinstance(value, torch.dtype)), storage.dtype)
    return StoredTensor(storage, offset, tuple(size), tuple(stride), dtype)  # type: ignore[arg-type]


def _first(value: object, *_: object) -> object:
    return value


def _of_type(function: object, _: object, arguments: object, *__: object) -> object:
    return _tensor(*arguments) if function is _tensor and isinstance(arguments, tuple) else Placeholder()


def _size(values: object = ()) -> tuple[object, ...]:
    return tuple(values) if isinstance(values, tuple | list) else ()


_KNOWN: Mapping[tuple[str, str], Callable[..., object]] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("torch._tensor", "_rebuild_from_type_v2"): _of_type,
    ("torch.jit._pickle", "restore_type_tag"): _first,
    ("torch", "Size"): _size,
}
