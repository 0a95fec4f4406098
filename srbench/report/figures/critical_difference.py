"""The diagram of mean ranks: models on an axis, bars over those that are not told apart."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench.report.figures.style import GREY, WIDE, draw, label, number
from srbench.report.table import Plot
from srbench.stats.rank_summary import RankSummary

_ROW_IN = 0.24
"""Inches between two names, and between two bars."""


def critical_difference(key: str, title: str, summary: RankSummary) -> Plot:
    """Draw mean ranks, the best at the left, with the critical difference above.

    Args:
        key: Key of the plot.
        title: What was ranked.
        summary: Mean ranks.

    Source:
        Demsar, Journal of Machine Learning Research 7, 2006, figure 1.
    """
    names = list(summary.mean_ranks)
    bars = summary.groups()
    side = -(-len(names) // 2)
    rows = len(bars) + side + 4

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _axis(axes, len(names), rows)
        _ruler(axes, summary.critical_difference)
        for row, group in enumerate(bars):
            ends = [summary.mean_ranks[group[0]] - 0.04, summary.mean_ranks[group[-1]] + 0.04]
            axes.plot(ends, [-row - 1.0] * 2, color="black", linewidth=3.5, solid_capstyle="round")
        for i, name in enumerate(names):
            _name(axes, name, summary.mean_ranks[name], i, len(names), len(bars))

    svg = draw(key, WIDE * 0.8, rows * _ROW_IN + 0.4, paint)
    told = f"critical difference {summary.critical_difference:.2f} (Nemenyi, 5 %)"
    caption = (
        f"Mean rank over {summary.images} images, 1 being the best on every image; {told}. A bar joins models whose "
        "mean ranks are not told apart. This is a statement about ranks on images, not about means."
    )
    ranked = ", ".join(f"{name} {rank:.2f}" for name, rank in summary.mean_ranks.items())
    joined = "; ".join(" and ".join(group) for group in bars) or "none"
    return Plot(key, title, caption, svg, f"Mean ranks: {ranked}. Not told apart: {joined}.")


def _axis(axes: Axes, models: int, rows: int) -> None:
    axes.set_axis_off()
    axes.set_xlim(0.2 - models * 0.35, models * 1.35 + 0.8)
    axes.set_ylim(3.0 - rows, 3.0)
    axes.plot([1, models], [0, 0], color=GREY, linewidth=1.2)
    for rank in range(1, models + 1):
        axes.plot([rank, rank], [0, 0.3], color=GREY, linewidth=1.2)
        axes.text(rank, 0.45, str(rank), ha="center", va="bottom", color=GREY)


def _ruler(axes: Axes, length: float) -> None:
    """Draw the critical difference above the best rank."""
    axes.plot([1, 1 + length], [1.9, 1.9], color="black", linewidth=1.2)
    for end in (1, 1 + length):
        axes.plot([end, end], [1.7, 2.1], color="black", linewidth=1.2)
    axes.text(1, 2.25, f"critical difference {number(length)}", ha="left", va="bottom")


def _name(axes: Axes, name: str, rank: float, place: int, models: int, bars: int) -> None:
    """Write a name at the side: the better half at the left from top to bottom, the others at the right, up."""
    side = -(-models // 2)
    left = place < side
    row = place if left else models - 1 - place
    y = -bars - 1.4 - row
    edge = 0.6 if left else models + 0.4
    axes.plot([rank, rank, edge], [0, y, y], color=GREY, linewidth=0.9)
    text = f"{label(name)}  {number(rank)}" if left else f"{number(rank)}  {label(name)}"
    gap = -0.08 if left else 0.08
    axes.text(edge + gap, y, text, ha="right" if left else "left", va="center")
