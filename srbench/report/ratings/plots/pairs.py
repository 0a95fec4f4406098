"""Plots of paired comparisons."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from srbench.ratings.pair_scores import PairScores
from srbench.ratings.pair_study import PairAnalysis
from srbench.report.figures.style import COLOURS, SHAPES, WIDE, draw, label, number, panels, rows
from srbench.report.ratings.plots.raters import sorted_dots
from srbench.report.table import Plot

_COLOURS = "cividis"
_MOST = 24
"""Panels; the tables hold the rest."""


def scores(study: PairAnalysis) -> Plot | None:
    """Draw Bradley-Terry scores with intervals, all contents first; None without answers."""
    every = _panels(study)
    if not every:
        return None
    shown = [(name, fit, _order(study, fit)) for name, fit in every]
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    longest = max(min(len(name), 26) for _, fit, _ in shown for name in fit.items)
    # What the names of a panel leave, at 0.08 inches a letter.
    letters = max(14, int(_width(across) / across / 0.08 - longest - 3))
    # A message takes the room of about seven rows.
    sizes = [7 if fit.problem else max(len(order), 4) for _, fit, order in shown]
    heights = [0.24 * max(sizes[row * across : (row + 1) * across]) + 0.85 for row in range(down)]

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(shown), across, height_ratios=heights)
        for axes, (name, fit, order) in zip(grid, shown, strict=True):
            axes.set_title(label(name, 34), loc="left", fontsize=9.5)
            if fit.problem:
                _message(axes, fit.problem, letters)
            else:
                _scores_panel(axes, fit, order, whole=fit in study.overall)

    without = sum(bool(fit.problem) for _, fit, _ in shown)
    return Plot(
        key="scores",
        title="Bradley-Terry scores",
        caption=(
            "Scores in natural-log odds of being preferred, mean 0 in each panel; higher is better: a lead of 1 wins "
            f"73 % of the comparisons without ties. {_lines(shown)}"
            f"{len(study.contents)} content{'s' if len(study.contents) != 1 else ''}, {len(study.answers)} answers"
            + (f"; {without} panel{'s' if without > 1 else ''} without scores say why." if without else ".")
            + _hidden(study)
        ),
        svg=draw("scores", _width(across), sum(heights), paint),
        alt=_told(every),
    )


def _panels(study: PairAnalysis) -> list[tuple[str, PairScores]]:
    overall = [("all contents", study.overall[0])] if study.overall else []
    by_content = [(content or "all answers", fits[0]) for content, fits in study.contents.items()]
    return (overall + by_content)[:_MOST]


def _lines(shown: Sequence[tuple[str, PairScores, list[int]]]) -> str:
    """Say what the intervals cover; nothing where there are none."""
    known = [fit for _, fit, _ in shown if fit.robust_df is not None]
    if not known:
        return ""
    overall, by_content = (any(("content" in fit.clusters) == both for fit in known) for both in (True, False))
    covered = ["over raters and contents like these for all contents"] * overall
    covered += ["over raters like these for a content" if overall else "over raters like these"] * by_content
    bare = " Without a line: one rater." if any(f.robust_df is None and not f.problem for _, f, _ in shown) else ""
    return f"Lines: 95 % intervals {', '.join(covered)} (cluster-robust, Student t).{bare} "


def _hidden(study: PairAnalysis) -> str:
    more = len(study.contents) + len(study.overall[:1]) - _MOST
    return f" {more} more contents are in the tables alone." if more > 0 else ""


def _width(across: int) -> float:
    return WIDE if across > 1 else 7.0


def _order(study: PairAnalysis, fit: PairScores) -> list[int]:
    """Order items from best to worst: as over all contents, where that is known, so that panels can be compared."""
    overall = study.overall[0] if study.overall and not study.overall[0].problem else fit
    if not overall.problem:
        positions = dict(zip(overall.items, (-overall.score).tolist(), strict=True))
        return sorted(range(len(fit.items)), key=lambda i: positions[fit.items[i]])
    asked = np.maximum(fit.wins.sum(axis=0) + fit.wins.sum(axis=1), 1)
    return [int(i) for i in np.argsort(-fit.wins.sum(axis=1) / asked, kind="stable")]


def _scores_panel(axes: Axes, fit: PairScores, order: Sequence[int], *, whole: bool) -> None:
    rows(axes, [fit.items[i] for i in order], 26)
    mean, half = fit.score[list(order)], fit.half[list(order)]
    k = 1 if whole else 0
    axes.hlines(range(len(order)), mean - half, mean + half, color=COLOURS[k], linewidth=1.8, alpha=0.7)
    axes.plot(mean, range(len(order)), SHAPES[k], color=COLOURS[k], markersize=6)
    axes.axvline(0, color="#888888", linewidth=0.8)


def _message(axes: Axes, problem: str, letters: int) -> None:
    axes.set_axis_off()
    said = textwrap.fill(label(f"No scores: {problem}", 9 * letters), letters)
    axes.text(0.0, 0.98, said, va="top", fontsize=8.5, transform=axes.transAxes)


def _told(every: Sequence[tuple[str, PairScores]]) -> str:
    parts = []
    for name, fit in every[:6]:
        if fit.problem:
            parts.append(f"{name}: no scores")
        else:
            order = np.argsort(-fit.score, kind="stable")
            parts.append(f"{name}: " + ", ".join(f"{fit.items[i]} {fit.score[i]:.2f}" for i in order[:8]))
    more = f"; and {len(every) - 6} more panels" if len(every) > 6 else ""
    return "Dot plots of scores, best first. " + "; ".join(parts) + more + "."


def wins(study: PairAnalysis) -> Plot | None:
    """Draw how often each item was preferred to each other, content by content; None without answers."""
    every = _panels(study)
    if not every:
        return None
    most = max(len(fit.items) for _, fit in every)
    across = min(len(every), 3 if most <= 8 else 2 if most <= 14 else 1)
    down = -(-len(every) // across)
    side = WIDE / across if across > 1 else float(np.clip(0.5 * most + 2.5, 5.5, WIDE))

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(every), across)
        for axes, (name, fit) in zip(grid, every, strict=True):
            axes.set_title(label(name, 34), loc="left", fontsize=9.5)
            _wins_panel(axes, fit, _order(study, fit), 0.62 * side / max(len(fit.items), 1))
        bar = figure.colorbar(ScalarMappable(Normalize(0, 100), _COLOURS), ax=grid, pad=0.015, fraction=0.03)
        bar.set_label("row preferred to column, %")
        bar.outline.set_visible(False)  # type: ignore[operator]

    decided = sum(int(fits[0].wins.sum()) for fits in study.contents.values())
    ties = sum(fits[0].ties for fits in study.contents.values())
    return Plot(
        key="wins",
        title="Who was preferred to whom",
        caption=(
            "Per cent of the comparisons of a row with a column in which the row was preferred; ties are left out, and "
            "what was never compared stays grey. Rows and columns: best first. "
            f"{decided} decided answers, {ties} ties.{_hidden(study)}"
        ),
        svg=draw("wins", side * across if across > 1 else side, down * 0.86 * min(side, 6.5) + 0.2, paint),
        alt=f"Heat maps of wins for {len(every)} panels with up to {most} items; the tables have the scores.",
    )


def _wins_panel(axes: Axes, fit: PairScores, order: Sequence[int], room: float) -> None:
    """Draw the shares of wins; room is the side of one cell in inches."""
    wins = fit.wins[np.ix_(order, order)]
    asked = wins + wins.T
    share = np.divide(wins, asked, out=np.full(wins.shape, np.nan), where=asked > 0)
    axes.imshow(np.ma.masked_invalid(share), cmap=_COLOURS, vmin=0, vmax=1, interpolation="none", aspect="auto")
    axes.set_facecolor("#DDDDDD")
    names = [label(fit.items[i], 18) for i in order]
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) * 0.075 > room else 0)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    # Three digits of 8 points need a quarter of an inch.
    if room < 0.25:
        return
    for (row, column), value in np.ndenumerate(share):
        if np.isfinite(value):
            colour = "black" if value > 0.55 else "white"
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8, color=colour)


def agreement(study: PairAnalysis) -> Plot | None:
    """Draw how often each rater says what most of the others say; None where nobody can be compared."""
    known = {rater: share for rater, (_, share) in study.agreement.items() if share is not None}
    if not known:
        return None
    kinds = [("rater", COLOURS[0], "o")] * len(known)
    svg = sorted_dots(
        "agreement",
        list(known),
        np.array(list(known.values())),
        kinds,
        "share that agrees with the majority",
        (0.5, "guessing"),
    )
    low = min(known, key=lambda rater: known[rater])
    return Plot(
        key="agreement",
        title="Raters: agreement with the majority",
        caption=(
            "Each mark is a rater: the share of their answers that agree with what most of the others said of the same "
            "pair; ties and even splits do not count. A rater who guesses is near the dashed line. "
            f"{len(known)} of {len(study.agreement)} raters."
        ),
        svg=svg,
        alt=f"Dot plot of {len(known)} raters' agreement; lowest: {low}, {number(known[low])}.",
    )
