"""A simulated panel that goes through the sessions of a study and answers every trial."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from srbench.errors import BadStudy
from srbench.ratings.simulation import SimulatedVotes, Simulation, simulate
from srbench.ratings.votes import Scale, Stimulus
from srbench.stats.arrays import Floats
from srbench.survey import methods
from srbench.survey.plan.design import REFERENCE, Design, Trial
from srbench.survey.plan.planning import session
from srbench.survey.responses import Response
from srbench.survey.simulation.rater import SimulatedRater

_FIVE = Scale()
_BEST = 4.8
_RESPONSE_S, _HASTY_S = 4.0, 0.4


def simulated_responses(design: Design, stimuli: Sequence[Stimulus], panel: Simulation) -> list[Response]:
    """Return the answers of a panel, rater after rater, traps and repeats among them.

    Args:
        design: Design of the study.
        stimuli: Pictures of the study, traps among them.
        panel: Simulated raters of the study's models, on a scale of five categories, with as many images as the study
            has contents.

    Raises:
        BadStudy: The panel is of other models than the study.
    """
    truth, drawn = planted(stimuli, panel)
    method, by_name = methods.find(design.method), {stimulus.name: stimulus for stimulus in stimuli}
    answers: list[Response] = []
    # The posterior of adaptive pairs is that of the raters before.
    for number, (name, person) in enumerate(_raters(design, by_name, panel, truth, drawn)):
        known = method.posterior(design, [s for s in stimuli if s.expected is None], lambda: answers)
        median_s = _HASTY_S if person.careless else _RESPONSE_S
        trials = session(design, stimuli, number, known)
        for position, trial in enumerate(trials):
            value = method.simulated_answer(design, trial, person)
            seconds = round(float(person.generator.lognormal(np.log(median_s), 0.4)), 2)
            (shown,) = method.shown_to([trial], {})
            answers.append(_response(name, position, shown, value, seconds))
    return answers


def _response(rater: str, position: int, trial: Trial, value: str, seconds: float) -> Response:
    answer = Response(rater, position, trial.kind, trial.first, trial.second, value, seconds, {})
    return answer._replace(others=trial.others)


def of_study(stimuli: Sequence[Stimulus], panel: Simulation, *, own: bool) -> Simulation:
    """Return a panel that has an opinion of every model of a study.

    Args:
        stimuli: Pictures of the study.
        panel: Simulated raters, on a scale of five categories.
        own: Whether its models are replaced by the study's own, nearest neighbour, bicubic and the originals in their
            usual places; otherwise originals alone are added where they are rated.
    """
    names = sorted({stimulus.model for stimulus in stimuli if stimulus.expected is None})
    if own:
        known = ["nearest", "bicubic"]
        order = [name for name in known if name in names] + [n for n in names if n not in (*known, REFERENCE)]
        panel = replace(panel, models=(*order, *(name for name in names if name == REFERENCE)), quality=())
    elif REFERENCE in names and REFERENCE not in panel.models and panel.quality:
        panel = replace(panel, models=(*panel.models, REFERENCE), quality=(*panel.quality, _BEST))
    return panel


def planted(stimuli: Sequence[Stimulus], panel: Simulation) -> tuple[dict[str, float], SimulatedVotes]:
    """Return the true quality of each picture, 0 to 1, and the panel of raters.

    Raises:
        BadStudy: The panel is of other models than the study.
    """
    rated = [stimulus for stimulus in stimuli if stimulus.expected is None]
    missing = sorted({stimulus.model for stimulus in rated} - set(panel.models))
    if missing:
        raise BadStudy(f"the study has pictures of {', '.join(missing)}, and the simulated panel has no opinion of it")
    contents = {content: i for i, content in enumerate(sorted({(s.dataset, s.content) for s in rated}))}
    drawn = simulate(replace(panel, images=len(contents), share=1.0, traps=False, reference=False))
    scores = {(s.content, s.model): t for s, t in zip(drawn.votes.stimuli, drawn.truth, strict=True)}
    truth = {s.name: _unit(scores[f"image{contents[s.dataset, s.content] + 1:03d}", s.model]) for s in rated}
    return truth, drawn


def _unit(score: float) -> float:
    return float((score - _FIVE.low) / (_FIVE.high - _FIVE.low))


def _raters(
    design: Design,
    stimuli: Mapping[str, Stimulus],
    panel: Simulation,
    truth: Mapping[str, float],
    drawn: SimulatedVotes,
) -> list[tuple[str, SimulatedRater]]:
    """The raters in the order in which they come, careless and adversarial ones among the others."""
    scale = methods.find(design.method).scale(design)
    models = {model: i for i, model in enumerate(panel.models)}
    unit = 1 / (_FIVE.high - _FIVE.low)

    def person(at: int, bias: float, width: float, taste: Floats, kind: str) -> tuple[str, SimulatedRater]:
        generator = np.random.default_rng((panel.seed, 6, at))

        def sees(name: str) -> float:
            stimulus = stimuli[name]
            if stimulus.expected is None:
                quality = truth[name] + unit * (bias + float(taste[models[stimulus.model]]))
            else:
                quality = (stimulus.expected - scale.low) / (scale.high - scale.low)
            looked = quality + unit * width * float(generator.normal())
            return 1 - looked if kind == "adversarial" else looked

        return f"{kind}{at + 1:02d}", SimulatedRater(sees, generator, stimuli, kind == "careless")

    found = [
        person(at, float(bias), float(width), taste, "r")
        for at, (bias, width, taste) in enumerate(zip(drawn.bias, drawn.inconsistency, drawn.taste, strict=True))
    ]
    for kind, count in (("careless", panel.careless), ("adversarial", panel.adversarial)):
        for _ in range(count):
            found.append(person(len(found), 0.0, panel.inconsistency, np.zeros(len(models)), kind))
    order = np.random.default_rng((panel.seed, 7)).permutation(len(found)).tolist()
    return [found[i] for i in order]
