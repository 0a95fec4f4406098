"""The monotonic third-order polynomial of P.1401."""

import numpy as np
import pytest
from scipy import optimize

from srbench.ratings.curves import curve, fit_curve

X = np.linspace(20, 40, 30)


def test_a_monotonic_cubic_is_found_again() -> None:
    z = (X - 30) / 10
    y = 3 + z + 0.4 * z**3
    found = fit_curve("cubic", X, y)
    np.testing.assert_allclose(curve("cubic", X, found.parameters), y, atol=1e-9)
    falling = fit_curve("cubic", X, -y)
    np.testing.assert_allclose(curve("cubic", X, falling.parameters), -y, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_where_the_best_cubic_turns_the_best_monotonic_one_is_found(seed: int) -> None:
    """Against scipy's SLSQP on the coefficients, with the slope's sign held at 200 places."""
    generator = np.random.default_rng(seed)
    u = np.sort(generator.uniform(-1, 1, 25))
    u[[0, -1]] = -1, 1
    y = u - 2 * u**3 * generator.uniform(0.8, 1.5) + generator.normal(0, 0.1, 25)
    found = fit_curve("cubic", u, y)
    ours = float(((curve("cubic", u, found.parameters) - y) ** 2).sum())
    places = np.linspace(-1, 1, 200)
    best = min(
        optimize.minimize(
            lambda p: float(((np.polyval(p, u) - y) ** 2).sum()),
            [0.0, 0.0, 0.1 * sign, 0.0],
            method="SLSQP",
            constraints={"type": "ineq", "fun": lambda p, sign=sign: sign * np.polyval(np.polyder(p), places)},
        ).fun
        for sign in (1, -1)
    )
    assert ours == pytest.approx(best, rel=2e-3)
    slope = np.diff(curve("cubic", places, found.parameters))
    assert (slope >= -1e-9).all() or (slope <= 1e-9).all()
    # A free polynomial turns.
    free = np.diff(np.polyval(np.polyfit(u, y, 3), places))
    assert free.min() < 0 < free.max()
