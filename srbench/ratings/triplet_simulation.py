"""Simulated panels of triplets with planted distances, for tests and benchmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srbench.ratings.triplet_likelihood import SIGMA
from srbench.ratings.triplets import CHOICES, ORIGINAL, Form, TripletAnswer, TripletChoice


@dataclass(frozen=True)
class TripletPanel:
    """A panel like a real one.

    Attributes:
        raters: Number of raters.
        answers: Number of answers of each to trials.
        traps: Number of traps of each.
        biases: Number of questions of each that show one picture twice.
        lapse: Mean share of answers that a rater gives without looking; raters differ by a beta distribution.
        evenness: Sum of the parameters of that distribution: the smaller, the more raters differ.
        absent: What raters press who do not look: left, not sure, right.
        bias: Bias to the left in JND.
        threshold: Threshold of "not sure" in JND.
        form: Form of the triplets.
        seed: Seed of the random number generator.
    """

    raters: int
    answers: int
    traps: int = 12
    biases: int = 6
    lapse: float = 0.1
    evenness: float = 3.0
    absent: tuple[float, float, float] = (0.33, 0.34, 0.33)
    bias: float = 0.0
    threshold: float = 0.4
    form: Form = "plain"
    seed: int = 0


BOOSTED = TripletPanel(386, 220, lapse=0.08, absent=(0.32, 0.3, 0.38), bias=-0.02, form="boosted")
"""386 raters, 220 answers each, 94.5 % of traps right."""
PLAIN = TripletPanel(73, 141, lapse=0.50, absent=(0.3, 0.33, 0.37), bias=-0.1, threshold=0.5)
"""73 raters, 141 answers each, 68.6 % of traps right; on equal pictures right in 40 %, left in 32 %."""


def simulate(truth: Mapping[str, Mapping[str, float]], panel: TripletPanel) -> list[TripletAnswer]:
    """Return the answers of a panel.

    Args:
        truth: Planted distances in JND, by content and model; pairs are drawn at random, the original among them.
        panel: The panel.
    """
    generator = np.random.default_rng(panel.seed)
    pairs = [(c, a, b) for c, of in truth.items() for a in (*of, ORIGINAL) for b in (*of, ORIGINAL) if a != b]
    answers: list[TripletAnswer] = []
    for number in range(panel.raters):
        share = generator.beta(panel.lapse * panel.evenness, (1 - panel.lapse) * panel.evenness)
        chosen = generator.choice(len(pairs), panel.answers, replace=panel.answers > len(pairs))
        asked = [("trial", *pairs[i]) for i in chosen]
        sides = (("nearest", ORIGINAL), (ORIGINAL, "nearest"))
        asked += [("trap", "trap", *sides[i % 2]) for i in range(panel.traps)]
        doubles = [pairs[i] for i in generator.choice(len(pairs), panel.biases)]
        asked += [("bias", content, one, one) for content, one, _ in doubles]
        for kind, content, left, right in asked:
            gap = _distance(truth, content, left) - _distance(truth, content, right)
            said = _answer(gap, panel, generator, absent=bool(generator.random() < share), sure=kind == "trap")
            answers.append(TripletAnswer(content, f"{panel.form}{number:03d}", left, right, said, panel.form, kind))
    return answers


def _distance(truth: Mapping[str, Mapping[str, float]], content: str, model: str) -> float:
    return 0.0 if model == ORIGINAL else 100.0 if content == "trap" else truth[content][model]


def _answer(
    gap: float, panel: TripletPanel, generator: np.random.Generator, *, absent: bool, sure: bool
) -> TripletChoice:
    if absent:
        return CHOICES[int(generator.choice(3, p=np.array(panel.absent) / sum(panel.absent)))]
    seen = gap + (0.0 if sure else panel.bias + SIGMA * generator.normal())
    return "left" if seen > panel.threshold else "right" if seen < -panel.threshold else "unsure"


def right_on_traps(answers: Sequence[TripletAnswer]) -> float:
    """Return the share of traps that were answered rightly."""
    return float(np.mean([not answer.missed for answer in answers if answer.kind == "trap"]))
