"""What the influence line names where the marks make a false claim about the mean on real values."""

from collections.abc import Iterator
from math import comb

import numpy as np

from benchmarks.coverage.challenge import CEILINGS, claims
from benchmarks.coverage.figures import Figure, figure
from benchmarks.coverage.marks import gaps
from srbench.report.runs.influence_line import NAMED
from srbench.stats.arrays import Flags, Floats
from srbench.stats.corrections import holm
from srbench.stats.fragility import carried_by_one
from srbench.stats.influence import influence
from srbench.stats.paired import lasting_p_each, mean_p_each

ALL, SURE = "tables with a false claim", "tables with a false claim of p < 0.01"
_TABLES = 40
"""Tables that are looked at for each that has a false claim, at most."""


def measured(lines: int, fixture: Floats) -> Iterator[Figure]:
    """Measure lines under tables with a false claim, and how often a table without one has such a line.

    Args:
        lines: Number of tables with a false claim.
        fixture: Real values, `(models, images)`.
    """
    truth = np.sign(gaps(fixture).mean(axis=0))
    for n in CEILINGS:
        generator = np.random.default_rng((20, n))
        found: dict[str, list[dict[str, float]]] = {ALL: [], SURE: []}
        right: list[float] = []
        for _ in range(_TABLES * lines):
            if len(found[ALL]) == lines:
                break
            table = fixture[:, generator.permutation(fixture.shape[1])[:n]]
            # What t + Holm does not claim, the mark does not claim either.
            if not (claims(table, mean_p_each(gaps(table))) * truth < 0).any():
                right += [float(carried_by_one(gaps(table)) is not None)] if len(right) < lines else []
                continue
            p_values = lasting_p_each(gaps(table))
            false = claims(table, p_values) * truth < 0
            sure = false & (np.array(holm(p_values)) < 0.01)
            for regime, of in ((ALL, false), (SURE, sure)):
                if of.any():
                    found[regime].append(line_of(table, of))
        yield from _figures(found, f"n = {n}")
        what, regime = "the line names an image that claims rest on", "tables without a false claim"
        yield figure(what, regime, f"n = {n}", "described", right)


def _figures(found: dict[str, list[dict[str, float]]], column: str) -> Iterator[Figure]:
    for regime, lines in found.items():
        for what in lines[0] if lines else ():
            yield figure(what, regime, column, "described", [line[what] for line in lines])


def line_of(table: Floats, false: Flags) -> dict[str, float]:
    """Say what a table's line names, beside images drawn by chance.

    Args:
        table: Values, `(models, images)`.
        false: The false claims among all pairs.
    """
    n = table.shape[1]
    undoes = np.array([undone(table, image, false) for image in range(n)])
    old = influence(dict(enumerate(table)), higher_is_better=True)
    orders = {*old.few, *(old.deciding or ())} if len(old.deciding or ()) <= NAMED else {*old.few}
    carried = carried_by_one(gaps(table))
    named = orders | ({carried.image} if carried else set())
    return {
        "the line names an image without which a false claim is not made": float(undoes[list(named)].any()),
        "as many images drawn by chance hold such a one": _by_chance(int(undoes.sum()), n, len(named)),
        "some image of the table is such a one": float(undoes.any()),
        "the image that the most claims rest on is such a one": float(carried is not None and undoes[carried.image]),
        "one image drawn by chance is such a one": float(undoes.mean()),
        "images that reverse orders or change who is best hold such a one": float(undoes[list(orders)].any()),
    }


def _by_chance(hits: int, n: int, drawn: int) -> float:
    return 1 - comb(n - hits, drawn) / comb(n, drawn)


def undone(table: Floats, image: int, false: Flags) -> bool:
    """Whether one of the false claims is not made without this image."""
    rest = np.delete(table, image, axis=1)
    return bool((claims(rest, lasting_p_each(gaps(rest)))[false] == 0).any())
