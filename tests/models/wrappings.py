"""What training code stores around the tensors of a network."""

import argparse
import collections
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class Settings:
    """A class that no reader knows."""

    def __init__(self) -> None:
        self.values = [1, 2]


class Trap:
    """Runs code when unpickled, as a hostile file would."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.what = (function, arguments)

    def __reduce__(self) -> Any:
        return self.what


def prefixed(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


def _optimizer(state: State) -> dict[str, Any]:
    moments = {at: {"step": torch.tensor(3.0), "exp_avg": value * 0} for at, value in enumerate(state.values())}
    return {"state": moments, "param_groups": [{"lr": 0.1, "params": list(moments)}]}


def zeros(state: State) -> State:
    return {key: value * 0 for key, value in state.items()}


def _discriminator() -> State:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3), nn.Conv2d(64, 64, 3), *(nn.Conv2d(64, 64, 3) for _ in range(9))
    ).state_dict()


def _recursive(state: State) -> object:
    inner: dict[str, Any] = {"net": state}
    inner["self"] = inner
    return inner


WRAPPED: dict[str, Callable[[State], object]] = {
    "plain": lambda s: s,
    "ordered": collections.OrderedDict,
    "module": lambda s: prefixed("module.", s),
    "compiled": lambda s: prefixed("_orig_mod.", s),
    "compiled in parallel": lambda s: prefixed("module._orig_mod.", s),
    "compiled inside": lambda s: prefixed("model._orig_mod.net.", s),
    "unusual prefix": lambda s: prefixed("my_network_v2.inner.", s),
    "params": lambda s: {"params": s},
    "lightning": lambda s: {"epoch": 3, "state_dict": prefixed("model.", s), "callbacks": {}, "loops": [1, None]},
    "unknown key": lambda s: {"weights of the run": s, "epoch": 1},
    "deep": lambda s: {"a": {"b": [{"c": ("d", {"e": s})}]}},
    "list": lambda s: [1, s],
    "optimizer": lambda s: {"optimizer": _optimizer(s), "optimizer_state_dict": _optimizer(s), "model_state": s},
    "larger optimizer": lambda s: {"optim": {"a": {f"k{i}": v for i, v in enumerate([*s.values()] * 3)}}, "m": s},
    "gan": lambda s: {"net_d": _discriminator(), "net_g": s},
    "gan, other names": lambda s: {"netD": _discriminator(), "netG": s, "optD": _optimizer(s)},
    "gan, letters": lambda s: {"D": _discriminator(), "G": s},
    "gan in one set": lambda s: {
        "state_dict": prefixed("discriminator.", _discriminator()) | prefixed("generator.", s),
    },
    "with a loss": lambda s: {"state_dict": prefixed("loss.vgg.", _discriminator()) | prefixed("net.", s)},
    "empty average": lambda s: {"params_ema": {}, "params": s},
    "decay beside": lambda s: {"ema": {"decay": torch.tensor(0.99)}, "model": s},
    "average, timm": lambda s: {"state_dict": zeros(s), "state_dict_ema": s},
    "average, BasicSR": lambda s: {"params": zeros(s), "params_ema": s},
    "average, dash": lambda s: {"params-ema": s, "params": zeros(s)},
    "average, model": lambda s: {"model": zeros(s), "model_ema": s, "epoch": 2},
    "average, net": lambda s: {"netG_EMA": s, "netG": zeros(s)},
    "average, deep": lambda s: {"ema": {"state_dict": prefixed("module.", s)}, "model": {"state_dict": zeros(s)}},
    "average, swa": lambda s: {"n_averaged": torch.tensor(4), **prefixed("module.", s)},
    "average, lucidrains": lambda s: {
        "initted": torch.tensor(True), "step": torch.tensor(7),
        **prefixed("online_model.", zeros(s)), **prefixed("ema_model.", s),
    },
    "average, swa beside": lambda s: {
        "net": zeros(s), "swa": {"n_averaged": torch.tensor(4), **prefixed("module.", s)},
    },
    "average, swa in one set": lambda s: {
        "state_dict": {**prefixed("net.", zeros(s)), **prefixed("ema.module.", s), "ema.n_averaged": torch.tensor(4)},
    },
    "average, lucidrains beside": lambda s: {
        "model": zeros(s), "ema": {**prefixed("online_model.", zeros(s)), **prefixed("ema_model.", s)},
    },
    "average, torch_ema": lambda s: {
        "net": zeros(s), "ema": {"decay": 0.9, "shadow_params": list(s.values()), "collected_params": None},
    },
    "step beside": lambda s: {**s, "step": torch.tensor(7)},
    "average in one set": lambda s: {"state_dict": prefixed("net.", zeros(s)) | prefixed("net_ema.", s)},
    "classes": lambda s: {
        "args": argparse.Namespace(lr=1), "path": pathlib.PurePosixPath("/x"), "best": np.float64(3), "a": np.ones(3),
        "settings": Settings(), "counts": collections.Counter("aab"), "d": collections.defaultdict(list, {"x": [1]}),
        "set": {1, 2}, "dtype": torch.float16, "device": torch.device("cpu"), "size": torch.Size([1]), "net": s,
    },
    "code": lambda s: {"net": s, "x": Trap(open, "ran", "w"), "y": Trap(exec, "open('ran','w')")},
    "odd tensors": lambda s: {
        "net": s, "sparse": torch.eye(3).to_sparse(), "meta": torch.empty(3, device="meta"), "none": torch.tensor(()),
        "scalar": torch.tensor(1), "complex": torch.ones(2, dtype=torch.complex64),
    },
    "parameters": lambda s: {key: nn.Parameter(value) for key, value in s.items()},
    "itself": _recursive,
}  # fmt: skip
