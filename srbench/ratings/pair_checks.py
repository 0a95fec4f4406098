"""What answers to paired comparisons say of the raters: side bias, circular triads, repeated answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from srbench.ratings.pairs import PRIOR_WINS
from srbench.ratings.votes import PairAnswer
from srbench.stats.arrays import Floats, Ints
from srbench.stats.student import t_p_value, t_quantile

_NOTHING = 1e-9
"""A variance below this share of that of independent answers is a rounding error."""
_STEPS = 50


@dataclass(frozen=True)
class SideBias:
    """Preference for what is shown first, or on the left.

    Attributes:
        answers: Number of decided answers of which it is known.
        first: Share of them that prefer what was shown first.
        log_odds: Advantage of the first in natural-log odds, the scores of both being equal.
        ci95: Its 95 % interval, for raters like these; None for one rater.
        p: Two-sided p value of no advantage, from the same; None for one rater.
    """

    answers: int
    first: float
    log_odds: float
    ci95: tuple[float, float] | None
    p: float | None


def side_bias(answers: Sequence[PairAnswer], *, recurring: bool) -> SideBias | None:
    """Estimate the advantage of what was shown first, beside the scores of the items.

    Args:
        answers: Answers; ties, and answers whose sides are not known, do not count.
        recurring: Whether items of one name are the same on all contents.

    Returns:
        None where no side is known.

    Source:
        Davidson and Beaver, Biometrics 33, 1977; errors: Liang and Zeger, Biometrika 73, 1986, raters as clusters.
        Half a win each way is added to every pair, so that the estimate is finite.
    """
    known = [answer for answer in answers if answer.first and not answer.tie]
    if not known:
        return None
    names = [("" if recurring else a.content, name) for a in known for name in (a.winner, a.loser)]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    winner, loser = (np.array([number[name] for name in names[k::2]]) for k in (0, 1))
    side = np.array([1.0 if answer.first == answer.winner else -1.0 for answer in known])
    _, label = np.unique([answer.rater for answer in known], return_inverse=True)
    estimate, error = _advantage(winner, loser, side, label, len(number))
    df = int(label.max())
    reach = t_quantile(df) * error if df else 0.0
    return SideBias(
        answers=len(known),
        first=float((side > 0).mean()),
        log_odds=estimate,
        ci95=(estimate - reach, estimate + reach) if df else None,
        p=t_p_value(estimate / error, df) if df else None,
    )


def _advantage(winner: Ints, loser: Ints, side: Floats, rater: Ints, items: int) -> tuple[float, float]:
    """Return the advantage of the first and its cluster-robust standard error, by Newton's method."""
    n = len(side)
    rows = np.zeros((n, items + 1))
    rows[np.arange(n), winner], rows[np.arange(n), loser], rows[:, -1] = 1.0, -1.0, side
    asked = np.unique(np.sort(np.column_stack([winner, loser]), axis=1), axis=0)
    prior = np.zeros((2 * len(asked), items + 1))
    for sign, start in ((1.0, 0), (-1.0, len(asked))):
        place = np.arange(start, start + len(asked))
        prior[place, asked[:, 0]], prior[place, asked[:, 1]] = sign, -sign
    every, weight = np.vstack([rows, prior]), np.concatenate([np.ones(n), np.full(len(prior), PRIOR_WINS)])
    at = np.zeros(items + 1)
    for _ in range(_STEPS):
        lost = special.expit(-every @ at)
        information = (every * (weight * lost * (1 - lost))[:, None]).T @ every
        step = np.linalg.lstsq(information, every.T @ (weight * lost), rcond=1e-12)[0]
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    # The scores are known up to a constant, which the last row of the pseudo-inverse leaves alone.
    bread = np.linalg.pinv(information, rcond=1e-12, hermitian=True)[-1]
    influence = np.bincount(rater, special.expit(-rows @ at) * (rows @ bread))
    clusters = len(influence)
    variance = float((influence**2).sum() * clusters / max(clusters - 1, 1))
    # Where all raters gave the same answers, the variance of independent answers stands in.
    return float(at[-1]), float(np.sqrt(variance if variance > _NOTHING * bread[-1] else bread[-1]))


@dataclass(frozen=True)
class Triads:
    """Circular triads: a is preferred to b, b to c, and c to a.

    Attributes:
        triads: Number of triads of which a rater has decided all three pairs.
        circular: Number of them that are circular; a quarter is expected of answers by chance.
        consistence: Kendall's coefficient of consistence, mean over the contents on which the rater has decided every
            pair of the items: 1 without circular triads, 0 with as many as can be. None where there is none.
    """

    triads: int
    circular: int
    consistence: float | None


def triads(answers: Sequence[PairAnswer]) -> dict[str, Triads]:
    """Count the circular triads of each rater; ties decide nothing.

    Source:
        Kendall and Babington Smith, On the method of paired comparisons, Biometrika 31, 1940.
    """
    items: dict[str, set[str]] = {}
    said: dict[str, dict[str, set[tuple[str, str]]]] = {}
    for a in answers:
        items.setdefault(a.content, set()).update((a.winner, a.loser))
        own = said.setdefault(a.rater, {}).setdefault(a.content, set())
        if not a.tie:
            own.add((a.winner, a.loser))
    return {
        rater: _of_rater([(wins, len(items[content])) for content, wins in by_content.items()])
        for rater, by_content in said.items()
    }


def _of_rater(contents: Sequence[tuple[set[tuple[str, str]], int]]) -> Triads:
    counted, circular, shares = 0, 0, []
    for wins, items in contents:
        found = _circles(wins)
        counted, circular = counted + found[0], circular + found[1]
        most = (items**3 - (items if items % 2 else 4 * items)) / 24
        if most and len(wins) == items * (items - 1) / 2:
            shares.append(1 - found[1] / most)
    return Triads(counted, circular, float(np.mean(shares)) if shares else None)


def _circles(wins: set[tuple[str, str]]) -> tuple[int, int]:
    """Count the triads that are decided, and those of them that are circular."""
    names = sorted({name for pair in wins for name in pair})
    decided = circular = 0
    for a, b, c in combinations(names, 3):
        firsts = [one if (one, other) in wins else other for one, other in ((a, b), (b, c), (a, c))]
        if all((one, other) in wins or (other, one) in wins for one, other in ((a, b), (b, c), (a, c))):
            decided += 1
            circular += len(set(firsts)) == 3
    return decided, circular


@dataclass(frozen=True)
class PairRetest:
    """Repeated answers of the same raters to the same questions.

    Attributes:
        pairs: Number of questions that a rater answered again.
        same: Share of them with the same answer; ties are an answer.
        exchanged: Number of them whose sides were exchanged; 0 where sides are not known.
        same_exchanged: Share of these with the same answer; None where there are none.
    """

    pairs: int
    same: float
    exchanged: int
    same_exchanged: float | None


def first_answers(answers: Sequence[PairAnswer]) -> tuple[PairAnswer, ...]:
    """Return each rater's first answer to each question."""
    return tuple(again[0] for again in _by_question(answers))


def retest(answers: Sequence[PairAnswer]) -> PairRetest | None:
    """Compare first and second answers; None where nobody answered again."""
    both = [(again[0], again[1]) for again in _by_question(answers) if len(again) > 1]
    if not both:
        return None
    same = [(a.tie, a.winner if not a.tie else "") == (b.tie, b.winner if not b.tie else "") for a, b in both]
    turned = [like for (a, b), like in zip(both, same, strict=True) if a.first and b.first and a.first != b.first]
    return PairRetest(len(both), float(np.mean(same)), len(turned), float(np.mean(turned)) if turned else None)


def _by_question(answers: Sequence[PairAnswer]) -> list[list[PairAnswer]]:
    found: dict[tuple[str, str, frozenset[str]], list[PairAnswer]] = {}
    for a in answers:
        found.setdefault((a.content, a.rater, frozenset((a.winner, a.loser))), []).append(a)
    return [sorted(again, key=lambda answer: answer.repetition) for again in found.values()]
