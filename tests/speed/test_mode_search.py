"""Which modes are looked at, priced and timed, on a machine whose times and changes in PSNR are made up."""

import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler
from srbench.speed import fastest, mode_search
from srbench.speed.choices import Choice
from srbench.speed.mode_search import ModeSearch
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.scenario import Size
from tests.speed.fake_machine import LAST, LOW, ONNX, OPENVINO, PLAIN, SPLIT, FakeMachine
from tests.speed.synthetic import drop, model, nearest

STORE = AssetStore([])
EQUAL = dict.fromkeys((PLAIN, LAST, LOW, OPENVINO, ONNX), 1.0)


def _search() -> tuple[Choice, bool]:
    return fastest._measured(model(nearest), Mode(), fastest.CANDIDATES["cpu"], STORE)


def test_the_fastest_that_costs_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = {LAST: drop(), LOW: drop(-0.05), SPLIT: drop(-0.008), OPENVINO: drop(), ONNX: drop()}
    machine = FakeMachine(monkeypatch, drops, EQUAL | {PLAIN: 4.0, LAST: 2.0})
    found, is_valid = _search()
    assert found.mode == Mode(precision="bf16", channels_last=True, split=True, fp32_layers=("head", "tail"))
    assert (found.speed_up, found.psnr_drop, is_valid) == (4.0, drop(-0.008), True)
    assert found.reason.startswith(f"{SPLIT}: 4.00 times as fast as fp32 on ")
    assert found.reason.endswith(" px, PSNR -0.0040 dB (worst -0.0080)")
    assert machine.timed[0][0] == [PLAIN, found.mode.name, OPENVINO, ONNX]


def test_a_gain_in_psnr_is_a_difference_too(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeMachine(monkeypatch, {LAST: drop(), LOW: drop(0.05)}, EQUAL | {LAST: 0.8, LOW: 0.5})
    assert _search()[0].mode == Mode(channels_last=True)


def test_what_is_hardly_faster_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeMachine(monkeypatch, {LAST: drop()}, EQUAL | {PLAIN: 1.02})
    found, _ = _search()
    assert (found.mode, found.speed_up, found.psnr_drop) == (Mode(), 1.0, None)
    assert "fp32: the next, fp32+channels_last, is 1.02 times as fast on" in found.reason


def test_where_every_mode_costs_too_much_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(monkeypatch, {LOW: drop(-0.4)}, EQUAL)
    found, is_valid = _search()
    assert (found.mode, is_valid, machine.timed) == (Mode(), True, [])
    for reason in (
        f"{LAST}: the engine has no such kernel;",
        f"{LOW}: -0.400 dB;",
        f"{SPLIT}: no split of m is good enough",
    ):
        assert reason in found.reason


def test_nan_is_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeMachine(monkeypatch, {LAST: drop(), LOW: drop(float("nan"))}, EQUAL | {LOW: 0.2, LAST: 0.5})
    assert _search()[0].mode == Mode(channels_last=True)


def test_layers_are_not_chosen_where_the_whole_network_is_good_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(monkeypatch, {LOW: drop(), SPLIT: drop()}, EQUAL | {PLAIN: 3.0})
    assert _search()[0].mode == Mode(precision="bf16", channels_last=True)
    assert not any("split" in name for names, _ in machine.timed for name in names)


def test_a_mode_slower_than_plain_fp32_is_not_priced_nor_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """As bf16 is on a processor that has no instructions for it."""
    machine = FakeMachine(monkeypatch, {LAST: drop(), LOW: drop(), SPLIT: drop()}, EQUAL | {LOW: 1.6, LAST: 0.5})
    assert _search()[0].mode.name == LAST
    assert LOW not in machine.priced
    assert not any("split" in name for name in machine.started)


def test_what_is_much_slower_than_the_best_is_neither_priced_nor_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = {LAST: drop(), LOW: drop(), OPENVINO: drop(), ONNX: drop()}
    machine = FakeMachine(monkeypatch, drops, {PLAIN: 1.0, LAST: 0.9, LOW: 0.5, OPENVINO: 0.6, ONNX: 0.7})
    found, _ = _search()
    assert (found.mode.name, found.speed_up) == (LOW, 2.0)
    assert machine.priced == [LOW, OPENVINO]
    assert machine.timed[0][0] == [PLAIN, LOW, OPENVINO]
    assert "no time" not in found.reason


def test_an_engine_that_would_start_too_late_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = {LAST: drop(), OPENVINO: drop(), ONNX: drop()}
    machine = FakeMachine(monkeypatch, drops, EQUAL | {LOW: 1.6}, builds_s={"openvino": 1.0, "onnx": 1.0})
    found, is_valid = _search()
    assert OPENVINO in machine.started
    assert ONNX not in machine.started
    assert found.reason.endswith("; no time for fp32+onnx")
    assert is_valid


def test_the_time_holds_however_long_engines_take(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(monkeypatch, {}, EQUAL, builds_s={"openvino": 45.0, "onnx": 45.0})
    found, is_valid = _search()
    assert machine.now < 3
    assert (found.mode, is_valid) == (Mode(), False)
    assert "fp32+openvino: there was no time to measure it" in found.reason


@pytest.mark.parametrize(("ms", "timed"), [(1.0, 5), (70.0, 3), (300.0, 0)])
def test_of_a_slow_network_only_as_many_modes_are_timed_as_there_is_time_for(
    monkeypatch: pytest.MonkeyPatch, ms: float, timed: int
) -> None:
    """Six calls of each, those of plain fp32 among them."""
    machine = FakeMachine(monkeypatch, dict.fromkeys(EQUAL, drop()), dict.fromkeys(EQUAL, ms))
    found, is_valid = _search()
    names = machine.timed[0][0] if machine.timed else []
    assert len(names) == timed
    assert machine.now < 3
    assert ("no time" in found.reason) == (timed < len(EQUAL))
    assert is_valid == bool(timed)


def test_times_are_taken_on_the_largest_input_for_which_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = []
    for ms in (0.1, 4.0, 20.0):
        with monkeypatch.context() as patch:
            machine = FakeMachine(patch, {LOW: drop()}, EQUAL | {PLAIN: ms, LAST: ms, LOW: ms / 4})
            assert _search()[0].speed_up == 4
            (_, size), *_ = machine.timed
            sides.append(size.height)
            assert size.height == size.width
            left_ms = 6 * (ms + ms / 4) * (size.height / 12) ** 2
            assert left_ms < 2700
    assert sides[0] == mode_search._SIDES_PX[0]
    assert sides[0] > sides[1] > sides[2]


def test_a_price_is_looked_for_on_a_larger_middle_than_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(monkeypatch, {LOW: drop()}, EQUAL)
    ModeSearch(model(nearest), machine.start(Mode()), machine, {})  # type: ignore[arg-type]
    assert machine.side_px == 128  # 114 ms, where a call of 12 px takes 1 ms; and 170 are the most
    machine = FakeMachine(monkeypatch, {LOW: drop()}, EQUAL | {PLAIN: 8.0})
    search = ModeSearch(model(nearest), machine.start(Mode()), machine, {})  # type: ignore[arg-type]
    assert (search.first_size, machine.side_px) == (Size(24, 24), 48)  # 32 and 128 ms


def test_the_middle_of_each_image_is_priced() -> None:
    whole, cut = PsnrReference(4, STORE), PsnrReference(4, STORE)
    cut.side_px = 48
    (image, *_), (middle, *_) = whole.pairs, cut.pairs
    height, width = image.lr.shape[-2:]
    top, left = (height - 48) // 2, (width - 48) // 2
    assert torch.equal(middle.lr, image.lr[..., top : top + 48, left : left + 48])
    assert torch.equal(middle.original, image.original[..., 4 * top : 4 * top + 192, 4 * left : 4 * left + 192])


def test_a_first_look_warms_up_and_takes_the_faster_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[tuple[int, ...]]()
    times = iter([7.0, 5.0])

    def network(x: torch.Tensor) -> torch.Tensor:
        calls.append(tuple(x.shape))
        return nearest(x)

    monkeypatch.setattr(mode_search, "once", lambda call, device: (call(), next(times)))
    assert mode_search._call_ms(Upscaler(network, 4), Size(12, 16)) == 5.0
    assert calls == [(1, 3, 12, 16)] * 3
