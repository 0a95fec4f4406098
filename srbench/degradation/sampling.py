"""Random draws as plain numbers, and the types of the settings that bound them."""

import hashlib
import math
from collections.abc import Mapping
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator, Field

Key = TypeVar("Key", bound=str)
Number = TypeVar("Number", int, float)


def _ordered(limits: tuple[Number, Number]) -> tuple[Number, Number]:
    if limits[0] > limits[1]:
        raise ValueError("the first number is the lower end of the range and cannot exceed the second")
    return limits


def _sum_to_one(probabilities: dict[Key, float]) -> dict[Key, float]:
    if not math.isclose(sum(probabilities.values()), 1, abs_tol=1e-6):
        raise ValueError(f"the probabilities sum to {sum(probabilities.values()):g}; they must sum to 1")
    return probabilities


def _odd(size_px: int) -> int:
    if size_px % 2 == 0:
        raise ValueError("the side of a kernel must be an odd number, so that it has a middle pixel")
    return size_px


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
OddSize = Annotated[int, Field(ge=1), AfterValidator(_odd)]
Quality = Annotated[int, Field(ge=1, le=100)]
# TOML and JSON have lists only, so that a tuple must be read leniently; its members are as strict as ever.
Range = Annotated[tuple[Positive, Positive], Field(strict=False), AfterValidator(_ordered)]
SizeRange = Annotated[tuple[OddSize, OddSize], Field(strict=False), AfterValidator(_ordered)]
IntegerRange = Annotated[tuple[Quality, Quality], Field(strict=False), AfterValidator(_ordered)]
Probabilities = Annotated[dict[Key, Probability], AfterValidator(_sum_to_one)]


def image_generator(seed: int, name: str) -> np.random.Generator:
    """Return the random number generator of one image, which does not depend on other images.

    Args:
        seed: Seed from 0 to 2^64 - 1.
        name: Name of the image.
    """
    digest = hashlib.sha256(name.encode()).digest()
    key = np.array([seed, int.from_bytes(digest[:8], "little")], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def draw_event(rng: np.random.Generator, probability: float) -> bool:
    """Draw whether an event of this probability happens."""
    return bool(rng.random() < probability)


def draw_choice(rng: np.random.Generator, probabilities: Mapping[Key, float]) -> Key:
    """Draw one of the keys, each with its probability."""
    weights = np.array(list(probabilities.values()))
    return list(probabilities)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def draw_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Draw a number, uniformly from a range."""
    return float(rng.uniform(*limits))


def draw_integer(rng: np.random.Generator, limits: tuple[int, int]) -> int:
    """Draw an integer, uniformly from a range with both ends included."""
    return int(rng.integers(limits[0], limits[1], endpoint=True))


def draw_odd(rng: np.random.Generator, limits: tuple[int, int]) -> int:
    """Draw an odd integer, uniformly from a range with two odd ends, both included."""
    return limits[0] + 2 * int(rng.integers((limits[1] - limits[0]) // 2, endpoint=True))


def draw_seed(rng: np.random.Generator) -> int:
    """Draw a seed for noise, so that the record of a step describes its noise in one number."""
    return int(rng.integers(2**32))
