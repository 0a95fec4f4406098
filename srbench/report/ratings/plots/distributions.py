"""Colour-coded distributions in columns, as the SRGAN paper shows scores and ranks (Ledig et al., CVPR 2017)."""

from collections.abc import Sequence

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from srbench.core.wording import counted
from srbench.ratings import mos
from srbench.ratings.analysis import Analysis
from srbench.ratings.ranks import Ranks
from srbench.ratings.votes import Scale
from srbench.report.figures.style import WIDE, draw, label, names_below, number, panels
from srbench.report.table import Plot
from srbench.stats.arrays import Floats

_COLOURS = "cividis"
_OUTLINE = [patheffects.withStroke(linewidth=3.0, foreground="black")]


def by_model(study: Analysis) -> Plot | None:
    """Draw the distribution of the scores of each model; None without single votes or without models."""
    centres, shares = study.distribution
    means = {g.model: g.mean for g in mos.model_means(study.scores) if not g.dataset}
    models = sorted((m for m in shares if m in means), key=lambda m: means[m])
    if not models:
        return None
    table = np.column_stack([shares[model] for model in models])
    step = centres[1] - centres[0] if len(centres) > 1 else 1.0
    places = [(means[model] - centres[0]) / step for model in models]
    width = _width(len(models))

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        top = max(float(table.max()), 0.01)
        _columns(axes, table, places, [number(means[m]) for m in models], top)
        names_below(axes, models, (width - 1.6) / len(models))
        axes.set_yticks(range(len(centres)), bin_names(centres, study.scores.scale))
        axes.set_ylabel("score (higher is better)")
        _bar(figure, [axes], top, "share of the model's votes")

    votes = len(study.votes) if study.votes else 0
    told = ", ".join(f"{model} {means[model]:.2f}" for model in models)
    return Plot(
        key="distributions",
        title="Score distributions",
        caption=(
            "One column for each model, from the lowest mean to the highest; the colour of a cell, and the per cent in "
            "it, are the share of the model's votes that gave this score (no number: none). Diamond, and number above: "
            f"mean of the images' scores. {counted(votes, 'vote')} on {counted(len(models), 'model')}, rejected raters "
            "left out."
        ),
        svg=draw("distributions", width, max(3.4, 0.42 * len(centres) + 1.5), paint),
        alt=f"Heat map of votes by model and score. Mean scores, lowest first: {told}.",
    )


def by_stimulus(study: Analysis) -> Plot | None:
    """Draw the distribution of the scores of every stimulus, sorted by score; for studies without models."""
    centres, shares = study.distribution
    if list(shares) != [""] or not study.stimulus_histogram.size:
        return None
    order = np.argsort(study.scores.mean, kind="stable")
    counts = study.stimulus_histogram[order]
    table = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).T
    mean = study.scores.mean[order]

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        axes.imshow(
            table, cmap=_COLOURS, vmin=0, vmax=float(table.max()), aspect="auto", origin="lower", interpolation="none"
        )
        step = centres[1] - centres[0] if len(centres) > 1 else 1.0
        curve = (mean - centres[0]) / step
        axes.plot(range(len(mean)), curve, color="white", linewidth=1.6, path_effects=_OUTLINE, label="mean score")
        axes.set_yticks(range(len(centres)), bin_names(centres, study.scores.scale))
        axes.set_ylabel("score (higher is better)")
        if len(mean) <= 40:
            names = [label(study.scores.stimuli[i].name, 24) for i in order]
            axes.set_xticks(range(len(names)), names, rotation=90)
        else:
            axes.set_xlabel("stimuli, sorted by score")
        _bar(figure, [axes], float(table.max()), "share of the stimulus's votes")

    return Plot(
        key="distributions",
        title="Score distributions",
        caption=(
            "One column for each stimulus, from the lowest score to the highest; the colour of a cell is the share of "
            f"the stimulus's votes that gave this score. White curve: the mean. {len(mean)} stimuli, "
            f"{counted(int(counts.sum()), 'vote')}, rejected raters left out."
        ),
        svg=draw("distributions", WIDE, 3.6 if len(mean) > 40 else 4.8, paint),
        alt=f"Heat map of votes by stimulus and score; the stimuli's means run from {mean[0]:.2f} to {mean[-1]:.2f}.",
    )


def ranks(study: Analysis) -> Plot | None:
    """Draw the distribution of each model's ranks over the images; None where no image shows all models."""
    by_set: dict[str, list[Ranks]] = {}
    for one in study.ranks:
        by_set.setdefault(one.dataset, []).append(one)
    if not by_set:
        return None
    most = max(map(len, by_set.values()))
    across = 2 if len(by_set) > 1 and most <= 6 else 1
    down = -(-len(by_set) // across)
    width = WIDE if across == 2 else _width(most)

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(by_set), across)
        for axes, (dataset, members) in zip(grid, by_set.items(), strict=True):
            _ranks_panel(axes, members, (width - 1.4) / across / len(members))
            if len(by_set) > 1:
                axes.set_title(label(dataset, 50) or "all data sets", loc="left", pad=18)
        _bar(figure, grid, 1.0, "share of the images")

    told = "; ".join(
        f"{dataset + ': ' if dataset else ''}"
        + ", ".join(f"{r.model} {r.mean:.2f}" for r in sorted(members, key=lambda r: r.mean))
        for dataset, members in by_set.items()
    )
    images = ", ".join(
        f"{counted(len(members[0].ranks), 'image')}{' of ' + d if d else ''}" for d, members in by_set.items()
    )
    return Plot(
        key="ranks",
        title="Average rank",
        caption=(
            "Image by image the models are ranked by score; 1 is best. The colour of a cell, and the per cent in it, "
            "are the share of images on which the model has this rank (no number: none); a tie counts half for each of "
            "the ranks that it lies between. Diamond, and number above: mean rank. Images with every model only: "
            f"{images}."
        ),
        svg=draw("ranks", width, down * max(2.9, 0.36 * most + 1.5), paint),
        alt=f"Heat map of ranks by model. Mean ranks, best first: {told}.",
    )


def _ranks_panel(axes: Axes, members: Sequence[Ranks], room: float) -> None:
    ordered = sorted(members, key=lambda r: -r.mean)
    size = len(ordered)
    table = np.zeros((size, size))
    for column, one in enumerate(ordered):
        low = np.floor(one.ranks).astype(np.int64)
        rest = one.ranks - low
        np.add.at(table[:, column], low - 1, (1 - rest) / len(low))
        np.add.at(table[:, column], np.minimum(low, size - 1), rest / len(low))
    _columns(axes, table, [one.mean - 1 for one in ordered], [number(one.mean) for one in ordered], 1.0)
    axes.invert_yaxis()
    axes.set_yticks(range(size), [str(i + 1) for i in range(size)])
    axes.set_ylabel("rank (1 is best)")
    names_below(axes, [one.model for one in ordered], room)


def _columns(axes: Axes, table: Floats, places: Sequence[float], texts: Sequence[str], top: float) -> None:
    """Draw cells `(rows, columns)` with their per cents at the left, the mean's diamond at the right of each column."""
    size = table.shape
    sign = " %" if size[1] <= 8 else ""
    edges = [np.arange(n + 1) - 0.5 for n in (size[1], size[0])]
    axes.pcolormesh(edges[0], edges[1], table, cmap=_COLOURS, vmin=0, vmax=top, edgecolor="white", linewidth=0.8)
    for (row, column), share in np.ndenumerate(table):
        colour = "black" if share > 0.55 * top else "white"
        if share > 0:
            said = f"{100 * share:.0f}{sign}"
            axes.text(column - 0.14, row, said, color=colour, fontsize=8, ha="center", va="center")
    for column, (place, text) in enumerate(zip(places, texts, strict=True)):
        axes.plot([column + 0.24, column + 0.5], [place, place], color="white", linewidth=1.4, path_effects=_OUTLINE)
        axes.plot(column + 0.37, place, "D", color="white", markeredgecolor="black", markersize=6, clip_on=False)
        # In fractions of the panel: above it, whichever way its axis runs.
        at = ((column + 0.5) / size[1], 1.01)
        axes.text(*at, text, ha="center", va="bottom", fontsize=9, fontweight="bold", transform=axes.transAxes)
    axes.set_xlim(-0.5, size[1] - 0.5)
    axes.set_ylim(-0.5, size[0] - 0.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _bar(figure: Figure, grid: Sequence[Axes], top: float, title: str) -> None:
    bar = figure.colorbar(ScalarMappable(Normalize(0, 100 * top), _COLOURS), ax=list(grid), pad=0.015, fraction=0.035)
    bar.set_label(f"{title}, %")
    bar.outline.set_visible(False)  # type: ignore[operator]


def _width(columns: int) -> float:
    return float(np.clip(2.4 + 0.85 * columns, 5.6, max(WIDE, 1.6 + 0.56 * columns)))


def bin_names(centres: Floats, scale: Scale) -> list[str]:
    """Name each bin by its score, or by its range."""
    if len(scale.categories()) == len(centres) and np.allclose(centres, scale.categories()):
        return [f"{centre:g}" for centre in centres]
    half = (centres[1] - centres[0]) / 2
    return [f"{centre - half:g}–{centre + half:g}" for centre in centres]
