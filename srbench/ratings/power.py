"""Power of the tests between models: which difference a design will find, before anybody has rated."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srbench.core.deferred import deferred
from srbench.ratings.model_differences import Test
from srbench.ratings.simulation import SPREAD_OF_INCONSISTENCY, Simulation
from srbench.stats.corrections import LEVEL
from srbench.stats.paired import smallest_p

if TYPE_CHECKING:
    from scipy import optimize, stats
else:
    optimize, stats = deferred("scipy.optimize"), deferred("scipy.stats")

POWER = 0.8


@dataclass(frozen=True)
class Detectable:
    """What a test of two models will find.

    Attributes:
        difference: True difference that is found in 80 of 100 studies, in the unit of the scores; None where there is
            no test.
        pairs: Number of pairs of models, for which p values are corrected.
        problem: Reason why nothing can be found; empty where something can.
    """

    difference: float | None
    pairs: int
    problem: str = ""


def detectable(panel: Simulation, test: Test = "two-way") -> Detectable:
    """Return what a study of votes on a scale will find.

    The variance of the difference of two models is 2 (rater x model / R + content x model / J + noise / votes), for R
    raters and J images; "rater x model" is left out by tests that hold the raters fixed. The power is that of the t
    test at 5 % over the number of pairs, which is Holm's first step; tests over images alone are taken as such t tests.

    Args:
        panel: Numbers of models, images and raters, and the spread of votes.
        test: Test that the study will be analysed with.

    Source:
        Westfall, Kenny and Judd, Statistical power and optimal design in experiments in which samples of participants
        respond to samples of stimuli, Journal of Experimental Psychology: General 143, 2014.
    """
    pairs = _pairs(len(panel.models))
    problem = _problem(panel, test, pairs)
    if problem:
        return Detectable(None, pairs, problem)
    votes = panel.raters * panel.images * panel.share
    noise = panel.inconsistency**2 * np.exp(2 * SPREAD_OF_INCONSISTENCY**2) + panel.scale.step**2 / 12
    variance = 2 * (panel.stimulus_spread**2 / panel.images + noise / votes)
    df = panel.images - 1
    if test == "two-way":
        variance += 2 * panel.rater_model**2 / panel.raters
        df = min(panel.images, panel.raters) - 1
    difference = _reached(df, pairs) * float(np.sqrt(variance))
    length = panel.scale.high - panel.scale.low
    small = f"it would have to be {difference:.1f} steps, and the scale is {length:g} long"
    return Detectable(difference, pairs, small if difference > length else "")


def detectable_by_error(error: float | None, df: int | None, models: int) -> Detectable:
    """Return what t tests with this standard error and these degrees of freedom will find; None: there are no tests."""
    pairs = _pairs(models)
    if not pairs:
        return Detectable(None, pairs, "there is one model: nothing to compare")
    if error is None or df is None or df < 1:
        return Detectable(None, pairs, "so few raters or contents allow no test")
    return Detectable(_reached(df, pairs) * error, pairs)


def _pairs(models: int) -> int:
    return models * (models - 1) // 2


def _problem(panel: Simulation, test: Test, pairs: int) -> str:
    if not pairs:
        return "there is one model: nothing to compare"
    if test == "two-way":
        few = min(panel.images, panel.raters) < 2
        return "a test over raters and images needs two of each" if few else ""
    least = smallest_p(panel.images)
    if least * pairs < LEVEL:
        return ""
    corrected = f", after Holm's correction for {pairs} pairs {min(1.0, least * pairs):.4g}" if pairs > 1 else ""
    return (
        f"with {panel.images} image{'s' if panel.images > 1 else ''} the {test} test cannot go below p = {least:.4g}"
        f"{corrected}: no difference can be significant, whatever the votes; take more images, or the test two-way"
    )


def _reached(df: int, pairs: int) -> float:
    """Return the difference in standard errors that the t test at 5 % over the number of pairs finds with 80 %."""
    critical = float(stats.t.ppf(1 - LEVEL / pairs / 2, df))

    def lack(shift: float) -> float:
        return float(stats.nct.sf(critical, df, shift)) - POWER

    return float(optimize.brentq(lack, 0.0, 4 * critical + 4))
