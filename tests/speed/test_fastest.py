"""The fastest mode, from made-up timings and changes in PSNR."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.core.timing import Call, TimeBudget
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import fastest
from srbench.speed.fastest import Choice, ChoiceCache
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import PsnrDrop
from srbench.speed.scenario import Size
from tests.speed.synthetic import drop, model, nearest, timing

LAST, LOW, SPLIT = "fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last"
STORE = AssetStore([])


class _Machine:
    """Changes in PSNR by mode, and times in milliseconds: of plain fp32, then of the modes within the limit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, drops: dict[str, PsnrDrop], *times_ms: float) -> None:
        self.drops = drops
        self.times_ms = list(times_ms)
        self.reasons = [""] * len(times_ms)
        self.measured = 0
        self.side_px, self.ends = 0, math.inf
        self.budgets: list[TimeBudget] = []
        monkeypatch.setattr(fastest, "PsnrReference", lambda *_: self)
        monkeypatch.setattr(fastest, "rounds", self.rounds)
        monkeypatch.setattr(fastest.split, "find", self.find)

    def drop(self, model: Model, upscaler: Upscaler) -> PsnrDrop:
        if upscaler.mode.name not in self.drops:
            raise RuntimeError("the engine has no such kernel\nand details")
        return self.drops[upscaler.mode.name]

    def look_at_the_clock(self, build_s: float = 0.0) -> None:
        return

    def find(self, model: Model, mode: Mode, reference: object) -> tuple[Mode, PsnrDrop]:
        if SPLIT not in self.drops:
            raise UserError("no split of m is good enough")
        return Mode(**{**mode.__dict__, "fp32_layers": ("head", "tail")}), self.drops[SPLIT]

    def rounds(self, calls: Sequence[Call], device: torch.device, budget: TimeBudget) -> list[object]:
        assert len(calls) == len(self.times_ms)
        assert all(call().shape[-2:] == (384, 384) for call in calls)  # type: ignore[attr-defined]
        self.measured += 1
        self.budgets.append(budget)
        return [(timing(ms, reason), [ms]) for ms, reason in zip(self.times_ms, self.reasons, strict=True)]


def _choose(path: Path, base: Mode | None = None) -> Choice:
    return fastest.choose(
        Model("m", 4, lambda: nearest, {"id": "m"}), base or Mode(), STORE, ChoiceCache(path / "f.json")
    )


@pytest.fixture(autouse=True)
def _engines_start_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest.export_pace, "seconds_per_operator", lambda mode: 0.0)


@pytest.fixture(autouse=True)
def _any_network_may_be_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "upscaler", lambda self, mode=None: Upscaler(nearest, 4, _whole(mode)))


def _whole(mode: Mode | None) -> Mode:
    """Functions have no layers to keep in fp32."""
    return Mode(**{**(mode or Mode()).__dict__, "split": False, "fp32_layers": ()})


def test_the_fastest_that_costs_nothing_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: drop(), LOW: drop(-0.05), SPLIT: drop(-0.008)}, 30.0, 20.0, 10.0)
    found = _choose(tmp_path, Mode(tile_px=64, self_ensemble=True))
    assert found.mode == Mode(
        precision="bf16", channels_last=True, split=True, fp32_layers=("head", "tail"), tile_px=64, self_ensemble=True
    )
    assert (found.speed_up, found.psnr_drop) == (3.0, drop(-0.008))
    assert found.reason.startswith(f"{SPLIT}: 3.00 times as fast as fp32, PSNR -0.0040 dB (worst -0.0080)")


def test_a_gain_in_psnr_is_a_difference_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: drop(), LOW: drop(0.05)}, 30.0, 20.0)
    assert _choose(tmp_path).mode == Mode(channels_last=True)


def test_what_is_hardly_faster_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: drop(), LOW: drop()}, 10.2, 10.0, 40.0)
    found = _choose(tmp_path, Mode(precision="bf16", channels_last=True))
    assert (found.mode, found.speed_up, found.psnr_drop) == (Mode(), 1.0, None)
    assert "fp32+channels_last, is 1.02 times as fast" in found.reason


def test_where_every_mode_costs_too_much_it_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LOW: drop(-0.4)})
    found = _choose(tmp_path)
    assert found.mode == Mode()
    assert "fp32+channels_last: the engine has no such kernel;" in found.reason
    assert "bf16+channels_last: -0.400 dB" in found.reason
    assert f"{SPLIT}: no split of m is good enough" in found.reason
    assert machine.measured == 0


def test_nan_is_not_affordable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: drop(), LOW: drop(float("nan"))}, 30.0, 29.0)
    assert _choose(tmp_path).mode.precision == "fp32"


def test_a_scale_without_a_protocol_runs_in_fp32(tmp_path: Path) -> None:
    found = fastest.choose(Model("m", 7, lambda: nearest, {}), Mode(), STORE, ChoiceCache(tmp_path / "f.json"))
    assert found.mode == Mode()
    assert "no protocol tells what modes cost at scale 7" in found.reason


def test_a_choice_is_remembered_for_any_device_index_and_tiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {SPLIT: drop(-0.003)}, 30.0, 10.0)
    first = _choose(tmp_path)
    again = _choose(tmp_path, Mode(tile_px=32))
    assert machine.measured == 1
    assert again.mode == Mode(
        precision="bf16", channels_last=True, split=True, fp32_layers=("head", "tail"), tile_px=32
    )
    assert (again.speed_up, again.psnr_drop, again.reason) == (first.speed_up, first.psnr_drop, first.reason)


def test_other_versions_or_machines_do_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    _choose(tmp_path)
    facts = environment.describe(torch.device("cpu"))
    for changed in ({"packages": {"torch": "9.9"}}, {"machine": "another"}):
        monkeypatch.setattr(fastest.environment, "describe", lambda device, changed=changed: {**facts, **changed})
        _choose(tmp_path)
    assert machine.measured == 3
    monkeypatch.setattr(fastest.environment, "describe", lambda device: facts)
    _choose(tmp_path)
    assert machine.measured == 3
    content = json.loads((tmp_path / "f.json").read_text())
    assert (content["schema"], content["version"], len(content["choices"])) == ("fastest_modes", 1, 3)


def test_another_model_does_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    for id_ in ("a", "b", "a"):
        fastest.choose(model(nearest, id_), Mode(), STORE, ChoiceCache(tmp_path / "f.json"))
    assert machine.measured == 2


@pytest.mark.parametrize("reasons", [["another program ran", ""], ["", "another program ran"]])
def test_timings_that_do_not_stand_are_used_but_not_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reasons: list[str]
) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    machine.reasons = reasons
    assert _choose(tmp_path).speed_up == 3.0
    assert not (tmp_path / "f.json").exists()
    _choose(tmp_path)
    assert machine.measured == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"other": {}}', '{"schema": "fastest_modes", "version": 99}']
)
def test_a_torn_memory_is_begun_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    (tmp_path / "f.json").write_text(content)
    assert _choose(tmp_path).speed_up == 3.0
    assert _choose(tmp_path).speed_up == 3.0
    assert machine.measured == 1


def test_a_remembered_speed_with_another_digit_is_measured_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    _choose(tmp_path)
    file = tmp_path / "f.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"speed_up": 3.0', '"speed_up": 7.0'), encoding="utf-8")
    assert _choose(tmp_path).speed_up == 3.0
    assert machine.measured == 2


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: drop()}, 30.0, 10.0)
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        assert _choose(tmp_path / "file").speed_up == 3.0
    assert machine.measured == 2


def test_a_real_machine_chooses_something(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fastest, "_MOST_S", 0.5)
    found = _choose(tmp_path)
    assert found.speed_up >= 1
    assert found.reason.startswith(found.mode.name)


class _Exporting(nn.Module):
    """A network that openvino runs, which is as fast here as a fake clock says."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 48, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.pixel_shuffle(self.layer(x), 4)


def test_openvino_is_chosen_where_it_is_fastest_at_no_price(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    monkeypatch.undo()

    def rounds(calls: Sequence[Call], device: torch.device, budget: TimeBudget) -> list[object]:
        return [(timing(10.0 if at == len(calls) - 1 else 30.0), []) for at in range(len(calls))]

    monkeypatch.setattr(fastest, "rounds", rounds)
    monkeypatch.setattr(fastest, "CANDIDATES", {"cpu": ("fp32+channels_last", "openvino")})
    monkeypatch.setattr(fastest, "_MOST_S", 60)
    network = _Exporting()
    made = Model("m", 4, lambda: network, {"id": "m"})
    found = fastest.choose(made, Mode(tile_px=32), STORE, ChoiceCache(tmp_path / "f.json"))
    assert (found.mode.name, found.speed_up) == ("fp32+openvino+tile=32", 3.0)
    assert found.psnr_drop is not None
    assert abs(found.psnr_drop.worst_db) < 1e-3
    assert fastest.choose(made, Mode(), STORE, ChoiceCache(tmp_path / "f.json")).mode.name == "fp32+openvino"


def test_no_mode_is_tried_after_the_time_and_that_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fastest, "_MOST_S", -1)
    found = _choose(tmp_path)
    assert found.mode == Mode()
    assert "fp32+channels_last: there was no time to measure it" in found.reason
    assert not (tmp_path / "f.json").exists()


class _Clock:
    """Time that passes only where a network is started: the seconds of each engine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
        self.now, self.seconds, self.started = 0.0, seconds, list[str]()
        monkeypatch.setattr(fastest.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(Model, "upscaler", lambda _, mode=None: self.start(mode or Mode()))

    def start(self, mode: Mode) -> Upscaler:
        self.started.append(mode.name)
        self.now += self.seconds.get(mode.engine, 0.0)
        return Upscaler(nearest, 4, Mode())


def test_an_engine_that_would_start_too_late_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A network of 500 operators at 3 ms is started by openvino within the time; onnx, as slow, is not tried after."""
    clock = _Clock(monkeypatch, openvino=1.5, onnx=1.5)
    monkeypatch.setattr(fastest.export_pace, "seconds_per_operator", lambda mode: 0.003)
    monkeypatch.setattr(fastest.export_pace, "operators", lambda network, lr: 500)
    monkeypatch.setattr(
        fastest, "rounds", lambda calls, *_: [(timing(30.0 / at), []) for at in range(1, len(calls) + 1)]
    )
    found = _choose(tmp_path)
    assert clock.now == 1.5
    assert "fp32+onnx" not in clock.started
    assert "fp32+openvino" in clock.started
    assert found.reason.endswith("; no time for onnx")


def test_the_time_holds_however_long_engines_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = _Clock(monkeypatch, openvino=45.0, onnx=45.0)
    monkeypatch.setattr(fastest.export_pace, "seconds_per_operator", lambda mode: 0.003)
    monkeypatch.setattr(fastest.export_pace, "operators", lambda network, lr: 15_000)
    monkeypatch.setattr(fastest, "CANDIDATES", {"cpu": ("openvino", "onnx")})
    found = _choose(tmp_path)
    assert clock.now == 0
    assert found.mode == Mode()
    assert "openvino: there was no time to build it, which takes about 45.0 s; onnx" in found.reason


def test_of_a_very_slow_network_only_as_many_modes_are_timed_as_there_is_time_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Six calls of 0.14 s for each: of 2.6 s there is enough for plain fp32 and two modes."""
    _Clock(monkeypatch)
    monkeypatch.setattr(fastest, "once", lambda call, device: (call(), 140.0))
    monkeypatch.setattr(fastest, "CANDIDATES", {"cpu": (LAST, LOW, "openvino")})
    timed = list[int]()

    def rounds(calls: Sequence[Call], *_: object) -> list[object]:
        timed.append(len(calls))
        return [(timing(30.0), []) for _ in calls]

    monkeypatch.setattr(fastest, "rounds", rounds)
    found = _choose(tmp_path)
    assert timed == [3]
    assert found.reason.endswith("; no time for fp32+openvino")


def test_a_network_too_slow_to_be_timed_runs_in_fp32(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Clock(monkeypatch)
    monkeypatch.setattr(fastest, "once", lambda call, device: (call(), 300.0))
    found = _choose(tmp_path)
    assert found.mode == Mode()
    assert f"{LAST}: there was no time to time it" in found.reason


def test_no_layers_are_chosen_where_the_whole_network_may_be_of_lower_precision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _Machine(monkeypatch, {LOW: drop(), SPLIT: drop()}, 30.0, 10.0)  # one mode is timed beside fp32
    assert _choose(tmp_path).mode == Mode(precision="bf16", channels_last=True)


def test_a_slow_network_is_measured_on_the_middle_of_images_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "once", lambda call, device: (call(), 4.0))  # 12 px in 4 ms: 48 px in 64, 24 in 16
    assert fastest._sizes(Upscaler(nearest, 4)) == (48, Size(24, 24), 0.016)
    reference = PsnrReference(4, STORE)
    whole = reference.pairs[0]
    cut = PsnrReference(4, STORE)
    cut.side_px = 48
    (middle, *_) = cut.pairs
    height, width = whole.lr.shape[-2:]
    top, left = (height - 48) // 2, (width - 48) // 2
    assert torch.equal(middle.lr, whole.lr[..., top : top + 48, left : left + 48])
    assert torch.equal(middle.original, whole.original[..., 4 * top : 4 * top + 192, 4 * left : 4 * left + 192])
