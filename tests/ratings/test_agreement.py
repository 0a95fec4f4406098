"""Agreement against hand-worked and published examples."""

import tracemalloc
import warnings

import numpy as np
import pytest

from srbench.ratings import agreement
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale
from tests.ratings.tables import NAN, joined, votes_of

# Shrout and Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_icc_of_shrout_and_fleiss() -> None:
    """Their table 4: ICC(2,1) 0.29 and ICC(2,k) 0.62; intervals as R's psych and irr print them, 0.02 to 0.76."""
    found = agreement.icc(votes_of(SHROUT_FLEISS))
    assert found is not None
    assert found.single == pytest.approx(0.29, abs=0.005)
    assert found.average == pytest.approx(0.62, abs=0.005)
    assert found.single_ci95 == pytest.approx((0.019, 0.761), abs=0.001)
    assert found.average_ci95 == pytest.approx((0.071, 0.927), abs=0.001)
    assert (found.stimuli, found.raters) == (6, 4)


def test_icc_counts_stimuli_that_all_have_rated() -> None:
    whole = agreement.icc(votes_of(SHROUT_FLEISS))
    more = agreement.icc(votes_of([*SHROUT_FLEISS, [1, NAN, 1, 1]]))
    assert more == whole


@pytest.mark.parametrize("raters", [2, 3, 7])
def test_perfect_agreement(raters: int) -> None:
    votes = votes_of(np.repeat([[1.1], [2.3], [4.7], [5.0], [3.3]], raters, axis=1).tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = agreement.icc(votes)
        assert found is not None
        assert (found.single, found.average) == pytest.approx((1, 1))
        assert (*found.single_ci95, *found.average_ci95) == pytest.approx((1, 1, 1, 1))
        assert agreement.alpha(votes, "ordinal") == agreement.alpha(votes, "interval") == 1


@pytest.mark.parametrize(
    "table", [[[3, 3, 3]] * 4, [[3], [4]], [[3, 4]], [[3, NAN], [NAN, 4], [1, NAN]], [[1, 2, 3], [2, 3, 1], [3, 1, 2]]]
)
def test_icc_that_cannot_be_told_is_none(table: list[list[float]]) -> None:
    assert agreement.icc(votes_of(table)) is None


def test_the_interval_of_icc_covers_the_truth() -> None:
    """No biases: the true ICC(2,1) is var(stimuli) / (var(stimuli) + var(noise)), here 4 / 7. 400 draws: 95 +- 2 %."""
    generator = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        table = generator.normal(0, 2, (15, 1)) + generator.normal(0, np.sqrt(3), (15, 6))
        found = agreement.icc(votes_of(table.tolist()))
        assert found is not None
        inside += found.single_ci95[0] <= 4 / 7 <= found.single_ci95[1]
    assert 0.92 < inside / 400 < 0.98


# Krippendorff 2011 ("Computing Krippendorff's alpha-reliability"), section D: four observers, twelve units.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def test_alpha_of_krippendorffs_example() -> None:
    """He prints 0.815 and 0.849."""
    votes = votes_of(KRIPPENDORFF.tolist())
    assert agreement.alpha(votes, "ordinal") == pytest.approx(0.815, abs=0.0005)
    assert agreement.alpha(votes, "interval") == pytest.approx(0.849, abs=0.0005)


def test_alpha_of_slider_votes_as_the_package_krippendorff_has_it() -> None:
    """krippendorff 0.9.0 on these votes, of which a third is missing: 0.605431653 and 0.587222515."""
    generator = np.random.default_rng(5)
    table = np.clip(generator.normal(50, 20, (40, 1)) + generator.normal(0, 15, (40, 9)), 0, 100).round(2)
    table[generator.random(table.shape) < 1 / 3] = NAN
    votes = votes_of(table.tolist(), scale=Scale(0, 100))
    assert agreement.alpha(votes, "ordinal") == pytest.approx(0.60543165307544, abs=1e-9)
    assert agreement.alpha(votes, "interval") == pytest.approx(0.5872225147000881, abs=1e-9)


def test_the_memory_of_alpha_does_not_grow_with_the_square_of_different_scores() -> None:
    """24,000 different scores, whose table of coincidences would take 4.6 GB."""
    generator = np.random.default_rng(0)
    table = generator.normal(0, 1, (400, 1)) + generator.normal(0, 1, (400, 60))
    votes = votes_of(table.tolist())
    tracemalloc.start()
    found = agreement.alpha(votes, "ordinal")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == pytest.approx(0.5, abs=0.05)
    assert peak < 50e6


def test_the_interval_of_alpha_covers_the_value_of_all_raters_and_stimuli() -> None:
    """The true value is the share of the stimuli in the variance. 60 studies: 95 % is known to 2.8 %."""
    generator = np.random.default_rng(3)
    inside = 0
    for seed in range(60):
        table = generator.normal(0, 1, (60, 1)) + generator.normal(0, 0.3, 24) + generator.normal(0, 0.7, (60, 24))
        table[generator.random(table.shape) < 0.5] = NAN
        found = agreement.alpha_ci95(votes_of(table.tolist()), "interval", 200, seed)
        assert found is not None
        inside += found[0] <= 1 / (1 + 0.09 + 0.49) <= found[1]
    assert inside >= 53
    few = votes_of([[1, 2, 3], [2, 3, 4]])
    assert agreement.alpha_ci95(few, "interval") is None
    assert agreement.alpha_ci95(votes_of([[1] * 4, [2] * 4, [5] * 4]), "interval") == (1, 1)


def test_alpha_that_cannot_be_told_is_none() -> None:
    assert agreement.alpha(votes_of([[3, NAN], [NAN, 4]]), "interval") is None
    assert agreement.alpha(votes_of([[3, 3], [3, 3]]), "ordinal") is None


def test_votes_by_chance_have_no_alpha() -> None:
    """2,000 votes: a standard deviation of about 0.01 around 0."""
    votes = votes_of(np.random.default_rng(0).integers(1, 6, (200, 10)).tolist())
    assert agreement.alpha(votes, "interval") == pytest.approx(0, abs=0.03)
    assert agreement.alpha(votes, "ordinal") == pytest.approx(0, abs=0.03)


def test_second_votes_do_not_count_as_other_raters() -> None:
    first = votes_of([[1, 2], [4, 5], [3, 3]])
    both = joined(first, votes_of([[5, 5], [1, 1], [1, 5]], repetition=2))
    assert agreement.alpha(both, "interval") == agreement.alpha(first, "interval")
    assert agreement.icc(both) == agreement.icc(first)


def test_retest_by_hand() -> None:
    first = votes_of([[1, 2], [4, 5], [3, NAN]])
    second = votes_of([[1, 3], [2, NAN], [4, 1]], repetition=2)
    found = agreement.retest(joined(second, first))
    # r1 has no first vote on the last stimulus. Differences: 0, 1, -2, 1.
    assert found is not None
    assert (found.pairs, found.same, found.within_one, found.mean_difference) == (4, 0.25, 0.75, 0)
    assert found.rms_difference == pytest.approx(np.sqrt(6 / 4))
    assert found.correlation == pytest.approx(np.corrcoef([1, 2, 4, 3], [1, 3, 2, 4])[0, 1])


def test_retest_without_second_votes_is_none_and_without_variation_has_no_correlation() -> None:
    votes = votes_of([[3, 3], [3, 3]])
    assert agreement.retest(votes) is None
    found = agreement.retest(joined(votes, votes_of([[3, 4], [3, 3]], repetition=2)))
    assert found is not None
    assert found.correlation is None


def test_repeated_votes_of_a_simulated_panel_agree_as_planted() -> None:
    """First and second vote differ by sqrt(2) times the inconsistency: its mean square is 0.6^2 exp(2 x 0.3^2), and
    rounding adds 1/12 for each vote. Of 1,920 pairs the mean square is known to about 5 %."""
    votes = simulate(
        Simulation(images=20, repeated=1.0, models=("a", "b"), quality=(3.0, 3.0), content_spread=0.1)
    ).votes
    found = agreement.retest(votes)
    assert found is not None
    assert found.pairs == 960
    assert found.rms_difference**2 == pytest.approx(2 * (0.36 * np.exp(0.18) + 1 / 12), rel=0.25)
    assert abs(found.mean_difference) < 4 * found.rms_difference / np.sqrt(960)
