"""Metrics that are functions in Python files of users, as `--metrics my.py:f` names them."""

import copy
import hashlib
import inspect
import math
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srbench.errors import FailedMetric, UserError, reason
from srbench.metrics.metric import Metric, SetScore
from srbench.models import source_file
from srbench.models.user_code import contained


def is_file(name: str) -> bool:
    """Tell whether a name of a metric means a Python file: `my.py:f` or `my.py`."""
    return name.partition(".py:")[0] != name or name.endswith(".py")


def load(name: str) -> Metric:
    """Load a metric of a user's file.

    It is a function of the images that its arguments name, `f(sr, hr)`, `f(sr)` or `f(sr, lr)`, each
    `(1, 3, H, W)` float64 RGB in levels 0..255, and returns a number; or an object with `update(sr, hr)` and
    `compute()`, of which each data set has a copy and one value, or a class of such objects without arguments. Higher
    is better unless it has `higher_is_better = False`.

    Args:
        name: `path/to/file.py:function`; without a function, `metric`, or the only one of the file.

    Raises:
        UserError: There is no such file or function, or its arguments are others.
        FailedModel: The file cannot be imported.
    """
    place, _, wanted = name.rpartition(":") if ".py:" in name else (name, "", "")
    path = Path(place)
    if not path.is_file():
        raise UserError(f"the metric {name} names {place}, which is no file; expected a Python file, as in my.py:f")
    with source_file.opened(path) as file:
        function = _found(vars(file.module), wanted, name)
        of_sets = _is_of_sets(function)
        missing = [part for part in ("update", "compute") if of_sets and not hasattr(function, part)]
        if missing:
            raise UserError(f"{name} is a class without {' and '.join(missing)}; expected update(sr, hr) and compute()")
        images = _images(function.update if of_sets else function, name, method=isinstance(function, type))
    made = partial(copy.deepcopy, function) if of_sets and not isinstance(function, type) else function
    called = source_file.with_neighbours(made, file)
    title = f"{path.stem}:{getattr(function, '__name__', wanted)}"
    texts = [path.read_bytes(), *(text.encode() for text in file.hashes().values())]

    def open_(_: object) -> Callable[..., Any]:
        return (lambda: _UserSet(called, title)) if of_sets else _UserScore(called, title)

    return Metric(
        name=title,
        title=title,
        digits=4,
        higher_is_better=bool(getattr(function, "higher_is_better", True)),
        reads="rgb",
        reference=f"{path.name}, the user's own",
        version=hashlib.sha256(b"\0".join(texts)).hexdigest(),
        needs_hr="hr" in images,
        needs_lr="lr" in images,
        of_sets=of_sets,
        licence="the user's own",
        open=open_,
    )


class _UserScore:
    """Calls a user's function; a number comes back, or what is wrong is told.

    The first image is measured twice. Where the two values differ, no other image has one either.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.function, self.name = function, name
        self.repeated = False
        self.fault = ""

    def __call__(self, *images: Tensor) -> Tensor:
        value = self._value(images)
        if not self.repeated:
            self.repeated = True
            again = self._value(images, draw=True)
            if again != value and not math.isnan(value):
                self.fault = f"{self.name} is not repeatable: two calls gave {value:g} and {again:g}"
        if self.fault:
            raise FailedMetric(self.fault)
        return torch.tensor([value], dtype=torch.float64)

    def _value(self, images: tuple[Tensor, ...], *, draw: bool = False) -> float:
        copies = (image.clone() for image in images)
        return _number(_call(self.name, _drawn(self.function) if draw else self.function, *copies), self.name)


class _UserSet:
    """One value of a data set, by an object of a user's class."""

    def __init__(self, made: Callable[..., Any], name: str) -> None:
        self.name = name
        self.inner: SetScore = _call(name, made)

    def update(self, *images: Tensor) -> None:
        _call(self.name, self.inner.update, *(image.clone() for image in images))

    def compute(self) -> float:
        return _number(_call(self.name, self.inner.compute), self.name)


def _drawn(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that finds other random numbers than the last call, which `contained` would put back."""

    def called(*arguments: Any) -> Any:
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(20261128)
        return function(*arguments)

    return called


def _call(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        with contained(name), torch.no_grad():
            return function(*arguments)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise FailedMetric(f"{name} failed ({reason(error)})") from error


def _number(value: Any, name: str) -> float:
    count = getattr(value, "size", 1) if not isinstance(value, Tensor) else value.numel()
    if isinstance(value, bool) or callable(count) or count != 1:
        shape = tuple(getattr(value, "shape", ()))
        raise FailedMetric(f"{name} gave a {type(value).__name__} of shape {shape}; expected one number")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise FailedMetric(f"{name} gave a {type(value).__name__}; expected one number") from error


def _found(content: dict[str, Any], wanted: str, name: str) -> Any:
    own = {
        key: value
        for key, value in content.items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == content["__name__"]
        and not key.startswith("_")
    }
    if wanted:
        if not (callable(content.get(wanted)) or _is_of_sets(content.get(wanted))):
            raise UserError(f"{name}: the file has no function '{wanted}'; it has: {', '.join(own) or 'none'}")
        return content[wanted]
    if "metric" in own or len(own) == 1:
        return own.get("metric") or next(iter(own.values()))
    raise UserError(f"{name}: the file has {len(own)} functions ({', '.join(own)}); name one, as in {name}:f")


def _is_of_sets(found: Any) -> bool:
    return isinstance(found, type) or (hasattr(found, "update") and hasattr(found, "compute"))


def _images(function: Callable[..., Any], name: str, *, method: bool) -> list[str]:
    arguments = list(inspect.signature(function).parameters)[int(method) :]
    if arguments not in (["sr"], ["sr", "hr"], ["sr", "lr"], ["sr", "hr", "lr"]):
        raise UserError(f"{name} has the arguments ({', '.join(arguments)}); expected (sr, hr), (sr), (sr, lr)")
    return arguments
