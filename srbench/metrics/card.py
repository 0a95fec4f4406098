"""Facts of metrics, one TOML file beside each module; they are read without torch."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from srbench.errors import UserError

PAIRS = ("I03", "I04", "I06", "I08", "I19")
"""Pairs of TID2013 on which golden values are given, each a distorted image and its original, 512 x 384 px."""

Reads = Literal["protocol", "rgb", "y", "grey"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """How the number of a metric is to be read.

    Attributes:
        name: Name on the command line and in rows, "ssim.daala"; what follows the first point is the flavour.
        title: Name in the head of a table, as papers write it, without the flavour.
        unit: "dB", or "" where the value has none.
        digits: Digits after the point that a table shows.
        higher_is_better: Direction.
        reads: "protocol": the channel and border of the protocol. Else a channel of the whole image: "rgb" (grey
            repeated), "y" (BT.601 studio luma), "grey" (MATLAB's rgb2gray, rounded).
        border: Whether the protocol's border is shaved off where `reads` names a channel.
        reference: Paper or code that defines it.
        version: Changes whenever the same images may give another value; part of every stored row's key.
        needs_hr: Whether the original is compared with; a metric without reference is called with `sr` alone.
        needs_lr: Whether the LR image comes last of the images that it is called with.
        needs_scale: Whether it is called with `scale=`, the protocol's.
        of_sets: Whether one value stands for all images of a data set.
        enough_images: Images from which on a data set is large enough for it; a table says so of a smaller one.
        lowest: Least possible value; None where there is none. A value below is a failure.
        highest: Greatest possible value; None where there is none.
        remark_above_hr: How far an output's value may lie above its original's until a table remarks on it; None where
            it never does. The metric needs no HR, but its value of HR is known where there is one.
        smallest_px: Shortest side of an image that it takes.
        licence: Licence of code and parameters.
        weights: Where its parameters come from; "" where it has none.
        golden: Values on `PAIRS`, as printed by the authors' software; () where none are published.
        golden_source: Whose values these are.
        golden_gaps: How far the values lie from the golden ones, for a cause that the traps name; () for nowhere.
        traps: What one may take it for, or get wrong, one sentence each.
        spread: Largest difference between devices or numbers of threads, in words; "" where the bits are equal.
    """

    name: str
    title: str
    unit: str = ""
    digits: int
    higher_is_better: bool
    reads: Reads
    border: bool = False
    reference: str
    version: str
    needs_hr: bool = True
    needs_lr: bool = False
    needs_scale: bool = False
    of_sets: bool = False
    enough_images: int = 1
    lowest: float | None = None
    highest: float | None = None
    remark_above_hr: float | None = None
    smallest_px: int = 1
    licence: str = "Apache-2.0"
    weights: str = ""
    golden: tuple[str, ...] = ()
    golden_source: str = ""
    golden_gaps: tuple[float, ...] = ()
    traps: tuple[str, ...] = ()
    spread: str = ""

    @property
    def range(self) -> str:
        """The range in words, as "0 to 1", "at least 0", or "any"."""
        if self.lowest is not None and self.highest is not None:
            return f"{self.lowest:g} to {self.highest:g}"
        if self.lowest is not None:
            return f"at least {self.lowest:g}"
        return "any" if self.highest is None else f"at most {self.highest:g}"

    @property
    def needs(self) -> str:
        """What it needs beside the output, as "HR, scale"."""
        asked = {"HR": self.needs_hr, "LR": self.needs_lr, "scale": self.needs_scale, "set": self.of_sets}
        return ", ".join(name for name, needed in asked.items() if needed)


def read(path: Path) -> tuple[Card, ...]:
    """Read the cards of a file: a table for each metric, by its name; what stands above them is common to all.

    Raises:
        UserError: A card lacks a field, or has one that is unknown.
    """
    stored: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    common = {key: value for key, value in stored.items() if not isinstance(value, dict)}
    try:
        return tuple(_card(name, common | own) for name, own in stored.items() if isinstance(own, dict))
    except TypeError as error:
        raise UserError(f"{path} holds a card that is none ({error}); expected the fields of Card") from error


@cache
def own() -> dict[str, Card]:
    """Return the cards of this project's metrics, by their names."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return {card.name: card for file in files for card in read(file)}


def _card(name: str, fields: dict[str, Any]) -> Card:
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Card(name=name, **(fields | lists))
