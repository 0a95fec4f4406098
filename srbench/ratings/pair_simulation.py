"""Simulated answers to pairs, of the raters and stimuli that votes are simulated of."""

import numpy as np

from srbench.ratings.simulation import (
    SPREAD_OF_INCONSISTENCY,
    Simulation,
    model_numbers,
    require_possible,
    stimuli_with_truth,
    tastes,
)
from srbench.ratings.votes import PairAnswer


def simulate_pairs(parameters: Simulation, ties: float = 0.0) -> tuple[PairAnswer, ...]:
    """Simulate answers of every rater on every two models of every image they see; noise as in `simulate`.

    Args:
        parameters: Parameters as for votes; careless raters answer at random, adversarial ones the other way round.
        ties: Differences smaller than this, in units of the scale, are answered with a tie.
    """
    require_possible(parameters)
    generator = np.random.default_rng(parameters.seed)
    stimuli, truth = stimuli_with_truth(parameters, generator)
    by_content: dict[str, list[int]] = {}
    for i, stimulus in enumerate(stimuli):
        if stimulus.expected is None:
            by_content.setdefault(stimulus.content, []).append(i)
    kinds = [
        ("r", parameters.raters, 1.0),
        ("careless", parameters.careless, 0.0),
        ("adversarial", parameters.adversarial, -1.0),
    ]
    answers = []
    drawn = iter(tastes(parameters, sum(number for _, number, _ in kinds)))
    model = model_numbers(parameters, stimuli)
    for kind, number, sign in kinds:
        for k in range(number):
            name = f"{kind}{k + 1:02d}" if kind == "r" else f"{kind}{k + 1}"
            wide = parameters.inconsistency * np.exp(generator.normal(0, SPREAD_OF_INCONSISTENCY)) * np.sqrt(2)
            seen = truth + next(drawn)[model]
            for content, members in by_content.items():
                if generator.random() >= parameters.share:
                    continue
                for at, i in enumerate(members):
                    for j in members[at + 1 :]:
                        gap = sign * (seen[i] - seen[j]) + wide * generator.normal()
                        better, worse = (i, j) if gap >= 0 else (j, i)
                        models = stimuli[better].model, stimuli[worse].model
                        answers.append(PairAnswer(content, name, *models, tie=bool(abs(gap) < ties)))
    return tuple(answers)
