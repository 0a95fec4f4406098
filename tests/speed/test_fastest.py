"""The fastest mode, from timings and prices that are made up."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from srbench.core import environment
from srbench.core.assets import AssetStore
from srbench.core.timing import Call, TimeBudget
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import fastest
from srbench.speed.fastest import Choice, Memory
from srbench.speed.records import Price
from tests.speed.made import model, nearest, price, timing

LAST, LOW, SPLIT = "fp32+channels_last", "bf16+channels_last", "bf16+split+channels_last"
STORE = AssetStore([])


class _Machine:
    """Prices by the mode's name, and times in milliseconds: of plain fp32, then of those within the price."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, prices: dict[str, Price], *times_ms: float) -> None:
        self.prices = prices
        self.times_ms = list(times_ms)
        self.reasons = [""] * len(times_ms)
        self.measured = 0
        monkeypatch.setattr(fastest, "Prices", lambda scale, store: self)
        monkeypatch.setattr(fastest, "rounds", self.rounds)
        monkeypatch.setattr(fastest.split, "find", self.find)

    def of(self, model: Model, upscaler: Upscaler) -> Price:
        if upscaler.mode.name not in self.prices:
            raise RuntimeError("the engine has no such kernel\nand details")
        return self.prices[upscaler.mode.name]

    def find(self, model: Model, mode: Mode, prices: object) -> tuple[Mode, Price] | None:
        found = self.prices.get(SPLIT)
        return (Mode(**{**mode.__dict__, "fp32_layers": ("head", "tail")}), found) if found else None

    def rounds(self, calls: Sequence[Call], device: torch.device, patience: TimeBudget) -> list[object]:
        assert len(calls) == len(self.times_ms)
        assert all(call().shape[-2:] == (384, 384) for call in calls)  # type: ignore[attr-defined]
        self.measured += 1
        return [(timing(ms, reason), [ms]) for ms, reason in zip(self.times_ms, self.reasons, strict=True)]


def _choose(path: Path, base: Mode | None = None) -> Choice:
    return fastest.choose(Model("m", 4, lambda: nearest, {"id": "m"}), base or Mode(), STORE, Memory(path / "f.json"))


@pytest.fixture(autouse=True)
def _any_network_may_be_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "upscaler", lambda self, mode=None: Upscaler(nearest, 4, _whole(mode)))


def _whole(mode: Mode | None) -> Mode:
    """Functions have no layers to keep in fp32."""
    return Mode(**{**(mode or Mode()).__dict__, "fp32_layers": ()})


def test_the_fastest_that_costs_nothing_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: price(), LOW: price(-0.05), SPLIT: price(-0.008)}, 30.0, 20.0, 10.0)
    found = _choose(tmp_path, Mode(tile_px=64, self_ensemble=True))
    assert found.mode == Mode(
        precision="bf16", channels_last=True, fp32_layers=("head", "tail"), tile_px=64, self_ensemble=True
    )
    assert (found.gain, found.price) == (3.0, price(-0.008))
    assert found.why.startswith(f"{SPLIT}: 3.00 times as fast as fp32, PSNR -0.0040 dB (worst -0.0080)")


def test_a_gain_in_psnr_is_a_difference_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: price(), LOW: price(0.05)}, 30.0, 20.0)
    assert _choose(tmp_path).mode == Mode(channels_last=True)


def test_what_is_hardly_faster_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: price(), LOW: price()}, 10.2, 10.0, 40.0)
    found = _choose(tmp_path, Mode(precision="bf16", channels_last=True))
    assert (found.mode, found.gain, found.price) == (Mode(), 1.0, None)
    assert "fp32+channels_last, is 1.02 times as fast" in found.why


def test_where_every_mode_costs_too_much_it_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LOW: price(-0.4)})
    found = _choose(tmp_path)
    assert found.mode == Mode()
    assert "fp32+channels_last: the engine has no such kernel;" in found.why
    assert "bf16+channels_last: -0.400 dB" in found.why
    assert f"{SPLIT}: nothing found" in found.why
    assert machine.measured == 0


def test_nan_is_not_affordable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _Machine(monkeypatch, {LAST: price(), LOW: price(float("nan"))}, 30.0, 29.0)
    assert _choose(tmp_path).mode.precision == "fp32"


def test_a_scale_without_a_protocol_runs_in_fp32(tmp_path: Path) -> None:
    found = fastest.choose(Model("m", 7, lambda: nearest, {}), Mode(), STORE, Memory(tmp_path / "f.json"))
    assert found.mode == Mode()
    assert "cannot be priced at scale 7" in found.why


def test_a_choice_is_remembered_for_any_device_index_and_tiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {SPLIT: price(-0.003)}, 30.0, 10.0)
    first = _choose(tmp_path)
    again = _choose(tmp_path, Mode(tile_px=32))
    assert machine.measured == 1
    assert again.mode == Mode(precision="bf16", channels_last=True, fp32_layers=("head", "tail"), tile_px=32)
    assert (again.gain, again.price, again.why) == (first.gain, first.price, first.why)


def test_other_versions_or_machines_do_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: price()}, 30.0, 10.0)
    _choose(tmp_path)
    facts = environment.describe(torch.device("cpu"))
    for changed in ({"packages": {"torch": "9.9"}}, {"machine": "another"}):
        monkeypatch.setattr(fastest.environment, "describe", lambda device, changed=changed: {**facts, **changed})
        _choose(tmp_path)
    assert machine.measured == 3
    monkeypatch.setattr(fastest.environment, "describe", lambda device: facts)
    _choose(tmp_path)
    assert machine.measured == 3
    assert len(json.loads((tmp_path / "f.json").read_text())) == 3


def test_another_model_does_not_recall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: price()}, 30.0, 10.0)
    for id_ in ("a", "b", "a"):
        fastest.choose(model(nearest, id_), Mode(), STORE, Memory(tmp_path / "f.json"))
    assert machine.measured == 2


@pytest.mark.parametrize("reasons", [["another program ran", ""], ["", "another program ran"]])
def test_timings_that_do_not_stand_are_used_but_not_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reasons: list[str]
) -> None:
    machine = _Machine(monkeypatch, {LAST: price()}, 30.0, 10.0)
    machine.reasons = reasons
    assert _choose(tmp_path).gain == 3.0
    assert not (tmp_path / "f.json").exists()
    _choose(tmp_path)
    assert machine.measured == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"other": {}}'])
def test_a_torn_memory_is_begun_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    machine = _Machine(monkeypatch, {LAST: price()}, 30.0, 10.0)
    (tmp_path / "f.json").write_text(content)
    assert _choose(tmp_path).gain == 3.0
    assert _choose(tmp_path).gain == 3.0
    assert machine.measured == 1


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = _Machine(monkeypatch, {LAST: price()}, 30.0, 10.0)
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        assert _choose(tmp_path / "file").gain == 3.0
    assert machine.measured == 2


def test_a_real_machine_chooses_something(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fastest, "_PATIENCE", TimeBudget(0.001, 0.002))
    found = _choose(tmp_path)
    assert found.gain >= 1
    assert found.why.startswith(found.mode.name)
