"""Comparisons of means: verdicts, corrections, and how often they are wrong."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from srbench.stats.arrays import Floats
from srbench.stats.comparison import compare_means, letters_of, told_apart
from srbench.stats.seeds import seed_mean


def _values(models: int, images: int, seed: int = 0, step: float = 0.0) -> dict[str, Floats]:
    generator = np.random.default_rng(seed)
    hard = generator.normal(30, 3, images)
    return {f"m{i}": hard - step * i + generator.normal(0, 0.3, images) for i in range(models)}


def test_p_values_equal_scipys_and_statsmodels() -> None:
    values = _values(5, 14, step=0.1)
    found = compare_means(values, higher_is_better=True, margin=0.5)
    assert len(found) == 10
    t = [stats.ttest_rel(values[one.first], values[one.second]) for one in found]
    assert [one.p for one in found] == pytest.approx([test.pvalue for test in t], rel=1e-9)
    assert [one.p_holm for one in found] == pytest.approx(list(multipletests([x.pvalue for x in t], method="holm")[1]))
    same = [ttost_paired(values[one.first], values[one.second], -0.5, 0.5)[0] for one in found]
    assert [one.p_same_holm for one in found] == pytest.approx(list(multipletests(same, method="holm")[1]))
    for one, test in zip(found, t, strict=True):
        interval = test.confidence_interval()
        assert one.ci95 == pytest.approx((interval.low, interval.high), rel=1e-9)
        gap = values[one.first] - values[one.second]
        assert one.mean == gap.mean() >= 0
        assert (one.wins, one.ties, one.losses) == ((gap > 0).sum(), 0, (gap < 0).sum())


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_the_four_words(higher_is_better: bool) -> None:
    noise = np.tile([0.01, -0.01], 10)
    base = np.linspace(20, 40, 20)
    up = 1.0 if higher_is_better else -1.0
    values = {"base": base, "up": base + up + noise, "down": base - up + noise, "near": base + up * 0.02 + noise}
    values["noisy"] = base + 100 * noise + up * 0.1

    def verdicts(margin: float | None) -> dict[str, str]:
        found = compare_means(values, higher_is_better=higher_is_better, margin=margin, baseline="base")
        return {one.first: one.verdict for one in found}

    assert verdicts(0.05) == {"up": "better", "down": "worse", "near": "same", "noisy": "undecided"}
    # Without a margin nothing is the same: the small difference is certain, and said.
    assert verdicts(None) == {"up": "better", "down": "worse", "near": "better", "noisy": "undecided"}


def test_a_baseline_has_fewer_comparisons_to_correct_for() -> None:
    values = _values(5, 14, step=0.1)
    with_baseline = compare_means(values, higher_is_better=True, baseline="m2")
    assert {one.first for one in with_baseline} == {"m0", "m1", "m3", "m4"}
    assert {one.second for one in with_baseline} == {"m2"}
    p = [one.p for one in with_baseline]
    assert [one.p_holm for one in with_baseline] == pytest.approx(list(multipletests(p, method="holm")[1]))


def test_one_image_or_one_model_decides_nothing() -> None:
    one = compare_means({"a": np.array([30.0]), "b": np.array([20.0])}, higher_is_better=True, margin=100)
    assert (one[0].verdict, one[0].ci95, one[0].p_holm, one[0].reversing) == ("undecided", None, 1.0, None)
    assert compare_means({"a": np.array([30.0, 31.0])}, higher_is_better=True) == []
    assert told_apart({"a": np.array([30.0, 31.0])}) == {}


def test_equal_outputs_are_the_same_within_any_margin() -> None:
    equal = np.linspace(20, 30, 5)
    assert compare_means({"a": equal, "b": equal}, higher_is_better=True, margin=1e-6)[0].verdict == "same"
    assert compare_means({"a": equal, "b": equal}, higher_is_better=True)[0].verdict == "undecided"


def test_the_typical_image_may_say_another_thing_than_the_mean() -> None:
    """The first model is a little better on 19 of 20 images and far worse on one."""
    gap = np.concatenate([np.linspace(0.1, 0.2, 19), [-20.0]])
    base = np.linspace(20, 30, 20)
    found = compare_means({"often": base + gap, "mean": base}, higher_is_better=True)[0]
    assert (found.first, found.wins, found.losses) == ("mean", 1, 19)
    assert found.p_typical_holm < 0.05
    assert found.verdict == "undecided"
    assert found.reversing == (19,)


def test_a_claim_that_an_outlying_image_carries_is_not_made() -> None:
    """p of the t test stands there; the verdict waits for more images."""
    base = np.linspace(20, 40, 30)
    gap = np.concatenate([np.linspace(-0.055, 0.085, 27), [0.21, 0.2, 0.19]])
    found = compare_means({"a": base + gap, "b": base}, higher_is_better=True)[0]
    assert found.p_holm < 0.05 < found.p_lasting_holm
    assert (found.verdict, found.outlying) == ("undecided", (27, 28, 29))
    assert told_apart({"a": base + gap, "b": base}) == {frozenset("ab"): False}


def test_letters_follow_the_corrected_tests() -> None:
    values = _values(6, 30, step=0.08)
    found = compare_means(values, higher_is_better=True)
    apart = told_apart(values)
    letters = letters_of(sorted(values, key=lambda model: -values[model].mean()), found)
    assert 0 < sum(apart.values()) < len(apart)
    for one in found:
        assert one.significant == apart[frozenset((one.first, one.second))]
        assert bool(set(letters[one.first]) & set(letters[one.second])) == (not one.significant)


def test_equal_models_are_told_apart_in_one_table_of_twenty() -> None:
    """500 tables of 4 equal models: at most 5 % + three standard errors."""
    generator = np.random.default_rng(6)
    tables = ({str(i): generator.normal(size=14) for i in range(4)} for _ in range(500))
    assert np.mean([any(told_apart(values).values()) for values in tables]) <= 0.05 + 3 * 0.0098


def test_models_a_margin_apart_are_called_the_same_in_one_table_of_twenty() -> None:
    """Two models whose means differ by the margin, 400 times: 5 % and not much less, or it would find nothing."""
    generator = np.random.default_rng(7)
    tables = [{"a": generator.normal(1, 1, 30), "b": np.zeros(30)} for _ in range(400)]
    found = [compare_means(values, higher_is_better=True, margin=1.0)[0].verdict for values in tables]
    assert 0.02 <= found.count("same") / 400 <= 0.05 + 3 * 0.0109


def test_a_pair_alone_has_the_power_of_the_t_test() -> None:
    generator = np.random.default_rng(4)
    pairs = [(generator.normal(0.5, 1, 20), np.zeros(20)) for _ in range(50)]
    found = [compare_means({"a": a, "b": b}, higher_is_better=True)[0].p_holm < 0.05 for a, b in pairs]
    assert found == [stats.ttest_1samp(a, 0).pvalue < 0.05 for a, _ in pairs]


def test_pairs_come_best_first() -> None:
    values = _values(4, 10, step=0.5)
    order = sorted(values, key=lambda model: values[model].mean())
    found = compare_means(values, higher_is_better=False)
    assert [(one.first, one.second) for one in found] == list(combinations(order, 2))


def test_seeds_stand_in_the_place_of_the_test_where_an_item_has_several() -> None:
    """Images agree and seeds do not: p, interval and equivalence are those over seeds, also in what lasts."""
    generator = np.random.default_rng(8)
    base = generator.normal(30, 3, 20)
    several = base + np.array([[0.2], [1.0], [0.3]]) + generator.normal(0, 0.05, (3, 20))
    values = {"ours": several, "base": base, "far": base - 5 + generator.normal(0, 0.1, 20)}
    found = {(one.first, one.second): one for one in compare_means(values, higher_is_better=True, margin=1.5)}
    ours = found["ours", "base"]
    expected = seed_mean(several, base)
    assert (ours.p, ours.ci95) == (expected.p, expected.ci95)
    assert 0.05 < expected.p <= ours.p_lasting_holm
    assert ours.verdict == "undecided"
    assert ours.p_same_holm == pytest.approx(3 * expected.same_p(1.5))
    assert 0.05 < 3 * expected.same_p(1.5) < 0.2
    assert told_apart(values)[frozenset(("ours", "base"))] is False
    assert told_apart(values)[frozenset(("base", "far"))] is True
