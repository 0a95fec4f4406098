"""Which content comes when: orders in which every question stands after every other about equally often.

A question here is the number of a model, or of a pair of models, among those that are asked on each content. Raters
come in blocks: within a block each order makes up for what those before it have shown too often or too rarely.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from srbench.survey.plan.design import TrialKind

BLOCK = 32
"""Raters in a block; a session is known without those of earlier blocks."""
Counts = Counter[tuple[int, int]]
"""How often a question has directly followed another."""


@lru_cache(maxsize=8)
def hands(seed: int, contents: int, size: int, block: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Return the contents that each rater of a block sees, and how many raters before have seen each content.

    They are taken from shuffled lists of all contents, one list after the other, so that each is seen about equally
    often.

    Args:
        seed: Seed of the study.
        contents: Number of contents.
        size: Number of contents that a rater sees.
        block: Number of the block, from 0.
    """
    first = block * BLOCK
    if size == contents:
        every = tuple(range(contents))
        return tuple((every, (rater,) * contents) for rater in range(first, first + BLOCK))
    seen = [0] * contents
    chosen: list[int] = []
    remaining: list[int] = []
    shuffles = 0
    found = []
    for rater in range(first + BLOCK):
        for content in chosen:
            seen[content] += 1
        chosen = []
        while len(chosen) < size:
            fresh = next((content for content in remaining if content not in chosen), None)
            if fresh is None:
                remaining += np.random.default_rng((seed, 1, shuffles)).permutation(contents).tolist()
                shuffles += 1
                continue
            remaining.remove(fresh)
            chosen.append(fresh)
        if rater >= first:
            found.append((tuple(chosen), tuple(seen)))
    return tuple(found)


def question(number: int, content: int, seen: int, questions: int) -> int:
    """Return which question a content has in a round: one further with every round and everybody who sees it."""
    return (number + content + seen) % questions


class Step(NamedTuple):
    """A place in a session.

    Attributes:
        kind: "trial", "repeat" or "trap".
        content: Number of the content; for a trap -1.
        number: Number of the round from 0; for a trap the number of the trap.
        question: Number of the question on the content; for a trap -1.
    """

    kind: TrialKind
    content: int
    number: int
    question: int


class Shape(NamedTuple):
    """The numbers that a session's order depends on.

    Attributes:
        seed: Seed of the study.
        contents: Number of contents.
        size: Number of contents that a rater sees.
        questions: Number of questions on each content, and of rounds.
        repeats: Share of the trials that are asked a second time, in the second half.
        traps: Number of traps, spread over the session.
    """

    seed: int
    contents: int
    size: int
    questions: int
    repeats: float
    traps: int


@lru_cache(maxsize=8)
def sessions(shape: Shape, block: int) -> tuple[tuple[Step, ...], ...]:
    """Return the sessions of a block of raters.

    In each round the next content is one whose question has followed the last question least often; no content comes
    twice in a row. Repeats and traps stand where they make up for what is uneven.
    """
    counts: Counts = Counter()
    found = []
    for at, (hand, seen) in enumerate(hands(shape.seed, shape.contents, shape.size, block)):
        generator = np.random.default_rng((shape.seed, 2, block * BLOCK + at))
        steps: list[Step] = []
        for number in range(shape.questions):
            asked = [Step("trial", c, number, question(number, c, seen[c], shape.questions)) for c in hand]
            steps += _round([asked[i] for i in generator.permutation(len(asked))], steps[-1:], counts)
        _add_extras(shape, steps, counts, generator)
        found.append(tuple(steps))
    return tuple(found)


def _round(asked: list[Step], last: list[Step], counts: Counts) -> list[Step]:
    """Put the questions of a round in order, and count what follows what."""
    order: list[Step] = []
    while asked:
        before = (last + order)[-1:]
        free = [step for step in asked if not before or step.content != before[0].content] or asked
        chosen = min(free, key=lambda step: counts[before[0].question, step.question]) if before else free[0]
        if before:
            counts[before[0].question, chosen.question] += 1
        asked = [step for step in asked if step is not chosen]
        order.append(chosen)
    return order


def _add_extras(shape: Shape, steps: list[Step], counts: Counts, generator: np.random.Generator) -> None:
    """Add repeats to the second half, and traps all along."""
    half, asked = len(steps) // 2, len(steps)
    for i in generator.permutation(half)[: round(shape.repeats * asked)].tolist():
        _insert(steps, steps[i]._replace(kind="repeat"), counts, generator, (half + 1, len(steps) + 1))
    for number in range(shape.traps):
        span = (number * len(steps) // shape.traps, (number + 1) * len(steps) // shape.traps)
        _insert(steps, Step("trap", -1, number, -1), counts, generator, span)


def _insert(
    steps: list[Step], new: Step, counts: Counts, generator: np.random.Generator, span: tuple[int, int]
) -> None:
    """Put a step somewhere in a span, not beside its own content where that can be helped."""
    positions = range(span[0], max(span[1], span[0] + 1))
    free = [i for i in positions if all(new.content != step.content for step in steps[max(i - 1, 0) : i + 1])]

    def cost(at: int) -> int:
        before, after = steps[max(at - 1, 0) : at], steps[at : at + 1]
        made = sum(counts[a, b] for a, b in (*_follows([*before, new]), *_follows([new, *after])))
        return made - sum(counts[a, b] for a, b in _follows([*before, *after]))

    shuffled = generator.permutation(free or list(positions)).tolist()
    at = min(shuffled, key=cost)
    before, after = steps[max(at - 1, 0) : at], steps[at : at + 1]
    for a, b in _follows([*before, *after]):
        counts[a, b] -= 1
    for a, b in (*_follows([*before, new]), *_follows([new, *after])):
        counts[a, b] += 1
    steps.insert(at, new)


def _follows(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Return which question follows which; a trap is none."""
    return [(a.question, b.question) for a, b in pairwise(steps) if a.kind != "trap" and b.kind != "trap"]
