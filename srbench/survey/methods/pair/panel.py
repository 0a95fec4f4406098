"""Simulated raters who go through the sessions of a study of pairs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings.simulation import SimulatedVotes, Simulation, simulate
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.plan.adaptive import ScorePosterior, posterior
from srbench.survey.plan.design import Design, Trial, content_label
from srbench.survey.plan.planning import session


def simulated_comparisons(design: Design, stimuli: Sequence[Stimulus], simulation: Simulation) -> list[PairAnswer]:
    """Return the answers of one panel, rater after rater; nobody answers with a tie.

    Args:
        design: Design of a study of pairs.
        stimuli: Pictures of the study; traps among them are not answered.
        simulation: Simulation of the study's models, with as many images as the study has contents.
    """
    by_name = {stimulus.name: stimulus for stimulus in stimuli if stimulus.expected is None}
    quality, drawn = _drawn(list(by_name.values()), simulation)
    models = list(simulation.models)
    generator = np.random.default_rng((simulation.seed, 6))
    comparisons: list[PairAnswer] = []

    def known() -> ScorePosterior | None:
        return posterior(sorted(models), comparisons) if design.pairs == "adaptive" else None

    for rater, (inconsistency, tastes) in enumerate(zip(drawn.inconsistency, drawn.taste, strict=True)):
        seen = {name: score + tastes[models.index(by_name[name].model)] for name, score in quality.items()}
        for trial in _asked(replace(design, traps=0), list(by_name.values()), rater, known):
            gap = seen[trial.first] - seen[trial.second] + np.sqrt(2) * inconsistency * generator.normal()
            better, worse = (trial.first, trial.second) if gap >= 0 else (trial.second, trial.first)
            label = content_label(by_name[better])
            comparisons.append(PairAnswer(label, f"r{rater}", by_name[better].model, by_name[worse].model, tie=False))
    return comparisons


def _asked(
    design: Design, stimuli: Sequence[Stimulus], rater: int, known: Callable[[], ScorePosterior | None]
) -> Iterator[Trial]:
    """The questions of a session without traps, chosen anew before every batch where the design is adaptive."""
    batch = len({stimulus.model for stimulus in stimuli}) - 1
    begun: list[Trial] = []
    trials = session(design, stimuli, rater, known())
    for position in range(len(trials)):
        if design.pairs == "adaptive" and begun and len(begun) % batch == 0 and trials[position].kind == "trial":
            trials = session(design, stimuli, rater, known(), begun)
        yield trials[position]
        if trials[position].kind == "trial":
            begun.append(trials[position])


def _drawn(rated: Sequence[Stimulus], simulation: Simulation) -> tuple[dict[str, float], SimulatedVotes]:
    """True quality of each picture, and the panel of raters."""
    simulated = simulate(replace(simulation, share=1.0))
    images = {content: i for i, content in enumerate(sorted({(s.dataset, s.content) for s in rated}))}
    scores = {(s.content, s.model): t for s, t in zip(simulated.votes.stimuli, simulated.truth, strict=True)}
    quality = {s.name: scores[f"image{images[s.dataset, s.content] + 1:03d}", s.model] for s in rated}
    return quality, simulated
