"""What a study will cost its raters, and what it will be able to tell, before anybody has rated."""

from dataclasses import dataclass

from srbench.ratings.model_differences import Test
from srbench.ratings.power import Detectable
from srbench.ratings.simulation import Simulation
from srbench.survey.plan.planning import Balance, balance, minutes, session, sittings
from srbench.survey.study import Study


@dataclass(frozen=True)
class Forecast:
    """What to expect of a plan.

    Attributes:
        trials: Number of trials of a session, repeats and traps included.
        minutes: Length of a session in minutes, practice included.
        sittings: Number of sittings into which a session is split.
        raters: Number of raters that the study wants.
        votes: Smallest and largest number of raters who see a picture.
        balance: How evenly raters are spread.
        half_stimulus: Half of the 95 % interval to expect for a picture's MOS; None for pairs, and where so few raters
            do not allow one.
        half_model: Half of the 95 % interval to expect for a model's score; None where so few raters do not allow one.
        test: Test of differences between models that the next values are for.
        detectable: Which difference between two models will be found.
        assumption: What the widths and the difference rest on.
    """

    trials: int
    minutes: float
    sittings: int
    raters: int
    votes: tuple[int, int]
    balance: Balance
    half_stimulus: float | None
    half_model: float | None
    test: Test
    detectable: Detectable
    assumption: str


def forecast(study: Study, test: Test = "two-way") -> Forecast:
    """Count one session, compute the balance over all raters, and simulate panels of this shape.

    Args:
        study: A study, written or not.
        test: Test that differences between models will be analysed with; pairs have their own.

    Source:
        Bias and inconsistency of simulated raters: about those of the lab tests of ITU-T P.910's authors (0.3 and 0.6).
        Their tastes for models: `srbench.ratings.simulation.RATER_MODEL`.
    """
    design, stimuli = study.design, study.stimuli()
    trials = session(design, stimuli, 0)
    spread = balance(design, stimuli, study.raters)
    references_shown = study.method.references == "shown"  # they are seen, but not rated
    votes = [count for count in spread.votes.values() if count or not references_shown]
    simulation = study_simulation(study)
    widths = study.method.expected_widths(design, stimuli, simulation)
    return Forecast(
        trials=len(trials),
        minutes=minutes(design, study.calibration(), trials),
        sittings=len(sittings(design, trials)),
        raters=study.raters,
        votes=(min(votes), max(votes)),
        balance=spread,
        half_stimulus=widths.stimulus,
        half_model=widths.model,
        test=test,
        detectable=study.method.detectable(design, simulation, widths, test),
        assumption=(
            f"{widths.panels} simulated panels; raters' biases have a standard deviation of {simulation.bias}, their "
            f"tastes for models of {simulation.rater_model}, their votes scatter by {simulation.inconsistency} around "
            f"them; a model's pictures differ from its mean by {simulation.stimulus_spread}"
        ),
    )


def study_simulation(study: Study) -> Simulation:
    """Return the settings of simulated raters for the models, contents and raters of a study.

    An original that stands beside every picture is not rated, and no model.
    """
    beside = study.method.references == "shown"
    rated = [s for s in study.stimuli() if s.expected is None and not (beside and s.reference)]
    models = sorted({stimulus.model for stimulus in rated})
    images = len({(stimulus.dataset, stimulus.content) for stimulus in rated})
    return Simulation(models, images=images, raters=study.raters, share=study.design.share)
