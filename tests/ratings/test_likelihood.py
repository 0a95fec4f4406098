"""Maximum likelihood finds the truth of a large simulated panel, and says what it cannot find."""

import numpy as np
import pytest
from scipy import optimize

from srbench.ratings import analysis, likelihood, mos
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale
from srbench.report.ratings import publish
from tests.ratings.tables import NAN, votes_of

# A long scale: rounding and its ends, which the model does not have, are small beside noise of 6.
WIDE = Simulation(
    images=50, raters=30, bias=3.0, inconsistency=6.0, content_spread=5.0, stimulus_spread=5.0, scale=Scale(0, 100)
)


def _estimate(panel: Simulation) -> tuple[likelihood.Estimate, np.ndarray, np.ndarray, np.ndarray]:
    drawn = simulate(panel)
    found = likelihood.estimate(drawn.votes)
    assert found is not None
    assert found.converged
    return found, drawn.truth, drawn.bias, drawn.inconsistency


def test_planted_biases_and_inconsistencies_are_found() -> None:
    """200 votes a rater: the error of a bias is near 6 / sqrt(200) = 0.42, of an inconsistency 1 / sqrt(400) of itself.

    Four times that is allowed, and twice the inconsistency of the noisiest is 12.
    """
    found, _, bias, inconsistency = _estimate(WIDE)
    np.testing.assert_allclose(found.bias, bias - bias.mean(), atol=4 * 0.42)
    np.testing.assert_allclose(found.inconsistency, inconsistency, rtol=4 / np.sqrt(400))
    assert np.corrcoef(found.bias, bias)[0, 1] > 0.98


def test_true_scores_are_found_better_than_by_their_means() -> None:
    """By as much as weights of 1 / inconsistency^2 can: the error falls by sqrt(mean(s^2) mean(1 / s^2)).

    200 stimuli tell the ratio of two strongly correlated errors to about 5 %.
    """
    found, truth, bias, wide = _estimate(WIDE)
    target = truth + bias.mean()  # which no votes can tell apart
    errors = [scores.mean - target for scores in (found.scores, mos.mos(simulate(WIDE).votes))]
    likely, plain = (np.sqrt((error**2).mean()) for error in errors)
    assert likely / plain == pytest.approx(1 / np.sqrt((wide**2).mean() * (1 / wide**2).mean()), rel=0.1)
    assert likely < plain


def test_the_likelihood_has_its_maximum_there() -> None:
    """Against a general optimiser on the same likelihood, parametrised by log inconsistency."""
    votes = simulate(Simulation(images=15, raters=20, models=("a", "b"), seed=3, share=0.9)).votes
    found = likelihood.estimate(votes)
    assert found is not None
    stimuli, raters = len(found.scores.stimuli), len(found.raters)
    place = found.scores.by_name()
    stimulus = np.array([place[votes.stimuli[i].name] for i in votes.stimulus])

    def loss(x: np.ndarray) -> float:
        truth, bias, wide = x[:stimuli], x[stimuli : stimuli + raters], x[stimuli + raters :]
        rest = votes.score - truth[stimulus] - bias[votes.rater]
        return float((rest**2 / 2 * np.exp(-2 * wide[votes.rater]) + wide[votes.rater]).sum() + bias.mean() ** 2)

    assert found.exact == ()  # where the likelihood has no maximum
    start = np.concatenate([found.scores.mean, found.bias, np.log(found.inconsistency)])
    better = optimize.minimize(loss, start, method="L-BFGS-B")
    # The sweeps stop at changes of 1e-8; the likelihood is flat there to its square.
    assert loss(start) - better.fun < 1e-6
    generator = np.random.default_rng(0)
    steps = generator.normal(0, 0.01, (50, len(start)))
    assert min(loss(start + step) for step in steps) > loss(start)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_mean_bias_is_0(share: float) -> None:
    found = likelihood.estimate(simulate(Simulation(images=5, share=share)).votes)
    assert found is not None
    assert found.bias.mean() == pytest.approx(0, abs=1e-12)


def _shown(made: analysis.Analysis) -> tuple[float | None, str, bool]:
    """The treatment's half-width and reason, and whether any inconsistency of a rater is shown."""
    treatment = next(v for v in made.sensitivity if v.name == "maximum likelihood (P.910)")
    assert made.raters is not None
    return treatment.half, treatment.reason, bool(np.isfinite(made.raters.inconsistency).any())


def test_a_fit_that_cannot_be_used_is_shown_nowhere_and_its_cause_is_the_true_one() -> None:
    alike = analysis.analyse("x", votes_of(np.tile([[1.0], [2], [4], [5]], (1, 8)).tolist()), Options(resamples=0))
    half, reason, inconsistent = _shown(alike)
    assert (half, inconsistent) == (None, False)
    assert "all raters agree, so that nobody's votes vary" in reason
    assert publish.report(alike).content["stimuli"][0]["p910"] is None
    # One of 13 raters has 3 votes, which the fit repeats; without them it can be used.
    votes = simulate(Simulation(images=10, raters=13, share=1.0)).votes
    few = votes.keep((votes.rater != 0) | np.isin(votes.stimulus, [0, 1, 2]))
    level = few.with_scores(np.where(few.rater == 0, [3.0], few.score))
    found = likelihood.estimate(level, least_votes=4)
    assert found is not None
    assert found.left_out == (votes.raters[0],)
    assert found.usable
    made = analysis.analyse("x", level, Options(screen=(), resamples=0, least_votes=4))
    assert "maximum likelihood leaves out 1 rater with fewer than 4 votes" in made.caveats
    half, reason, inconsistent = _shown(made)
    assert half is not None
    assert (reason, inconsistent) == ("", True)


def test_giving_up_is_said_with_its_count() -> None:
    votes = simulate(Simulation(images=5)).votes
    found = likelihood.estimate(votes, most=2)
    assert found is not None
    assert (found.iterations, found.converged) == (2, False)
    whole = likelihood.estimate(votes)
    assert whole is not None
    assert whole.converged
    assert 2 < whole.iterations < 100


def test_giving_up_is_said_in_the_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likelihood.estimate, "__defaults__", ("stimulus", 2, 3))
    made = analysis.analyse("x", simulate(Simulation(images=3)).votes, Options(resamples=0))
    assert "maximum likelihood did not converge in 2 sweeps" in made.caveats


def test_raters_with_fewer_than_3_votes_are_left_out_by_name() -> None:
    table = np.tile([[1.0], [2], [4], [5]], (1, 5)) + np.array([0, 1, 0, 0, 0]) * np.array([[1], [0], [1], [0]])
    table[2:, 3] = NAN
    table[1:, 4] = NAN
    found = likelihood.estimate(votes_of(table.tolist()))
    assert found is not None
    assert found.left_out == ("r3", "r4")
    assert found.raters == ("r0", "r1", "r2")
    assert found.scores.n.tolist() == [3, 3, 3, 3]
    made = analysis.analyse("x", votes_of(table.tolist()), Options(screen=(), resamples=0))
    assert "maximum likelihood leaves out 2 raters with fewer than 3 votes" in made.caveats


def test_nobody_with_3_votes_is_no_estimate() -> None:
    assert likelihood.estimate(votes_of([[1, 2], [3, 4]])) is None


def test_exact_raters_are_held_finite() -> None:
    """All agree: without a floor their weights would be infinite."""
    table = np.tile([[1.0], [2], [4], [5]], (1, 3))
    found = likelihood.estimate(votes_of(table.tolist()))
    assert found is not None
    assert found.exact == found.raters == ("r0", "r1", "r2")
    np.testing.assert_allclose(found.scores.mean, [1, 2, 4, 5], atol=1e-9)
    # A thousandth of the scale's length of 4.
    np.testing.assert_allclose(found.inconsistency, 0.004)
    np.testing.assert_allclose(found.scores.half, 0, atol=1e-9)


def test_an_estimate_that_follows_a_single_rater_says_so() -> None:
    """In small panels the weight of one rater can grow until the true scores are that rater's votes."""
    collapsed = 0
    for seed in range(20):
        votes = simulate(Simulation(images=8, raters=6, seed=seed)).votes
        found = likelihood.estimate(votes)
        assert found is not None
        gap = votes.matrix() - found.scores.mean[:, None]
        follows = tuple(name for name, own in zip(votes.raters, np.ptp(gap, axis=0), strict=True) if own < 0.01)
        assert found.exact == follows
        collapsed += bool(follows)
        made = analysis.analyse("x", votes, Options(screen=(), resamples=0))
        assert any("has collapsed onto" in note for note in made.caveats) == bool(follows)
        assert any("32 votes of theirs against 6 raters" in note for note in made.caveats) == bool(follows)
        assert not any("--least-votes" in note for note in made.caveats)  # nobody has fewer votes than others
        assert any("a stimulus has 6 votes, too few" in note for note in made.caveats) == bool(follows)
    assert 5 < collapsed < 20


def test_a_rater_who_adds_1_to_every_score_has_that_bias() -> None:
    found = likelihood.estimate(votes_of([[1, 2], [2, 3], [4, 5], [3, 4]]))
    assert found is not None
    np.testing.assert_allclose(found.bias, [-0.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(found.scores.mean, [1.5, 2.5, 4.5, 3.5], atol=1e-9)


def test_both_standard_errors_agree_where_the_model_holds() -> None:
    votes = simulate(WIDE).votes
    by_stimulus, by_rater = (likelihood.estimate(votes, spread) for spread in ("stimulus", "rater"))
    assert by_stimulus is not None
    assert by_rater is not None
    np.testing.assert_array_equal(by_stimulus.scores.mean, by_rater.scores.mean)
    # The first does not know that noisy raters weigh less, so it is a little larger.
    ratio = np.median(by_stimulus.scores.half / by_rater.scores.half)
    assert 1.0 < ratio < 1.3
