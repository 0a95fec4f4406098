"""The report of an A/B comparison of speed."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from srbench.report.speed.page import described
from srbench.report.speed.tables import number
from srbench.report.table import Cell, Column, Page, Section, Table, text_column
from srbench.speed.records import Duel


def page(duel: Duel, device: Mapping[str, Any] | None = None) -> Page:
    """Arrange both times, their ratio and the verdict.

    Args:
        duel: Comparison of two models.
        device: What is known of the device; None where that is not to be told.
    """
    first, second = duel.names
    facts = ", ".join([str(device.get("machine", "")), *described(device)]) if device is not None else ""
    tone: Literal["good", "plain", "loud"] = "good" if duel.faster else "plain" if duel.valid else "loud"
    return Page(
        title=f"{first} and {second}",
        lead=(facts,) if facts else (),
        tables=(_table(duel),),
        sections=(Section("", (_ratio(duel),), tone="dim"), Section("", (verdict(duel),), tone=tone)),
    )


def _table(duel: Duel) -> Table:
    columns = (text_column("model"), Column("ms/call, median"), Column("IQR"))
    rows = []
    for name, median, (low, high) in zip(duel.names, duel.median_ms, duel.iqr_ms, strict=True):
        times = (number(median), f"{number(low)}–{number(high)}")
        rows.append((Cell(name), *(Cell(text, doubtful=not duel.valid) for text in times)))
    return Table("times", "", columns, tuple(rows))


def verdict(duel: Duel) -> str:
    """Say in one sentence which is faster, by how much and how surely; or that this cannot be told."""
    if not duel.valid:
        return f"invalid: {duel.reason}"
    first, second = duel.names
    if not duel.faster:
        return f"{first} and {second} are not told apart by {duel.rounds} rounds, {_p_value(duel.p_value)}"
    low, high = duel.ratio_ci95
    if duel.faster == second and low > 1:
        return _faster(second, first, duel.ratio, low, high, duel.p_value)
    return _faster(first, second, 1 / duel.ratio, 1 / high, 1 / low, duel.p_value)


def _faster(winner: str, loser: str, times: float, low: float, high: float, p_value: float) -> str:
    places = _places(min(high - low, low - 1))
    span = f"[{low:.{places}f}–{high:.{places}f}]"
    return f"{winner} is {times:.{places}f} times as fast as {loser} {span}, {_p_value(p_value)}"


def _places(step: float) -> int:
    """Count the decimals at which a step shows, between 2 and 5."""
    return min(max(-math.floor(math.log10(step)), 2), 5) if 0 < step < math.inf else 2


def _p_value(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def _ratio(duel: Duel) -> str:
    low, high = duel.ratio_ci95
    places = _places(high - low)
    return (
        f"time of {duel.names[0]} over that of {duel.names[1]}: {duel.ratio:.{places}f} "
        f"[{low:.{places}f}–{high:.{places}f}, 95 % bootstrap], Mann-Whitney {_p_value(duel.p_value)}, "
        f"{duel.rounds} interleaved rounds; LR {duel.lr_width} × {duel.lr_height} px, "
        f"{duel.batch} image{'' if duel.batch == 1 else 's'} a call"
    )
