"""The report of an A/B comparison of speed."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from srbench.core.wording import factor_places
from srbench.report.speed.page import described
from srbench.report.speed.tables import number, price
from srbench.report.table import Cell, Column, Page, Section, Table, text_column
from srbench.speed.ab_record import AbComparison, Verdict
from srbench.speed.records import PSNR_DROP_LIMIT_DB

_CAPTION = (
    "The verdict is on the first against the second. Faster or slower: a round's two times differ in the mean of their "
    "logarithms, by t, and the bootstrap interval of the ratio of medians excludes 1. Same: both looks leave less than "
    "the margin. ΔPSNR: price of a candidate's mode against fp32 of the same model on the builtin images; ! marks more "
    f"than {PSNR_DROP_LIMIT_DB} dB on some image; a dash: not known.",
)
_TONES: dict[Verdict, Literal["good", "plain"]] = {
    "faster": "good",
    "slower": "good",
    "same": "good",
    "undecided": "plain",
}


def page(comparison: AbComparison, device: Mapping[str, Any] | None = None) -> Page:
    """Arrange both times, their ratio and the verdict.

    Args:
        comparison: Comparison of two candidates.
        device: What is known of the device; None where that is not to be told.
    """
    first, second = comparison.names
    facts = ", ".join([str(device.get("machine", "")), *described(device)]) if device is not None else ""
    return Page(
        title=f"{first} and {second}",
        lead=(facts,) if facts else (),
        tables=(_table(comparison),),
        caption=_CAPTION,
        sections=(
            Section("", (_ratio(comparison),), tone="dim"),
            Section("", (verdict(comparison),), tone=_TONES[comparison.verdict] if comparison.valid else "loud"),
        ),
    )


def _table(comparison: AbComparison) -> Table:
    columns = (
        text_column("candidate"),
        Column("ms/call, median"),
        Column("IQR"),
        Column("ΔPSNR dB, mean"),
        Column("worst"),
    )
    rows = []
    sides = zip(comparison.names, comparison.median_ms, comparison.iqr_ms, comparison.psnr_drop, strict=True)
    for name, median, (low, high), drop in sides:
        times = (number(median), f"{number(low)}–{number(high)}")
        rows.append((Cell(name), *(Cell(text, doubtful=not comparison.valid) for text in times), *price(drop)))
    return Table("times", "", columns, tuple(rows))


def verdict(comparison: AbComparison) -> str:
    """Say in one of four words what is known of the first against the second, by how much and how surely."""
    first, second = comparison.names
    if not comparison.valid:
        return f"undecided: the timings are not valid ({comparison.reason})"
    low, high = comparison.ratio_ci95
    said = _p_value(comparison.p_value)
    if comparison.verdict == "slower":
        return f"slower: {second} is {_times(comparison.ratio, low, high)} times as fast as {first}{said}"
    if comparison.verdict == "faster":
        return f"faster: {first} is {_times(1 / comparison.ratio, 1 / high, 1 / low)} times as fast as {second}{said}"
    span = f"{first} takes {_times(comparison.ratio, low, high)} times the time of {second}"
    if comparison.verdict == "same":
        return f"same within {100 * comparison.margin:g} %: {span}"
    return f"undecided: {span}{said}"


def _times(factor: float, low: float, high: float) -> str:
    places = _places(min(high - low, abs(low - 1), abs(high - 1)), factor)
    return f"{factor:.{places}f} [{low:.{places}f}–{high:.{places}f}]"


def _places(step: float, factor: float) -> int:
    """Count the decimals at which a step of a factor shows: enough for three digits of the factor, at most 5."""
    fewest = factor_places(factor)
    return min(max(-math.floor(math.log10(step)), fewest), 5) if 0 < step < math.inf else fewest


def _p_value(p_value: float) -> str:
    if p_value < 0.001:
        return ", p < 0.001"
    return f", p = {p_value:.3f}" if p_value < 0.1 else f", p = {p_value:.2f}"


def _ratio(comparison: AbComparison) -> str:
    low, high = comparison.ratio_ci95
    places = _places(high - low, comparison.ratio)
    return (
        f"time of {comparison.names[0]} over that of {comparison.names[1]}: {comparison.ratio:.{places}f} "
        f"[{low:.{places}f}–{high:.{places}f}, 95 % bootstrap], "
        f"{comparison.rounds} interleaved rounds; LR {comparison.lr_width} × {comparison.lr_height} px, "
        f"{comparison.batch} image{'' if comparison.batch == 1 else 's'} a call"
    )
