"""Safetensors files with a checksum in their header, so that a flipped byte is damage and never another weight."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from srbench.errors import BadWeights

_FACTS, _SEAL = "__metadata__", "crc32"


def serialise(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> bytes:
    """Return a safetensors file with facts, in sorted order, and a checksum of all that it holds.

    Args:
        tensors: Tensors by name, on any device.
        facts: Strings for the file's header.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save(plain, metadata=dict(facts))
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    sealed = {**facts, _SEAL: f"{zlib.crc32(data, _start(header)):08x}"}
    header[_FACTS] = dict(sorted(sealed.items()))  # safetensors shuffles them, and a pinned file must come out the same
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors stay aligned
    return len(text).to_bytes(8, "little") + text + data


def check(path: Path, content: bytes) -> None:
    """Compare a safetensors file with its checksum; one that has none, as other software writes them, cannot tell.

    Args:
        path: The file, for the error.
        content: What it holds.

    Raises:
        BadWeights: The file is not as it was written.
    """
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    found = header.get(_FACTS, {}).get(_SEAL)
    if found not in (None, f"{zlib.crc32(memoryview(content)[end:], _start(header)):08x}"):
        raise BadWeights(f"{path} is damaged: its checksum does not match; get the file again, or write it anew")


def _start(header: Mapping[str, Any]) -> int:
    """Return the checksum of a header without its own, which is one for every order of its entries."""
    facts = {name: fact for name, fact in header.get(_FACTS, {}).items() if name != _SEAL}
    return zlib.crc32(json.dumps({**header, _FACTS: facts}, sort_keys=True).encode())
