"""Search for the fastest mode of a model without visible loss, within a few seconds."""

import math
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
"""At first look, a mode this many times slower than plain fp32, or than the best with a known price, is left out."""
_SLOW_MS, _FIRST_CALL_MS = 190.0, 100.0
"""Milliseconds of a call of plain fp32 on a CPU beyond which there is no time to time two modes; and what a first call
may take beside its work. Where a first call takes longer than both, there is no second."""
_LEAST_S = 0.1
"""Seconds of timed calls at least, where there are so many."""
_AROUND_S = 0.2
"""Seconds that timing takes before and after, to see whether the machine changes its pace."""
_LEAST_CALLS = MIN_CALLS + 2
"""Calls of each mode that is timed, with those that warm it up."""
_WARM_UP_SHARE = 0.2
"""Of the time for timing: the first call of a mode at a new size takes longer than the others."""
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

    Attributes:
        on_cpu: Whether the network runs on a CPU; only there is the size of the input chosen by time.
        sizes: Sizes of the input that the network takes, the largest first.
        first_size: Size of the input of first looks.
        first_ms: Milliseconds of a call of plain fp32 on it.
        operators: Number of operators of a call of the network, by which the time to build an engine is foreseen.
        priced: Modes whose change in PSNR is within the limit.
        too_lossy: Modes whose change in PSNR is beyond it.
        unable: Modes that are not chosen, each with its reason.
        late: Names of those for which there was no time.
    """

    def __init__(self, model: Model, plain: Upscaler, reference: PsnrReference, paces: Mapping[str, float]) -> None:
        self.begun = time.monotonic()
        self.model, self.plain, self.reference, self.paces = model, plain, reference, paces
        self.on_cpu, self.sizes = plain.device.type == "cpu", _sizes(plain)
        self.first_size = self.sizes[-1]
        self.first_ms = self._look(plain, _SLOW_MS)
        self.operators = 0
        self.priced = list[_Priced]()
        self.too_lossy = list[Mode]()
        self.unable, self.late = list[str](), list[str]()

    def choice(self, candidates: Sequence[Mode]) -> tuple[Choice, bool]:
        """Return the choice among modes, and whether what it stands on can be trusted and kept."""
        if self.on_cpu and self.first_ms > _SLOW_MS:
            slow = f"a call on {self.first_size} px takes {self.first_ms:.0f} ms, too long to compare"
            return self._plain(slow), False
        self._choose_sizes()
        self._end_at(_SHARE_OF_PRICES)
        self._price(self._start(mode for mode in candidates if mode.engine not in self.paces and not mode.split))
        self._end_at(_SHARE_OF_SPLITS)
        self._split(mode for mode in candidates if mode.split)
        self._end_at(_SHARE_OF_PRICES)
        self._price(self._start(mode for mode in candidates if mode.engine in self.paces))
        left_s = _MOST_S - _AROUND_S - (time.monotonic() - self.begun)
        size, hopeful = self._worth_timing(left_s)
        if not hopeful:
            found = "no other mode was compared in the time" if self.late else "no mode is better"
            return self._plain(f"{found} ({'; '.join(self.unable)})"), not self.late
        timings = _timed([self.plain, *(each.upscaler for each in hopeful)], size, max(_LEAST_S, left_s))
        at = min(range(len(hopeful)), key=lambda i: timings[i + 1].median_ms)
        is_valid = timings[0].valid and timings[at + 1].valid
        return self._faster(hopeful[at], timings[0].median_ms / timings[at + 1].median_ms, size), is_valid

    def _choose_sizes(self) -> None:
        """Choose the sizes of first looks and prices, and count the operators of the network."""
        smallest = self.first_size
        self.first_size = self._largest(_FIRST_MS)
        if self.first_size != smallest:
            self.first_ms = self._look(self.plain)
        self.reference.side_px = self._largest(_PRICED_MS).height if self.on_cpu else 0
        if self.paces:
            self.operators = export_pace.operators(self.plain.network, example(self.plain, smallest, 1))

    def _look(self, upscaler: Upscaler, most_ms: float = math.inf) -> float:
        """Return the milliseconds of a call; on a CPU a network that takes much longer than it may is called once."""
        return _call_ms(upscaler, self.first_size, most_ms + _FIRST_CALL_MS if self.on_cpu else math.inf)

    def _largest(self, most_ms: float, first_ms: float | None = None) -> Size:
        """Return the largest size on which calls that take so long at first look take no longer than they may."""
        ms_of_px = (first_ms or self.first_ms) / _area_px(self.first_size)
        return next((size for size in self.sizes if ms_of_px * _area_px(size) <= most_ms), self.sizes[-1])

    def _end_at(self, share: float) -> None:
        self.reference.ends = self.begun + share * _MOST_S

    def _start(self, candidates: Iterator[Mode]) -> list[_Started]:
        """Return those that are not much slower than plain fp32, the fastest first."""
        started = list[_Started]()
        for mode in candidates:
            with self._noting(mode):
                if mode.engine in self.paces and self.plain.multiple_of > 1:
                    raise UserError("how long it takes to build is not known where sides are multiples of a number")
                self.reference.look_at_the_clock(self.paces.get(mode.engine, 0.0) * self.operators)
                upscaler = self.model.upscaler(mode)
                most_ms = _SLOWER_THAN_PLAIN * self.first_ms
                ms = self._look(upscaler, most_ms)
                if ms > most_ms:
                    raise UserError(f"slower, {ms:.3g} ms a call beside {self.first_ms:.3g}")
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
                    self.reference.look_at_the_clock()
                    chosen, drop = split.find(self.model, mode, self.reference)
                    upscaler = self.model.upscaler(chosen)
                    self.priced.append(_Priced(chosen, upscaler, self._look(upscaler), drop))

    def _may_be_fastest(self, each: _Started) -> bool:
        best_ms = min((priced.first_ms for priced in self.priced), default=each.first_ms)
        return each.first_ms <= _SLOWER_THAN_BEST * best_ms

    def _worth_timing(self, left_s: float) -> tuple[Size, list[_Priced]]:
        """Return the size of the input, and those that may be the fastest: as many as there is time for, with fp32."""
        hopeful = sorted(filter(self._may_be_fastest, self.priced), key=lambda each: each.first_ms)
        while hopeful:
            round_ms, most_ms = self.first_ms + sum(each.first_ms for each in hopeful), left_s * 1000 / _LEAST_CALLS
            if round_ms <= most_ms or not self.on_cpu:
                return self._largest(most_ms, round_ms), hopeful
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
        at = f"on {size} px"
        not_tried = f"; no time for {', '.join(self.late)}" if self.late else ""
        if speed_up < _MIN_SPEED_UP:
            return self._plain(f"the next, {best.mode.name}, is {times} {at}{not_tried}")
        psnr = f"PSNR {best.drop.mean_db:+.4f} dB (worst {best.drop.worst_db:+.4f})"
        return Choice(best.mode, speed_up, best.drop, f"{best.mode.name}: {times} as fp32 {at}, {psnr}{not_tried}")

    def _plain(self, reason: str) -> Choice:
        return Choice(self.plain.mode, 1.0, None, f"fp32: {reason}")


def _sizes(upscaler: Upscaler) -> list[Size]:
    """Return the sizes of the input that a network takes, the largest first."""
    if upscaler.device.type != "cpu":
        return [_GPU_SIZE]
    sides = {side + -side % upscaler.multiple_of for side in _SIDES_PX}
    return [Size(side, side) for side in sorted(sides, reverse=True)]


def _area_px(size: Size) -> int:
    return size.height * size.width


def _call_ms(upscaler: Upscaler, size: Size, most_ms: float) -> float:
    """Return the milliseconds of the faster of two calls, after one that warms up; of that one if it takes longer."""
    x = example(upscaler, size, 1)

    def call_ms() -> float:
        return once(lambda: upscaler.network(x), upscaler.device)[1]

    with torch.no_grad():
        first_ms = call_ms()
        return first_ms if first_ms > most_ms else min(call_ms(), call_ms())


def _timed(upscalers: Sequence[Upscaler], size: Size, most_s: float) -> list[Timing]:
    inputs = [example(upscaler, size, 1) for upscaler in upscalers]
    calls = [lambda u=u, x=x: u.network(x) for u, x in zip(upscalers, inputs, strict=True)]
    each_s = most_s / len(calls)
    timed_s, warm_up_s = (1 - _WARM_UP_SHARE) * each_s, _WARM_UP_SHARE * each_s
    with torch.no_grad():
        found = rounds(calls, upscalers[0].device, TimeBudget(min(_LEAST_S, timed_s / 2), timed_s, warm_up_s))
    return [timing for timing, _ in found]
