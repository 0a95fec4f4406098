"""Equations in crossed random effects, block by block, against the whole matrix."""

import numpy as np
import pytest

from srbench.stats.arrays import Ints
from srbench.stats.random_effects import Products, Solver, arrange


def _crossed(raters: int, contents: int, models: int, share: float) -> list[Ints]:
    generator = np.random.default_rng(0)
    rater, content, model = np.nonzero(generator.random((raters, contents, models)) < share)
    pairs = [rater, content, rater * models + model, content * models + model]
    return [np.unique(group, return_inverse=True)[1] for group in pairs]


def test_models_are_the_blocks_of_a_study_of_ratings() -> None:
    layout = arrange(_crossed(6, 5, 40, 1.0))
    assert (layout.shared, layout.blocks, layout.size) == (11, 40, 11)
    assert (layout.factor >= 0).all()


@pytest.mark.parametrize("factors", [1, 2, 4])
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_solutions_are_those_of_the_whole_matrix(factors: int, share: float) -> None:
    """With votes missing, blocks have different numbers of levels, and empty places."""
    groups = _crossed(5, 4, 3, share)[:factors]
    layout = arrange(groups)
    products = Products(layout)
    generator = np.random.default_rng(1)
    weight, diagonal = generator.uniform(0.1, 1, len(groups[0])), generator.uniform(1, 2, layout.places)
    z = products.indicators.toarray()
    assert z.sum() == factors * len(weight)
    whole = z.T @ (z * weight[:, None]) + np.diag(diagonal)
    solver = Solver(products.of(weight).raised(diagonal))
    right = generator.normal(size=layout.places)
    np.testing.assert_allclose(solver.solve(right), np.linalg.solve(whole, right), rtol=1e-9)
    assert solver.logdet == pytest.approx(np.linalg.slogdet(whole)[1])
    inverse = np.linalg.inv(whole)
    leverage, on_diagonal = solver.leverages(layout)
    np.testing.assert_allclose(leverage, np.einsum("ni,ij,nj->n", z, inverse, z), rtol=1e-9)
    np.testing.assert_allclose(on_diagonal, np.diag(inverse), rtol=1e-9)
