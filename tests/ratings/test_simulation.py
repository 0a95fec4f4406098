"""Panels are what they were asked to be."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from srbench.errors import BadRatings
from srbench.ratings.pair_simulation import simulate_pairs
from srbench.ratings.simulation import Simulation, expected, simulate
from srbench.ratings.votes import Scale


def test_the_seed_decides_everything() -> None:
    one, again, other = (simulate(Simulation(images=3, raters=4, seed=seed)).votes for seed in (1, 1, 2))
    for column in ("stimulus", "rater", "repetition", "score", "seconds", "order"):
        np.testing.assert_array_equal(getattr(one, column), getattr(again, column))
    assert not np.array_equal(one.score, other.score)
    assert simulate_pairs(Simulation(images=2, seed=1)) == simulate_pairs(Simulation(images=2, seed=1))


@pytest.mark.parametrize("share", [1.0, 0.5, 0.13])
def test_every_rater_sees_their_share_and_every_stimulus_is_seen_about_equally_often(share: float) -> None:
    votes = simulate(Simulation(images=10, raters=13, share=share)).votes
    seen = round(share * 40)
    assert np.bincount(votes.rater).tolist() == [seen] * 13
    counts = np.bincount(votes.stimulus, minlength=40)
    assert counts.sum() == seen * 13
    assert np.ptp(counts) <= 2
    pairs = set(zip(votes.stimulus.tolist(), votes.rater.tolist(), strict=True))
    assert len(pairs) == len(votes)


def test_second_votes_are_on_stimuli_that_the_rater_has_seen() -> None:
    votes = simulate(Simulation(images=5, raters=6, share=0.5, repeated=0.3)).votes
    seen = [
        set(zip(part.stimulus.tolist(), part.rater.tolist(), strict=True))
        for part in (votes.keep(votes.repetition == 1), votes.keep(votes.repetition == 2))
    ]
    assert seen[1] < seen[0]
    assert len(seen[1]) == 6 * 3
    for rater in range(6):
        order = votes.order[votes.rater == rater]
        assert sorted(order) == list(range(1, len(order) + 1))


def test_references_and_traps_are_among_the_stimuli() -> None:
    drawn = simulate(Simulation(images=3, reference=True, traps=True))
    assert [s.model for s in drawn.votes.stimuli if s.reference] == ["hr"] * 3
    assert [s.expected for s in drawn.votes.stimuli if s.expected is not None] == [1, 5, 1, 5]
    assert len(drawn.votes.judged()) == 24 * 15


@pytest.mark.parametrize("scale", [Scale(), Scale(0, 10), Scale(0, 100)])
def test_votes_are_whole_numbers_on_the_scale(scale: Scale) -> None:
    score = simulate(Simulation(images=5, scale=scale, inconsistency=3.0, careless=2)).votes.score
    assert np.array_equal(score, np.rint(score))
    assert scale.low <= score.min() < score.max() <= scale.high


def test_careless_and_adversarial_raters_behave_so() -> None:
    drawn = simulate(Simulation(images=50, careless=1, adversarial=1, inconsistency=0.3))
    votes = drawn.votes
    assert (drawn.careless, drawn.adversarial) == (("careless1",), ("adversarial1",))
    assert len(drawn.bias) == len(drawn.inconsistency) == 24
    table = {name: votes.matrix()[:, i] for i, name in enumerate(votes.raters)}
    # 200 votes: a correlation by chance has a standard deviation of 0.07.
    assert abs(np.corrcoef(table["careless1"], drawn.truth)[0, 1]) < 0.3
    assert np.corrcoef(table["adversarial1"], drawn.truth)[0, 1] < -0.8
    assert np.corrcoef(table["r01"], drawn.truth)[0, 1] > 0.8
    times = {name: np.median(votes.seconds[votes.rater == i]) for i, name in enumerate(votes.raters)}
    assert times["careless1"] < 0.6
    assert times["r01"] > 2.5


@pytest.mark.parametrize("scale", [Scale(), Scale(0, 10)])
def test_what_is_expected_is_the_mean_of_many_raters(scale: Scale) -> None:
    """4,000 raters: standard errors of at most 0.015 for single stimuli."""
    panel = Simulation(models=("a", "b", "c"), images=4, raters=4_000, scale=scale)
    drawn = simulate(panel)
    mean = drawn.votes.matrix().mean(axis=1)
    np.testing.assert_allclose(mean, drawn.expected, atol=0.06)
    assert np.abs(drawn.expected - drawn.truth).max() < 0.2


@pytest.mark.parametrize("truth", [0.5, 1.2, 2.3, 4.9])
def test_what_is_expected_equals_an_integral_written_out(truth: float) -> None:
    """Chance of each score times the score, over the raters' inconsistencies."""

    def mean(z: float) -> float:
        sigma = np.hypot(np.hypot(0.5, 0.4), 1.2 * np.exp(0.3 * z))
        passed = stats.norm.cdf((np.array([1.5, 2.5, 3.5, 4.5, np.inf]) - truth) / sigma)
        return float((np.diff(passed, prepend=0) @ np.arange(1, 6)) * stats.norm.pdf(z))

    # 15 nodes of a smooth function: better than six digits.
    found = expected(Simulation(bias=0.5, rater_model=0.4, inconsistency=1.2), np.array([truth]))
    assert found[0] == pytest.approx(integrate.quad(mean, -8, 8)[0], abs=1e-6)


def test_what_is_expected_without_noise_is_the_rounded_truth() -> None:
    truth = np.array([0.2, 1.4, 2.6, 4.4, 7.0])
    assert expected(Simulation(bias=0, rater_model=0, inconsistency=0), truth).tolist() == [1, 1, 3, 4, 5]
    # In the middle of the scale rounding is even: nothing is moved.
    assert expected(Simulation(), np.array([3.0])).tolist() == [pytest.approx(3, abs=1e-12)]


def test_tastes_are_of_a_rater_for_a_model_and_move_nothing_else() -> None:
    """Without noise, votes of a rater on a model differ from truth and bias by the same on every image."""
    panel = Simulation(images=6, raters=5, inconsistency=0, rater_model=6, scale=Scale(-100, 200), reference=True)
    drawn, plain = simulate(panel), simulate(replace(panel, rater_model=0))
    assert drawn.votes.raters == plain.votes.raters
    np.testing.assert_array_equal(drawn.truth, plain.truth)
    change = drawn.votes.matrix() - plain.votes.matrix()
    for column, model in enumerate([*panel.models, "hr"]):
        own = [i for i, s in enumerate(drawn.votes.stimuli) if s.model == model]
        np.testing.assert_allclose(change[own], np.tile(drawn.taste[:, column], (6, 1)), atol=1.01)  # rounded twice
    assert drawn.taste.shape == (5, 5)
    assert drawn.taste.std() == pytest.approx(6, rel=0.4)


def test_equal_pictures_are_told_apart_by_tastes_alone() -> None:
    """Every rater answers the same on all images where they differ by taste alone."""
    panel = Simulation(models=("a", "b"), quality=(3, 3), images=5, raters=6, inconsistency=0, rater_model=1)
    answers = simulate_pairs(replace(panel, stimulus_spread=0))
    chosen = {rater: {a.winner for a in answers if a.rater == rater} for rater in {a.rater for a in answers}}
    assert all(len(winners) == 1 for winners in chosen.values())
    assert len({winner for winners in chosen.values() for winner in winners}) == 2


def test_planted_qualities_are_the_models_true_means() -> None:
    """300 images that shift by 0.3 and 0.2: a standard error of 0.021, four times that."""
    drawn = simulate(Simulation(models=("a", "b"), quality=(2.0, 3.5), images=300, raters=1))
    for model, quality in (("a", 2.0), ("b", 3.5)):
        own = [t for t, s in zip(drawn.truth, drawn.votes.stimuli, strict=True) if s.model == model]
        assert np.mean(own) == pytest.approx(quality, abs=0.084)


def test_every_rater_compares_every_two_models_on_every_image() -> None:
    found = simulate_pairs(Simulation(images=3, raters=4, models=("a", "b", "c"), careless=1))
    asked = {(a.content, a.rater, *sorted((a.winner, a.loser))) for a in found}
    assert len(found) == len(asked) == 3 * 5 * 3
    assert not any(a.tie for a in found)
    assert {a.rater for a in found} == {"r01", "r02", "r03", "r04", "careless1"}
    better = [
        a
        for a in simulate_pairs(Simulation(images=30, models=("a", "b"), quality=(1, 5), rater_model=0))
        if a.winner == "b"
    ]
    assert len(better) == 30 * 24
    assert all(a.tie for a in simulate_pairs(Simulation(images=2), ties=100))


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        (Simulation(models=("a", "a")), "models are a, a; expected one or more different names"),
        (Simulation(models=()), "models are none"),
        (Simulation(models=("a", "b"), quality=(3,)), "1 true scores for 2 models; expected one each"),
        (Simulation(images=0), "0 images and 24 raters; expected at least one of each"),
        (Simulation(raters=0), "20 images and 0 raters"),
    ],
)
def test_panels_that_cannot_be(panel: Simulation, said: str) -> None:
    for drawing in (simulate, simulate_pairs):
        with pytest.raises(BadRatings) as caught:
            drawing(panel)
        assert said in str(caught.value)
