"""Metrics against opinion."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench.ratings.analysis import Analysis
from srbench.ratings.prediction import Prediction, curve
from srbench.report.figures.style import COLOURS, GREY, WIDE, draw, label, legend, number, panels
from srbench.report.table import Plot

_ACROSS = 3
_CURVES = {"logistic4": (COLOURS[1], "-"), "logistic5": (COLOURS[2], "--")}


def metrics(study: Analysis) -> Plot | None:
    """One scatter for each metric with its curves; None without metrics."""
    found = sorted(study.predictions, key=lambda p: -abs(p.srcc))
    if not found:
        return None
    across = min(_ACROSS, len(found))
    down = -(-len(found) // across)

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(found), across, sharey=True)
        for i, (axes, one) in enumerate(zip(grid, found, strict=True)):
            _panel(axes, one)
            if i % across == 0:
                axes.set_ylabel("score (higher is better)")
        legend(figure, grid[0])

    best = next((p.metric for p in found if p.best), found[0].metric)
    tied = [p.metric for p in found if p.tied]
    told = ", ".join(f"{p.metric} {p.srcc:.3f}" for p in found)
    span = sorted({p.n for p in found})
    return Plot(
        key="metrics",
        title="Metrics against opinion",
        caption=(
            "Each dot is a stimulus: the metric's value against the score that people gave. Curves: 4- and 5-parameter "
            "logistic, fitted. SRCC: rank correlation; PLCC: linear correlation before, and in brackets after mapping "
            f"by the 4-parameter curve. Ordered by |SRCC|; largest: {best}"
            + (f", from which cannot be told: {', '.join(tied)}" if tied else "")
            + f". {' to '.join(map(str, span[:1] + span[1:][-1:]))} stimuli."
        ),
        svg=draw("metrics", WIDE if across > 2 else 4.2 * across + 0.8, 2.75 * down + 0.5, paint),
        alt=f"Scatter plots of {len(found)} metrics against scores. SRCC: {told}.",
    )


def _panel(axes: Axes, one: Prediction) -> None:
    colour = COLOURS[0] if one.best or one.tied else GREY
    axes.plot(one.values, one.mos, "o", color=colour, alpha=0.55, markersize=3.6, markeredgewidth=0, label="stimulus")
    x = np.linspace(one.values.min(), one.values.max(), 160)
    low, high = one.mos.min(), one.mos.max()
    for fit in one.fits:
        shade, line = _CURVES[fit.curve]
        axes.plot(x, curve(fit.curve, x, fit.parameters), line, color=shade, linewidth=1.8, label=fit.curve)
    # A curve that runs away must not squeeze the dots.
    room = 0.08 * (high - low)
    axes.set_ylim(low - room, high + room)
    axes.grid()
    mapped = next((f" ({number(f.plcc, 3)})" for f in one.fits if f.curve == "logistic4"), "")
    standing = " ★ best" if one.best else " ≈ best" if one.tied else ""
    axes.set_title(
        f"{label(one.metric, 26)}{standing}\nSRCC {number(one.srcc, 3)} · PLCC {number(one.plcc, 3)}{mapped}",
        loc="left",
        fontsize=9,
        fontweight="bold" if one.best else "normal",
    )
