"""Tests against full enumeration and against other software; groups of letters; the bootstrap."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from srbench.ratings import analysis, model_differences, mos
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Votes
from tests.ratings.tables import NAN, difference, scores_of, stimuli, votes_of


def _all_signs(gap: np.ndarray, statistic: str) -> float:
    """Two-sided p by counting every pattern of signs: twice the smaller tail."""
    if statistic == "ranks":
        gap = gap[gap != 0]
    weight = stats.rankdata(np.abs(gap)) if statistic == "ranks" else np.abs(gap)
    if not len(gap) or not weight.any():
        return 1.0
    signs = np.array(list(product([1, -1], repeat=len(gap))))
    sums, seen = signs @ weight, np.sign(gap) @ weight
    # A billionth keeps equal sums equal that were added in another order.
    tails = (sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()
    return min(1.0, 2 * min(tails))


@pytest.mark.parametrize("n", [3, 6, 12, 25, 60, 200])
def test_signed_ranks_equal_scipys_exact_test_without_ties(n: int) -> None:
    gap = np.random.default_rng(n).normal(0.2, 1, n)
    assert model_differences.wilcoxon(gap) == pytest.approx(stats.wilcoxon(gap, method="exact").pvalue, rel=1e-9)


@settings(max_examples=150)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=11))
def test_signed_ranks_with_ties_and_zeros_equal_full_enumeration(steps: list[int]) -> None:
    gap = np.array(steps) / 3
    assert model_differences.wilcoxon(gap) == pytest.approx(_all_signs(gap, "ranks"), rel=1e-12)


def test_beyond_200_images_the_normal_approximation_is_near() -> None:
    """At 200 the exact p stands; at 201 the approximation, which differs by less than 2 % of itself there."""
    gap = np.random.default_rng(0).normal(0.15, 1, 201)
    approximate, exact = model_differences.wilcoxon(gap), stats.wilcoxon(gap, method="exact").pvalue
    assert approximate != exact
    assert approximate == pytest.approx(exact, rel=0.02)


def test_rounding_errors_of_means_do_not_decide_ties() -> None:
    """0.1 + 0.2 - 0.3 is not 0, and 1.1 - 1.0 is not 0.1."""
    assert model_differences.wilcoxon(np.array([0.1 + 0.2 - 0.3] * 6)) == 1.0
    clean = np.array([0.1, -0.1, 0.1, 0.2, 0.3])
    noisy = clean + np.array([0, 1, -1, 2, -3]) * 1e-16
    assert model_differences.wilcoxon(noisy) == model_differences.wilcoxon(clean)
    assert model_differences.rank_biserial(noisy) == model_differences.rank_biserial(clean)


@pytest.mark.parametrize(("n", "least"), [(1, 1.0), (2, 0.5), (4, 0.125), (5, 0.0625), (6, 0.03125)])
def test_the_smallest_p_is_that_of_all_signs_alike(n: int, least: float) -> None:
    gap = np.arange(1.0, n + 1)
    assert model_differences.wilcoxon(gap) == least
    assert model_differences.permutation(gap) == pytest.approx(least)
    scores = scores_of([x for i in range(n) for x in (5 - i / n, 1)], stimuli(("a", "b"), n))
    (found,) = model_differences.differences(scores)
    assert (found.p, found.least_p) == (least, least)
    made = analysis.analyse_means("x", scores)
    warned = [note for note in made.caveats if "no difference can be significant, whatever the votes" in note]
    assert bool(warned) == (least >= 0.05)
    if n == 5:
        assert "with 5 images a paired two-sided test cannot go below p = 0.0625" in warned[0]


def test_with_many_pairs_the_smallest_possible_p_is_corrected_too() -> None:
    """Six images allow 0.03125; three pairs make 0.094 of it."""
    scores = scores_of([x for i in range(6) for x in (5 - i / 9, 3 - i / 7, 1)], stimuli(("a", "b", "c"), 6))
    assert not any(pair.significant for pair in model_differences.differences(scores))
    assert (
        "after Holm's correction for 3 pairs the smallest possible p is 0.09375"
        in analysis.analyse_means("x", scores).caveats[-1]
    )


@settings(max_examples=40)
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=10))
def test_permutation_equals_full_enumeration(steps: list[int]) -> None:
    gap = np.array(steps) / 3
    assert model_differences.permutation(gap) == pytest.approx(_all_signs(gap, "mean"), rel=1e-9)


def test_permutation_of_many_images_is_drawn_and_reproducible() -> None:
    gap = np.random.default_rng(1).normal(0.35, 1, 25)
    one, again, other = (model_differences.permutation(gap, seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other
    # 100,000 draws: the standard error of p = 0.05 is 0.0007, and the t test is near for normal differences.
    assert one == pytest.approx(other, abs=0.005)
    assert one == pytest.approx(stats.ttest_1samp(gap, 0).pvalue, abs=0.01)


@pytest.mark.parametrize("n", [1, 2, 6, 15])
def test_holm_equals_statsmodels(n: int) -> None:
    # Of hundredths some are equal. statsmodels collects garbage in each call, which is slow.
    p = (np.random.default_rng(n).integers(0, 30, n) / 100).tolist()
    assert model_differences.holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-15)


@settings(max_examples=100)
@given(st.lists(st.integers(0, 1_000), max_size=12))
def test_holm_is_bonferronis_correction_of_every_group_that_holds_the_pair(steps: list[int]) -> None:
    """The closed test: the largest of them all; of the groups of one size the one with the largest other p."""
    p = [step / 1_000 for step in steps]
    expected = []
    for i, own in enumerate(p):
        others = sorted((x for j, x in enumerate(p) if j != i), reverse=True)
        groups = [[own, *others[:size]] for size in range(len(p))]
        expected.append(max(min(1.0, len(group) * min(group)) for group in groups))
    assert model_differences.holm(p) == pytest.approx(expected, abs=1e-12)


def test_rank_biserial_by_hand() -> None:
    """Ranks of 1 2 -3 0: 1 2 3; (1 + 2 - 3) / 6."""
    assert model_differences.rank_biserial(np.array([1.0, 2, -3, 0])) == 0
    assert model_differences.rank_biserial(np.array([1.0, 2, 3])) == 1
    assert model_differences.rank_biserial(np.array([-1.0, 2, 3])) == pytest.approx(4 / 6)
    assert model_differences.rank_biserial(np.zeros(4)) == 0


def _clusters(names: Sequence[str], apart: set[frozenset[str]]) -> dict[str, str]:
    found = [difference(*pair, 0.01 if frozenset(pair) in apart else 0.5) for pair in combinations(names, 2)]
    return model_differences.letters(names, found)


@settings(max_examples=200)
@given(st.integers(2, 7), st.data())
def test_models_share_a_letter_when_and_only_when_they_are_not_told_apart(n: int, data: st.DataObject) -> None:
    significant = data.draw(st.sets(st.sampled_from(list(combinations(range(n), 2)))))
    names = [f"m{i}" for i in range(n)]
    found = _clusters(names, {frozenset((names[i], names[j])) for i, j in significant})
    for i, j in combinations(range(n), 2):
        assert bool(set(found[names[i]]) & set(found[names[j]])) == ((i, j) not in significant)
    assert found["m0"].startswith("a")
    used = sorted({letter for text in found.values() for letter in text})
    assert used == [chr(ord("a") + i) for i in range(len(used))]
    # No letter is needless: the models of one are never all among those of another.
    groups = [{name for name in names if letter in found[name]} for letter in used]
    assert not any(one < other for one in groups for other in groups)


def test_letters_by_hand() -> None:
    apart = {frozenset(("a", "c")), frozenset(("a", "d")), frozenset(("b", "d"))}
    assert _clusters("abcd", apart) == {"a": "a", "b": "ab", "c": "bc", "d": "c"}
    assert model_differences.letters(["x", "y"], []) == {"x": "", "y": ""}


def test_more_than_26_groups_have_numbers() -> None:
    names = [f"m{i:02d}" for i in range(28)]
    found = _clusters(names, {frozenset(pair) for pair in combinations(names, 2)})
    assert (found["m25"], found["m26"], found["m27"]) == ("z", "(27)", "(28)")


def test_models_are_compared_on_the_images_that_both_have() -> None:
    shown = (*stimuli(("a", "b"), 3), *stimuli(("c",), 2))
    means = [5, 1, 4, 2, 3, 3, 2, 1]
    found = {(pair.first, pair.second): pair for pair in model_differences.differences(scores_of(means, shown))}
    assert set(found) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert (found["a", "b"].images, found["a", "b"].mean) == (3, 2)
    assert (found["a", "c"].images, found["a", "c"].mean) == (2, 3)
    assert found["b", "c"].mean == 0
    gaps = np.array([4, 2, 0])
    assert found["a", "b"].dz == pytest.approx(gaps.mean() / gaps.std(ddof=1))
    assert found["a", "c"].dz is None  # both gaps are 3
    assert found["a", "b"].rank_biserial == 1


def test_models_without_a_common_image_are_not_compared() -> None:
    shown = (*stimuli(("a",), 2), *(replace(s, content=f"other {s.content}") for s in stimuli(("b",), 2)))
    scores = scores_of([5, 4, 2, 1], shown)
    assert model_differences.differences(scores) == []
    made = analysis.analyse_means("x", scores)
    assert made.letters == {}


def test_images_of_one_name_in_two_data_sets_are_different_images() -> None:
    shown = (*stimuli(("a", "b"), 2, "set5"), *stimuli(("a", "b"), 2, "set14"))
    found = model_differences.differences(scores_of([5, 1, 5, 2, 1, 2, 1, 3], shown))
    assert [(pair.dataset, pair.first, pair.images, pair.mean) for pair in found] == [
        ("", "a", 4, 1.0),
        ("set5", "a", 2, 3.5),
        ("set14", "b", 2, 1.5),
    ]


def test_holm_is_for_each_data_set_by_itself() -> None:
    generator = np.random.default_rng(0)
    shown = (*stimuli(("a", "b", "c"), 8, "x"), *stimuli(("a", "b", "c"), 8, "y"))
    means = np.tile([3.2, 3.0, 2.9], 16) + generator.normal(0, 0.2, 48)
    found = model_differences.differences(scores_of(means.tolist(), shown))
    for dataset in ("", "x", "y"):
        own = [pair for pair in found if pair.dataset == dataset]
        assert [pair.p_holm for pair in own] == pytest.approx(multipletests([pair.p for pair in own], method="holm")[1])


# The bootstrap


def _draws(votes: Votes, resamples: int = 400) -> model_differences.Draws:
    return model_differences.bootstrap(votes, mos.mos(votes), resamples)


def _width(values: np.ndarray) -> float:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(high - low)


def test_a_single_rater_and_a_single_image_leave_nothing_to_draw() -> None:
    draws = _draws(votes_of([[4], [2]], stimuli(("a", "b"), 1)))
    assert np.unique(draws.difference([0], [1])).tolist() == [2]
    assert np.unique(draws.weights).tolist() == [1]


def test_with_one_rater_images_alone_are_drawn() -> None:
    draws = _draws(votes_of([[4], [2], [5], [1]], stimuli(("a", "b"), 2)))
    assert np.ptp(draws.means, axis=1).tolist() == [0] * 4
    # Two images drawn with replacement: differences 2 and 4, or both.
    assert sorted(np.unique(draws.difference([0, 2], [1, 3]))) == [2, 3, 4]


def test_one_raters_votes_and_one_contents_stimuli_stay_together() -> None:
    """All raters give b one less than a: whoever is drawn, on whatever image, the difference is 1."""
    table = np.random.default_rng(0).integers(2, 6, (5, 8)).astype(float)
    votes = votes_of(np.stack([table, table - 1], axis=1).reshape(10, 8).tolist(), stimuli(("a", "b"), 5))
    gaps = _draws(votes).difference(range(0, 10, 2), range(1, 10, 2))
    np.testing.assert_allclose(gaps, 1, atol=1e-6)  # single precision


def test_intervals_over_raters_and_images_hold_those_over_raters() -> None:
    """Images differ by 0.5 here; an interval on fixed images does not see that."""
    made = analysis.analyse("x", simulate(Simulation(images=8, raters=20, content_spread=0.5)).votes)
    for group in made.models:
        assert group.ci95_raters_images is not None
        assert group.half is not None
        assert group.ci95_raters_images[0] < group.mean < group.ci95_raters_images[1]
        assert group.ci95_raters_images[1] - group.ci95_raters_images[0] > 1.2 * 2 * group.half


def test_without_images_to_draw_the_bootstrap_meets_the_t_interval() -> None:
    """One image of 40 raters: 2,000 draws know the width to about 3 %; t(39) is 3 % more than 1.96, and ddof 0 1 %."""
    votes = simulate(Simulation(models=("a",), quality=(3.0,), images=1, raters=40)).votes
    (group,) = mos.model_means(mos.mos(votes), votes)
    assert group.half is not None
    assert _width(_draws(votes, 2_000).mean([0])) == pytest.approx(2 * group.half, rel=0.15)


def test_each_data_set_keeps_its_number_of_images() -> None:
    shown = (*stimuli(("a",), 3, "x"), *stimuli(("a",), 5, "y"))
    draws = _draws(votes_of([[3.0, 4]] * 8, shown))
    np.testing.assert_array_equal(draws.weights[:3].sum(axis=0), 3)
    np.testing.assert_array_equal(draws.weights[3:].sum(axis=0), 5)
    assert draws.weights.max() > 1


def test_draws_that_miss_a_stimulus_leave_it_out() -> None:
    """r1 alone has rated the second image: where r1 is not drawn, its mean is not known."""
    votes = votes_of([[4, 4], [NAN, 2]], stimuli(("a",), 2))
    draws = _draws(votes)
    missing = np.isnan(draws.means[1])
    # Both draws are r0 with chance 1/4; 400 draws: 100 +- 9.
    assert 60 < missing.sum() < 140
    means = draws.mean([0, 1])
    assert np.isfinite(means).all()
    assert set(means[missing].tolist()) == {4}


def test_the_seed_decides_the_draws_and_progress_is_told() -> None:
    votes = simulate(Simulation(images=3, raters=5)).votes
    told: list[tuple[int, int]] = []
    one = model_differences.bootstrap(votes, mos.mos(votes), 600, 1, lambda done, of: told.append((done, of)))
    again, other = (model_differences.bootstrap(votes, mos.mos(votes), 600, seed) for seed in (1, 2))
    np.testing.assert_array_equal(one.means, again.means)
    assert not np.array_equal(one.means, other.means)
    assert told == [(250, 600), (500, 600), (600, 600)]


def test_planted_differences_are_found_and_equal_models_are_not() -> None:
    drawn = simulate(
        Simulation(models=("a", "b", "c"), quality=(2.0, 3.5, 3.5), images=20, raters=20, stimulus_spread=0.05)
    )
    made = analysis.analyse("x", drawn.votes)
    found = {frozenset((pair.first, pair.second)): pair for pair in made.differences}
    for other in "bc":
        pair = found[frozenset(("a", other))]
        assert pair.significant
        assert pair.ci95_raters_images is not None
        assert pair.ci95_raters_images[0] > 0
        assert pair.mean == pytest.approx(1.5, abs=0.2)  # rounding and the ends of the scale take a little
    same = found[frozenset("bc")]
    assert not same.significant
    assert same.ci95_raters_images is not None
    assert same.ci95_raters_images[0] < 0 < same.ci95_raters_images[1]
    assert made.letters[""] == {"a": "b", "b": "a", "c": "a"}
