"""A simulated rater who looks at pictures: what every test method's own simulated answers are made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from srbench.ratings.votes import Stimulus


@dataclass(frozen=True, eq=False)
class SimulatedRater:
    """A rater whose opinion is known.

    Attributes:
        sees: What the rater sees at one look at a picture, by its name: 0 is the worst calibration picture, 1 an
            original. The noise of a look is drawn anew each time.
        generator: Source of whatever else is random in an answer.
        stimuli: All pictures of the study, by name.
        careless: Whether the rater answers without looking.
    """

    sees: Callable[[str], float]
    generator: np.random.Generator
    stimuli: Mapping[str, Stimulus]
    careless: bool = False
