"""The likelihood of answers to triplets by raters who are sometimes absent, and its greatest value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse, special, stats

from srbench.ratings.triplets import CHOICES, ORIGINAL, TripletAnswer
from srbench.stats.arrays import Floats
from srbench.stats.clustered import clustered_covariance

SIGMA = float(1 / stats.norm.ppf(0.75))
PRIOR_JND = 10.0
"""Standard deviation of a normal prior of distances, which keeps those finite that nobody ever doubted."""
_PRIOR_PRESSED, _PRIOR_BETA = 2.0, 1.5
"""The same of the log odds of what absent raters press, and of the logarithms of the beta distribution's parameters."""
_NODES = 64
_ANGLES = (np.arange(_NODES) + 0.5) * np.pi / 2 / _NODES
_SHARES: Floats = np.sin(_ANGLES) ** 2
"""Shares of absent answers over which is summed; evenly spaced in the angle they are dense at both ends."""
_LOGS: Floats = np.log(np.stack([_SHARES, 1 - _SHARES]))
_MOST_STEPS, _STEP, _TINY = 2_000, 1e-4, 1e-12
_TRAP_MISSED, _TRAP_RIGHT = -2, -1


@dataclass(frozen=True, eq=False)
class Estimate:
    """What is estimated.

    Attributes:
        parameters: Distances of the items, the bias, the logarithm of the threshold, the log odds of pressing left and
            right, not "not sure", when absent, and the logarithms of both parameters of the beta distribution.
        lapse: Share of absent answers of each rater, `(raters,)`.
        absent: What absent raters press: left, not sure, right, `(3,)`.
        converged: Whether a maximum was reached.
    """

    parameters: Floats
    lapse: Floats
    absent: Floats
    converged: bool


@dataclass(frozen=True, eq=False)
class _State:
    """The likelihood at some parameters: of cells, which are different answers, for each share; and of raters.

    Attributes:
        looking: Probability of each cell's answer by a rater who looks, `(cells,)`.
        slopes: Its slopes by distances, bias and logarithm of the threshold, `(cells, items + 2)`.
        pressed: What absent raters press, `(3,)`.
        prior: Distribution of the shares of absent answers, `(nodes,)`.
        mixture: Probability of each cell's answer for each share, `(cells, nodes)`.
        value: Logarithm of the likelihood of each rater's answers, `(raters,)`.
        weight: Each rater's distribution of the shares after these answers, `(raters, nodes)`.
    """

    looking: Floats
    slopes: sparse.csr_array
    pressed: Floats
    prior: Floats
    mixture: Floats
    value: Floats
    weight: Floats


class Problem:
    """Answers as numbers: which distance is added and which is taken away, by whom, and what was said."""

    def __init__(self, answers: Sequence[TripletAnswer]) -> None:
        shown = [(a.content, model) for a in answers if a.kind != "trap" for model in (a.left, a.right)]
        self.items = tuple(sorted({item for item in shown if item[1] != ORIGINAL}))
        self.raters = tuple(dict.fromkeys(answer.rater for answer in answers))
        place = {item: i for i, item in enumerate(self.items)}
        original = len(self.items)

        def cell_of(a: TripletAnswer) -> tuple[int, int, int]:
            if a.kind == "trap":
                return _TRAP_MISSED if a.missed else _TRAP_RIGHT, original, CHOICES.index(a.answer)
            pair = (place.get((a.content, model), original) for model in (a.left, a.right))
            return (*pair, CHOICES.index(a.answer))  # type: ignore[return-value]

        cells, cell = np.unique([cell_of(answer) for answer in answers], axis=0, return_inverse=True)
        self._trap, self._right = cells[:, 0] < 0, cells[:, 0] == _TRAP_RIGHT
        left, right, self._said = cells.T
        self._left, self._other = np.where(self._trap, original, left), right
        rater = {name: i for i, name in enumerate(self.raters)}
        at = np.array([rater[answer.rater] for answer in answers]), cell.reshape(-1)
        size = len(self.raters), len(cells)
        self._counts = sparse.csr_array((np.ones(len(answers)), at), shape=size)
        self._contrasts = self._differences()

    def _differences(self) -> sparse.csr_array:
        """Which distances, and the bias, make a cell's answer, `(cells, items + 1)`; nothing makes that of a trap."""
        cells, items = np.arange(len(self._said)), len(self.items)
        values = np.concatenate([np.ones(len(cells)), -np.ones(len(cells)), np.where(self._trap, 0.0, 1.0)])
        columns = np.concatenate([self._left, self._other, np.full(len(cells), items + 1)])
        every = sparse.csr_array((values, (np.tile(cells, 3), columns)), shape=(len(cells), items + 2))
        return every[:, [*range(items), items + 1]]

    def estimate(self) -> Estimate:
        """Return the parameters of the greatest likelihood, and what follows for each rater."""
        items = len(self.items)
        traps = self._counts.sum(axis=0)[self._trap].sum()
        missed = 1 - self._counts.sum(axis=0)[self._right].sum() / traps if traps else 0.1
        lapse = float(np.clip(1.5 * missed, 0.03, 0.8))
        start = np.array([0.0] * items + [0.0, np.log(0.3), 0.0, 0.0, np.log(2 * lapse), np.log(2 - 2 * lapse)])
        bounds = [(-6.0, 2.0) if i == items + 1 else (None, None) for i in range(len(start))]
        options = {"maxiter": _MOST_STEPS, "maxcor": 30, "ftol": 1e-10}
        found = optimize.minimize(self._cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        state = self._state(found.x)
        return Estimate(found.x, state.weight @ _SHARES, state.pressed, bool(found.success))

    def covariance(self, found: Estimate) -> Floats:
        """Return the sandwich covariance of the parameters with raters as clusters; NaN with a single rater."""
        number = len(found.parameters)
        if len(self.raters) < 2:
            return np.full((number, number), np.nan)
        ends = [_STEP * np.eye(number)[i] for i in range(number)]
        slopes = [self._cost(found.parameters + end)[1] - self._cost(found.parameters - end)[1] for end in ends]
        curvature = np.stack(slopes) / (2 * _STEP)
        bread = np.asarray(np.linalg.pinv((curvature + curvature.T) / 2, hermitian=True), dtype=np.float64)
        gradients = self._gradients(found.parameters, self._state(found.parameters))
        return clustered_covariance(bread, lambda _: gradients, [np.arange(len(self.raters))], bread)

    def _state(self, parameters: Floats) -> _State:
        looking, slopes = self._looking(parameters)
        *_, left, right = parameters[:-2]
        pressed = special.softmax([left, 0.0, right])
        logs = np.exp(parameters[-2:]) @ _LOGS - _LOGS.sum(axis=0) / 2  # a beta distribution, by the angle
        logs -= special.logsumexp(logs)
        mixture = np.outer(looking, 1 - _SHARES) + np.outer(pressed[self._said], _SHARES)
        joint = self._counts @ np.log(mixture) + logs
        value = special.logsumexp(joint, axis=1)
        weight = np.exp(joint - value[:, None])
        return _State(looking, slopes, pressed, np.exp(logs), mixture, value, weight)

    def _looking(self, parameters: Floats) -> tuple[Floats, sparse.csr_array]:
        """Probability of the answer of each cell by raters who look, and its slopes."""
        items = len(self.items)
        shift = self._contrasts @ parameters[: items + 1]
        t = np.exp(parameters[items + 1])
        high, low = (shift - t) / SIGMA, (shift + t) / SIGMA
        more, less = special.ndtr(high), special.ndtr(-low)
        by_more, by_less = stats.norm.pdf(high) / SIGMA, stats.norm.pdf(low) / SIGMA
        probability = np.choose(self._said, [more, special.ndtr(low) - more, less])
        by_shift = np.choose(self._said, [by_more, by_less - by_more, -by_less])
        by_threshold = t * np.choose(self._said, [-by_more, by_more + by_less, -by_less])
        threshold = sparse.csr_array(np.where(self._trap, 0.0, by_threshold)[:, None])
        slopes = sparse.hstack([sparse.diags_array(by_shift) @ self._contrasts, threshold], format="csr")
        return np.where(self._trap, self._right, np.maximum(probability, _TINY)), slopes

    def _cost(self, parameters: Floats) -> tuple[float, Floats]:
        """Minus the logarithm of the likelihood times the priors, and its slopes."""
        state = self._state(parameters)
        number = len(self.items)
        precision = np.array([PRIOR_JND] * number + [np.inf] * 2 + [_PRIOR_PRESSED] * 2 + [_PRIOR_BETA] * 2) ** -2.0
        expected = (self._counts.T @ state.weight) / state.mixture  # (cells, nodes)
        looked, away = (sparse.csr_array((expected @ of)[None]) for of in (1 - _SHARES, _SHARES))
        gradient = self._assembled(parameters, state, looked, away, state.weight.sum(axis=0)[None])[0]
        value = state.value.sum() - precision @ parameters**2 / 2
        return -float(value), precision * parameters - gradient

    def _gradients(self, parameters: Floats, state: _State) -> Floats:
        """Slopes of the logarithm of each rater's likelihood, `(raters, parameters)`."""
        rater, cell = self._counts.nonzero()
        expected = self._counts.data[:, None] * state.weight[rater] / state.mixture[cell]
        looked, away = (
            sparse.csr_array((expected @ of, (rater, cell)), shape=self._counts.shape) for of in (1 - _SHARES, _SHARES)
        )
        return self._assembled(parameters, state, looked, away, state.weight)

    def _assembled(
        self, parameters: Floats, state: _State, looked: sparse.csr_array, away: sparse.csr_array, weight: Floats
    ) -> Floats:
        """Slopes by all parameters, from how the likelihood grows with the probabilities of cells and shares."""
        pressed = np.eye(3)[self._said] - state.pressed
        by_pressed = away @ (state.pressed[self._said][:, None] * pressed)[:, [0, 2]]
        more = (weight - weight.sum(axis=1, keepdims=True) * state.prior) @ _LOGS.T
        return np.hstack([(looked @ state.slopes).toarray(), by_pressed, more * np.exp(parameters[-2:])])
