"""Claims about the mean on real values: n of a challenge's 400 images are seen; the order of all 400 is the truth."""

from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure, pooled
from benchmarks.coverage.marks import gaps
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.influence import Influence, influence
from srbench.stats.paired import lasting_p_each, mean_p_each

CEILINGS = {14: 0.24, 50: 0.21, 100: 0.11}
"""Share of tables with a false claim that must not be passed: what t + Holm was measured to have."""
KEPT = (0.8, 1.0)
MARK = "t + Holm + lasting (the mark)"


def measured(trials: int, signs: int, lines: int, fixture: Floats) -> Iterator[Figure]:
    """Measure false and right claims of the marks, and what the influence line names where they are false.

    Args:
        trials: Number of tables.
        signs: Number of tables for the alternative, the same with sign flips.
        lines: Largest number of tables with a false claim whose influence line is looked at.
        fixture: Real values, `(models, images)`.
    """
    truth = np.sign(gaps(fixture).mean(axis=0))
    for n, ceiling in CEILINGS.items():
        generator = np.random.default_rng((19, n))
        tables = [fixture[:, generator.permutation(fixture.shape[1])[:n]] for _ in range(trials)]
        claims = {"t + Holm": [_claims(table, mean_p_each(gaps(table))) for table in tables]}
        claims[MARK] = [_claims(table, lasting_p_each(gaps(table))) for table in tables]
        if n <= 20:
            claims["sign-flip + Holm + lasting"] = [
                _claims(table, lasting_p_each(gaps(table), "sign-flip")) for table in tables[:signs]
            ]
        regime, column = "n of the challenge's 400 images", f"n = {n}"
        for mark, made in claims.items():
            wrong = [float((claim * truth < 0).any()) for claim in made]
            aim = (0.0, ceiling) if mark == MARK else AT_MOST_5
            yield figure(f"{mark}: a false claim", regime, column, "false claims", wrong, aim)
            if mark == MARK:
                yield figure("the same against the aim of 5 %", regime, column, "false claims", wrong, AT_MOST_5)
            if mark != "t + Holm":
                plain = claims["t + Holm"][: len(made)]
                kept = [
                    (int(((one * truth > 0) & (of * truth > 0)).sum()), int((of * truth > 0).sum()))
                    for one, of in zip(made, plain, strict=True)
                ]
                yield pooled(f"{mark}: right claims of t + Holm kept", regime, column, "right claims", kept, KEPT)
        yield from _named(tables, claims[MARK], truth, column, lines)


def _claims(table: Floats, p_values: list[float]) -> Ints:
    """Return the direction of each claim, 0 where there is none, `(pairs,)`."""
    return np.asarray(np.sign(gaps(table).mean(axis=0)) * (np.array(holm(p_values)) < LEVEL), dtype=np.int64)


def _named(tables: list[Floats], claims: list[Ints], truth: Floats, column: str, most: int) -> Iterator[Figure]:
    """Measure how often, where a claim is false, the influence line names an image that carries it."""
    found, chance, regime = [], [], "tables with a false claim by the mark"
    generator = np.random.default_rng(20)
    for table, claim in zip(tables, claims, strict=True):
        false = claim * truth < 0
        if not false.any() or len(found) == most:
            continue
        named = images_of(influence(dict(enumerate(table)), higher_is_better=True))
        others = generator.permutation(table.shape[1])[: len(named)].tolist()
        found.append(float(any(undone(table, image, false) for image in named)))
        chance.append(float(any(undone(table, image, false) for image in others)))
    if found:
        line = "the influence line names an image without which a false claim is not made"
        yield figure(line, regime, column, "described", found)
        yield figure("as many images drawn by chance hold such a one", regime, column, "described", chance)


def images_of(line: Influence[int]) -> list[int]:
    """Return the images that the line names."""
    return list(dict.fromkeys((*line.few, *(line.deciding or ()))))


def undone(table: Floats, image: int, false: Floats) -> bool:
    """Whether one of the false claims is not made without this image."""
    rest = np.delete(table, image, axis=1)
    return bool((_claims(rest, lasting_p_each(gaps(rest)))[false] == 0).any())
