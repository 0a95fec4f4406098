"""Search for the fastest mode of a model without visible loss, within a few seconds."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from srbench.core.timing import MIN_CALLS, TimeBudget, Timing, once, rounds
from srbench.core.wording import factor_places
from srbench.errors import UserError, first_line
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import export_pace, split
from srbench.speed.choices import Choice
from srbench.speed.psnr_drop import NoTime, PsnrReference
from srbench.speed.records import PsnrDrop
from srbench.speed.scenario import Size, example

_MOST_S, _SHARE_OF_SPLITS, _SHARE_OF_PRICES = 2.7, 0.45, 0.6
"""Seconds after which nothing more is begun, so that a choice takes three at most, and the shares of them after which
layers to keep in fp32 are no longer looked for, and no further mode is started or its price looked for."""
_GPU_SIZE = Size(360, 640)
"""Size of the input; a GPU must have enough to do, else only the time of launches is compared."""
_SIDES_PX = (128, 96, 80, 64, 56, 48, 40, 32, 28, 24, 20, 16, 12)
"""Sides of the input on a CPU. The larger it is, the nearer times and changes in PSNR are to those of whole images."""
_FIRST_MS, _PRICED_MS = 40.0, 170.0
"""Milliseconds of a call of plain fp32 on a CPU, at most: for the first look at a mode, and for its price on the middle
of each image. Times are taken at the largest side for which there is time."""
_SLOWER_THAN_PLAIN, _SLOWER_THAN_BEST = 1.5, 1.3
"""By the first look, a mode this many times slower than plain fp32, or than the best whose price is known, is left."""
_LEAST_S = 0.1
_AROUND_S = 0.2
"""Seconds that timing takes before and after, to see whether the machine changes its pace."""
_LEAST_CALLS = MIN_CALLS + 1
"""Calls of each mode that is timed, with the one that warms it up."""
_WARM_UP_SHARE = 0.2
_MIN_SPEED_UP = 1.03
"""A mode that is not faster by more than this is not worth another name in the table."""


@dataclass(frozen=True)
class _Started:
    """A mode, and the milliseconds of a call at first look."""

    mode: Mode
    upscaler: Upscaler
    first_ms: float


@dataclass(frozen=True)
class _Priced(_Started):
    """A mode whose change in PSNR is within the limit."""

    drop: PsnrDrop


class ModeSearch:
    """A first look at each mode, the change in PSNR by those that may be the fastest, and their times.

    Modes that start at once come before those whose engine must be built, which cannot be interrupted.

    Args:
        model: Model to run.
        plain: The model in plain fp32.
        reference: PSNR of the model in plain fp32; its end is set here.
        paces: Seconds that each engine which must be built takes for an operator of the network.
    """

    def __init__(self, model: Model, plain: Upscaler, reference: PsnrReference, paces: Mapping[str, float]) -> None:
        self.begun = time.monotonic()
        self.model, self.plain, self.reference = model, plain, reference
        smallest = _square(_SIDES_PX[-1])
        smallest_ms = _call_ms(plain, smallest)
        self.on_cpu = plain.device.type == "cpu"
        self.first_size = _square(_side_px(smallest_ms, _FIRST_MS)) if self.on_cpu else _GPU_SIZE
        self.plain_ms = smallest_ms if self.first_size == smallest else _call_ms(plain, self.first_size)
        reference.side_px = _side_px(self.plain_ms, _PRICED_MS, self.first_size.height) if self.on_cpu else 0
        operators = export_pace.operators(plain.network, example(plain, smallest, 1)) if paces else 0
        self.builds_s = {engine: pace * operators for engine, pace in paces.items()}
        self.priced = list[_Priced]()
        self.too_lossy = list[Mode]()
        self.unable, self.late = list[str](), list[str]()

    def choice(self, candidates: Sequence[Mode]) -> tuple[Choice, bool]:
        """Return the choice among modes, and whether what it stands on can be trusted and kept."""
        self._end_at(_SHARE_OF_PRICES)
        self._price(self._start(mode for mode in candidates if mode.engine not in self.builds_s and not mode.split))
        self._end_at(_SHARE_OF_SPLITS)
        self._split(mode for mode in candidates if mode.split)
        self._end_at(_SHARE_OF_PRICES)
        self._price(self._start(mode for mode in candidates if mode.engine in self.builds_s))
        left_s = max(_LEAST_S, _MOST_S - _AROUND_S - (time.monotonic() - self.begun))
        size, hopeful = self._worth_timing(left_s)
        if not hopeful:
            reason = f"fp32: no mode is better ({'; '.join(self.unable)})"
            return Choice(self.plain.mode, 1.0, None, reason), not self.late
        timings = _timed([self.plain, *(each.upscaler for each in hopeful)], size, left_s)
        at = min(range(len(hopeful)), key=lambda i: timings[i + 1].median_ms)
        is_valid = timings[0].valid and timings[at + 1].valid
        return self._faster(hopeful[at], timings[0].median_ms / timings[at + 1].median_ms, size), is_valid

    def _end_at(self, share: float) -> None:
        self.reference.ends = self.begun + share * _MOST_S

    def _start(self, candidates: Iterator[Mode]) -> list[_Started]:
        """Return those that are not much slower than plain fp32, the fastest first."""
        started = list[_Started]()
        for mode in candidates:
            with self._noting(mode):
                self.reference.look_at_the_clock(self.builds_s.get(mode.engine, 0.0))
                upscaler = self.model.upscaler(mode)
                ms = _call_ms(upscaler, self.first_size)
                if ms > _SLOWER_THAN_PLAIN * self.plain_ms:
                    raise UserError(f"slower, {ms:.3g} ms a call beside {self.plain_ms:.3g}")
                started.append(_Started(mode, upscaler, ms))
        return sorted(started, key=lambda each: each.first_ms)

    def _price(self, started: Sequence[_Started]) -> None:
        """Measure the change in PSNR by those that may be the fastest."""
        for each in started:
            if not self._may_be_fastest(each):
                continue
            with self._noting(each.mode):
                self.reference.know(self.model, self.plain)
                drop = self.reference.drop(self.model, each.upscaler)
                if not drop.exceeds_limit:
                    self.priced.append(_Priced(each.mode, each.upscaler, each.first_ms, drop))
                    continue
                self.too_lossy.append(each.mode)
                raise UserError(f"{drop.worst_db:+.3f} dB")

    def _split(self, candidates: Iterator[Mode]) -> None:
        """Choose layers to keep in fp32 where the whole network in the lower precision loses too much."""
        for mode in candidates:
            if replace(mode, split=False) in self.too_lossy:
                with self._noting(mode):
                    chosen, drop = split.find(self.model, mode, self.reference)
                    upscaler = self.model.upscaler(chosen)
                    self.priced.append(_Priced(chosen, upscaler, _call_ms(upscaler, self.first_size), drop))

    def _may_be_fastest(self, each: _Started) -> bool:
        best_ms = min((priced.first_ms for priced in self.priced), default=each.first_ms)
        return each.first_ms <= _SLOWER_THAN_BEST * best_ms

    def _worth_timing(self, left_s: float) -> tuple[Size, list[_Priced]]:
        """Return the size of the input, and those that may be the fastest: as many as there is time for, with fp32."""
        hopeful = sorted(filter(self._may_be_fastest, self.priced), key=lambda each: each.first_ms)
        while hopeful:
            round_ms, most_ms = self.plain_ms + sum(each.first_ms for each in hopeful), left_s * 1000 / _LEAST_CALLS
            if round_ms <= most_ms:
                side_px = _side_px(round_ms, most_ms, self.first_size.height)
                return _square(side_px) if self.on_cpu else self.first_size, hopeful
            slowest = hopeful.pop()
            self.late.append(slowest.mode.name)
            self.unable.append(f"{slowest.mode.name}: there was no time to time it")
        return self.first_size, hopeful

    @contextmanager
    def _noting(self, mode: Mode) -> Iterator[None]:
        """Note why a mode is not chosen, or that there was no time for it, instead of the error."""
        try:
            yield
        except Exception as error:  # an engine or a format that this network or machine has not
            self.unable.append(f"{mode.name}: {first_line(error)}"[:120])
            self.late += [mode.name] if isinstance(error, NoTime) else []

    def _faster(self, best: _Priced, speed_up: float, size: Size) -> Choice:
        """Return the faster of plain fp32 and the best of the others, with the reason."""
        times = f"{speed_up:.{factor_places(speed_up)}f} times as fast"
        at = f"on {size.height}x{size.width} px"
        not_tried = f"; no time for {', '.join(self.late)}" if self.late else ""
        if speed_up < _MIN_SPEED_UP:
            return Choice(self.plain.mode, 1.0, None, f"fp32: the next, {best.mode.name}, is {times} {at}{not_tried}")
        psnr = f"PSNR {best.drop.mean_db:+.4f} dB (worst {best.drop.worst_db:+.4f})"
        return Choice(best.mode, speed_up, best.drop, f"{best.mode.name}: {times} as fp32 {at}, {psnr}{not_tried}")


def _square(side_px: int) -> Size:
    return Size(side_px, side_px)


def _side_px(known_ms: float, most_ms: float, known_px: int = _SIDES_PX[-1]) -> int:
    """Return the largest side at which a call takes no longer than it may, by its time at one; else the smallest."""
    return next((side for side in _SIDES_PX if known_ms * (side / known_px) ** 2 <= most_ms), _SIDES_PX[-1])


def _call_ms(upscaler: Upscaler, size: Size) -> float:
    """Return the milliseconds of the faster of two calls, after one that warms up."""
    x = example(upscaler, size, 1)
    with torch.no_grad():
        upscaler.network(x)
        return min(once(lambda: upscaler.network(x), upscaler.device)[1] for _ in range(2))


def _timed(upscalers: Sequence[Upscaler], size: Size, most_s: float) -> list[Timing]:
    inputs = [example(upscaler, size, 1) for upscaler in upscalers]
    calls = [lambda u=u, x=x: u.network(x) for u, x in zip(upscalers, inputs, strict=True)]
    each_s = most_s / len(calls)
    timed_s, warm_up_s = (1 - _WARM_UP_SHARE) * each_s, _WARM_UP_SHARE * each_s
    with torch.no_grad():
        found = rounds(calls, upscalers[0].device, TimeBudget(min(_LEAST_S, timed_s / 2), timed_s, warm_up_s))
    return [timing for timing, _ in found]
