"""A machine on which modes take the milliseconds and lose the PSNR that a test says, and where time stands still."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from srbench.core.timing import Timing
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import fastest, mode_search
from srbench.speed.psnr_drop import NoTime
from srbench.speed.records import PsnrDrop
from srbench.speed.scenario import Size
from tests.speed.synthetic import nearest, timing

PLAIN, LAST, LOW, SPLIT = "fp32", "fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last"
OPENVINO, ONNX = "fp32+openvino", "fp32+onnx"
_KNOWN_PX = 12


class FakeMachine:
    """Takes the place of clock, networks and PSNR.

    Args:
        monkeypatch: Puts it in their place.
        drops: Changes in PSNR by modes; the engine of others has no kernel.
        ms: Milliseconds of a call on 12 x 12 px by modes, plain fp32 among them; they grow with the area.
        builds_s: Seconds that each engine takes to be built.
        device: Kind of device on which networks run.
        multiple_of: Number of which the sides of their input are multiples.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        drops: Mapping[str, PsnrDrop],
        ms: Mapping[str, float],
        builds_s: Mapping[str, float] | None = None,
        device: str = "cpu",
        multiple_of: int = 1,
    ) -> None:
        self.device, self.multiple_of = torch.device(device), multiple_of
        self.drops, self.ms, self.builds_s = drops, ms, builds_s or {}
        self.now = 0.0
        self.reasons: dict[str, str] = {}
        self.started, self.priced = list[str](), list[str]()
        self.timed = list[tuple[list[str], Size]]()
        self.side_px, self.ends = 0, math.inf
        monkeypatch.setattr(fastest, "PsnrReference", lambda *_: self)
        monkeypatch.setattr(fastest.export_pace, "seconds_per_operator", self.pace)
        monkeypatch.setattr(mode_search.export_pace, "operators", lambda network, lr: 1)
        monkeypatch.setattr(mode_search, "_call_ms", self.call_ms)
        monkeypatch.setattr(mode_search, "_timed", self.times)
        monkeypatch.setattr(mode_search.split, "find", self.find)
        monkeypatch.setattr(mode_search.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(Model, "upscaler", lambda _, mode=None: self.start(mode or Mode()))

    def pace(self, mode: Mode) -> float:
        return self.builds_s.get(mode.engine, 0.0)

    def start(self, mode: Mode) -> Upscaler:
        self.started.append(mode.name)
        self.now += self.builds_s.get(mode.engine, 0.0)
        upscaler = Upscaler(nearest, 4, Mode(), multiple_of=self.multiple_of)
        upscaler.mode = mode  # it is never called: functions have no layers to lower, and no engine runs them
        upscaler.device = self.device
        return upscaler

    def call_ms(self, upscaler: Upscaler, size: Size, most_ms: float = math.inf) -> float:
        assert (size.height % self.multiple_of, size.width % self.multiple_of) == (0, 0)
        name = replace(upscaler.mode, split=False, fp32_layers=()).name
        ms = self.ms[name] * size.height * size.width / _KNOWN_PX**2
        self.now += (1 if ms > most_ms else 3) * ms / 1000
        return ms

    def look_at_the_clock(self, build_s: float = 0.0) -> None:
        if self.now + build_s > self.ends:
            raise NoTime("there was no time to measure it")

    def know(self, model: Model, plain: Upscaler) -> Tensor:
        return torch.zeros(3)

    def drop(self, model: Model, upscaler: Upscaler) -> PsnrDrop:
        self.look_at_the_clock()
        self.priced.append(upscaler.mode.name)
        if upscaler.mode.name not in self.drops:
            raise RuntimeError("the engine has no such kernel\nand details")
        return self.drops[upscaler.mode.name]

    def find(self, model: Model, mode: Mode, reference: object) -> tuple[Mode, PsnrDrop]:
        self.look_at_the_clock()
        if SPLIT not in self.drops:
            raise UserError("no split of m is good enough")
        return replace(mode, fp32_layers=("head", "tail")), self.drops[SPLIT]

    def times(self, upscalers: Sequence[Upscaler], size: Size, most_s: float) -> list[Timing]:
        names = [upscaler.mode.name for upscaler in upscalers]
        self.timed.append((names, size))
        return [
            timing(self.call_ms(upscaler, size), self.reasons.get(name, ""))
            for name, upscaler in zip(names, upscalers, strict=True)
        ]
