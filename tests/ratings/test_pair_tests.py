"""Tests of the model of paired comparisons: they err as often as they say when a rater's answers hang together."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import GLM, families

from srbench.ratings import pair_tests, pairs
from srbench.ratings.pair_study import analyse_pairs
from srbench.ratings.votes import PairAnswer
from srbench.stats.clustered import EfficientScores, wild_p_value
from tests.ratings.tables import answers


def _study(
    generator: np.random.Generator, contents: int, raters: int, together: float, apart: float = 0.0, items: str = "abc"
) -> list[PairAnswer]:
    """Every rater answers on every pair; with tastes of their own on each content, spread by `together`."""
    base = np.linspace(1, -1, len(items))
    made = []
    for c in range(contents):
        scale = base + apart * generator.normal(size=len(items))
        for r in range(raters):
            own = scale + together * generator.normal(size=len(items))
            for i, j in combinations(range(len(items)), 2):
                wins = generator.random() < 1 / (1 + np.exp(own[j] - own[i]))
                pair = (items[i], items[j]) if wins else (items[j], items[i])
                made.append(PairAnswer(f"c{c}", f"r{r}", *pair))
    return made


def test_contents_alike_are_called_unlike_as_often_as_said() -> None:
    """Of 50 studies 2 or 3 are; 8 would be so by a chance of 0.004. Chi-squared of independent answers calls more of
    the same studies unlike."""
    generator = np.random.default_rng(9)
    wrong = plain = fits_wrong = 0
    for _ in range(50):
        made = _study(generator, 6, 14, together=1.5)
        fit = pairs.fit(made)
        test, of_fit = pair_tests.heterogeneity(made, fit), pair_tests.goodness_of_fit([(made, fit)])
        assert test is not None
        assert of_fit is not None
        assert test.p is not None
        assert of_fit.p is not None
        wrong += test.p < 0.05
        plain += stats.chi2.sf(test.chi2, test.df) < 0.05
        fits_wrong += of_fit.p < 0.05
    assert wrong < 8
    assert fits_wrong < 8
    assert plain > wrong


def test_contents_that_differ_are_found() -> None:
    found = analyse_pairs("x", _study(np.random.default_rng(1), 3, 20, together=0.5, apart=1.5))
    test = found.heterogeneity[0]
    assert (test.link, test.df) == ("bradley-terry", 4)
    assert test.p is not None
    assert test.p < 0.05
    assert any(said.startswith("contents differ: one scale for all hides it") for said in found.caveats)


def test_a_content_whose_items_never_win_takes_part() -> None:
    around = [*answers("a", "b", 12), *answers("b", "a", 8)]
    found = analyse_pairs("x", [*around, *answers("a", "b", 9, content="d")])
    assert len(found.heterogeneity) == 2
    assert found.heterogeneity[0].df == 1


def test_the_statistic_is_raos_of_a_logistic_regression() -> None:
    """statsmodels has Rao's score test of added columns: here scores of each content beside common ones."""
    made = _study(np.random.default_rng(3), 3, 10, together=0.0)
    fit = pairs.fit(made)
    found = pair_tests.heterogeneity(made, fit)
    rows = np.zeros((len(made), 2, 4))
    for k, a in enumerate(made):
        for item, sign in ((a.winner, 1.0), (a.loser, -1.0)):
            if item != "c":
                rows[k, "ab".index(item), [0, 1 + int(a.content[1])]] = sign
    flip = np.where(np.arange(len(made)) % 2, 1.0, -1.0)  # of each row, so that not all outcomes are the same
    common, own = rows[:, :, 0] * flip[:, None], rows[:, :, 1:3].reshape(len(made), 4) * flip[:, None]
    model = GLM((flip > 0).astype(float), common, family=families.Binomial())
    statistic, _, df = model.fit().model.score_test(model.fit().params, exog_extra=own)
    assert found is not None
    assert found.chi2 == pytest.approx(float(np.squeeze(statistic)), rel=1e-6)
    assert found.df == int(np.squeeze(df)) == 4


def test_pairs_that_no_scores_explain_are_found() -> None:
    """a beats b, b beats c, c beats a, each in 18 of 24."""
    made = [answer for pair in ("ab", "bc", "ca") for answer in answers(*pair, 18)]
    made += [PairAnswer("c", f"r{i}", *reversed(pair)) for pair in ("ab", "bc", "ca") for i in range(18, 24)]
    found = analyse_pairs("x", made)
    assert found.fit[0].df == 1
    assert found.fit[0].p is not None
    assert found.fit[0].p < 0.05
    assert any("do not explain the answers on every pair" in said for said in found.caveats)
    assert analyse_pairs("x", [*answers("a", "b", 5), *answers("b", "a", 4)]).fit == ()


def test_few_raters_have_no_p_value() -> None:
    """With 5 the least possible p is 1 / 16."""
    z = np.ones((5, 1))
    assert wild_p_value(EfficientScores(z, 1)) is None
    p = wild_p_value(EfficientScores(np.ones((6, 1)), 1), resamples=20_000)
    assert p == pytest.approx(2 / 64, abs=0.004)
