"""The next pair: moments against brute force, information against sampling, and a gain over chance."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from srbench.ratings import pairs
from srbench.ratings.simulation import Simulation
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.adaptive import ScorePosterior, anticipate, information, next_pair, prior, update
from srbench.survey.design import Design
from srbench.survey.methods.pair.panel import simulated_comparisons
from srbench.survey.planning import session
from srbench.survey.study import Picture, Study


def _won(winner: str, loser: str, tie: bool = False) -> PairAnswer:
    return PairAnswer("c", "r", winner, loser, tie)


def test_an_answer_moves_the_moments_as_sampling_does() -> None:
    generator = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.3, 0.1], [0.3, 2.0, 0.2], [0.1, 0.2, 0.5]])
    belief = ScorePosterior(("a", "b", "c"), np.array([0.2, -0.1, 0.4]), covariance)
    scores = generator.multivariate_normal(belief.mean, covariance, 400_000)
    weight = stats.norm.cdf(scores[:, 0] - scores[:, 1])
    after = update(belief, _won("a", "b"))
    mean = weight @ scores / weight.sum()
    rest = scores - mean
    # Sampling errors: 400,000 draws of variance up to 2.
    np.testing.assert_allclose(after.mean, mean, atol=0.01)
    np.testing.assert_allclose(after.covariance, (rest * weight[:, None]).T @ rest / weight.sum(), atol=0.02)


def test_a_tie_brings_scores_together_and_is_certain_of_neither() -> None:
    belief = ScorePosterior(("a", "b"), np.array([1.0, -1.0]), np.eye(2))
    after = update(belief, _won("a", "b", tie=True))
    assert 0 < after.mean[0] - after.mean[1] < 2
    assert after.mean.sum() == pytest.approx(0)
    assert after.covariance[0, 0] < 1


def test_information_is_the_entropy_that_sampling_finds() -> None:
    generator = np.random.default_rng(1)
    belief = ScorePosterior(("a", "b"), np.array([0.5, 0.0]), np.array([[1.0, 0.2], [0.2, 0.7]]))
    gaps = generator.normal(0.5, np.sqrt(1.0 + 0.7 - 0.4), 400_000)
    p = stats.norm.cdf(gaps)

    def bits(chance: np.ndarray | float) -> np.ndarray:
        return -chance * np.log2(chance) - (1 - chance) * np.log2(1 - chance)

    assert information(belief, [("a", "b")])[0] == pytest.approx(float(bits(p.mean()) - bits(p).mean()), abs=0.003)
    assert information(belief, [("a", "b")]) == pytest.approx(information(belief, [("b", "a")]))


def test_what_is_known_is_not_asked() -> None:
    covariance = np.diag([0.01, 0.01, 1.0])
    far = ScorePosterior(("a", "b", "c"), np.array([3.0, -3.0, 0.0]), covariance)
    assert information(far, [("a", "b")])[0] < 0.01
    assert set(next_pair(far)) != {"a", "b"}
    everything = [frozenset("ac"), frozenset("bc")]
    assert set(next_pair(far, everything)) == {"a", "b"}  # each pair once before any comes again


def test_what_is_anticipated_is_the_mean_over_both_answers() -> None:
    belief = ScorePosterior(("a", "b"), np.array([0.7, 0.1]), np.array([[1.0, 0.2], [0.2, 0.7]]))
    chance = stats.norm.cdf(0.6 / np.sqrt(1 + 1.0 + 0.7 - 0.4))
    first, second = update(belief, _won("a", "b")), update(belief, _won("b", "a"))
    after = anticipate(belief, "a", "b")
    np.testing.assert_allclose(after.covariance, chance * first.covariance + (1 - chance) * second.covariance)
    np.testing.assert_allclose(after.mean, chance * first.mean + (1 - chance) * second.mean)


def _study(models: list[str], contents: int, kind: str, seed: int) -> Study:
    shown = [Stimulus(f"c{c}_{m}", f"c{c}", m, "set") for c in range(contents) for m in models]
    pictures = tuple(Picture(one, "", "", 1, 1, "rated") for one in shown)
    return Study(Path(), "t", Design("pair", seed, pairs=kind), 3, pictures, 4)  # type: ignore[arg-type]


def test_a_session_asks_what_is_open() -> None:
    models = ["a", "b", "c", "d"]
    study = _study(models, 2, "adaptive", 0)
    belief = ScorePosterior(tuple(models), np.array([-3.0, 3.0, 0.0, 0.1]), np.diag([0.01, 0.01, 1.0, 1.0]))
    asked = [{trial.first, trial.second} for trial in session(study.design, study.stimuli(), 0, belief)]
    assert asked[0] in ({"c0_c", "c0_d"}, {"c1_c", "c1_d"})
    assert asked != [{t.first, t.second} for t in session(study.design, study.stimuli(), 0)]


@pytest.mark.slow
def test_adaptive_sessions_find_an_order_that_as_many_ring_questions_do_not() -> None:
    """16 models, 3 raters, 4 contents: neighbours in the right order, over 15 studies."""
    models = [f"m{i:02d}" for i in range(16)]
    right: dict[str, list[float]] = {"sparse": [], "adaptive": []}
    for seed in range(15):
        quality = np.random.default_rng(seed).permutation(np.linspace(2, 4, len(models)))
        panel = Simulation(
            models, tuple(quality), images=4, content_spread=0.05, stimulus_spread=0.05, raters=3, seed=seed
        )
        for kind, found in right.items():
            study = _study(models, 4, kind, seed)
            fit = pairs.fit(simulated_comparisons(study.design, study.stimuli(), panel))
            score = np.array([fit.score[fit.items.index(model)] for model in models])[np.argsort(quality)]
            found.append(float((np.diff(score) > 0).mean()))
    assert np.mean(right["adaptive"]) > np.mean(right["sparse"])
    assert stats.wilcoxon(right["adaptive"], right["sparse"], alternative="greater").pvalue < 0.05


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
