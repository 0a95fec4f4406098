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


def test_a_mode_that_is_many_times_slower_takes_no_time_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = {LAST: drop(), OPENVINO: drop(), ONNX: drop()}
    ms = dict.fromkeys(EQUAL, 12.0) | {LOW: 12 * 12.0, LAST: 10.0}
    machine = FakeMachine(monkeypatch, drops, ms, builds_s={"openvino": 0.4, "onnx": 0.3})
    found, is_valid = _search()
    assert (found.mode.name, is_valid) == (LAST, True)
    assert machine.priced == [LAST, OPENVINO, ONNX]
    assert machine.now < 3


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


@pytest.mark.parametrize(("ms", "timed"), [(1.0, 5), (60.0, 3), (130.0, 0), (5000.0, 0)])
def test_of_a_slow_network_only_as_many_modes_are_timed_as_there_is_time_for(
    monkeypatch: pytest.MonkeyPatch, ms: float, timed: int
) -> None:
    """Seven calls of each, those of plain fp32 among them."""
    machine = FakeMachine(monkeypatch, dict.fromkeys(EQUAL, drop()), dict.fromkeys(EQUAL, ms))
    found, is_valid = _search()
    names = machine.timed[0][0] if machine.timed else []
    assert len(names) == timed
    assert machine.now < max(3, 5.1 * (ms == 5000))  # one call
    assert ("no time" in found.reason or "too long to compare" in found.reason) == (timed < len(EQUAL))
    assert is_valid == bool(timed)


@pytest.mark.parametrize("multiple_of", [8, 64])
def test_sizes_are_those_that_the_network_takes(monkeypatch: pytest.MonkeyPatch, multiple_of: int) -> None:
    machine = FakeMachine(monkeypatch, {LAST: drop(), OPENVINO: drop()}, EQUAL | {LAST: 0.5}, multiple_of=multiple_of)
    found, _ = _search()
    (_, size), *_ = machine.timed
    assert size.height % multiple_of == 0
    assert f" on {size.height}x{size.width} px" in found.reason
    assert machine.side_px % multiple_of == 0
    assert OPENVINO not in machine.started  # nobody knows how long that takes
    unaligned = FakeMachine(monkeypatch, {}, EQUAL, builds_s={"openvino": 0.1}, multiple_of=multiple_of)
    assert "openvino: how long it takes to build is not known" in _search()[0].reason
    assert OPENVINO not in unaligned.started


def test_on_a_gpu_whole_images_are_priced_and_every_hopeful_mode_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    drops = {LAST: drop(), LOW: drop(-0.02), SPLIT: drop(), OPENVINO: drop(), ONNX: drop()}
    machine = FakeMachine(monkeypatch, drops, dict.fromkeys(EQUAL, 0.04), device="meta")
    found, _ = _search()
    assert machine.side_px == 0
    ((names, size),) = machine.timed
    assert (len(names), size) == (len(EQUAL), Size(360, 640))
    assert " on 360x640 px" in found.reason


def test_where_memory_runs_out_it_is_plain_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeMachine(monkeypatch, {}, EQUAL)

    def full(*_: object) -> float:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(mode_search, "_call_ms", full)
    found, is_valid = _search()
    assert (found.mode, is_valid, machine.timed) == (Mode(), False, [])
    assert "more memory than there is" in found.reason


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
    for ms, first_px, priced_px in ((1.0, 64, 128), (8.0, 24, 48)):  # 28 and 114 ms; 32 and 128
        with monkeypatch.context() as patch:
            machine = FakeMachine(patch, {LOW: drop()}, dict.fromkeys(EQUAL, ms))
            search = ModeSearch(model(nearest), machine.start(Mode()), machine, {})  # type: ignore[arg-type]
            search.choice([])
            assert (search.first_size, machine.side_px) == (Size(first_px, first_px), priced_px)


def test_the_middle_of_each_image_is_priced() -> None:
    whole, cut = PsnrReference(4, STORE), PsnrReference(4, STORE)
    cut.side_px = 48
    (image, *_), (middle, *_) = whole.pairs, cut.pairs
    height, width = image.lr.shape[-2:]
    top, left = (height - 48) // 2, (width - 48) // 2
    assert torch.equal(middle.lr, image.lr[..., top : top + 48, left : left + 48])
    assert torch.equal(middle.original, image.original[..., 4 * top : 4 * top + 192, 4 * left : 4 * left + 192])


@pytest.mark.parametrize(
    ("times_ms", "most_ms", "found_ms"), [((9.0, 7.0, 5.0), 8.0, 9.0), ((9.0, 7.0, 5.0), 9.0, 5.0)]
)
def test_a_look_takes_the_faster_call_after_one_unless_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, times_ms: tuple[float, ...], most_ms: float, found_ms: float
) -> None:
    shapes = list[tuple[int, ...]]()
    times = iter(times_ms)

    def network(x: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(x.shape))
        return nearest(x)

    monkeypatch.setattr(mode_search, "once", lambda call, device: (call(), next(times)))
    assert mode_search._call_ms(Upscaler(network, 4), Size(12, 16), most_ms) == found_ms
    assert shapes == [(1, 3, 12, 16)] * (1 if found_ms > most_ms else 3)
