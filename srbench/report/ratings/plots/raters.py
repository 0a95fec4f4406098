"""What the raters did, and what treating their votes does."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench.ratings.analysis import Analysis
from srbench.ratings.rater_summary import RaterSummary
from srbench.ratings.sensitivity import Variant
from srbench.report.figures import labels
from srbench.report.figures.style import COLOURS, GREY, SHAPES, WIDE, draw, label, legend, panels, rows
from srbench.report.table import Plot
from srbench.stats.arrays import Flags, Floats, Ints

_KINDS = (
    ("counts", COLOURS[0], "o"),
    ("flagged by a rule, counts", "#B37A00", "^"),
    ("does not count", COLOURS[1], "X"),
)
_NAMED = 40
_PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}


def consistency(study: Analysis) -> Plot | None:
    """Draw bias against inconsistency of each rater; None where neither can be told."""
    raters = study.raters
    if raters is None:
        return None
    known = np.isfinite(raters.bias) & np.isfinite(raters.inconsistency)
    if not known.any():
        return None
    kinds = _kinds(raters)

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        for k, (name, colour, shape) in enumerate(_KINDS):
            members = known & (kinds == k)
            if members.any():
                axes.plot(
                    raters.bias[members], raters.inconsistency[members], shape, color=colour, label=name, markersize=7
                )
        axes.axvline(0, color=GREY, linestyle="--", linewidth=1)
        axes.set(xlabel="bias: how much higher than the others the rater votes", ylabel="inconsistency")
        axes.margins(0.12)
        axes.grid()
        legend(figure, axes)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        _write_names(axes, raters, known, _labelled(kinds), [_KINDS[kind][1] for kind in kinds])

    marked = [name for name, kind in zip(raters.names, kinds, strict=True) if kind == 2]
    return Plot(
        key="raters",
        title="Raters: bias and inconsistency",
        caption=(
            "Each mark is a rater: how much higher than the others they vote (bias), and how widely their votes "
            "scatter around what bias and stimulus explain (inconsistency, maximum likelihood of ITU-T P.910), in "
            f"units of the scale. {int(known.sum())} of {len(raters.names)} raters"
            + ("." if known.all() else "; of the others it cannot be told.")
            + " Names of those whom a rule rejects, where there is room."
        ),
        svg=draw("raters", 8.0, 4.8, paint),
        alt=f"Scatter of {int(known.sum())} raters. Raters who do not count: {', '.join(marked) or 'none'}.",
    )


def _kinds(raters: RaterSummary) -> Ints:
    """Classify raters: 0 counts, 1 would be rejected by a rule, 2 does not count."""
    pairs = zip(raters.excluded, raters.rejected, strict=True)
    return np.array([2 if gone else 1 if rules else 0 for gone, rules in pairs], dtype=np.int64)


def _labelled(kinds: Ints) -> list[int]:
    """Choose the raters to name: those who do not count first; where there are too many others, none of those."""
    gone, flagged = (np.flatnonzero(kinds == k).tolist() for k in (2, 1))
    return (gone if len(gone) <= _NAMED else []) + (flagged if len(gone) + len(flagged) <= 25 else [])


def _write_names(axes: Axes, raters: RaterSummary, known: Flags, wanted: Sequence[int], colours: Sequence[str]) -> None:
    """Write the names of raters beside their marks, where there is room."""
    at = np.column_stack([raters.bias, raters.inconsistency])
    pixels = axes.transData.transform(at[known])
    half = 4 * labels.pixels_per_point(axes)
    names = [labels.PointLabel(label(raters.names[i], 22), at[[i]], colours[i]) for i in wanted if known[i]]
    zero = axes.transData.transform([(0.0, height) for height in axes.get_ylim()])
    labels.write(axes, names, np.hstack([pixels - half, pixels + half]), zero[None], 4)


def agreement(study: Analysis) -> Plot | None:
    """Draw the correlation of each rater with the mean of all, sorted; None where it cannot be told."""
    raters = study.raters
    if raters is None or not np.isfinite(raters.correlation).any():
        return None
    kinds = [_KINDS[k] for k in _kinds(raters)]
    least = study.options.least_correlation
    below = int((raters.correlation < least).sum())
    known = int(np.isfinite(raters.correlation).sum())
    svg = sorted_dots(
        "correlation", raters.names, raters.correlation, kinds, "correlation with the mean of all", (least, "threshold")
    )
    return Plot(
        key="correlation",
        title="Raters: agreement with the mean",
        caption=(
            "Each mark is a rater: correlation of their votes with the mean votes of all, best first. Dashed: the "
            f"threshold of the rule of correlation, {least:g}"
            + ("" if "correlation" in study.options.screen else ", which is not applied here")
            + f". {known} of {len(raters.names)} raters; {below} below the threshold."
            + (" Too many for names; the table of raters has them." if known > _NAMED else "")
        ),
        svg=svg,
        alt=f"Dot plot of {known} raters' correlation with the mean; {below} are below {least:g}.",
    )


def sorted_dots(
    key: str,
    names: Sequence[str],
    values: Floats,
    kinds: Sequence[tuple[str, str, str]],
    axis: str,
    limit: tuple[float, str],
) -> str:
    """Draw raters from best to worst: in rows with names, or side by side where they are too many.

    Args:
        key: Key of the plot.
        names: Names of the raters.
        values: Value of each rater; NaN is left out.
        kinds: Name of the kind, colour and shape of each rater.
        axis: What the values are.
        limit: Value of a line to draw, and its name.
    """
    order = [i for i in np.argsort(-values, kind="stable").tolist() if np.isfinite(values[i])]
    upright = len(order) <= _NAMED

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        for kind in dict.fromkeys(kind for kind in (*_KINDS, *kinds) if kind in kinds):
            at = [rank for rank, i in enumerate(order) if kinds[i] == kind]
            shown = values[[order[rank] for rank in at]].tolist()
            if at:
                x, y = (shown, at) if upright else (at, shown)
                axes.plot(x, y, kind[2], color=kind[1], label=kind[0], markersize=6.5 if upright else 4)
        line = {"color": GREY, "linestyle": "--", "linewidth": 1, "label": f"{limit[1]} ({limit[0]:g})"}
        if upright:
            axes.axvline(limit[0], **line)  # type: ignore[arg-type]
            rows(axes, [names[i] for i in order])
            axes.set_xlabel(axis)
        else:
            axes.axhline(limit[0], **line)  # type: ignore[arg-type]
            axes.grid(axis="y")
            axes.set(xlabel="raters, best first", ylabel=axis)
        legend(figure, axes)

    return draw(key, 8.0 if upright else WIDE, 0.21 * len(order) + 1.3 if upright else 3.8, paint)


def effects(study: Analysis) -> Plot | None:
    """Draw what each treatment of the votes does to the intervals; None where there is nothing to compare."""
    variants = study.sensitivity
    if not any(variant.half is not None for variant in variants):
        return None

    def paint(figure: Figure) -> None:
        (axes,) = panels(figure, 1, 1)
        for y, variant in enumerate(variants):
            _effect(axes, y, variant)
        axes.plot([], [], SHAPES[3], color=COLOURS[1], markersize=8, label="this analysis")
        axes.plot([], [], "o", color=COLOURS[0], markerfacecolor="white", markersize=7, label="not applied")
        rows(axes, [variant.name for variant in variants], 44)
        axes.margins(x=0.1)
        axes.set_xlabel("mean half-width of the stimuli's 95 % intervals (smaller is more certain)")
        legend(figure, axes)

    told = ", ".join(f"{e.name} {e.half:.3f} ({len(e.rejected)} rejected)" for e in variants if e.half is not None)
    return Plot(
        key="effects",
        title="What screening and treatments do",
        caption=(
            "Each row: the votes treated in this way alone. The mark is the mean half-width of the stimuli's 95 % "
            "intervals, in units of the scale; at the right, how many raters no longer count. Fewer raters may give "
            f"narrower intervals and still a worse study. {len(study.raters.names) if study.raters else 0} raters, "
            f"{len(study.scores.stimuli)} stimuli."
        ),
        svg=draw("effects", 9.0, 0.33 * len(variants) + 1.4, paint),
        alt=f"Dot plot of mean half-widths by treatment: {told}.",
    )


def _effect(axes: Axes, y: int, variant: Variant) -> None:
    if variant.half is None:
        why = label(f"cannot be used: {variant.reason}", 78)
        axes.annotate(
            why, (0.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=GREY, bbox=_PLAIN
        )
        return
    look = (
        {"marker": SHAPES[3], "color": COLOURS[1], "markersize": 8}
        if variant.applied
        else {"marker": "o", "color": COLOURS[0], "markersize": 7, "markerfacecolor": "white", "markeredgewidth": 1.6}
    )
    axes.plot([variant.half], [y], linestyle="none", **look)  # type: ignore[arg-type]
    said = f"{len(variant.rejected)} rejected"
    axes.annotate(
        said, (1.015, y), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, annotation_clip=False
    )
