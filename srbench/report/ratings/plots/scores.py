"""Scores with their intervals: of models, of stimuli, and relative to references."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench.ratings.analysis import Analysis
from srbench.ratings.mos import ModelMean
from srbench.ratings.votes import Stimulus
from srbench.report.figures.style import COLOURS, GREY, SHAPES, WIDE, draw, label, legend, number, panels, rows
from srbench.report.numbers import cut, ends_around
from srbench.report.ratings import bounds
from srbench.report.table import Plot
from srbench.stats.arrays import Floats

_SCORE = {"none": "score", "dmos": "DMOS", "crushed": "crushed DMOS"}


def models(study: Analysis) -> Plot | None:
    """Draw the means of models with both intervals; None without models."""
    by_set: dict[str, list[ModelMean]] = {}
    for group in study.models:
        by_set.setdefault(group.dataset, []).append(group)
    if not by_set:
        return None
    first = by_set.get("") or next(iter(by_set.values()))
    order = [g.model for g in sorted(first, key=lambda g: -g.mean)]
    order += sorted({g.model for g in study.models} - set(order))
    across = min(3, len(by_set))
    down = -(-len(by_set) // across)
    lettered = bool(study.letters)

    def paint(figure: Figure) -> None:
        grid = panels(figure, len(by_set), across, sharex=True, sharey=True)
        for i, (axes, (dataset, means)) in enumerate(zip(grid, by_set.items(), strict=True)):
            look = (COLOURS[i % len(COLOURS)], SHAPES[i % len(SHAPES)])
            _means_panel(axes, means, order, study.letters.get(dataset, {}), look, bounds.of_means(study))
            if len(by_set) > 1:
                axes.set_title(label(dataset, 34) or "all data sets", loc="left")
            axes.set_xlabel(f"mean {_SCORE[study.options.relative]} (higher is better)")
            axes.tick_params(labelbottom=True)

    told = ", ".join(f"{g.model} {g.mean:.2f}" for g in sorted(first, key=lambda g: -g.mean))
    return Plot(
        key="models",
        title="Models with 95 % intervals",
        caption=_models_caption(study, len(order), lettered=lettered),
        svg=draw(
            "models", WIDE if len(by_set) > 1 else 8.0, down * (0.3 * len(order) + 0.85 + 0.25 * (down > 1)), paint
        ),
        alt=f"Dot plot of the models' mean scores with 95 % intervals. Best first: {told}.",
    )


def _models_caption(study: Analysis, count: int, *, lettered: bool) -> str:
    over = any(g.raters is not None and g.half is not None for g in study.models)
    parts = ["Marker: mean of the images' scores, each image counting once."]
    if any(g.half is not None for g in study.models):
        whose = "over raters like these, on these images" if over else "from the errors of the stimuli, these raters"
        parts.append(f"Thick line: 95 % interval {whose}.")
    if any(g.ci95_raters_images is not None for g in study.models):
        parts.append("Thin line: 95 % interval over raters and images like these (bootstrap).")
    if lettered:
        fixed = study.differences[0].test != "two-way"
        over_what = "images alone, these raters held fixed" if fixed else "raters and images"
        parts.append(f"Models with a letter in common are not told apart at 5 % ({over_what}, Holm's correction).")
    images = {g.images for g in study.models if not g.dataset}
    span = f"{min(images)} to {max(images)}" if len(images) > 1 else "".join(map(str, images))
    parts.append(f"{count} model{'s' if count > 1 else ''}, {span} images each.")
    return " ".join(parts)


def _means_panel(
    axes: Axes,
    means: Sequence[ModelMean],
    order: Sequence[str],
    letters: dict[str, str],
    look: tuple[str, str],
    ends: tuple[float, float],
) -> None:
    rows(axes, order)
    colour, shape = look
    for group in means:
        y = order.index(group.model)
        both, raters = cut(group.ci95_raters_images, *ends), cut(ends_around(group.mean, group.half), *ends)
        if both:
            axes.plot(both, [y, y], color=colour, linewidth=1.1, solid_capstyle="butt")
            axes.plot(both, [y, y], "|", color=colour, markersize=6)
        if raters:
            axes.plot(raters, [y, y], color=colour, linewidth=4, alpha=0.5, solid_capstyle="butt")
        axes.plot(group.mean, y, shape, color=colour, markersize=5.5)
        said = f"{number(group.mean)} {letters.get(group.model, '')}".rstrip()
        axes.annotate(
            said, (1.015, y), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, annotation_clip=False
        )


def stimuli(study: Analysis) -> Plot | None:
    """Draw every stimulus, sorted by score, with its interval; None below two stimuli."""
    scores = study.scores
    if len(scores.stimuli) < 2:
        return None
    order = np.argsort(-scores.mean, kind="stable")
    named = len(order) <= 40
    kinds = _kinds(scores.stimuli)

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        half = np.nan_to_num(scores.half)
        for k, (kind, members) in enumerate(kinds.items()):
            at = np.array([p for p, i in enumerate(order) if i in members])
            indices = order[at]
            _marks(axes, at, scores.mean[indices], half[indices], k, label(kind), upright=named)
        if named:
            rows(axes, [scores.stimuli[i].name for i in order], 44)
            axes.set_xlabel("score (higher is better)")
        else:
            axes.set_xlim(-1, len(order))
            axes.set_xlabel("stimuli, best first")
            axes.set_ylabel("score (higher is better)")
            axes.grid(axis="y")
        if len(kinds) > 1:
            legend(figure, axes)

    known = int(np.isfinite(scores.half).sum())
    best, worst = (scores.stimuli[order[i]].name for i in (0, -1))
    return Plot(
        key="stimuli",
        title="Stimuli with 95 % intervals",
        caption=(
            f"{len(order)} stimuli sorted by score; lines: 95 % intervals"
            + (f", known of {known} of them." if known < len(order) else ".")
            + (" Colours and shapes: see the legend." if len(kinds) > 1 else "")
        ),
        svg=draw("stimuli", WIDE, 0.21 * len(order) + 1.2 if named else 4.0, paint),
        alt=(
            f"Scores of all stimuli with 95 % intervals, from {scores.mean.max():.2f} ({best}) to "
            f"{scores.mean.min():.2f} ({worst})."
        ),
    )


def _marks(axes: Axes, at: Floats, mean: Floats, half: Floats, k: int, name: str, *, upright: bool) -> None:
    crowded = at[-1] > 300
    look = {"color": COLOURS[k], "linewidth": 0.6 if crowded else 1.1, "alpha": 0.3 if crowded else 0.6, "zorder": 2}
    dots = {"color": COLOURS[k], "markersize": 5 if upright else 3.6, "linestyle": "none", "label": name, "zorder": 3}
    if upright:
        axes.hlines(at, mean - half, mean + half, **look)  # type: ignore[arg-type]
        axes.plot(mean, at, SHAPES[k], **dots)  # type: ignore[arg-type]
    else:
        axes.vlines(at, mean - half, mean + half, **look)  # type: ignore[arg-type]
        axes.plot(at, mean, SHAPES[k], **dots)  # type: ignore[arg-type]


def _kinds(stimuli: Sequence[Stimulus]) -> dict[str, set[int]]:
    """Group stimuli by model, else by data set, else all in one, so that there are colours enough."""
    for of in (lambda s: s.model, lambda s: s.dataset):
        groups: dict[str, set[int]] = {}
        for i, stimulus in enumerate(stimuli):
            groups.setdefault(of(stimulus) or "no model", set()).add(i)
        if 1 < len(groups) <= len(COLOURS):
            return groups
    return {"stimuli": set(range(len(stimuli)))}


def relative(study: Analysis) -> Plot | None:
    """Draw scores relative to the hidden references against the scores; None without references."""
    if study.dmos is None:
        return None
    at = study.scores.by_name()
    members = [i for i, s in enumerate(study.dmos.stimuli) if s.name in at]
    dmos = study.dmos.keep(members)
    mean = study.scores.mean[[at[s.name] for s in dmos.stimuli]]
    reference = np.array([s.reference for s in dmos.stimuli], dtype=bool)
    top = dmos.scale.high

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        for chosen, k, name in ((~reference, 0, "processed"), (reference, 1, "hidden references")):
            if chosen.any():
                axes.errorbar(
                    mean[chosen],
                    dmos.mean[chosen],
                    np.nan_to_num(dmos.half[chosen]),
                    fmt=SHAPES[k],
                    color=COLOURS[k],
                    ecolor=COLOURS[k] + "66",
                    elinewidth=1,
                    markersize=5,
                    label=name,
                )
        axes.axhline(top, color=GREY, linestyle="--", linewidth=1)
        axes.annotate(
            f"as good as the reference ({top:g})",
            (0.01, top),
            xytext=(0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=8.5,
        )
        axes.set(xlabel="MOS (higher is better)", ylabel="DMOS (higher is better)")
        axes.grid()
        legend(figure, axes)

    return Plot(
        key="dmos",
        title="DMOS against MOS",
        caption=(
            "DMOS: mean of each rater's vote minus the same rater's vote on the hidden reference of the content, plus "
            f"{top:g}. Above the dashed line raters prefer the processed picture. Lines: 95 % intervals of DMOS. "
            f"{int((~reference).sum())} stimuli, {int(reference.sum())} references."
        ),
        svg=draw("dmos", 7.5, 4.6, paint),
        alt=f"Scatter of DMOS against MOS for {len(members)} stimuli; {(dmos.mean > top).sum()} lie above {top:g}.",
    )
