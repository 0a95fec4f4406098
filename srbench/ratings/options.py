"""What an analyst decides."""

from dataclasses import dataclass
from typing import Literal

from srbench.ratings.model_differences import Test
from srbench.ratings.mos import Repetitions

Relative = Literal["none", "dmos", "crushed"]
Estimator = Literal["mos", "p910"]


@dataclass(frozen=True)
class Options:
    """What an analyst decides.

    Attributes:
        screen: Rules whose rejected raters do not count; of `screening.RULES`.
        repetitions: What repeated votes count.
        remove_bias: Take each rater's bias off (ITU-T P.913, section 12.4) before screening.
        estimator: "mos": mean of votes. "p910": maximum likelihood of ITU-T P.910, Annex E.
        relative: Compare models by scores relative to hidden references: "none", "dmos", or "crushed" DMOS.
        ddof: Of the kurtosis rule.
        unanimous: Of the kurtosis rule.
        least_correlation: Of the correlation rule.
        trap_misses: Forgiven by the trap rule.
        test: Of differences between models.
        resamples: Of the bootstrap.
        seed: Of everything drawn.
    """

    screen: tuple[str, ...] = ("bt500",)
    repetitions: Repetitions = "mean"
    remove_bias: bool = False
    estimator: Estimator = "mos"
    relative: Relative = "none"
    ddof: Literal[0, 1] = 1
    unanimous: Literal["skip", "count"] = "skip"
    least_correlation: float = 0.75
    trap_misses: int = 0
    test: Test = "wilcoxon"
    resamples: int = 2_000
    seed: int = 0
