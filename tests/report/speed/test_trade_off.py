from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.evaluation.summary import Summary
from srbench.report.speed import tables, trade_off
from srbench.report.speed.pareto import front
from srbench.report.speed.trade_off import Quality, QualityValue, TradeOff
from srbench.report.table import Cell
from srbench.speed.records import PsnrDrop, SpeedRow
from tests.report.speed.synthetic import broken, row, summary


def _join(rows: Sequence[SpeedRow], summaries: Sequence[Summary] = (), scale: int | None = None) -> TradeOff:
    (joined,) = trade_off.join(tables.groups(rows), Quality(summaries, "classical_x4", scale))
    return joined


def _column(joined: TradeOff, place: int) -> list[Cell]:
    return [row[place] for row in trade_off.table(joined).rows]


def _value(joined: TradeOff, line: int = 0, metric: int = 0) -> QualityValue:
    value = joined.lines[line].values[metric]
    assert value
    return value


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    def beaten(one: tuple[int, int]) -> bool:
        return any(a >= one[0] and b >= one[1] and (a, b) != one for a, b in points)

    assert front(points) == [i for i, one in enumerate(points) if not beaten(one)]


def test_without_a_run_the_builtin_images_tell() -> None:
    joined = _join([replace(row(mode="bf16"), psnr_drop=PsnrDrop(-0.5, -0.6, 29.0, 12))])
    assert (joined.dataset, joined.stem) == ("builtin images", "quality-speed-latency")
    assert _value(joined) == QualityValue(29.0, "measured", best=True)


def test_the_runs_own_mode_goes_first_in_whatever_order_its_words_are() -> None:
    fast = row(mode="bf16+channels_last")
    run = [summary("srresnet", 32.0), summary("srresnet", 31.5, mode="channels_last bf16")]
    assert _value(_join([fast], run)) == QualityValue(31.5, "measured", best=True)


def test_a_mode_the_run_lacks_takes_fp32_and_its_price() -> None:
    fast = replace(row(mode="bf16+channels_last"), psnr_drop=PsnrDrop(-0.25, -0.5, 29.0, 12))
    joined = _join([fast], [summary("srresnet", 32.0), summary("srresnet", 31.0, mode="bf16")])
    assert _value(joined) == QualityValue(31.75, "psnr_drop", best=True)
    assert _column(joined, 2) == [Cell("31.75", best=True, mark="†")]
    assert _column(joined, 1) == [Cell("bf16+channels_last", mark=" !")]


def test_a_metric_without_a_price_stays_as_in_fp32() -> None:
    joined = _join([row(mode="bf16")], [summary("srresnet", 0.2, "lpips")])
    assert _value(joined).origin == "fp32"
    assert _column(joined, 2) == [Cell("0.2000", best=True, mark="‡")]
    unknown = _join([replace(row(mode="bf16"), psnr_drop=None)], [summary("srresnet", 32.0)])
    assert _value(unknown).origin == "fp32"


def test_a_run_on_the_same_device_goes_first() -> None:
    run = [summary("srresnet", 32.0, device="cpu"), summary("srresnet", 32.1, device="cuda")]
    assert _value(_join([row()], run)).mean == 32.1


def test_tiles_and_self_ensemble_are_other_modes() -> None:
    run = [summary("srresnet", 32.2, mode="fp32 x8"), summary("edsr", 32.4)]
    joined = _join([row(), row("edsr")], run)
    assert joined.lines[0].values == (None,)
    assert _column(joined, 2) == [Cell("–"), Cell("32.40", best=True)]


def test_what_is_no_number_is_no_quality() -> None:
    run = [summary("srresnet", None), summary("edsr", 32.4)]
    assert _join([row(), row("edsr")], run).lines[0].values == (None,)
    endless = replace(row(mode="bf16"), psnr_drop=PsnrDrop(float("nan"), float("nan"), float("nan"), 12))
    assert trade_off.join(tables.groups([endless]), Quality()) == []


def test_timings_and_other_scales_are_not_joined() -> None:
    groups = tables.groups([row()])
    assert trade_off.join(groups, Quality([summary("srresnet", 3.0, "latency")])) == []
    assert trade_off.join(groups, Quality([summary("srresnet", 32.0)], scale=2)) == []


def test_failed_rows_are_left_out_and_invalid_ones_stand_on_no_front() -> None:
    doubtful = replace(row("edsr", speed=99.0), valid=False, reason="noise")
    failed = replace(broken("vdsr", "fp32", "no memory"), scenario="latency")
    joined = _join([row(), doubtful, failed], [summary(model, 32.0) for model in ("srresnet", "edsr", "vdsr")])
    assert [line.row.model for line in joined.lines] == ["srresnet", "edsr"]
    assert [_value(joined, i).best for i in range(2)] == [True, False]
    assert [cell.doubtful for cell in _column(joined, 4)] == [False, True]


@pytest.mark.parametrize(("metric", "means"), [("psnr", (32.0, 31.0, 30.5)), ("lpips", (0.1, 0.2, 0.3))])
def test_the_front_follows_the_metrics_direction(metric: str, means: tuple[float, ...]) -> None:
    rows = [row("good", speed=1.0), row("fast", speed=9.0), row("neither", speed=5.0)]
    run = [summary(one.model, mean, metric) for one, mean in zip(rows, means, strict=True)]
    joined = _join(rows, run)
    assert [_value(joined, i).best for i in range(3)] == [True, True, False]
    assert [cell.best for cell in _column(joined, 2)] == [True, True, False]


def test_what_prints_alike_is_alike() -> None:
    rows = [row("slow", speed=1.0), row("fast", speed=9.0)]
    joined = _join(rows, [summary("slow", 32.001), summary("fast", 31.999)])
    assert [_value(joined, i).best for i in range(2)] == [False, True]


def test_plots_that_would_share_a_name_are_told_apart() -> None:
    rows = [row(), replace(row(), lr_width=90), row(batch=4)]
    run = [summary("srresnet", 32.0), replace(summary("srresnet", 28.0), dataset="Set 14")]
    stems = [joined.stem for joined in trade_off.join(tables.groups(rows), Quality(run))]
    assert stems == [
        "quality-speed-latency-x4-320x180-Set5",
        "quality-speed-latency-x4-320x180-Set_14",
        "quality-speed-latency-x4-90x180-Set5",
        "quality-speed-latency-x4-90x180-Set_14",
        "quality-speed-throughput-Set5",
        "quality-speed-throughput-Set_14",
    ]
