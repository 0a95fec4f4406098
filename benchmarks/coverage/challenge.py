"""Claims about the mean on real values: n of a challenge's 400 images are seen; the order of all 400 is the truth."""

from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.figures import AT_MOST_5, Figure, figure, pooled
from benchmarks.coverage.marks import gaps
from srbench.stats.arrays import Flags, Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.influence import Influence, influence
from srbench.stats.paired import lasting_p_each, mean_p_each

CEILINGS = {14: 0.24, 50: 0.21, 100: 0.11}
"""Share of tables with a false claim that must not be passed: what t + Holm was measured to have."""
KEPT = (0.8, 1.0)
MARK, SIGNS = "t + Holm + lasting (the mark)", "sign-flip + Holm + lasting"
_REGIME = "n of the challenge's 400 images"
_ALL_SIGNS = 20


def measured(trials: int, few: int, lines: int, fixture: Floats) -> Iterator[Figure]:
    """Measure false and right claims of the marks, and what the influence line names where they are false.

    The mark's claims are some of those of t + Holm. So where these are right, the mark's are, and need no computing.

    Args:
        trials: Number of tables in which false claims are counted.
        few: Number of tables in which right claims are counted, and the alternative with sign flips is tried.
        lines: Largest number of tables with a false claim whose influence line is looked at.
        fixture: Real values, `(models, images)`.
    """
    truth = np.sign(gaps(fixture).mean(axis=0))
    for n, ceiling in CEILINGS.items():
        generator = np.random.default_rng((19, n))
        tables = [fixture[:, generator.permutation(fixture.shape[1])[:n]] for _ in range(trials)]
        plain = [_claims(table, mean_p_each(gaps(table))) for table in tables]
        yield _false("t + Holm", plain, truth, n)
        marked = [
            _claims(table, lasting_p_each(gaps(table))) if i < few or (claim * truth < 0).any() else claim
            for i, (table, claim) in enumerate(zip(tables, plain, strict=True))
        ]
        yield _false(MARK, marked, truth, n, ceiling)
        yield _false(MARK, marked, truth, n)
        yield _kept(MARK, marked[:few], plain[:few], truth, n)
        if n <= _ALL_SIGNS:
            signs = [_claims(table, lasting_p_each(gaps(table), "sign-flip")) for table in tables[:few]]
            yield _false(SIGNS, signs, truth, n)
            yield _kept(SIGNS, signs, plain[:few], truth, n)
        yield from _named(tables, marked, truth, f"n = {n}", lines)


def _false(mark: str, claims: list[Ints], truth: Floats, n: int, most: float = AT_MOST_5[1]) -> Figure:
    wrong = [float((claim * truth < 0).any()) for claim in claims]
    what = f"{mark}: a false claim{'' if most == AT_MOST_5[1] else ', against what t + Holm had'}"
    return figure(what, _REGIME, f"n = {n}", "false claims", wrong, (0.0, most))


def _kept(mark: str, claims: list[Ints], plain: list[Ints], truth: Floats, n: int) -> Figure:
    """Count the right claims of t + Holm that are made by the mark too."""
    kept = [
        (int(((one * truth > 0) & (of * truth > 0)).sum()), int((of * truth > 0).sum()))
        for one, of in zip(claims, plain, strict=True)
    ]
    return pooled(f"{mark}: right claims of t + Holm kept", _REGIME, f"n = {n}", "right claims", kept, KEPT)


def _claims(table: Floats, p_values: list[float]) -> Ints:
    """Return the direction of each claim, 0 where there is none, `(pairs,)`."""
    return np.asarray(np.sign(gaps(table).mean(axis=0)) * (np.array(holm(p_values)) < LEVEL), dtype=np.int64)


def _named(tables: list[Floats], claims: list[Ints], truth: Floats, column: str, most: int) -> Iterator[Figure]:
    """Measure how often, where a claim is false, the influence line names an image that carries it."""
    found: list[float] = []
    chance: list[float] = []
    regime = "tables with a false claim by the mark"
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


def undone(table: Floats, image: int, false: Flags) -> bool:
    """Whether one of the false claims is not made without this image."""
    rest = np.delete(table, image, axis=1)
    if (_claims(rest, mean_p_each(gaps(rest)))[false] == 0).any():
        return True  # what t + Holm does not claim the mark does not claim either
    return bool((_claims(rest, lasting_p_each(gaps(rest)))[false] == 0).any())
