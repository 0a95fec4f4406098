"""What a duel says."""

import math
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from srbench.report.speed.page import described
from srbench.report.speed.tables import figure
from srbench.speed.records import Duel

_HEADS = ("contestant", "ms/call, median", "IQR")


def page(duel: Duel) -> RenderableType:
    """For a terminal: both times, their ratio, the verdict."""
    made = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    for i, head in enumerate(_HEADS):
        made.add_column(head, justify="right" if i else "left", no_wrap=bool(i), overflow="fold")
    for line in _lines(duel):
        made.add_row(*map(Text, line), style="" if duel.valid else "dim")
    style = "bold green" if duel.faster else "bold" if duel.valid else "bold red"
    return Group(made, Text(_ratio(duel), style="dim"), Text(verdict(duel), style=style))


def markdown(duel: Duel, device: Mapping[str, Any]) -> str:
    """The same as Markdown, with what is known of the device."""
    rows = [_HEADS, *_lines(duel)]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    table = "\n".join([lines[0], "|---|---:|---:|", *lines[1:]])
    first, second = duel.names
    facts = ", ".join([str(device.get("machine", "")), *described(device)])
    return f"# {first} and {second}\n\n{facts}\n\n{table}\n\n{_ratio(duel)}\n\n**{verdict(duel)}**\n"


def verdict(duel: Duel) -> str:
    """One sentence: which is faster, by how much and how surely; or that this cannot be told."""
    if not duel.valid:
        return f"invalid: {duel.reason}"
    first, second = duel.names
    if not duel.faster:
        return f"{first} and {second} are not told apart by {duel.rounds} rounds, {_chance(duel.p_value)}"
    low, high = duel.ratio_ci95
    if duel.faster == second and low > 1:
        return _faster(second, first, duel.ratio, low, high, duel.p_value)
    return _faster(first, second, 1 / duel.ratio, 1 / high, 1 / low, duel.p_value)


def _faster(winner: str, loser: str, times: float, low: float, high: float, p_value: float) -> str:
    places = _places(min(high - low, low - 1))
    span = f"[{low:.{places}f}–{high:.{places}f}]"
    return f"{winner} is {times:.{places}f} times as fast as {loser} {span}, {_chance(p_value)}"


def _places(step: float) -> int:
    """So many that a step shows, between 2 and 5."""
    return min(max(-math.floor(math.log10(step)), 2), 5) if 0 < step < math.inf else 2


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def _lines(duel: Duel) -> list[tuple[str, str, str]]:
    doubt = "" if duel.valid else " ?"
    return [
        (name, figure(median) + doubt, f"{figure(low)}–{figure(high)}{doubt}")
        for name, median, (low, high) in zip(duel.names, duel.median_ms, duel.iqr_ms, strict=True)
    ]


def _ratio(duel: Duel) -> str:
    low, high = duel.ratio_ci95
    places = _places(high - low)
    return (
        f"time of {duel.names[0]} over that of {duel.names[1]}: {duel.ratio:.{places}f} "
        f"[{low:.{places}f}–{high:.{places}f}, 95 % bootstrap], Mann-Whitney {_chance(duel.p_value)}, "
        f"{duel.rounds} interleaved rounds; LR {duel.lr_width} × {duel.lr_height} px, "
        f"{duel.batch} image{'' if duel.batch == 1 else 's'} a call"
    )
