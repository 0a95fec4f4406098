"""Sets of tensors inside what training code stores around them, and which of them is meant."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from srbench.models.unpickling import Placeholder


class _Shaped(Protocol):
    @property
    def shape(self) -> Sequence[int]: ...


T = TypeVar("T", bound=_Shaped)

_AVERAGE = re.compile(r"(^|[^a-z])(ema|average[ds]?|avg|swa|shadow)([^a-z]|$)")
_OTHER_USE = re.compile(
    r"optim|sched|scaler|(^|[^a-z])(d|net_?d|discriminators?|critic|loss|losses|perceptual)([^a-z]|$)"
)
_COUNTERS = frozenset({"n_averaged", "num_updates", "step", "global_step", "iteration", "epoch", "initted"})
_DEEPEST = 30


@dataclass
class TensorSet(Generic[T]):
    """Tensors by name that stand together in a file.

    Attributes:
        name: Where they stand, as in "model.state_dict"; empty at the top.
        tensors: The tensors by name.
        part: Whether they are part of another set, from one prefix of its names.
    """

    name: str
    tensors: dict[str, T] = field(default_factory=dict)
    part: bool = False

    @property
    def _rank(self) -> tuple[bool, int, bool, int]:
        averages = sum(bool(_AVERAGE.search(_words(step))) for step in self.name.split("."))
        return is_for_training(self.name), -averages, self.part, -len(self.tensors)


def find(tree: object, kind: type[T]) -> list[TensorSet[T]]:
    """Find all sets of tensors in a tree, the one that is most likely meant first.

    A running average goes before raw weights, and both before the state of optimizers and of discriminators. A name
    that says so twice goes first: "ema.ema_model" before "ema.online_model". Parts that share a prefix follow their
    set: several networks may stand in one, as Lightning stores them. An average whose tensors have no names, as
    `torch_ema` stores them, takes those of the set whose shapes follow in the same order.

    Args:
        tree: Dictionaries, lists and placeholders, of any depth.
        kind: Class of the tensors.
    """
    whole = [found for found in _walk(tree, kind, "", set(), 0) if found.tensors]
    parts = [part for found in whole for part in _parts(found)]
    _name_lists([*whole, *parts])
    return sorted([*whole, *parts], key=lambda found: found._rank)


def stripped(tensors: Mapping[str, T]) -> Iterator[dict[str, T]]:
    """Yield tensors under their names, then without the prefix that all names share, as often as there is one."""
    names = {key: re.sub(r"(^|\.)_orig_mod\.", r"\1", key) for key in tensors}
    current = {names[key]: value for key, value in tensors.items()}
    yield current
    while True:
        firsts = {key.partition(".")[0] for key in current}
        if len(firsts) != 1 or not all("." in key for key in current):
            return
        current = {key.partition(".")[2]: value for key, value in current.items()}
        yield current


def bare(tensors: Mapping[str, T]) -> dict[str, T]:
    """Return tensors without any prefix that all names share."""
    *_, last = stripped(tensors)
    return last


def is_for_training(name: str) -> bool:
    """Return whether a set's name says that it belongs to an optimizer, a discriminator or a loss."""
    return bool(_OTHER_USE.search(_words(name)))


def _name_lists(sets: list[TensorSet[T]]) -> None:
    """Give averages that are lists the names of the tensors that they are averages of."""
    for found in sets:
        if not (_AVERAGE.search(_words(found.name)) and all(key.isdecimal() for key in found.tensors)):
            continue
        shapes = [tuple(tensor.shape) for tensor in found.tensors.values()]
        for other in sets:
            if other is not found and shapes == [tuple(tensor.shape) for tensor in other.tensors.values()]:
                found.tensors = dict(zip(other.tensors, found.tensors.values(), strict=True))
                break


def _without_counters(tensors: dict[str, T]) -> dict[str, T]:
    """Leave out what an average counts beside the tensors, as `n_averaged` of torch's `AveragedModel`."""
    return {key: value for key, value in tensors.items() if not (key in _COUNTERS and not tuple(value.shape))}


def _words(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _walk(node: object, kind: type[T], name: str, seen: set[int], depth: int) -> Iterator[TensorSet[T]]:
    if id(node) in seen or depth > _DEEPEST:
        return
    seen.add(id(node))
    if isinstance(node, Placeholder):
        module = TensorSet[T](name, _of_module(node, kind, 0))
        if module.tensors:
            yield module
        else:
            yield from _walk(node.entries or node.state, kind, name, seen, depth + 1)
        return
    if isinstance(node, list | tuple):
        node = {str(position): value for position, value in enumerate(node)}
    if not isinstance(node, Mapping):
        return
    tensors = {key: value for key, value in node.items() if isinstance(key, str) and isinstance(value, kind)}
    yield TensorSet(name, _without_counters(tensors))
    for key, value in node.items():
        yield from _walk(value, kind, f"{name}.{key}" if name else str(key), seen, depth + 1)


def _of_module(node: Placeholder, kind: type[T], depth: int) -> dict[str, T]:
    """Return the tensors of a module that was stored whole, by torch.save or as TorchScript, under their names."""
    state = node.state
    if not isinstance(state, Mapping) or depth > _DEEPEST or not ("_modules" in state or "training" in state):
        return {}
    parts: dict[object, object] = {}
    for group in ("_parameters", "_buffers", "_modules"):
        inner = state.get(group)
        parts.update(inner if isinstance(inner, Mapping) else {})
    if "_modules" not in state:
        parts = dict(state)
    found: dict[str, T] = {}
    for key, value in parts.items():
        if isinstance(value, kind):
            found[str(key)] = value
        elif isinstance(value, Placeholder):
            found |= {f"{key}.{name}": tensor for name, tensor in _of_module(value, kind, depth + 1).items()}
    return found


def _parts(found: TensorSet[T]) -> list[TensorSet[T]]:
    parts: dict[str, TensorSet[T]] = {}
    for key, tensor in found.tensors.items():
        first, dot, rest = key.partition(".")
        if dot:
            name = f"{found.name}.{first}" if found.name else first
            parts.setdefault(first, TensorSet(name, part=True)).tensors[rest] = tensor
    for part in parts.values():
        part.tensors = _without_counters(part.tensors)
    shared = len(parts) == 1 and all("." in key for key in found.tensors)  # then it is a prefix, see `stripped`
    return [] if shared else [part for part in parts.values() if len(part.tensors) > 1]
