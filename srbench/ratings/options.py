"""Options of the analysis of ratings."""

from dataclasses import dataclass
from typing import Literal

from srbench.ratings.likelihood import FEWEST_VOTES
from srbench.ratings.model_differences import Test
from srbench.ratings.mos import Repetitions

Relative = Literal["none", "dmos", "crushed"]
Estimator = Literal["mos", "p910"]


@dataclass(frozen=True)
class Options:
    """Options of the analysis of ratings, which an analyst decides on.

    Attributes:
        screen: Screening rules, of `rules.RULES`, whose rejected raters do not count.
        repetitions: Treatment of repeated votes: "pool", "mean" or "first".
        remove_bias: Whether each rater's bias is subtracted (ITU-T P.913, section 12.4) before screening.
        estimator: Estimator of scores. "mos": mean of votes. "p910": maximum likelihood of ITU-T P.910, Annex E.
        least_votes: Number of votes below which maximum likelihood leaves a rater out.
        relative: Scores relative to hidden references by which models are compared: "none", "dmos", or "crushed" DMOS.
        ddof: Divisor of the kurtosis rule's standard deviation: n - 1 (1) or n (0).
        unanimous: Treatment of stimuli on which all agree by the kurtosis rule: "skip" or "count".
        least_correlation: Correlation with the mean of all raters below which the correlation rule rejects.
        trap_misses: Number of missed traps that the trap rule allows.
        test: Test of differences between models: "two-way" (raters and images), or "wilcoxon" or "permutation" (images
            alone).
        resamples: Number of bootstrap draws; 0 leaves out intervals and tests over raters and images.
        seed: Seed of the random number generator.
        margin: Shortfall against a baseline that does not matter; None: no test of non-inferiority.
        as_good_as: Baseline of that test, a model; the hidden references where it is empty.
        mixed: Whether mixed models are fitted to the votes.
        also: Further analyses, of `further.FURTHER`.
    """

    screen: tuple[str, ...] = ("bt500",)
    repetitions: Repetitions = "mean"
    remove_bias: bool = False
    estimator: Estimator = "mos"
    least_votes: int = FEWEST_VOTES
    relative: Relative = "none"
    ddof: Literal[0, 1] = 1
    unanimous: Literal["skip", "count"] = "skip"
    least_correlation: float = 0.75
    trap_misses: int = 0
    test: Test = "two-way"
    resamples: int = 2_000
    seed: int = 0
    margin: float | None = None
    as_good_as: str = ""
    mixed: bool = False
    also: tuple[str, ...] = ()
