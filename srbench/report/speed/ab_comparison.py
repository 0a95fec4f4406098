"""The report of an A/B comparison of speed."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from srbench.core.wording import factor_places
from srbench.report.speed.page import described
from srbench.report.speed.tables import number
from srbench.report.table import Cell, Column, Page, Section, Table, text_column
from srbench.speed.records import AbComparison


def page(comparison: AbComparison, device: Mapping[str, Any] | None = None) -> Page:
    """Arrange both times, their ratio and the verdict.

    Args:
        comparison: Comparison of two candidates.
        device: What is known of the device; None where that is not to be told.
    """
    first, second = comparison.names
    facts = ", ".join([str(device.get("machine", "")), *described(device)]) if device is not None else ""
    tone: Literal["good", "plain", "loud"] = "good" if comparison.faster else "plain" if comparison.valid else "loud"
    return Page(
        title=f"{first} and {second}",
        lead=(facts,) if facts else (),
        tables=(_table(comparison),),
        sections=(Section("", (_ratio(comparison),), tone="dim"), Section("", (verdict(comparison),), tone=tone)),
    )


def _table(comparison: AbComparison) -> Table:
    columns = (text_column("candidate"), Column("ms/call, median"), Column("IQR"))
    rows = []
    for name, median, (low, high) in zip(comparison.names, comparison.median_ms, comparison.iqr_ms, strict=True):
        times = (number(median), f"{number(low)}–{number(high)}")
        rows.append((Cell(name), *(Cell(text, doubtful=not comparison.valid) for text in times)))
    return Table("times", "", columns, tuple(rows))


def verdict(comparison: AbComparison) -> str:
    """Say in one sentence which is faster, by how much and how surely; or that this cannot be told."""
    if not comparison.valid:
        return f"invalid: {comparison.reason}"
    first, second = comparison.names
    if not comparison.faster:
        p_value = _p_value(comparison.p_value)
        return f"{comparison.rounds} rounds show no difference between {first} and {second}, {p_value}"
    low, high = comparison.ratio_ci95
    if comparison.faster == second and low > 1:
        return _faster(second, first, comparison.ratio, low, high, comparison.p_value)
    return _faster(first, second, 1 / comparison.ratio, 1 / high, 1 / low, comparison.p_value)


def _faster(winner: str, loser: str, times: float, low: float, high: float, p_value: float) -> str:
    places = _places(min(high - low, low - 1), times)
    span = f"[{low:.{places}f}–{high:.{places}f}]"
    return f"{winner} is {times:.{places}f} times as fast as {loser} {span}, {_p_value(p_value)}"


def _places(step: float, factor: float) -> int:
    """Count the decimals at which a step of a factor shows: enough for three digits of the factor, at most 5."""
    fewest = factor_places(factor)
    return min(max(-math.floor(math.log10(step)), fewest), 5) if 0 < step < math.inf else fewest


def _p_value(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def _ratio(comparison: AbComparison) -> str:
    low, high = comparison.ratio_ci95
    places = _places(high - low, comparison.ratio)
    return (
        f"time of {comparison.names[0]} over that of {comparison.names[1]}: {comparison.ratio:.{places}f} "
        f"[{low:.{places}f}–{high:.{places}f}, 95 % bootstrap], Mann-Whitney {_p_value(comparison.p_value)}, "
        f"{comparison.rounds} interleaved rounds; LR {comparison.lr_width} × {comparison.lr_height} px, "
        f"{comparison.batch} image{'' if comparison.batch == 1 else 's'} a call"
    )
