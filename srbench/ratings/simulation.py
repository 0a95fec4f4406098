"""Simulated raters, whose true scores are known: to plan a study, and to prove that the analysis finds the truth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srbench.core import stored_json
from srbench.core.deferred import deferred
from srbench.errors import BadRatings
from srbench.ratings.votes import Scale, Stimulus, Votes
from srbench.stats.arrays import Floats, Ints

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = deferred("scipy.stats")

RATER_MODEL = 0.23
"""Standard deviation of raters' tastes for models, in steps of a five-point scale.

Linear mixed models (`srbench.ratings.mixed`) give 0.16 for Netflix's public video study (26 raters, resolutions as
models) and 0.14 for the lab test of images of AVT, TU Ilmenau (21 raters, heights as models). 0.23 is what was given
for real panels when these statistics were specified, without the data behind it. It is kept since it errs on the safe
side: networks for PSNR and networks for looks divide raters more than sizes of one codec, and a plan with a larger
value asks for more raters than needed, one with a smaller value for too few.
"""
SPREAD_OF_INCONSISTENCY = 0.3
"""Standard deviation of the logarithm of raters' inconsistencies."""
_RESPONSE_S, _HASTY_S = 4.0, 0.4
_TRAPS = 4


@dataclass(frozen=True)
class Simulation:
    """Parameters of a simulated study.

    Attributes:
        models: Names of the models, best last.
        quality: True score of each model; spread evenly over the scale's middle where it is empty.
        images: Number of contents.
        content_spread: Standard deviation of the contents' shift, the same for all models.
        stimulus_spread: Standard deviation of each stimulus's own shift.
        raters: Number of honest raters.
        bias: Standard deviation of raters' biases.
        rater_model: Standard deviation of raters' tastes: how much more, or less, than others a rater likes a model,
            whatever the image.
        inconsistency: Median of raters' inconsistencies, which differ by a factor (log-normal, 0.3).
        careless: Number of additional raters who vote at random, and mostly at once.
        adversarial: Number of additional raters who invert the scale.
        share: Share of the stimuli that each rater sees; below 1 the design is incomplete.
        repeated: Share of the votes that are asked a second time.
        reference: Whether the originals are among the stimuli, as model "hr".
        traps: Whether four stimuli are traps, whose score is beyond doubt.
        scale: Scale of the votes, which are whole numbers on it.
        seed: Seed of the random number generator.
    """

    models: Sequence[str] = ("nearest", "bicubic", "srresnet", "srgan")
    quality: Sequence[float] = ()
    images: int = 20
    content_spread: float = 0.3
    stimulus_spread: float = 0.2
    raters: int = 24
    bias: float = 0.3
    rater_model: float = RATER_MODEL
    inconsistency: float = 0.6
    careless: int = 0
    adversarial: int = 0
    share: float = 1.0
    repeated: float = 0.0
    reference: bool = False
    traps: bool = False
    scale: Scale = field(default_factory=Scale)
    seed: int = 0

    def on(self, scale: Scale) -> "Simulation":
        """Return the same raters and stimuli on another scale: all that is in steps grows with the scale's length."""
        unit = (scale.high - scale.low) / (self.scale.high - self.scale.low)
        spreads = ("content_spread", "stimulus_spread", "bias", "rater_model", "inconsistency")
        return replace(
            self,
            scale=scale,
            quality=tuple(scale.low + unit * (score - self.scale.low) for score in self.quality),
            **{name: unit * getattr(self, name) for name in spreads},
        )


@dataclass(frozen=True, eq=False)
class SimulatedVotes:
    """Simulated votes beside the truth.

    Attributes:
        votes: Votes as a study collects them.
        truth: The score of each stimulus before bias, noise and rounding, in the order of `votes.stimuli`.
        expected: The mean that infinitely many honest raters of this kind would give: what a MOS estimates.
        bias: Bias of each honest rater.
        inconsistency: Inconsistency of each honest rater.
        careless: Names of the careless raters.
        adversarial: Names of the adversarial raters.
        taste: Taste of each honest rater for each model, the reference last, `(raters, models)`.
    """

    votes: Votes
    truth: Floats
    expected: Floats
    bias: Floats
    inconsistency: Floats
    careless: tuple[str, ...]
    adversarial: tuple[str, ...]
    taste: Floats


def simulate(parameters: Simulation) -> SimulatedVotes:
    """Simulate raters, stimuli and votes.

    A vote is truth + the rater's bias + the rater's taste for the model + the rater's inconsistency x normal noise,
    rounded and held inside the scale: the model of ITU-T P.910, Annex E, with tastes, on a real scale.

    Raises:
        BadRatings: The parameters cannot be simulated.
    """
    require_possible(parameters)
    generator = np.random.default_rng(parameters.seed)
    stimuli, truth = stimuli_with_truth(parameters, generator)
    honest = [f"r{i + 1:02d}" for i in range(parameters.raters)]
    careless = tuple(f"careless{i + 1}" for i in range(parameters.careless))
    adversarial = tuple(f"adversarial{i + 1}" for i in range(parameters.adversarial))
    names = (*honest, *careless, *adversarial)
    bias = generator.normal(0, parameters.bias, len(names))
    wide = parameters.inconsistency * np.exp(generator.normal(0, SPREAD_OF_INCONSISTENCY, len(names)))
    order = generator.permutation(len(names))  # so that careless raters do not come last
    names, bias, wide = tuple(names[i] for i in order), bias[order], wide[order]
    stimulus, rater, repetition = _design(parameters, len(stimuli), len(names), generator)
    taste = tastes(parameters, len(names))
    models = model_numbers(parameters, stimuli)
    aim = truth[stimulus] + bias[rater] + taste[rater, models[stimulus]]
    ends = parameters.scale.low + parameters.scale.high
    turned, blind = np.isin(names, adversarial)[rater], np.isin(names, careless)[rater]
    aim = np.where(turned, ends - aim, aim)
    score = _rounded(parameters.scale, aim + wide[rater] * generator.normal(size=len(aim)))
    whole = parameters.scale.categories()
    score = np.where(blind, generator.choice(whole, len(score)), score).astype(np.float64)
    seconds = np.round(generator.lognormal(np.log(np.where(blind, _HASTY_S, _RESPONSE_S)), 0.4), 2)
    votes = Votes(
        stimuli, names, stimulus, rater, repetition, score, seconds, _positions(rater, generator), parameters.scale
    )
    real = ~(np.isin(names, careless) | np.isin(names, adversarial))
    mean = expected(parameters, truth)
    return SimulatedVotes(votes, truth, mean, bias[real], wide[real], careless, adversarial, taste[real, :-1])


def require_possible(parameters: Simulation) -> None:
    """Check that a study can be simulated.

    Raises:
        BadRatings: The parameters contradict each other, or leave nothing to vote on.
    """
    if len(set(parameters.models)) < len(parameters.models) or not parameters.models:
        raise BadRatings(f"models are {', '.join(parameters.models) or 'none'}; expected one or more different names")
    if parameters.quality and len(parameters.quality) != len(parameters.models):
        raise BadRatings(
            f"{len(parameters.quality)} true scores for {len(parameters.models)} models; expected one each"
        )
    if len(parameters.scale.categories()) < 2:
        raise BadRatings(
            f"the scale from {parameters.scale.low:g} to {parameters.scale.high:g} has fewer than two whole numbers "
            "to vote with"
        )
    if parameters.images < 1 or parameters.raters < 1:
        raise BadRatings(f"{parameters.images} images and {parameters.raters} raters; expected at least one of each")


def stimuli_with_truth(parameters: Simulation, generator: np.random.Generator) -> tuple[tuple[Stimulus, ...], Floats]:
    """Draw the stimuli and their true scores, `(stimuli,)`."""
    low, high = parameters.scale.low, parameters.scale.high
    middle = np.linspace(low + 0.15 * (high - low), high - 0.2 * (high - low), len(parameters.models))
    quality = dict(zip(parameters.models, parameters.quality or middle.tolist(), strict=True))
    if parameters.reference:
        quality["hr"] = high - 0.1 * (high - low)
    contents = generator.normal(0, parameters.content_spread, parameters.images)
    stimuli, truth = [], []
    for image in range(parameters.images):
        for model, score in quality.items():
            name = f"image{image + 1:03d}"
            stimuli.append(Stimulus(f"{name}_{model}", name, model, "simulated", reference=model == "hr"))
            truth.append(score + contents[image] + generator.normal(0, parameters.stimulus_spread))
    if parameters.traps:
        for i in range(_TRAPS):
            end = high if i % 2 else low
            stimuli.append(Stimulus(f"trap{i + 1}", f"trap{i + 1}", "", "simulated", expected=end))
            truth.append(end + (0.5 if i % 2 else -0.5))
    return tuple(stimuli), np.array(truth)


def tastes(parameters: Simulation, raters: int) -> Floats:
    """Draw each rater's taste for each model, the reference and, 0, for traps last, `(raters, models)`.

    The generator is one of its own, so that panels that differ in tastes alone have the same truth, biases and noise.
    """
    models = len(parameters.models) + parameters.reference
    drawn = np.random.default_rng((parameters.seed, 1)).normal(0, parameters.rater_model, (raters, models))
    return np.column_stack([drawn, np.zeros(raters)])


def model_numbers(parameters: Simulation, stimuli: Sequence[Stimulus]) -> Ints:
    """Return the column of each stimulus's model in the table of tastes, `(stimuli,)`."""
    models = [*parameters.models, *(["hr"] if parameters.reference else []), ""]
    return np.array([models.index(stimulus.model) for stimulus in stimuli], dtype=np.int64)


def _design(
    parameters: Simulation, stimuli: int, raters: int, generator: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Draw who sees what: each rater a random share, every stimulus about equally often."""
    seen = max(1, round(parameters.share * stimuli))
    rows: list[tuple[int, int, int]] = []
    remaining: list[int] = []
    for rater in range(raters):
        seen_now, chosen, skipped = list[int](), set[int](), list[int]()
        while len(seen_now) < seen:
            if not remaining:
                remaining = generator.permutation(stimuli).tolist()
            stimulus_number = remaining.pop(0)
            (skipped if stimulus_number in chosen else seen_now).append(stimulus_number)
            chosen.add(stimulus_number)
        remaining = skipped + remaining
        again = generator.permutation(seen_now)[: round(parameters.repeated * seen)].tolist()
        rows += [(s, rater, 1) for s in seen_now] + [(s, rater, 2) for s in again]
    stimulus, rater_of, repetition = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return stimulus, rater_of, repetition


def _positions(rater: np.ndarray, generator: np.random.Generator) -> Floats:
    """Draw a random order inside each rater's session, from 1."""
    order = np.empty(len(rater))
    for one in np.unique(rater):
        at = np.flatnonzero(rater == one)
        order[at] = generator.permutation(len(at)) + 1
    return order


def _rounded(scale: Scale, value: Floats) -> Floats:
    whole = scale.categories()
    return np.asarray(np.clip(np.rint(value), whole[0], whole[-1]))


def expected(parameters: Simulation, truth: Floats) -> Floats:
    """Compute the mean vote of honest raters on stimuli of these true scores, rounding and the scale's ends included.

    It is integrated numerically over biases, tastes and inconsistencies.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    weights = weights / weights.sum()
    whole = np.array(parameters.scale.categories(), dtype=np.float64)
    cuts = (whole[1:] + whole[:-1]) / 2
    total = np.zeros(len(truth))
    for node, weight in zip(nodes, weights, strict=True):
        spread = np.hypot(parameters.bias, parameters.rater_model)
        sigma = np.hypot(spread, parameters.inconsistency * np.exp(SPREAD_OF_INCONSISTENCY * node))
        if sigma == 0:
            total += weight * _rounded(parameters.scale, truth)
            continue
        # Mean of a step function: the lowest value and one step more for each cut that is passed.
        total += weight * (whole[0] + stats.norm.cdf((truth[:, None] - cuts) / sigma).sum(axis=1))
    return total


def write_truth(parameters: Simulation, drawn: SimulatedVotes, path: Path) -> None:
    """Write the parameters and the truth as JSON.

    Raises:
        BadRatings: The file cannot be written.
    """
    facts = {
        "simulation": asdict(parameters),
        "stimuli": [
            {"stimulus": s.name, "truth": float(t), "expected_vote": float(e)}
            for s, t, e in zip(drawn.votes.stimuli, drawn.truth, drawn.expected, strict=True)
        ],
        "honest": {"bias": drawn.bias.tolist(), "inconsistency": drawn.inconsistency.tolist()},
        "careless": drawn.careless,
        "adversarial": drawn.adversarial,
    }
    try:
        stored_json.write(path, "simulated ratings", 1, facts)
    except OSError as error:
        raise BadRatings(f"{path} cannot be written: {error.strerror}") from error
