"""What a study will cost its raters, and what it will be able to tell, before anybody has rated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from srbench.ratings import mos, pairs
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import PairAnswer
from srbench.survey.adaptive import prior, update
from srbench.survey.design import Balance, Shown, balance, session, sittings
from srbench.survey.study import Study

_PANELS, _PAIR_PANELS = 10, 3
_CLUSTERS: tuple[pairs.Cluster, ...] = ("rater", "content")


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
        half_stimulus: Half of the 95 % interval to expect for a picture's MOS; None for pairs, and where so few raters
            cannot tell.
        half_model: Half of the 95 % interval to expect for a model's MOS, or its Bradley-Terry score; None where so few
            raters cannot tell.
        assumption: On which the last two rest.
    """

    trials: int
    minutes: float
    sittings: int
    raters: int
    votes: tuple[int, int]
    balance: Balance
    half_stimulus: float | None
    half_model: float | None
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
    panel, panels = _panel(study), _PAIR_PANELS if design.method == "pair" else _PANELS
    stimulus, model = _pair_width(study, panel) if design.method == "pair" else _widths(panel)
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
            f"{panels} simulated panels; raters' biases have a standard deviation of {panel.bias}, their votes "
            f"scatter by {panel.inconsistency} around them"
        ),
    )


def _panel(study: Study) -> Simulation:
    rated = _rated(study)
    models = sorted({s.model for s in rated})
    images = len({(s.dataset, s.content) for s in rated})
    return Simulation(models, images=images, raters=study.raters, share=study.design.share)


def _widths(panel: Simulation) -> tuple[float | None, float | None]:
    stimuli: list[float | None] = []
    models: list[float | None] = []
    for seed in range(_PANELS):
        votes = simulate(replace(panel, seed=seed)).votes
        opinion = mos.mos(votes)
        stimuli.append(_mean(opinion.half.tolist()))
        models.append(_mean([group.half for group in mos.model_means(opinion, votes)]))
    return _mean(stimuli), _mean(models)


def _mean(values: Sequence[float | None]) -> float | None:
    """Of those that are numbers; None where there are none."""
    known = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(known)) if known else None


def _pair_width(study: Study, panel: Simulation) -> tuple[None, float | None]:
    fits = [pairs.fit(simulated(study, replace(panel, seed=seed)), clusters=_CLUSTERS) for seed in range(_PAIR_PANELS)]
    return None, _mean([_mean(fit.half.tolist()) for fit in fits if not fit.problem and fit.robust_df])


def simulated(study: Study, panel: Simulation) -> list[PairAnswer]:
    """The answers of one panel that goes through the sessions of a study of pairs, rater after rater.

    Args:
        study: Of pairs; nobody ties.
        panel: Of the study's models, and of as many images as it has contents.
    """
    drawn = simulate(replace(panel, share=1.0))
    images = {content: i for i, content in enumerate(sorted({(s.dataset, s.content) for s in _rated(study)}))}
    of = {shown.name: shown for shown in _rated(study)}
    scores = {(s.content, s.model): t for s, t in zip(drawn.votes.stimuli, drawn.truth, strict=True)}
    truth = {n: scores[f"image{images[s.dataset, s.content] + 1:03d}", s.model] for n, s in of.items()}
    generator = np.random.default_rng((panel.seed, 6))
    adaptive = study.design.pairs == "adaptive"
    known = prior(sorted(panel.models))
    answers = []
    for rater, inconsistency in enumerate(drawn.inconsistency):
        for trial in session(study.design, study.shown(), rater, known if adaptive else None):
            if trial.kind == "trap":
                continue
            gap = truth[trial.first] - truth[trial.second] + np.sqrt(2) * inconsistency * generator.normal()
            better, worse = (trial.first, trial.second) if gap >= 0 else (trial.second, trial.first)
            answer = PairAnswer(of[better].place, f"r{rater}", of[better].model, of[worse].model, tie=False)
            answers.append(answer)
            known = update(known, answer) if adaptive else known
    return answers


def _rated(study: Study) -> list[Shown]:
    return [shown for shown in study.shown() if shown.expected is None]
