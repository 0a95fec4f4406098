"""Rules find the raters who were planted, and nobody else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from srbench.errors import BadRatings
from srbench.ratings import screening
from srbench.ratings.analysis import analyse
from srbench.ratings.options import Options
from srbench.ratings.rules import RULES
from srbench.ratings.simulation import SimulatedVotes, Simulation, simulate
from srbench.ratings.votes import Stimulus, Votes
from tests.ratings.tables import NAN, joined, votes_of

# Clear differences and raters much alike: the rules reject honest raters too where panels are noisier than that.
CLEAN = Simulation(
    rater_model=0, quality=(1.3, 2.5, 3.5, 4.7), images=25, raters=24, traps=True, bias=0.1, inconsistency=0.35
)


@pytest.fixture(scope="module")
def clean() -> SimulatedVotes:
    return simulate(CLEAN)


@pytest.mark.parametrize("seed", range(5))
def test_the_kurtosis_rule_finds_a_careless_rater_and_no_honest_one(seed: int) -> None:
    """Honest raters are one step off at most, which is within 2 S = 1.4; one of 31 votes by chance.

    Their far votes lie high and low alike: the lopsidedness of 140 has a standard deviation of 0.085, the limit is 0.3.
    """
    generator = np.random.default_rng(seed)
    truth = generator.integers(2, 5, (400, 1))
    table = truth + generator.choice([-1, 0, 0, 1], (400, 31))
    assert screening.kurtosis(votes_of(table.tolist())).rejected == ()
    table[:, 7] = generator.integers(1, 6, 400)
    assert screening.kurtosis(votes_of(table.tolist())).rejected == ("r7",)


def _rule(name: str) -> Callable[[Votes], screening.Verdict]:
    found: Callable[[Votes], screening.Verdict] = getattr(screening, "kurtosis" if name == "bt500" else name)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_rejects_an_honest_rater_of_a_clean_panel(clean: SimulatedVotes, rule: str) -> None:
    verdict = _rule(rule)(clean.votes)
    assert (verdict.rule, verdict.rejected, verdict.reason) == (rule, (), "")


@pytest.mark.parametrize("seed", range(3))
def test_correlation_and_times_find_their_raters(seed: int) -> None:
    drawn = simulate(replace(CLEAN, careless=2, adversarial=1, seed=seed))
    planted = {*drawn.careless, *drawn.adversarial}
    assert set(screening.correlation(drawn.votes.judged()).rejected) == planted
    assert set(screening.fast(drawn.votes).rejected) == set(drawn.careless)
    # A careless rater meets a trap within one step with chance 2/5: all four in 1 of 39.
    assert set(drawn.adversarial) <= set(screening.traps(drawn.votes).rejected) <= planted


def test_kurtosis_by_hand() -> None:
    """Ten stimuli of ten raters, of whom r0 votes 5 on the first and 1 on the second, all others 3.

    Nine equal votes and one 2 away: mean 3.2, S = sqrt(0.36 * 10 / 9) = 0.632, kurtosis 0.09 * (0.9^3 + 0.1^3) / 0.09^2
    = 8.1, so the limit is sqrt(20) S = 2.83, which 1.8 does not reach. With 25 raters: mean 3.08, S = 0.4, limit 1.79,
    distance 1.92.
    """

    def table(raters: int) -> np.ndarray:
        made = np.full((10, raters), 3.0)
        made[0, 0], made[1, 0] = 5, 1
        return made

    few, many = (screening.kurtosis(votes_of(table(raters).tolist())) for raters in (10, 25))
    assert few.rejected == ()
    assert many.rejected == ("r0",)
    assert (many.values["high"][0], many.values["low"][0], many.values["far"][0]) == (1, 1, 0.2)
    assert many.values["lopsided"][0] == 0
    assert not many.values["far"][1:].any()


def test_far_in_one_direction_alone_is_not_rejected() -> None:
    table = np.full((10, 25), 3.0)
    table[:3, 0] = 5
    verdict = screening.kurtosis(votes_of(table.tolist()))
    assert (verdict.values["high"][0], verdict.values["lopsided"][0]) == (3, 1)
    assert verdict.rejected == ()


def test_a_distribution_near_the_normal_one_has_the_narrow_limit() -> None:
    """1, three 2, twelve 3, three 4, 5: mean 3, m2 = 0.7, m4 = 1.9, kurtosis 3.88; S = 0.858, and 2 is more than 2 S.

    1 2 2 3 3 3 3 4 4 5: mean 3, m2 = 1.2, m4 = 3.6, kurtosis 2.5; S = 1.155 with n - 1, 1.095 with n: 2 away is within
    2 S = 2.31 or 2.19. Five 1 and five 5: kurtosis 1, S = 2.11, and 2 away is far within sqrt(20) S.
    """
    far = screening.kurtosis(votes_of([[1, 2, 2, 2, *[3] * 12, 4, 4, 4, 5]] * 4)).values
    assert far["low"].tolist() == [4, *[0] * 19]
    assert far["high"].tolist() == [*[0] * 19, 4]
    for row in ([1, 2, 2, 3, 3, 3, 3, 4, 4, 5], [1] * 5 + [5] * 5):
        assert not screening.kurtosis(votes_of([row] * 4)).values["far"].any()


def test_the_divisor_of_the_standard_deviation_decides_at_the_limit() -> None:
    """One of 21 raters who differs is sqrt(20) S away with n, to the last digit, and less with n - 1."""
    table = np.full((10, 21), 3.0)
    table[0, 0], table[1, 0] = 5, 1
    assert screening.kurtosis(votes_of(table.tolist()), ddof=0).rejected == ("r0",)
    assert screening.kurtosis(votes_of(table.tolist()), ddof=1).rejected == ()


@pytest.mark.parametrize("ddof", [0, 1])
def test_unanimous_stimuli_say_nothing_unless_the_rule_is_read_literally(ddof: int) -> None:
    votes = votes_of([[4.0] * 5] * 3 + [[1, 2, 3, 4, 5]] * 7)
    skipped = screening.kurtosis(votes, ddof=ddof)  # type: ignore[arg-type]
    counted = screening.kurtosis(votes, ddof=ddof, unanimous="count")  # type: ignore[arg-type]
    assert skipped.rejected == ()
    assert not skipped.values["far"].any()
    assert counted.values["high"].tolist() == counted.values["low"].tolist() == [3] * 5
    assert counted.rejected == votes.raters
    assert "skipped" in skipped.statement
    assert "counted as far in both directions" in counted.statement


def test_rounding_does_not_make_a_unanimous_stimulus_vary() -> None:
    """The mean of three times 1.1 is not 1.1."""
    votes = votes_of([[1.1] * 3] * 4)
    assert not screening.kurtosis(votes).values["far"].any()


def test_a_rater_of_a_partial_design_is_judged_by_the_votes_that_they_gave() -> None:
    """2 far votes of 30 are 6.7 %; of all 100 stimuli they would be 2 %."""
    table = np.full((100, 25), 3.0)
    table[30:, 0] = NAN
    table[0, 0], table[1, 0] = 5, 1
    verdict = screening.kurtosis(votes_of(table.tolist()))
    assert verdict.rejected == ("r0",)
    assert verdict.values["far"][0] == pytest.approx(2 / 30)


def test_traps() -> None:
    shown = (Stimulus("a", "a"), Stimulus("low", "low", expected=1.0), Stimulus("high", "high", expected=5.0))
    votes = votes_of([[3, 3, 3, 3], [1, 2, 3, 4], [5, 4, 4, 2]], shown)
    verdict = screening.traps(votes)
    assert verdict.values["misses"].tolist() == [0, 0, 1, 2]
    assert verdict.rejected == ("r2", "r3")
    assert screening.traps(votes, most=1).rejected == ("r3",)


def test_straight_lining() -> None:
    table = np.tile([[1.0], [2], [3], [4], [5]], (4, 4))
    table[:, 1] = 3
    table[:, 2] = [3] * 17 + [1, 2, 4]  # 85 %
    table[9:, 3] = 3
    table[9:, 3] = NAN  # nine votes
    table[:9, 3] = 3
    verdict = screening.straight(votes_of(table.tolist()))
    assert verdict.rejected == ("r1",)
    assert verdict.values["same"][:3].tolist() == [0.2, 1.0, 0.85]
    assert np.isnan(verdict.values["same"][3])


def test_nobody_lines_straight_where_everybody_does() -> None:
    assert screening.straight(votes_of([[5.0, 5, 5]] * 12)).rejected == ()


def test_too_fast() -> None:
    votes = votes_of([[3.0, 3, 3]] * 4)
    seconds = np.array([[0.2, 5, NAN], [0.2, 5, NAN], [5, 5, NAN], [5, 0.9, NAN]]).ravel()
    verdict = screening.fast(replace(votes, seconds=seconds))
    assert verdict.values["too fast"][:2].tolist() == [0.5, 0.25]
    assert np.isnan(verdict.values["too fast"][2])
    assert verdict.rejected == ("r0",)


def test_correlation_by_hand() -> None:
    votes = votes_of([[1, 1, 5, 3], [3, 2, 3, 3], [5, 3, 1, 3], [2, NAN, NAN, 3]])
    verdict = screening.correlation(votes.without(["r2"]))
    means = np.array([5 / 3, 8 / 3, 11 / 3, 2.5])
    expected = [np.corrcoef([1, 3, 5, 2], means)[0, 1], np.corrcoef([1, 2, 3], means[:3])[0, 1], NAN, 0.0]
    np.testing.assert_allclose(verdict.values["r"], expected, atol=1e-12)
    # A constant voter follows nothing; one without votes cannot be judged.
    assert verdict.rejected == ("r3",)


def test_correlation_averages_repeated_votes() -> None:
    first = votes_of([[1, 1], [3, 2], [4, 5]])
    second = votes_of([[2, 1], [3, 2], [5, 5]], repetition=2)
    merged = votes_of([[1.5, 1], [3, 2], [4.5, 5]])
    np.testing.assert_allclose(
        screening.correlation(joined(first, second)).values["r"], screening.correlation(merged).values["r"]
    )


def test_bias_and_its_removal() -> None:
    votes = votes_of([[1, 2], [3, 4], [5, NAN]])
    np.testing.assert_allclose(screening.bias(votes), [-1 / 3, 0.5])
    np.testing.assert_allclose(screening.unbiased(votes).score, [4 / 3, 1.5, 10 / 3, 3.5, 16 / 3])
    assert screening.bias(votes.without(["r1"])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("rule", "reason"), [("traps", "no stimulus has an expected score"), ("fast", "no vote has a time")]
)
def test_a_rule_that_cannot_judge_says_why(rule: str, reason: str) -> None:
    votes = votes_of([[1, 2, 3], [4, 5, 4]])
    verdict = _rule(rule)(votes)
    assert (verdict.reason, verdict.rejected) == (reason, ())
    assert verdict.statement
    with pytest.raises(BadRatings, match=f"--screen {rule}: {reason}"):
        analyse("x", votes, Options(screen=(rule,)))


def test_an_unknown_rule_and_a_rule_that_leaves_nobody_are_the_users_mistakes() -> None:
    votes = votes_of([[1, 5], [5, 1], [3, 3], [4, 2]])
    with pytest.raises(BadRatings, match="no screening rule 'bt50'; expected some of bt500, correlation, traps"):
        analyse("x", votes, Options(screen=("bt50",)))
    opposed = votes_of([[1, 5], [5, 1], [2, 5], [4, 2]])
    with pytest.raises(BadRatings, match="rejects every rater; choose other rules with --screen"):
        analyse("x", opposed, Options(screen=("correlation",), least_correlation=1.0))


def test_a_rater_of_traps_alone_does_not_count_as_left() -> None:
    shown = (Stimulus("a", "a", "m"), Stimulus("t", "t", expected=5.0))
    votes = votes_of([[3, NAN], [1, 5]], shown)
    with pytest.raises(BadRatings):
        analyse("x", votes, Options(screen=("traps",)))


def test_rejected_raters_do_not_count() -> None:
    drawn = simulate(replace(CLEAN, careless=2, images=6))
    made = analyse("x", drawn.votes, Options(screen=("fast", "correlation"), resamples=0))
    assert made.raters is not None
    gone = {name for name, is_gone in zip(made.raters.names, made.raters.excluded, strict=True) if is_gone}
    assert gone == set(drawn.careless)
    assert made.scores.n.tolist() == [24] * 24
    honest = analyse("x", drawn.votes.without(drawn.careless), Options(screen=(), resamples=0))
    np.testing.assert_array_equal(made.scores.mean, honest.scores.mean)
    (own,) = [effect for effect in made.sensitivity if effect.applied]
    assert set(own.rejected) == gone
