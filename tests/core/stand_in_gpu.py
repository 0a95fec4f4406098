"""A stand-in for Apple's or Intel's GPU: it has no float64, and lacks operators that a test names."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map


class OnGpu(Tensor):
    """A tensor that says it is on the stand-in."""

    lacking: ClassVar[Collection[str]] = ()
    kind: ClassVar[str] = "mps"
    called: ClassVar[list[str]] = []

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in cls.lacking:
            raise NotImplementedError(
                f"The operator 'aten::{name}' is not currently implemented for the {cls.kind.upper()} device. If you "
                "want this op to be considered for addition please comment on an issue.\nAnd more."
            )
        out = super().__torch_function__(func, types, args, kwargs or {})
        tree_map(_refuse_float64, out)
        cls.called.append(name)
        return out.as_subclass(Tensor) if name == "cpu" else out


def _refuse_float64(value: object) -> None:
    if isinstance(value, OnGpu) and value.dtype == torch.float64:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.")


_PLACING = (Tensor.to, torch.zeros, torch.full, torch.rand, torch.empty)
"""What puts values on a device."""


class StandInGpu(TorchFunctionMode):
    """While it is active, what is put on the device is an `OnGpu`."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        def is_gpu(value: object) -> bool:
            return isinstance(value, torch.device | str) and str(value).partition(":")[0] == OnGpu.kind

        given = dict(kwargs or {})
        if not any(map(is_gpu, (*args, *given.values()))) or func not in _PLACING:
            return func(*args, **given)
        args = [torch.device("cpu") if is_gpu(value) else value for value in args]
        given = {name: torch.device("cpu") if is_gpu(value) else value for name, value in given.items()}
        out = func(*args, **given).clone().as_subclass(OnGpu)
        _refuse_float64(out)
        return out


def install(monkeypatch: pytest.MonkeyPatch, kind: str, lacking: Collection[str] = ()) -> StandInGpu:
    """Let torch believe that this machine has such a GPU and no other; use what is returned as a context."""
    monkeypatch.setattr(OnGpu, "kind", kind)
    monkeypatch.setattr(OnGpu, "lacking", lacking)
    monkeypatch.setattr(OnGpu, "called", [])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda device=None: None)
    monkeypatch.setattr(torch.xpu, "get_device_name", lambda device=None: "Intel GPU")
    return StandInGpu()
