"""What a study will cost its raters, and what it will be able to tell, before anybody has rated."""

from dataclasses import dataclass, replace

import numpy as np

from srbench.opinion import mos, pairs
from srbench.opinion.simulation import Panel, draw, draw_pairs
from srbench.survey.design import Balance, balance, session, sittings
from srbench.survey.study import Study

_PANELS = 10


@dataclass(frozen=True)
class Forecast:
    """A plan in figures.

    Attributes:
        trials: Of a session, repeats and traps included.
        minutes: Of a session.
        sittings: Into which a session is split.
        raters: Wanted.
        votes: Of each picture, least and most.
        balance: How evenly raters are spread.
        half_stimulus: Half of the 95 % interval to expect for a picture's MOS; None for pairs.
        half_model: Half of the 95 % interval to expect for a model's MOS, or its Bradley-Terry score.
        assumption: On which the last two rest.
    """

    trials: int
    minutes: float
    sittings: int
    raters: int
    votes: tuple[int, int]
    balance: Balance
    half_stimulus: float | None
    half_model: float
    assumption: str


def forecast(study: Study) -> Forecast:
    """Count one session, all raters' balance, and simulate panels of this shape.

    Source:
        Bias and inconsistency of simulated raters: about those of the lab tests of ITU-T P.910's authors (0.3 and 0.6).
    """
    design, shown = study.design, study.shown()
    trials = session(design, shown, 0)
    spread = balance(design, shown, study.raters)
    asked = [count for count in spread.votes.values() if count or design.method != "dcr"]
    panel = _panel(study)
    stimulus, model = _pair_width(panel) if design.method == "pair" else _widths(panel)
    return Forecast(
        trials=len(trials),
        minutes=len(trials) * design.trial_seconds / 60,
        sittings=len(sittings(design, trials)),
        raters=study.raters,
        votes=(min(asked), max(asked)),
        balance=spread,
        half_stimulus=stimulus,
        half_model=model,
        assumption=(
            f"{_PANELS} simulated panels; raters' biases have a standard deviation of {panel.bias}, their votes "
            f"scatter by {panel.inconsistency} around them"
        ),
    )


def _panel(study: Study) -> Panel:
    rated = [s for s in study.shown() if s.expected is None]
    models = sorted({s.model for s in rated})
    images = len({(s.dataset, s.content) for s in rated})
    return Panel(models, images=images, raters=study.raters, share=study.design.share)


def _widths(panel: Panel) -> tuple[float, float]:
    stimuli, models = [], []
    for seed in range(_PANELS):
        votes = draw(replace(panel, seed=seed)).votes
        opinion = mos.mos(votes)
        stimuli.append(float(np.nanmean(opinion.half)))
        models.append(float(np.mean([g.half for g in mos.model_means(opinion, votes) if g.half is not None])))
    return float(np.mean(stimuli)), float(np.mean(models))


def _pair_width(panel: Panel) -> tuple[None, float]:
    drawn = [draw_pairs(replace(panel, seed=seed)) for seed in range(_PANELS)]
    found = [pairs.fit(answers, clusters=("rater", "content")) for answers in drawn]
    widths = [float(np.mean(fit.half)) for fit in found if not fit.problem and fit.robust_df]
    return None, float(np.mean(widths)) if widths else float("nan")
