"""Random draws as plain numbers, and the settings that bound them."""

import hashlib
import math
from collections.abc import Mapping
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator, Field

Key = TypeVar("Key", bound=str)
Number = TypeVar("Number", int, float)


def _ordered(span: tuple[Number, Number]) -> tuple[Number, Number]:
    if span[0] > span[1]:
        raise ValueError("the first number is the lower end of the range and cannot exceed the second")
    return span


def _whole(shares: dict[Key, float]) -> dict[Key, float]:
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise ValueError(f"the probabilities sum to {sum(shares.values()):g}; they must sum to 1")
    return shares


def _odd(size_px: int) -> int:
    if size_px % 2 == 0:
        raise ValueError("a kernel has a middle: its side must be an odd number")
    return size_px


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
OddSize = Annotated[int, Field(ge=1), AfterValidator(_odd)]
Quality = Annotated[int, Field(ge=1, le=100)]
# TOML and JSON have lists only, so that a tuple must be read leniently; its members are as strict as ever.
Range = Annotated[tuple[Positive, Positive], Field(strict=False), AfterValidator(_ordered)]
Sizes = Annotated[tuple[OddSize, OddSize], Field(strict=False), AfterValidator(_ordered)]
Qualities = Annotated[tuple[Quality, Quality], Field(strict=False), AfterValidator(_ordered)]
Shares = Annotated[dict[Key, Probability], AfterValidator(_whole)]


def generator(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one named image, whatever other images there are.

    Args:
        seed: 0 to 2^64 - 1.
        name: Of the image.
    """
    digest = hashlib.sha256(name.encode()).digest()
    key = np.array([seed, int.from_bytes(digest[:8], "little")], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Whether an event of this probability comes about."""
    return bool(rng.random() < probability)


def choose(rng: np.random.Generator, shares: Mapping[Key, float]) -> Key:
    """One of the keys, each with its probability."""
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def between(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """Uniform over a range."""
    return float(rng.uniform(*span))


def whole(rng: np.random.Generator, span: tuple[int, int]) -> int:
    """A whole number, both ends included."""
    return int(rng.integers(span[0], span[1], endpoint=True))


def odd(rng: np.random.Generator, span: tuple[int, int]) -> int:
    """An odd number between two odd ones, both included."""
    return span[0] + 2 * int(rng.integers((span[1] - span[0]) // 2, endpoint=True))


def seed(rng: np.random.Generator) -> int:
    """A seed for noise: the record of a step then has the noise itself in one number."""
    return int(rng.integers(2**32))
