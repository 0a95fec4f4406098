"""The content of what a builder returned: tensors and settings, wherever in it they are."""

import functools
import hashlib
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

_PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size)
_INSTALLED = ("site-packages", "dist-packages", "<frozen")


def digest(network: object) -> str:
    """Return the SHA-256 of everything that a network or function holds, beside its source.

    Tensors, arrays and settings are found in modules and other objects, in what functions close over, in their defaults
    and in the globals that they use; functions of installed packages count by their names.
    """
    content = hashlib.sha256()
    for part in _parts(network, {}):
        content.update(len(part).to_bytes(8, "big"))
        content.update(part)
    return content.hexdigest()


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    if isinstance(value, Tensor):
        yield f"{value.dtype} {tuple(value.shape)}".encode()
        yield value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, _PLAIN):
        yield repr(value).encode(errors="surrogateescape")
    elif id(value) in seen:
        yield b"as above"
    else:
        seen[id(value)] = value  # what is held on to keeps its id, which a later object could have otherwise
        yield _name(value)
        for held in _held(value):
            yield from _parts(held, seen)


def _name(value: Any) -> bytes:
    of = value if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType) else type(value)
    return f"{getattr(of, '__module__', '')}.{getattr(of, '__qualname__', of)}".encode()


def _held(value: Any) -> list[Any]:
    """Return what an object is made of, in an order that is the same each time."""
    if isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
        return []
    if callable(value) and (held := _held_by_callable(value)) is not None:
        return held
    if isinstance(value, Mapping):
        return [part for item in value.items() for part in item]
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    slots = [getattr(value, name, None) for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*sorted(getattr(value, "__dict__", {}).items()), *slots]


def _held_by_callable(value: Any) -> list[Any] | None:
    """Return what a function of any kind holds; None for other objects."""
    if isinstance(value, types.FunctionType):
        return _held_by_function(value)
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    return [dict(value.state_dict()), value.code] if isinstance(value, torch.jit.ScriptModule) else None


def _held_by_function(function: types.FunctionType) -> list[Any]:
    if any(mark in function.__code__.co_filename for mark in _INSTALLED):
        return []
    cells = [cell.cell_contents for cell in function.__closure__ or () if not _is_empty(cell)]
    used = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
    return [function.__defaults__, function.__kwdefaults__, inspect.unwrap(function).__qualname__, cells, used]


def _names(code: types.CodeType) -> list[str]:
    inner = (name for part in code.co_consts if isinstance(part, types.CodeType) for name in _names(part))
    return sorted({*code.co_names, *inner})


def _is_empty(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return True
    return False
