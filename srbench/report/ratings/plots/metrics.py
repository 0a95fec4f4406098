"""Plot of metrics against the scores that people gave."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench.ratings.analysis import Analysis
from srbench.ratings.curves import curve
from srbench.ratings.prediction import Prediction
from srbench.report.figures.style import COLOURS, GREY, WIDE, draw, label, legend, number, panels
from srbench.report.table import Plot

_ACROSS = 3
_CURVES = {"logistic4": (COLOURS[1], "-"), "logistic5": (COLOURS[2], "--"), "cubic": (COLOURS[3], ":")}


def metrics(study: Analysis) -> Plot | None:
    """Draw a scatter plot for each metric with its curves; None without metrics."""
    predictions = sorted(study.predictions, key=lambda p: -abs(p.srcc))
    if not predictions:
        return None
    across = min(_ACROSS, len(predictions))
    down = -(-len(predictions) // across)

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(predictions), across, sharey=True)
        for i, (axes, prediction) in enumerate(zip(grid, predictions, strict=True)):
            _panel(axes, prediction)
            if i % across == 0:
                axes.set_ylabel("score (higher is better)")
        legend(figure, grid[0])

    best = next((p.metric for p in predictions if p.best), predictions[0].metric)
    tied = [p.metric for p in predictions if p.tied]
    told = ", ".join(f"{p.metric} {p.srcc:.3f}" for p in predictions)
    span = sorted({p.n for p in predictions})
    return Plot(
        key="metrics",
        title="Metrics against opinion",
        caption=(
            "Each dot is a stimulus: the metric's value against the score that people gave. Curves: 4- and 5-parameter "
            "logistic and monotonic third-order polynomial, fitted. SRCC: rank correlation; PLCC: linear correlation "
            "before, and in brackets after mapping "
            f"by the 4-parameter curve. Ordered by |SRCC|; largest: {best}"
            + (f", from which cannot be told: {', '.join(tied)}" if tied else "")
            + f". {' to '.join(map(str, span[:1] + span[1:][-1:]))} stimuli."
        ),
        svg=draw("metrics", WIDE if across > 2 else 4.2 * across + 0.8, 2.75 * down + 0.5, paint),
        alt=f"Scatter plots of {len(predictions)} metrics against scores. SRCC: {told}.",
    )


def _panel(axes: Axes, prediction: Prediction) -> None:
    colour = COLOURS[0] if prediction.best or prediction.tied else GREY
    axes.plot(
        prediction.values,
        prediction.mos,
        "o",
        color=colour,
        alpha=0.55,
        markersize=3.6,
        markeredgewidth=0,
        label="stimulus",
    )
    x = np.linspace(prediction.values.min(), prediction.values.max(), 160)
    low, high = prediction.mos.min(), prediction.mos.max()
    for fit in prediction.fits:
        shade, line = _CURVES[fit.curve]
        axes.plot(x, curve(fit.curve, x, fit.parameters), line, color=shade, linewidth=1.8, label=fit.curve)
    # A curve that runs away must not squeeze the dots.
    room = 0.08 * (high - low)
    axes.set_ylim(low - room, high + room)
    axes.grid()
    mapped = next((f" ({number(f.plcc, 3)})" for f in prediction.fits if f.curve == "logistic4"), "")
    standing = " ★ best" if prediction.best else " ≈ best" if prediction.tied else ""
    axes.set_title(
        f"{label(prediction.metric, 26)}{standing}\n"
        f"SRCC {number(prediction.srcc, 3)} · PLCC {number(prediction.plcc, 3)}{mapped}",
        loc="left",
        fontsize=9,
        fontweight="bold" if prediction.best else "normal",
    )
