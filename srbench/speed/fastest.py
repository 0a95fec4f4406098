"""The fastest mode that costs nothing that can be seen, for a model on a device: found by measurement, remembered."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.core.device import pick_device
from srbench.core.files import atomic_write
from srbench.core.timing import TimeBudget, Timing, rounds
from srbench.errors import UserError, first_line
from srbench.evaluation.results import key
from srbench.models import mode as modes
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import split
from srbench.speed.psnr_drop import Prices
from srbench.speed.records import MOST_LOSS_DB, Price
from srbench.speed.scenario import Size, example

CANDIDATES = {
    "cpu": ("fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last"),
    "cuda": (
        "tf32+channels_last",
        "bf16+channels_last",
        "bf16+split+channels_last",
        "fp16+channels_last",
        "fp16+split+channels_last",
        "fp16+channels_last+graph",
        "fp16+split+channels_last+graph",
        "fp16+channels_last+compile",
        "fp16+split+channels_last+compile",
    ),
}
"""Beside plain fp32. On the CPU torch.compile takes half a minute to come out slower than eager channels_last."""

_CHOSEN = ("precision", "channels_last", "tf32", "engine", "fp32_layers")
_PROBE = {"cpu": Size(96, 96), "cuda": Size(360, 640)}
"""A GPU must have enough to do, else only the time of launches is compared."""
_PATIENCE = TimeBudget(0.3, 2.0)
_LEAST_GAIN = 1.03
"""A mode that is not faster by more than this is not worth another name in the table."""


@dataclass(frozen=True)
class Choice:
    """What was found.

    Attributes:
        mode: To run the model in.
        gain: How many times as fast as plain fp32; 1 for that itself.
        price: What it costs; None for plain fp32.
        why: One line for people.
    """

    mode: Mode
    gain: float
    price: Price | None
    why: str


class Memory:
    """A JSON file with the choices made on this machine.

    Args:
        path: Made when first written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, name: str, base: Mode) -> Choice | None:
        """A choice made before, on the device and with the tiles of `base`."""
        record = self._content().get(name)
        if record is None:
            return None
        price = record["price"]
        found = Mode(**{**record["mode"], "fp32_layers": tuple(record["mode"]["fp32_layers"])})
        return Choice(_as_chosen(base, found), record["gain"], Price(**price) if price else None, record["why"])

    def keep(self, name: str, choice: Choice) -> None:
        """Write it down; a machine where that is forbidden measures again each time."""
        mode = {name: getattr(choice.mode, name) for name in _CHOSEN}
        price = asdict(choice.price) if choice.price else None
        record = {"mode": mode, "gain": choice.gain, "price": price, "why": choice.why}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(str(self.path) + ".lock"), atomic_write(self.path) as partial:
                partial.write_text(json.dumps(self._content() | {name: record}, indent=1), encoding="utf-8")
        except OSError:
            return

    def _content(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or torn
            return {}
        return content if isinstance(content, dict) else {}


def choose(model: Model, base: Mode, store: AssetStore, memory: Memory) -> Choice:
    """The fastest mode of a model on a device whose PSNR on every builtin image is within 0.01 dB of plain fp32.

    Args:
        model: Which.
        base: Device, tiles, self-ensemble; its precision, format and engine are what is looked for.
        store: Where the builtin images come from.
        memory: Answers where this was measured before, by the same versions on the same machine.
    """
    device = pick_device(base.device)
    facts = environment.describe(device)
    candidates = CANDIDATES.get(device.type, CANDIDATES["cpu"])
    known_by = ("machine", "packages", "driver", "cuda", "allocator", "threads")
    conditions = {name: facts.get(name) for name in known_by}
    name = key(model=model.fingerprint, candidates=candidates, loss_db=MOST_LOSS_DB, **conditions)
    known = memory.recall(name, base)
    if known is not None:
        return known
    found, stands = _measure(model, Mode(base.device), device, store)
    if stands:
        memory.keep(name, found)
    return replace(found, mode=_as_chosen(base, found.mode))


def _as_chosen(base: Mode, found: Mode) -> Mode:
    """What was found, with the tiles and the self-ensemble that were asked for, which have no say in the choice."""
    return replace(base, **{name: getattr(found, name) for name in _CHOSEN})


def _measure(model: Model, plain: Mode, device: torch.device, store: AssetStore) -> tuple[Choice, bool]:
    """The choice, and whether the timings behind it are to be believed tomorrow."""
    try:
        prices = Prices(model.scale, store)
    except UserError as error:
        return Choice(plain, 1.0, None, f"fp32: {error}"), True
    able, unable = _affordable(model, plain, prices, CANDIDATES.get(device.type, CANDIDATES["cpu"]))
    if not able:
        return Choice(plain, 1.0, None, f"fp32: no mode is within {MOST_LOSS_DB} dB ({'; '.join(unable)})"), True
    upscalers = [model.upscaler(plain), *(model.upscaler(mode) for mode, _ in able)]
    timings = _timed(upscalers)
    at = min(range(len(able)), key=lambda i: timings[i + 1].median_ms)
    stands = timings[0].valid and timings[at + 1].valid
    mode, price = able[at]
    gain = timings[0].median_ms / timings[at + 1].median_ms
    if gain < _LEAST_GAIN:
        return Choice(plain, 1.0, None, f"fp32: the next, {mode.name}, is {gain:.2f} times as fast"), stands
    why = f"{mode.name}: {gain:.2f} times as fast as fp32, PSNR {price.mean_db:+.4f} dB (worst {price.worst_db:+.4f})"
    return Choice(mode, gain, price, why), stands


def _affordable(
    model: Model, plain: Mode, prices: Prices, names: Sequence[str]
) -> tuple[list[tuple[Mode, Price]], list[str]]:
    """The modes within the price, and for each of the others why not."""
    able, unable = [], []
    for name in names:
        mode, is_split = modes.parse(name, plain)
        try:
            found = split.find(model, mode, prices) if is_split else (mode, prices.of(model, model.upscaler(mode)))
        except Exception as error:  # an engine or a format that this network or machine has not
            unable.append(f"{name}: {first_line(error)}"[:120])
            continue
        if found is None:
            unable.append(f"{name}: nothing found")
        elif found[1].marked:
            unable.append(f"{name}: {found[1].worst_db:+.3f} dB")
        else:
            able.append(found)
    return able, unable


def _timed(upscalers: Sequence[Upscaler]) -> list[Timing]:
    inputs = [example(upscaler, _PROBE.get(upscaler.device.type, _PROBE["cpu"]), 1) for upscaler in upscalers]
    calls = [lambda u=u, x=x: u.network(x) for u, x in zip(upscalers, inputs, strict=True)]
    with torch.no_grad():
        return [timing for timing, _ in rounds(calls, upscalers[0].device, _PATIENCE)]
