"""Mean ranks: against scipy's Friedman test and the published table of critical differences."""

import numpy as np
import pytest
from scipy import stats

from srbench.stats.rank_summary import RankSummary, critical_difference, rank_models


@pytest.mark.parametrize(("models", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_that_of_the_published_table(models: int, q: float) -> None:
    """Demsar 2006, table 5a, has q with three decimals."""
    images = 25
    expected = q * np.sqrt(models * (models + 1) / (6 * images))
    assert critical_difference(models, images) == pytest.approx(expected, abs=0.0006 * expected)


@pytest.mark.parametrize("ties", [False, True])
def test_the_p_value_is_that_of_scipy(ties: bool) -> None:
    table = np.random.default_rng(0).normal(0, 1, (4, 20)) + np.array([[0.0], [0.2], [0.4], [0.6]])
    table = np.round(table) if ties else table
    found = rank_models(dict(zip("abcd", table, strict=True)), higher_is_better=True)
    assert found.p == pytest.approx(stats.friedmanchisquare(*table).pvalue, rel=1e-12)


def test_demsars_example_of_four_classifiers() -> None:
    """Demsar 2006, table 6: mean ranks 3.143, 2.000, 2.893, 1.964 on 14 data sets; critical difference 1.25.

    The table prints one tie of rounded values that it ranks as none: 975.1 stands for the better of the two.
    """
    c45 = [763, 599, 954, 628, 882, 936, 661, 583, 775, 1000, 940, 619, 972, 957]
    c45_m = [768, 591, 971, 661, 888, 931, 668, 583, 838, 1000, 962, 666, 981, 978]
    c45_cf = [771, 590, 968, 654, 886, 916, 609, 563, 866, 1000, 965, 614, 975.1, 946]
    c45_m_cf = [798, 569, 967, 657, 898, 931, 685, 625, 875, 1000, 962, 669, 975, 970]
    values = {
        name: np.array(of, dtype=np.float64)
        for name, of in {"C4.5": c45, "C4.5+m": c45_m, "C4.5+cf": c45_cf, "C4.5+m+cf": c45_m_cf}.items()
    }
    found = rank_models(values, higher_is_better=True)
    assert {name: round(rank, 3) for name, rank in found.mean_ranks.items()} == {
        "C4.5+m+cf": 1.964,
        "C4.5+m": 2.0,
        "C4.5+cf": 2.893,
        "C4.5": 3.143,
    }
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)


def test_an_infinite_value_has_the_best_rank_and_lower_may_be_better() -> None:
    values = {"a": np.array([np.inf, 1.0]), "b": np.array([2.0, 0.0])}
    assert rank_models(values, higher_is_better=True).mean_ranks == {"a": 1.0, "b": 2.0}
    assert rank_models(values, higher_is_better=False).mean_ranks == {"b": 1.0, "a": 2.0}


def test_models_that_always_tie_are_not_told_apart() -> None:
    found = rank_models(dict.fromkeys("ab", np.ones(5)), higher_is_better=True)
    assert (found.p, found.groups()) == (1.0, [("a", "b")])


def test_a_group_is_shared_exactly_by_models_that_are_not_told_apart() -> None:
    generator = np.random.default_rng(1)
    for models in (2, 3, 5, 8):
        table = generator.normal(0, 1, (models, 30)) + generator.uniform(0, 2, (models, 1))
        found = rank_models(dict(zip("abcdefgh", table, strict=False)), higher_is_better=True)
        for first, one in found.mean_ranks.items():
            for second, other in found.mean_ranks.items():
                shared = first == second or any({first, second} <= set(group) for group in found.groups())
                assert shared == (first == second or abs(one - other) <= found.critical_difference)


def test_a_group_within_another_is_not_named() -> None:
    found = RankSummary({"a": 1.0, "b": 1.5, "c": 2.0, "d": 3.5}, 10, 0.01, 1.0)
    assert found.groups() == [("a", "b", "c")]


_TOO_LITTLE = [{"a": np.ones(3)}, dict.fromkeys("ab", np.ones(1)), {"a": np.ones(2), "b": np.array([1, np.nan])}]


@pytest.mark.parametrize("values", _TOO_LITTLE)
def test_too_little_is_refused(values: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="two models and two images"):
        rank_models(values, higher_is_better=True)
