"""The matrix: its order, its listener, and rows of what cannot run."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from srbench.core.assets import AssetStore
from srbench.core.timing import TimeBudget
from srbench.models import mode
from srbench.models.model import Model
from srbench.speed import ceiling, scenario, session
from srbench.speed.records import Ceiling, Scenario, SpeedRow, SpeedSession
from srbench.speed.scenario import Size, Subject
from tests.progress import RecordedTask, Recorder
from tests.speed.synthetic import CEILING, Nearest, Raising, model, nearest

SIZES = [Size(4, 4), Size(6, 5)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows without figures: how these come about is tested by itself."""

    def measure(subject: Subject, kind: Scenario, size: Size, *_: object) -> SpeedRow:
        return replace(subject.blank(kind, size), median_ms=1.0, valid=True)

    monkeypatch.setattr(scenario, "measure", measure)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ceiling is not measured; returns the precisions it was asked for."""
    asked: list[list[str]] = []

    def measure(device: torch.device, precisions: list[str]) -> Ceiling:
        asked.append(precisions)
        return CEILING

    monkeypatch.setattr(ceiling, "measure", measure)
    return asked


def _matrix(*models: Model, modes: tuple[str, ...] = ("fp32",)) -> session.Matrix:
    return session.Matrix(
        models, modes, SIZES, ("latency", "throughput"), "cpu", TimeBudget(0.001, 0.002), 2, {"vdsr": "no weights"}
    )


def _run(matrix: session.Matrix) -> tuple[SpeedSession, RecordedTask]:
    recorder = Recorder()
    *_, last = session.run(matrix, AssetStore([]), recorder)
    (task,) = recorder.tasks
    return last, task


def test_rows_come_by_model_mode_size_and_scenario(measured: list[list[str]]) -> None:
    matrix = _matrix(model(nearest, "a"), model(Nearest(), "b"), modes=("fp32", "bf16+channels_last"))
    found, task = _run(matrix)
    rows = found.rows
    assert [(r.model, r.mode, r.lr_height, r.scenario) for r in rows] == list(
        product("ab", matrix.modes, (4, 6), ("latency", "throughput"))
    )
    assert all(not row.failure and row.median_ms > 0 for row in rows)
    assert task.done == task.total == matrix.steps == 1 + len(rows)
    assert task.texts[0] == "a, fp32, 4x4, latency"
    assert measured == [["fp32", "bf16"]]
    assert found.unavailable == {"vdsr": "no weights"}
    record = found.as_dict()
    assert record["device"]["ceiling"]["copy_gb_per_s"] == 10.0
    assert record["unavailable"] == [{"model": "vdsr", "reason": "no weights"}]


def test_what_is_known_is_told_row_by_row() -> None:
    matrix = _matrix(model(nearest, "a"), model(nearest, "b"))
    so_far = [len(found.rows) for found in session.run(matrix, AssetStore([]))]
    assert so_far == sorted(so_far)
    assert so_far[-1] == 8
    assert any(0 < count <= 4 for count in so_far)  # the first model's are kept when the second is interrupted


def test_fp32_has_no_change_in_psnr_and_is_counted() -> None:
    found, _ = _run(_matrix(model(Nearest())))
    for row in found.rows:
        assert row.psnr_drop is not None
        assert (row.psnr_drop.worst_db, row.psnr_drop.images) == (0, 3)
        assert row.work is not None
        assert row.work.parameters == 1


def test_modes_that_cannot_run_are_rows_that_say_why() -> None:
    matrix = _matrix(model(nearest), modes=("graph", "fp32", "bf16+split", "onnx"))
    found, task = _run(matrix)
    assert task.done == task.total == matrix.steps
    failures = {row.mode: row.failure for row in found.rows}
    assert failures["fp32"] == ""
    assert "m has 0 layers to choose from" in failures["bf16+split"]
    assert {reason for reason in failures.values() if "leave out the mode 'graph'" in reason}
    assert {reason for reason in failures.values() if "leave out the mode 'onnx'" in reason}
    assert len(found.rows) == 4 * 4
    assert all(row.median_ms == 0 and not row.valid for row in found.rows if row.failure)


def test_a_mode_has_one_name_whether_it_can_run_or_not() -> None:
    found, _ = _run(_matrix(model(nearest), modes=("channels_last", "graph")))
    assert {row.mode for row in found.rows} == {"fp32+channels_last", "fp32+graph"}


def test_modes_that_mean_nothing_are_left_out_where_nobody_named_them() -> None:
    everything = ("fp32", "bf16", "bf16+split", "fp32+channels_last")
    layers, none = model(nn.Conv2d(3, 3, 1), "layers"), model(nearest, "none")
    matrix = replace(_matrix(layers, none, replace(layers, trained=False), modes=everything), named=False)
    assert matrix.modes_of(layers) == list(everything)
    assert matrix.modes_of(none) == ["fp32", "fp32+channels_last"]
    assert matrix.modes_of(replace(layers, trained=False)) == ["fp32", "bf16", "fp32+channels_last"]
    assert matrix.steps == 1 + (4 + 2 + 3) * 4
    assert replace(matrix, named=True).modes_of(none) == list(everything)


def test_a_network_that_raises_does_not_end_the_others() -> None:
    matrix = _matrix(model(Raising(), "bad"), model(nearest, "good"))
    found, task = _run(matrix)
    rows = found.rows
    assert task.done == task.total == matrix.steps == 1 + len(rows)
    assert {row.failure for row in rows if row.model == "bad"} == {"ValueError: the kernel exploded"}
    assert {row.failure for row in rows if row.model == "good"} == {""}


@pytest.mark.parametrize("named", [True, False])
def test_a_network_that_cannot_be_loaded_does_not_end_the_others(named: bool) -> None:
    def make() -> Nearest:
        raise RuntimeError("torn file")

    bad = Model("bad", 4, make, {})
    found, _ = _run(replace(_matrix(bad, model(nearest, "good")), named=named))
    assert {(row.model, row.failure) for row in found.rows} == {("bad", "RuntimeError: torn file"), ("good", "")}


def test_where_there_is_no_protocol_no_change_in_psnr_is_known() -> None:
    def by_seven(x: Tensor) -> Tensor:
        return x.repeat_interleave(7, -1).repeat_interleave(7, -2)

    seven = replace(model(by_seven), scale=7)
    found, _ = _run(_matrix(seven, modes=("fp32", "bf16+split")))
    assert all(row.psnr_drop is None for row in found.rows)
    assert {bool(row.failure) for row in found.rows if row.mode == "bf16+split"} == {True}
    assert {row.failure for row in found.rows if row.mode == "fp32"} == {""}


def test_random_weights_have_no_change_in_psnr() -> None:
    found, _ = _run(_matrix(replace(model(Nearest()), trained=False)))
    assert all(row.psnr_drop is None and not row.failure for row in found.rows)


@pytest.mark.parametrize("names", [session.USUAL_MODES, session.ALL_MODES])
def test_the_modes_of_a_device_can_be_parsed_and_none_is_said_twice(names: dict[str, tuple[str, ...]]) -> None:
    for device in ("cpu", "cuda"):
        parsed = [mode.parse(words) for words in names[device]]
        assert len(set(parsed)) == len(parsed)
        assert [one.name for one in parsed] == [mode.canonical(words) for words in names[device]]
        assert parsed[0] == mode.Mode()


def test_outputs_are_examined_once_for_each_mode_and_those_of_random_weights_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problems: list[str] = []
    calls: list[int] = []

    def broken(x: Tensor) -> Tensor:
        calls.append(len(x))
        return nearest(x) * float("nan")

    def measure(subject: Subject, kind: Scenario, size: Size, *_: object) -> SpeedRow:
        problems.append(subject.problem)
        return replace(subject.blank(kind, size), median_ms=1.0, valid=True)

    monkeypatch.setattr(scenario, "measure", measure)
    monkeypatch.setattr(session.operations, "count", lambda *_: None)
    monkeypatch.setattr(session.psnr_drop, "reference", lambda *_: None)
    _run(_matrix(model(broken), replace(model(broken), trained=False)))
    assert problems == ["output has NaN or infinite values"] * 4 + [""] * 4
    assert calls == [1, 1, 1, 1]  # the first call is timed, the second examined


def test_an_output_of_another_shape_fails_in_all_rows() -> None:
    found, _ = _run(_matrix(model(lambda x: x)))
    assert {row.failure[:20] for row in found.rows} == {"the network made (1,"}


def test_rows_that_are_not_valid_are_measured_once_more_after_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def measure(subject: Subject, kind: Scenario, size: Size, *_: object) -> SpeedRow:
        name = subject.upscaler.mode.name
        order.append(name)
        valid = name == "fp32" or (name == "fp32+channels_last" and order.count(name) == 2)
        row = replace(subject.blank(kind, size), median_ms=float(len(order)), valid=valid)
        return row if valid else replace(row, reason="another program ran")

    monkeypatch.setattr(scenario, "measure", measure)
    monkeypatch.setattr(session.ceilings, "measure", lambda *_: CEILING)
    matrix = _matrix(model(nearest), modes=("fp32+channels_last", "bf16", "fp32"))
    matrix = replace(matrix, scenarios=("latency",), sizes=(Size(4, 5),))
    *_, last = session.run(matrix, AssetStore([]))
    assert order == ["fp32+channels_last", "bf16", "fp32", "fp32+channels_last", "bf16"]
    assert [(row.mode, row.valid, row.measured, row.median_ms) for row in last.rows] == [
        ("fp32+channels_last", True, 2, 4.0),
        ("bf16", False, 1, 2.0),
        ("fp32", True, 1, 3.0),
    ]
