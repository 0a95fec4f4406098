"""Side bias, circular triads and repeated answers, by hand and against other software."""

import networkx
import numpy as np
import pytest

from srbench.ratings.pair_checks import Triads, first_answers, retest, side_bias, triads
from srbench.ratings.pair_study import PairOptions, analyse_pairs
from srbench.ratings.votes import PairAnswer


def _sided(pair: str, wins: int, losses: int) -> list[PairAnswer]:
    """Answers of other raters, who see the first of a pair first."""
    first, second = pair
    return [
        PairAnswer("c", f"{pair}{i}", *((first, second) if i < wins else (second, first)), first=first)
        for i in range(wins + losses)
    ]


SIDED = [*_sided("ab", 16, 4), *_sided("ba", 9, 11), *_sided("ac", 18, 2), *_sided("ca", 6, 14)]
SIDED += [*_sided("bc", 15, 5), *_sided("cb", 10, 10)]


def test_the_advantage_of_the_first_is_that_of_bradleyterry2() -> None:
    """bradley_terry.R: 0.5881652517 log odds, half a win each way on every pair."""
    found = side_bias(SIDED, recurring=True)
    assert found is not None
    assert found.log_odds == pytest.approx(0.5881652517, rel=1e-6)
    assert (found.answers, found.first) == (120, 74 / 120)
    assert found.ci95 is not None
    assert found.p is not None
    assert found.ci95[0] > 0
    assert found.p < 0.05
    study = analyse_pairs("x", SIDED)
    assert any("what was shown first was preferred more often" in said for said in study.caveats)


def test_without_sides_nothing_is_said_and_without_bias_it_is_rarely_found() -> None:
    """100 studies without bias of raters whose tastes differ: about 5 are called biased."""
    assert side_bias([PairAnswer("c", "r", "a", "b")], recurring=True) is None
    generator = np.random.default_rng(0)
    wrong = 0
    for _ in range(100):
        made = []
        for r in range(12):
            taste = generator.normal(0, 1, 3)
            for i, j in ((0, 1), (1, 2), (0, 2)) * 3:
                wins = generator.random() < 1 / (1 + np.exp(taste[j] - taste[i]))
                winner, loser = ("abc"[i], "abc"[j]) if wins else ("abc"[j], "abc"[i])
                made.append(PairAnswer("c", f"r{r}", winner, loser, first="abc"[(i, j)[generator.integers(2)]]))
        found = side_bias(made, recurring=True)
        assert found is not None
        assert found.p is not None
        wrong += found.p < 0.05
    assert wrong < 11


def test_raters_who_all_answer_alike_leave_the_side_bias_uncertain() -> None:
    """x stands first always, and everybody prefers it on two contents of three."""
    made = [
        PairAnswer(f"c{i}", f"r{r}", *(("y", "x") if i == 2 else ("x", "y")), first="x")
        for r in range(6)
        for i in range(3)
    ]
    found = side_bias(made, recurring=True)
    assert found is not None
    assert found.ci95 is not None
    assert found.p is not None
    assert found.ci95[0] < 0 < found.ci95[1]
    assert found.p > 0.05
    assert analyse_pairs("x", made).side_bias == found


def test_circular_triads_by_hand() -> None:
    """a > b > c > a is circular; the coefficient of three items is then 0. Ties decide nothing."""
    circle = [PairAnswer("c", "r", *pair) for pair in ("ab", "bc", "ca")]
    assert triads(circle) == {"r": Triads(1, 1, 0.0)}
    line = [PairAnswer("c", "r", *pair) for pair in ("ab", "bc", "ac")]
    assert triads(line) == {"r": Triads(1, 0, 1.0)}
    open_ = [*line[:2], PairAnswer("c", "r", "a", "c", tie=True)]
    assert triads(open_) == {"r": Triads(0, 0, None)}
    assert triads([*line, PairAnswer("c", "r", "a", "d")])["r"] == Triads(1, 0, None)


@pytest.mark.parametrize("items", [4, 5, 6, 7])
def test_circular_triads_are_those_that_networkx_counts(items: int) -> None:
    """Kendall: at most (n^3 - n) / 24 for odd n, (n^3 - 4 n) / 24 for even n."""
    generator = np.random.default_rng(items)
    names = "abcdefg"[:items]
    wins = [(a, b) if generator.random() < 0.5 else (b, a) for k, a in enumerate(names) for b in names[k + 1 :]]
    found = triads([PairAnswer("c", "r", *pair) for pair in wins])["r"]
    circles = networkx.triadic_census(networkx.DiGraph(wins))["030C"]
    most = (items**3 - items * (1 if items % 2 else 4)) / 24
    assert (found.triads, found.circular) == (items * (items - 1) * (items - 2) // 6, circles)
    assert found.consistence == pytest.approx(1 - circles / most)


def test_repeated_answers_are_a_retest_and_no_further_answers() -> None:
    made = [
        PairAnswer("c", "r", "a", "b", first="a"),
        PairAnswer("c", "r", "b", "a", repetition=2, first="b"),
        PairAnswer("c", "s", "a", "b", repetition=2, first="a"),
        PairAnswer("c", "s", "a", "b", first="a"),
        PairAnswer("c", "t", "b", "a", first="b"),
    ]
    found = retest(made)
    assert found is not None
    assert (found.pairs, found.same, found.exchanged, found.same_exchanged) == (2, 0.5, 1, 0.0)
    assert [answer.repetition for answer in first_answers(made)] == [1, 1, 1]
    study = analyse_pairs("x", made)
    assert (study.given, len(study.answers), study.overall) == (5, 3, ())
    assert study.contents["c"][0].wins.tolist() == [[0, 2], [1, 0]]
    pooled = analyse_pairs("x", made, options=PairOptions(repetitions="pool"))
    assert pooled.contents["c"][0].comparisons == 5
    assert retest(made[-1:]) is None
