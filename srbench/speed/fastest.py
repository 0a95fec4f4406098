"""The fastest mode without visible loss, for a model on a device: found by measurement, and remembered."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from torch import Tensor

from srbench.core import environment, stored_json
from srbench.core.assets import AssetStore
from srbench.core.device import pick_device
from srbench.core.timing import MIN_CALLS, TimeBudget, Timing, once, rounds
from srbench.core.wording import factor_places
from srbench.errors import UserError, first_line
from srbench.evaluation.row import key
from srbench.models import mode as modes
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import export_pace, split
from srbench.speed.psnr_drop import NoTime, PsnrReference
from srbench.speed.records import PSNR_DROP_LIMIT_DB, PsnrDrop
from srbench.speed.scenario import Size, example

CANDIDATES = {
    "cpu": ("fp32+channels_last", "openvino", "onnx", "bf16+channels_last", "bf16+split+channels_last"),
    "cuda": (
        "tf32+channels_last",
        "bf16+channels_last",
        "bf16+split+channels_last",
        "fp16+channels_last",
        "fp16+split+channels_last",
        "fp16+channels_last+graph",
        "fp16+split+channels_last+graph",
    ),
}
"""Modes to compare with plain fp32, the likeliest first. To compile a network takes longer than a choice may."""

_CHOSEN = ("precision", "channels_last", "tf32", "engine", "split", "fp32_layers")
"""Fields of a mode that are chosen here."""
_SCHEMA, _VERSION = "fastest_modes", 1
_MOST_S, _SHARE_OF_PRICES = 2.8, 0.6
"""Seconds after which nothing more is begun, so that a choice takes three at most, and the share of them after which no
further mode's price is looked for."""
_GPU_PROBE = Size(360, 640)
"""Size of the input; a GPU must have enough to do, else only the time of launches is compared."""
_SIDES_PX = (96, 64, 48, 32, 24, 16, 12)
"""Sides of the input on a CPU: the largest at which a call of plain fp32 takes no longer than it may."""
_PRICED_MS, _TIMED_MS = 80.0, 25.0
"""Milliseconds of a call of plain fp32 for prices, on the middle of each image, and for times."""
_LEAST_S = 0.1
_AROUND_S = 0.2
"""Seconds that timing takes before and after, to see whether the machine changes its pace."""
_LEAST_CALLS = MIN_CALLS + 1
"""Calls of each mode that is timed, with the one that warms it up."""
_WARM_UP_SHARE = 0.2
_PACKAGES = ("onnx", "onnxruntime", "openvino")
_EXPORTED = ("onnx", "openvino")
"""Engines for which a network is exported, which cannot be interrupted."""
_MIN_SPEED_UP = 1.03
"""A mode that is not faster by more than this is not worth another name in the table."""


@dataclass(frozen=True)
class Choice:
    """Mode that was chosen for a model.

    Attributes:
        mode: Mode in which to run the model.
        speed_up: Time of plain fp32 over that of this mode; 1 for plain fp32.
        psnr_drop: Change in PSNR by the mode; None for plain fp32.
        reason: Why this mode was chosen, in one line.
    """

    mode: Mode
    speed_up: float
    psnr_drop: PsnrDrop | None
    reason: str


class ChoiceCache:
    """JSON file with the choices that were made on this machine.

    Args:
        path: File; it is created when first written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, name: str, base: Mode) -> Choice | None:
        """Return a choice that was made before, with the device and the tiles of `base`; None where there is none."""
        record = self._choices().get(name)
        try:
            return None if record is None else _choice(record, base)
        except (KeyError, TypeError, ValueError, UserError):  # damaged: it is measured anew
            return None

    def keep(self, name: str, choice: Choice) -> None:
        """Store a choice; a machine where that is forbidden measures again each time."""
        record = asdict(choice) | {"mode": {name: getattr(choice.mode, name) for name in _CHOSEN}}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(str(self.path) + ".lock"):
                choices = self._choices() | {name: record}
                stored_json.write(self.path, _SCHEMA, _VERSION, stored_json.sealed({"choices": choices}))
        except OSError:
            return

    def _choices(self) -> dict[str, Any]:
        """Return the stored choices by name; version 0 held them without a key of their own."""
        try:
            content = stored_json.opened(stored_json.read(self.path, _SCHEMA, _VERSION, unmarked_keys=())) or {}
        except UserError:  # none yet, or torn, or of a later version: a cache is measured anew
            return {}
        choices = content if content.get("version") == 0 else content.get("choices")
        if not isinstance(choices, dict):
            return {}
        return {name: choice for name, choice in choices.items() if isinstance(choice, dict)}


def choose(model: Model, base: Mode, store: AssetStore, cache: ChoiceCache) -> Choice:
    """Return the fastest mode of a model whose PSNR on every builtin image is within 0.01 dB of plain fp32.

    It takes three seconds at most, after the model and, once in a process, the engines are loaded: of a slow network
    the middle of each image is measured, and modes for which no time is left are not tried, or whose engine would take
    longer to start, as `export_pace` foresees it. What was valid is kept, so that it is measured once.

    Args:
        model: Model to run.
        base: Mode with the device, the tiles and the self-ensemble; precision, format and engine are chosen here.
        store: Asset store that holds the builtin images.
        cache: Choices that the same versions made on the same machine before.
    """
    device = pick_device(base.device)
    facts = environment.describe(device)
    candidates = CANDIDATES.get(device.type, CANDIDATES["cpu"])
    known_by = ("machine", "packages", "driver", "cuda", "allocator", "threads")
    conditions = {name: facts.get(name) for name in known_by} | {"engines": environment.versions(_PACKAGES)}
    name = key(model=model.fingerprint, candidates=candidates, loss_db=PSNR_DROP_LIMIT_DB, **conditions)
    known = cache.recall(name, base)
    if known is not None:
        return known
    choice, is_valid = _measure(model, Mode(base.device), device, store)
    if is_valid:
        cache.keep(name, choice)
    return replace(choice, mode=_as_chosen(base, choice.mode))


def _choice(record: Mapping[str, Any], base: Mode) -> Choice:
    """Return a stored choice with the device and the tiles of `base`."""
    fields = dict(record["mode"])
    layers = tuple(fields["fp32_layers"])
    found = Mode(**{**fields, "split": bool(layers), "fp32_layers": layers})
    drop = record["psnr_drop"] if "psnr_drop" in record else record["price"]
    speed_up, reason = record.get("speed_up", record.get("gain")), record.get("reason", record.get("why"))
    return Choice(_as_chosen(base, found), speed_up, PsnrDrop(**drop) if drop else None, reason)


def _as_chosen(base: Mode, chosen: Mode) -> Mode:
    """Return the chosen mode with the tiles and the self-ensemble of `base`, which do not affect the choice."""
    return replace(base, **{name: getattr(chosen, name) for name in _CHOSEN})


def _measure(model: Model, plain: Mode, device: torch.device, store: AssetStore) -> tuple[Choice, bool]:
    """Return the choice, and whether its timings can be trusted and kept."""
    names = CANDIDATES.get(device.type, CANDIDATES["cpu"])
    exported = [mode for mode in (modes.parse(name, plain.device) for name in names) if mode.engine in _EXPORTED]
    paces = {mode.engine: export_pace.seconds_per_operator(mode) for mode in exported}
    first = model.upscaler(plain)
    begun = time.monotonic()
    try:
        reference = PsnrReference(model.scale, store, begun + _SHARE_OF_PRICES * _MOST_S)
    except UserError as error:
        return Choice(plain, 1.0, None, f"fp32: {error}"), True
    reference.side_px, probe, call_s = _sizes(first)
    operators = export_pace.operators(first.network, _smallest(first)) if paces else 0
    builds_s: dict[str, float] = {engine: pace * operators for engine, pace in paces.items()}
    able, unable, late = _within_limit(model, plain, reference, names, builds_s)
    left_s = max(_LEAST_S, _MOST_S - _AROUND_S - (time.monotonic() - begun))
    most = max(0, int(left_s / (_LEAST_CALLS * call_s)) - 1) if call_s else len(able)
    late += [mode.name for mode, _, _ in able[most:]]
    unable += [f"{mode.name}: there was no time to time it" for mode, _, _ in able[most:]]
    able = able[:most]
    if not able:
        tried = time.monotonic() <= reference.ends
        return Choice(plain, 1.0, None, f"fp32: no mode is within {PSNR_DROP_LIMIT_DB} dB ({'; '.join(unable)})"), tried
    not_tried = f"; no time for {', '.join(late)}" if late else ""
    timings = _timed([first, *(upscaler for _, upscaler, _ in able)], probe, left_s)
    at = min(range(len(able)), key=lambda i: timings[i + 1].median_ms)
    is_valid = timings[0].valid and timings[at + 1].valid
    mode, _, drop = able[at]
    speed_up = timings[0].median_ms / timings[at + 1].median_ms
    if speed_up < _MIN_SPEED_UP:
        return Choice(
            plain,
            1.0,
            None,
            f"fp32: the next, {mode.name}, is {speed_up:.{factor_places(speed_up)}f} times as fast{not_tried}",
        ), is_valid
    times = f"{speed_up:.{factor_places(speed_up)}f} times as fast as fp32"
    reason = f"{mode.name}: {times}, PSNR {drop.mean_db:+.4f} dB (worst {drop.worst_db:+.4f}){not_tried}"
    return Choice(mode, speed_up, drop, reason), is_valid


def _sizes(plain: Upscaler) -> tuple[int, Size, float]:
    """Return the side of what prices are measured on, the size of what is timed, and the seconds of a call of that.

    On a GPU whole images are measured, side 0, and a call counts as taking no time.
    """
    if plain.device.type != "cpu":
        return 0, _GPU_PROBE, 0.0
    smallest = _SIDES_PX[-1]
    x = _smallest(plain)
    with torch.no_grad():
        ms = min(once(lambda: plain.network(x), plain.device)[1] for _ in range(3))
    for_prices, for_times = (
        next((side for side in _SIDES_PX if ms * (side / smallest) ** 2 <= most_ms), smallest)
        for most_ms in (_PRICED_MS, _TIMED_MS)
    )
    return for_prices, Size(for_times, for_times), ms * (for_times / smallest) ** 2 / 1000


def _smallest(plain: Upscaler) -> Tensor:
    return example(plain, Size(_SIDES_PX[-1], _SIDES_PX[-1]), 1)


def _within_limit(
    model: Model, plain: Mode, reference: PsnrReference, names: Sequence[str], builds_s: Mapping[str, float]
) -> tuple[list[tuple[Mode, Upscaler, PsnrDrop]], list[str], list[str]]:
    """Return the modes whose change in PSNR is within the limit; for each of the others the reason; and the late ones.

    Args:
        model: Model to run.
        plain: Mode with the device.
        reference: PSNR of the model in fp32, and the end of the time.
        names: Modes to try.
        builds_s: Seconds that each engine takes to start which cannot be interrupted.
    """
    able: list[tuple[Mode, Upscaler, PsnrDrop]] = []
    unable, late = list[str](), list[str]()
    for name in names:
        mode = modes.parse(name, plain.device)
        if any(replace(mode, split=False) == of for of, _, _ in able):
            continue  # the whole network in the lower precision is good enough, and faster
        try:
            reference.look_at_the_clock(builds_s.get(mode.engine, 0.0))
            found = split.find(model, mode, reference) if mode.split else None
            mode = found[0] if found else mode
            upscaler = model.upscaler(mode)
            drop = found[1] if found else reference.drop(model, upscaler)
        except Exception as error:  # an engine or a format that this network or machine has not
            unable.append(f"{name}: {first_line(error)}"[:120])
            late += [name] if isinstance(error, NoTime) else []
            continue
        if drop.exceeds_limit:
            unable.append(f"{name}: {drop.worst_db:+.3f} dB")
        else:
            able.append((mode, upscaler, drop))
    return able, unable, late


def _timed(upscalers: Sequence[Upscaler], probe: Size, most_s: float) -> list[Timing]:
    inputs = [example(upscaler, probe, 1) for upscaler in upscalers]
    calls = [lambda u=u, x=x: u.network(x) for u, x in zip(upscalers, inputs, strict=True)]
    each_s = most_s / len(calls)
    timed_s, warm_up_s = (1 - _WARM_UP_SHARE) * each_s, _WARM_UP_SHARE * each_s
    with torch.no_grad():
        found = rounds(calls, upscalers[0].device, TimeBudget(min(_LEAST_S, timed_s / 2), timed_s, warm_up_s))
    return [timing for timing, _ in found]
