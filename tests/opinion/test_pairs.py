"""Paired comparisons by hand, and against a likelihood written and maximised in another way."""

import warnings
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from srbench.opinion import pairs
from srbench.opinion.preference import analyse_pairs
from srbench.opinion.simulation import Panel, draw_pairs
from srbench.opinion.votes import Comparison
from tests.opinion.tables import answers

LINKS: tuple[pairs.Link, ...] = ("bradley-terry", "thurstone")


@pytest.mark.parametrize(("won", "lost"), [(3, 1), (10, 10), (1, 9)])
def test_two_items_by_hand(won: int, lost: int) -> None:
    """Log odds; the variance of a log odds is n / (won lost); each item has half of the difference."""
    found = pairs.fit([*answers("a", "b", won), *answers("b", "a", lost)])
    odds, n = np.log(won / lost), won + lost
    np.testing.assert_allclose(found.score, [odds / 2, -odds / 2], atol=1e-9)
    np.testing.assert_allclose(found.error, np.sqrt(n / (won * lost)) / 2, rtol=1e-9)
    assert found.loglikelihood == pytest.approx(won * np.log(won / n) + lost * np.log(lost / n))
    assert (found.items, found.comparisons, found.ties, found.threshold) == (("a", "b"), n, 0, None)
    assert found.wins.tolist() == [[0, won], [lost, 0]]
    assert (found.converged, found.problem) == (True, "")


def test_two_items_by_hand_on_thurstones_scale() -> None:
    """Quantile of the share; variance p (1 - p) / (n density^2)."""
    found = pairs.fit([*answers("a", "b", 3), *answers("b", "a", 1)], "thurstone")
    d = stats.norm.ppf(0.75)
    np.testing.assert_allclose(found.score, [d / 2, -d / 2], atol=1e-9)
    np.testing.assert_allclose(found.error, np.sqrt(0.75 * 0.25 / 4) / stats.norm.pdf(d) / 2, rtol=1e-9)


def test_two_items_with_ties_by_hand() -> None:
    """Three shares, two parameters: they are met. F(d - t) = 0.5, so d = t; F(-d - t) = 0.2 = F(-2 t)."""
    given_answers = [*answers("a", "b", 5), *answers("b", "a", 2), *answers("b", "a", 3, tie=True)]
    for link, distribution in zip(LINKS, (stats.logistic, stats.norm), strict=True):
        found = pairs.fit(given_answers, link)
        t = -distribution.ppf(0.2) / 2
        assert found.threshold == pytest.approx(t, abs=1e-7)
        np.testing.assert_allclose(found.score, [t / 2, -t / 2], atol=1e-7)
        assert found.loglikelihood == pytest.approx(5 * np.log(0.5) + 2 * np.log(0.2) + 3 * np.log(0.3))
        assert (found.comparisons, found.ties) == (10, 3)


def _log_likelihood(
    x: np.ndarray, given_answers: Sequence[Comparison], items: Sequence[str], link: pairs.Link
) -> float:
    """Answer by answer. x: scores of all items but the last, which has 0, then t itself."""
    score = dict(zip(items, [*x[:-1], 0.0], strict=True))
    total = 0.0
    for a in given_answers:
        d, t = score[a.winner] - score[a.loser], x[-1]
        if link == "bradley-terry":
            # Rao and Kupper: theta = exp(t), worth = exp(score).
            one, other, theta = np.exp(score[a.winner]), np.exp(score[a.loser]), np.exp(t)
            won, lost = one / (one + theta * other), other / (other + theta * one)
        else:
            won, lost = stats.norm.cdf(d - t), stats.norm.cdf(-d - t)
        total += np.log(1 - won - lost if a.tie else won)
    return float(total)


@pytest.fixture(scope="module")
def simulated() -> tuple[Comparison, ...]:
    found = draw_pairs(Panel(images=3, raters=8, models=("a", "b", "c", "d"), quality=(2.5, 3, 3.2, 3.6)), ties=0.4)
    assert 10 < sum(answer.tie for answer in found) < 100
    return found


@pytest.mark.parametrize("link", LINKS)
def test_ties_equal_a_likelihood_maximised_from_another_parametrisation(
    simulated: tuple[Comparison, ...], link: pairs.Link
) -> None:
    found = pairs.fit(simulated, link)
    other = optimize.minimize(
        lambda x: -_log_likelihood(x, simulated, found.items, link),
        [0.1, 0.1, 0.1, 0.3],
        method="L-BFGS-B",
        bounds=[(None, None)] * 3 + [(1e-6, None)],
        options={"ftol": 1e-14, "gtol": 1e-8},
    )
    assert found.loglikelihood == pytest.approx(-other.fun, abs=1e-6)
    # Numeric gradients find the place of the maximum to about 1e-4.
    expected = np.array([*other.x[:3], 0.0])
    np.testing.assert_allclose(found.score, expected - expected.mean(), atol=1e-3)
    assert found.threshold == pytest.approx(other.x[3], abs=1e-3)


def _hessian(at: np.ndarray, given_answers: Sequence[Comparison], items: Sequence[str], link: pairs.Link) -> np.ndarray:
    step = 1e-3
    size = len(at)
    made = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            e, f = step * np.eye(size)[i], step * np.eye(size)[j]
            made[i, j] = sum(
                sign * _log_likelihood(at + a * e + b * f, given_answers, items, link)
                for a, b, sign in [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
            ) / (4 * step**2)
    return made


@pytest.mark.parametrize("link", LINKS)
def test_errors_with_ties_are_those_of_the_likelihoods_curvature(
    simulated: tuple[Comparison, ...], link: pairs.Link
) -> None:
    """Expected information here, observed there: they are alike to a few per cent with 144 answers."""
    found = pairs.fit(simulated, link)
    assert found.threshold is not None
    at = np.array([*(found.score[:3] - found.score[3]), found.threshold])
    covariance = np.zeros((4, 4))
    covariance[:3, :3] = np.linalg.inv(-_hessian(at, simulated, found.items, link))[:3, :3]
    centring = np.eye(4) - 1 / 4
    np.testing.assert_allclose(found.error, np.sqrt(np.diag(centring @ covariance @ centring)), rtol=0.05)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.error)
    np.testing.assert_allclose(found.covariance.sum(axis=0), 0, atol=1e-12)


def test_errors_are_those_seen_over_many_panels() -> None:
    """200 panels know a standard deviation to 5 %; four times that, for scores of four items, is allowed."""
    fits = []
    for seed in range(200):
        panel = Panel(
            images=2,
            raters=15,
            models=("a", "b", "c"),
            quality=(2.8, 3.0, 3.2),
            content_spread=0,
            stimulus_spread=0,
            seed=seed,
        )
        fits.append(pairs.fit(draw_pairs(panel, ties=0.3)))
    scores, errors = np.array([fit.score for fit in fits]), np.array([fit.error for fit in fits])
    np.testing.assert_allclose(scores.std(axis=0), np.sqrt((errors**2).mean(axis=0)), rtol=0.2)


def test_items_that_were_never_compared_are_named() -> None:
    found = pairs.fit([*answers("a", "b", 2), *answers("b", "a", 1), *answers("c", "d", 2), *answers("d", "c", 1)])
    assert found.problem == "2 groups were never compared with one another: a, b | c, d"
    assert (len(found.score), found.converged, found.comparisons) == (0, False, 6)


def test_items_that_were_never_beaten_are_named() -> None:
    around = [*answers("b", "c", 1), *answers("c", "b", 1)]
    for link in LINKS:
        found = pairs.fit([*answers("a", "b", 3), *around], link)
        assert found.problem == "never beaten by any of the others, so that the score has no upper bound: a"
        assert found.wins.tolist() == [[0, 3, 0], [0, 0, 1], [0, 1, 0]]
    # A group that beats all others, though its members beat one another.
    top = [*answers("x", "y", 1), *answers("y", "x", 1), *answers("x", "b", 1)]
    assert pairs.fit([*around, *top]).problem.endswith("no upper bound: x, y")


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    "given_answers",
    [
        answers("a", "b", 3, tie=True),
        [*answers("a", "b", 8), *answers("a", "b", 4, tie=True)],
        [
            *answers("a", "b", 8),
            *answers("b", "c", 4),
            *answers("a", "b", 2, tie=True),
            *answers("b", "c", 2, tie=True),
        ],
    ],
    ids=["only ties", "no win of b", "a over b over c"],
)
def test_ties_alone_do_not_bound_the_scores(link: pairs.Link, given_answers: list[Comparison]) -> None:
    """Where no item ever beats a better one, scores and threshold can grow together without end: d - t stays, d + t
    grows, and the likelihood with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pairs.fit(given_answers, link)
    assert found.problem
    assert len(found.score) == 0


def test_a_single_upset_bounds_them() -> None:
    found = pairs.fit([*answers("a", "b", 8), *answers("b", "a", 1), *answers("a", "b", 4, tie=True)])
    assert (found.problem, found.converged) == ("", True)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_the_gradient_vanishes_wherever_scores_are_given(seed: int) -> None:
    """At the maximum of Bradley-Terry without ties each item has won as often as was expected of it."""
    generator = np.random.default_rng(seed)
    names = "abcde"[: generator.integers(2, 6)]
    made = []
    for one, other in combinations(names, 2):
        share = generator.uniform(0.05, 0.95)
        for _ in range(generator.integers(1, 8)):
            winner, loser = (one, other) if generator.random() < share else (other, one)
            made += answers(winner, loser, 1)
    found = pairs.fit(made)
    if found.problem:
        return
    chance = 1 / (1 + np.exp(found.score[None, :] - found.score[:, None]))
    expected = ((found.wins + found.wins.T) * chance).sum(axis=1)
    np.testing.assert_allclose(expected, found.wins.sum(axis=1), atol=1e-5)
    assert found.converged
    assert found.score.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("link", LINKS)
def test_planted_scores_are_found(link: pairs.Link) -> None:
    """Differences of 0.5 scale steps at noise 0.6 sqrt(2): 0.59 on Thurstone's scale, 0.59 x 1.7 = 1.0 log odds.

    600 answers to each question know a step to about 7 %, the mean noise of 30 raters varies by 5 %: three times 8.6 %.
    """
    panel = Panel(
        images=20, raters=30, models=("a", "b", "c"), quality=(2.0, 2.5, 3.0), content_spread=0, stimulus_spread=0
    )
    found = pairs.fit(draw_pairs(panel), link)
    step = np.diff(found.score)
    np.testing.assert_allclose(step, 0.59 if link == "thurstone" else 1.0, rtol=0.26)


def test_a_study_is_analysed_content_by_content_and_over_all() -> None:
    found = analyse_pairs("x", draw_pairs(Panel(images=3, raters=12, adversarial=1, seed=1), ties=0.2), ["kept"])
    assert list(found.contents) == ["image001", "image002", "image003"]
    assert [fit.link for fit in found.overall] == list(LINKS)
    assert found.overall[0].comparisons == len(found.answers) == 13 * 3 * 6
    assert found.notes[0] == "kept"
    shares = {rater: share for rater, (_, share) in found.agreement.items()}
    assert min(shares, key=lambda rater: shares[rater] or 0) == "adversarial1"
    apart = analyse_pairs("x", [*answers("a", "b", 2, content="one"), *answers("c", "d", 2, content="two")])
    assert apart.overall == ()
    assert apart.notes[0].startswith("one: never beaten")


def test_agreement_with_the_majority_by_hand() -> None:
    """r2 is against the two others; without r2 they agree; with two raters on a question each faces the other."""
    made = [Comparison("c", f"r{i}", *pair) for i, pair in enumerate([("a", "b"), ("a", "b"), ("b", "a")])]
    made += [Comparison("c", "r0", "a", "c", tie=True)]
    # r0: of the others one says a, one b: even, does not count. r2: both others say a.
    assert analyse_pairs("x", made).agreement == {"r0": (2, None), "r1": (1, None), "r2": (1, 0.0)}
