"""The record of an A/B comparison of speed, ready for JSON. Loads no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from srbench.speed.records import PsnrDrop

Verdict = Literal["faster", "slower", "same", "undecided"]

MARGIN = 0.03
"""Share of the time below which a difference does not matter, where none is named."""


@dataclass(frozen=True)
class AbComparison:
    """Two candidates, timed in interleaved rounds.

    Attributes:
        names: Names of the first and the second candidate, as they were asked for.
        median_ms: Median time of a call of each, in milliseconds.
        iqr_ms: First and third quartile of the times of each.
        rounds: Number of times that both were called.
        ratio: Median time of the first over that of the second; above 1 the second is faster.
        ratio_ci95: 95 % bootstrap interval of the ratio.
        p_value: Two-sided p value of the hypothesis that a round's two times are equal in the mean of their logarithms.
        valid: Whether the timings can be trusted.
        reason: Why the timings cannot be trusted; empty where they can.
        verdict: What is known of the first against the second. "same": their times differ by less than the margin.
            "faster", "slower": by however little. "undecided": neither is known, or the timings cannot be trusted.
        margin: Share of the time below which a difference does not matter; 0 where nothing was called the same.
        psnr_drop: Price of each candidate's mode, its change in PSNR against fp32 of the same model on the builtin
            images; None where it is not known.
        lr_height: Height of the input in pixels.
        lr_width: Width of the input in pixels.
        batch: Number of images in a call.
    """

    names: tuple[str, str]
    median_ms: tuple[float, float]
    iqr_ms: tuple[tuple[float, float], tuple[float, float]]
    rounds: int
    ratio: float
    ratio_ci95: tuple[float, float]
    p_value: float
    valid: bool
    reason: str
    verdict: Verdict
    margin: float = MARGIN
    psnr_drop: tuple[PsnrDrop | None, PsnrDrop | None] = (None, None)
    lr_height: int = 0
    lr_width: int = 0
    batch: int = 1

    @property
    def faster(self) -> str:
        """Name of the candidate that is faster; empty where neither is known to be."""
        return {"faster": self.names[0], "slower": self.names[1]}.get(self.verdict, "")

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as a record for JSON."""
        return {**asdict(self), "faster": self.faster}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "AbComparison":
        """Return the comparison of a record that `as_dict` made, or versions before it, which knew no "same"."""
        first, second = record["iqr_ms"]
        pairs = {name: tuple(record[name]) for name in ("names", "median_ms", "ratio_ci95")}
        values = {name: value for name, value in record.items() if name != "faster"}
        if "verdict" not in values:
            words: dict[str, Verdict] = {record["names"][0]: "faster", record["names"][1]: "slower"}
            values |= {"verdict": words.get(record["faster"], "undecided"), "margin": 0.0}
        drops = record.get("psnr_drop") or (None, None)
        one, other = (PsnrDrop.from_dict(drop) if drop else None for drop in drops)
        return cls(**{**values, **pairs, "iqr_ms": (tuple(first), tuple(second)), "psnr_drop": (one, other)})
