"""Simulated raters who go through the sessions of a study of pairs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from srbench.ratings.simulation import SimulatedVotes, Simulation, simulate
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.adaptive import prior, update
from srbench.survey.design import Design, content_label
from srbench.survey.planning import session


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
    adaptive = design.pairs == "adaptive"
    known = prior(sorted(simulation.models))
    comparisons = []
    for rater, (inconsistency, tastes) in enumerate(zip(drawn.inconsistency, drawn.taste, strict=True)):
        seen = {name: score + tastes[models.index(by_name[name].model)] for name, score in quality.items()}
        for trial in session(design, stimuli, rater, known if adaptive else None):
            if trial.kind == "trap":
                continue
            gap = seen[trial.first] - seen[trial.second] + np.sqrt(2) * inconsistency * generator.normal()
            better, worse = (trial.first, trial.second) if gap >= 0 else (trial.second, trial.first)
            label = content_label(by_name[better])
            comparison = PairAnswer(label, f"r{rater}", by_name[better].model, by_name[worse].model, tie=False)
            comparisons.append(comparison)
            known = update(known, comparison) if adaptive else known
    return comparisons


def _drawn(rated: Sequence[Stimulus], simulation: Simulation) -> tuple[dict[str, float], SimulatedVotes]:
    """True quality of each picture, and the panel of raters."""
    simulated = simulate(replace(simulation, share=1.0))
    images = {content: i for i, content in enumerate(sorted({(s.dataset, s.content) for s in rated}))}
    scores = {(s.content, s.model): t for s, t in zip(simulated.votes.stimuli, simulated.truth, strict=True)}
    quality = {s.name: scores[f"image{images[s.dataset, s.content] + 1:03d}", s.model] for s in rated}
    return quality, simulated
