"""The next pair: moments against brute force, information against sampling, and a gain over chance."""

import numpy as np
import pytest
from scipy import stats

from srbench.opinion.votes import Comparison
from srbench.survey.adaptive import Belief, information, next_pair, prior, update


def _won(winner: str, loser: str, tie: bool = False) -> Comparison:
    return Comparison("c", "r", winner, loser, tie)


def test_an_answer_moves_the_moments_as_sampling_does() -> None:
    generator = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.3, 0.1], [0.3, 2.0, 0.2], [0.1, 0.2, 0.5]])
    belief = Belief(("a", "b", "c"), np.array([0.2, -0.1, 0.4]), covariance)
    scores = generator.multivariate_normal(belief.mean, covariance, 400_000)
    weight = stats.norm.cdf(scores[:, 0] - scores[:, 1])
    after = update(belief, _won("a", "b"))
    mean = weight @ scores / weight.sum()
    rest = scores - mean
    # Sampling errors: 400,000 draws of variance up to 2.
    np.testing.assert_allclose(after.mean, mean, atol=0.01)
    np.testing.assert_allclose(after.covariance, (rest * weight[:, None]).T @ rest / weight.sum(), atol=0.02)


def test_a_tie_brings_scores_together_and_is_certain_of_neither() -> None:
    belief = Belief(("a", "b"), np.array([1.0, -1.0]), np.eye(2))
    after = update(belief, _won("a", "b", tie=True))
    assert 0 < after.mean[0] - after.mean[1] < 2
    assert after.mean.sum() == pytest.approx(0)
    assert after.covariance[0, 0] < 1


def test_information_is_the_entropy_that_sampling_finds() -> None:
    generator = np.random.default_rng(1)
    belief = Belief(("a", "b"), np.array([0.5, 0.0]), np.array([[1.0, 0.2], [0.2, 0.7]]))
    gaps = generator.normal(0.5, np.sqrt(1.0 + 0.7 - 0.4), 400_000)
    p = stats.norm.cdf(gaps)

    def bits(chance: np.ndarray | float) -> np.ndarray:
        return -chance * np.log2(chance) - (1 - chance) * np.log2(1 - chance)

    assert information(belief, "a", "b") == pytest.approx(float(bits(p.mean()) - bits(p).mean()), abs=0.003)
    assert information(belief, "a", "b") == pytest.approx(information(belief, "b", "a"))


def test_what_is_known_is_not_asked() -> None:
    covariance = np.diag([0.01, 0.01, 1.0])
    far = Belief(("a", "b", "c"), np.array([3.0, -3.0, 0.0]), covariance)
    assert information(far, "a", "b") < 0.01
    assert set(next_pair(far)) != {"a", "b"}
    everything = [frozenset("ac"), frozenset("bc")]
    assert set(next_pair(far, everything)) == {"a", "b"}  # each pair once before any comes again


@pytest.mark.slow
def test_chosen_pairs_tell_more_than_drawn_ones() -> None:
    """Ten models, 60 answers: the scores' error is smaller, over 20 studies."""
    models = tuple("abcdefghij")
    errors: dict[str, list[float]] = {"chosen": [], "drawn": []}
    for seed in range(20):
        truth = np.random.default_rng((seed, 9)).normal(0, 1.5, len(models))
        for way, found in errors.items():
            generator = np.random.default_rng((seed, 7))
            belief = prior(models)
            for turn in range(60):
                pair = (
                    next_pair(belief, seed=turn)
                    if way == "chosen"
                    else tuple(generator.choice(models, 2, replace=False))
                )
                i, j = (models.index(name) for name in pair)
                better = truth[i] - truth[j] + generator.normal() > 0
                belief = update(belief, _won(*pair) if better else _won(*pair[::-1]))
            gap = (belief.mean - belief.mean.mean()) - (truth - truth.mean())
            found.append(float(np.sqrt((gap**2).mean())))
    assert np.mean(errors["chosen"]) < 0.95 * np.mean(errors["drawn"])
    assert stats.wilcoxon(errors["chosen"], errors["drawn"], alternative="less").pvalue < 0.05


def test_the_same_seed_asks_the_same() -> None:
    belief = prior(("a", "b", "c"))
    assert next_pair(belief, seed=4) == next_pair(belief, seed=4)
    assert len({next_pair(belief, seed=seed) for seed in range(40)}) == 6
