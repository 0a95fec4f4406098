"""What must not matter does not: names, order, the place of the scale's zero; and turning the scale turns differences.

Sums run in another order after a permutation, so figures agree to 1e-9 and not to the last digit; maximum likelihood,
whose loop stops at a change of 1e-8, to 1e-6.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.ratings import agreement, likelihood, mos, pairs, screening
from srbench.ratings.model_differences import compare_models
from srbench.ratings.pair_scores import Link
from srbench.ratings.pair_simulation import simulate_pairs
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import PairAnswer, Scale, Votes

CLOSE, SWEPT = 1e-9, 1e-6


@st.composite
def studies(make: st.DrawFn) -> Votes:
    """Complete and incomplete designs with and without repeated votes."""
    panel = Simulation(
        models=("a", "b", "c")[: make(st.integers(2, 3))],
        images=make(st.integers(2, 6)),
        raters=make(st.integers(11, 16)),  # fewer, and maximum likelihood may follow a single one
        careless=make(st.integers(0, 2)),
        share=make(st.sampled_from([1.0, 0.7])),
        repeated=make(st.sampled_from([0.0, 0.2])),
        seed=make(st.integers(0, 9_999)),
    )
    return simulate(panel).votes


@dataclass
class Figures:
    """All that the package says of a study, by name and free of any order."""

    exact: dict[str, float]
    swept: dict[str, float]


def _figures(votes: Votes) -> Figures:
    scores = mos.mos(votes)
    exact: dict[str, float] = {}
    for i, s in enumerate(scores.stimuli):
        exact |= {f"mos {s.name}": float(scores.mean[i]), f"half {s.name}": float(scores.half[i])}
    for verdict in (screening.kurtosis(votes), screening.correlation(votes), screening.straight(votes)):
        for name, values in verdict.values.items():
            exact |= {f"{name} {r}": float(x) for r, x in zip(votes.raters, values, strict=True)}
        exact |= {f"{verdict.rule} rejects {r}": float(r in verdict.rejected) for r in votes.raters}
    for level in ("ordinal", "interval"):
        exact[level] = agreement.alpha(votes, level) or np.nan  # type: ignore[arg-type]
    icc = agreement.icc(votes)
    if icc:
        exact |= {"single": icc.single, "low": icc.single_ci95[0], "average": icc.average, "stimuli": icc.stimuli}
    for group in mos.model_means(scores, votes):
        exact |= {f"mean {group.model}": group.mean, f"reach {group.model}": group.half or np.nan}
    for pair in compare_models(scores):
        name = f"{min(pair.first, pair.second)}{max(pair.first, pair.second)}"
        sign = 1 if pair.first < pair.second else -1
        exact |= {f"gap {name}": sign * pair.mean, f"p {name}": pair.p, f"holm {name}": pair.p_holm}
        exact[f"biserial {name}"] = sign * pair.rank_biserial
    estimate = likelihood.estimate(votes)
    assert estimate is not None
    swept = {f"truth {s.name}": float(x) for s, x in zip(estimate.scores.stimuli, estimate.scores.mean, strict=True)}
    swept |= {f"bias {r}": float(x) for r, x in zip(estimate.raters, estimate.bias, strict=True)}
    swept |= {f"wide {r}": float(x) for r, x in zip(estimate.raters, estimate.inconsistency, strict=True)}
    return Figures(exact, swept)


def _same(one: Figures, other: Figures) -> None:
    assert one.exact == pytest.approx(other.exact, abs=CLOSE, nan_ok=True)
    assert one.swept == pytest.approx(other.swept, abs=SWEPT)


@settings(max_examples=15)
@given(studies(), st.randoms(use_true_random=False))
def test_the_order_of_votes_raters_and_stimuli_does_not_matter(votes: Votes, random: object) -> None:
    generator = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    order = generator.permutation(len(votes))
    columns = ("stimulus", "rater", "repetition", "score", "seconds", "order")
    shuffled = replace(votes, **{name: getattr(votes, name)[order] for name in columns})
    to_rater, to_stimulus = generator.permutation(len(votes.raters)), generator.permutation(len(votes.stimuli))
    moved = replace(
        shuffled,
        raters=tuple(votes.raters[i] for i in np.argsort(to_rater)),
        rater=to_rater[shuffled.rater],
        stimuli=tuple(votes.stimuli[i] for i in np.argsort(to_stimulus)),
        stimulus=to_stimulus[shuffled.stimulus],
    )
    _same(_figures(moved), _figures(votes))


@settings(max_examples=10)
@given(studies())
def test_names_do_not_matter(votes: Votes) -> None:
    renamed = replace(
        votes,
        raters=tuple(f"!{name}" for name in votes.raters),
        stimuli=tuple(replace(s, name=f"!{s.name}", content=f"?{s.content}") for s in votes.stimuli),
    )
    plain, other = _figures(votes), _figures(renamed)
    _same(
        Figures(*({key.replace("!", ""): x for key, x in part.items()} for part in (other.exact, other.swept))), plain
    )


@settings(max_examples=15)
@given(studies(), st.integers(-7, 95))
def test_a_constant_shifts_means_and_nothing_else(votes: Votes, shift: int) -> None:
    moved = replace(
        votes.with_scores(votes.score + shift), scale=Scale(votes.scale.low + shift, votes.scale.high + shift)
    )
    plain = _figures(votes)
    shifted = ("mos", "mean", "truth")
    for part in (plain.exact, plain.swept):
        part |= {key: x + shift for key, x in part.items() if key.split()[0] in shifted}
    _same(_figures(moved), plain)


@settings(max_examples=15)
@given(studies())
def test_turning_the_scale_negates_differences(votes: Votes) -> None:
    turned = votes.with_scores(6 - votes.score)
    plain = _figures(votes)
    for part in (plain.exact, plain.swept):
        part |= {key: 6 - x for key, x in part.items() if key.split()[0] in ("mos", "mean", "truth")}
        part |= {key: -x for key, x in part.items() if key.split()[0] in ("gap", "biserial", "bias")}
    high = {key: x for key, x in plain.exact.items() if key.split()[0] in ("high", "low") and " " in key}
    for key, x in high.items():
        word, rater = key.split()
        plain.exact[f"{'low' if word == 'high' else 'high'} {rater}"] = x
    _same(_figures(turned), plain)


@settings(max_examples=10)
@given(studies(), st.sampled_from([3.0, 25.0]))  # 2 would make a scale of nine categories, whose step stays 1
def test_a_longer_scale_stretches_figures_in_its_unit(votes: Votes, factor: float) -> None:
    scale = Scale(votes.scale.low * factor, votes.scale.high * factor)
    longer = replace(votes.with_scores(votes.score * factor), scale=scale)
    plain = _figures(votes)
    measured = ("mos", "half", "mean", "reach", "gap", "truth", "bias", "wide")
    for part in (plain.exact, plain.swept):
        part |= {key: x * factor for key, x in part.items() if key.split()[0] in measured}
    found = _figures(longer)
    assert found.exact == pytest.approx(plain.exact, rel=CLOSE, abs=CLOSE, nan_ok=True)
    # The loop stops at a change of 1e-8 on any scale.
    assert found.swept == pytest.approx(plain.swept, abs=SWEPT * factor)


@settings(max_examples=15)
@given(st.integers(0, 9_999), st.randoms(use_true_random=False))
@pytest.mark.parametrize("link", ["bradley-terry", "thurstone"])
def test_names_and_order_of_comparisons_do_not_matter(link: Link, seed: int, random: object) -> None:
    found = list(
        simulate_pairs(
            Simulation(models=("a", "b", "c"), quality=(2.6, 3, 3.4), images=3, raters=8, seed=seed), ties=0.3
        )
    )
    plain = pairs.fit(found, link)
    names = {"a": "z", "b": "x", "c": "y"}
    random.shuffle(found)  # type: ignore[attr-defined]
    moved = [
        # Of a tie the first and second may change places.
        PairAnswer(a.content, a.rater, names[a.loser], names[a.winner], tie=True)
        if a.tie
        else PairAnswer(a.content, a.rater, names[a.winner], names[a.loser])
        for a in found
    ]
    other = pairs.fit(moved, link)
    at = [other.items.index(names[item]) for item in plain.items]
    assert other.problem == plain.problem == ""
    # The optimiser ends where the gradient is below 1e-6.
    np.testing.assert_allclose(other.score[at], plain.score, atol=1e-6)
    np.testing.assert_allclose(other.error[at], plain.error, atol=1e-6)
    assert other.loglikelihood == pytest.approx(plain.loglikelihood, abs=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 9_999))
def test_turning_every_answer_negates_the_scores(seed: int) -> None:
    found = simulate_pairs(
        Simulation(models=("a", "b", "c"), quality=(2.6, 3, 3.4), images=3, raters=8, seed=seed), ties=0.3
    )
    plain, turned = (
        pairs.fit(answers) for answers in (found, [replace(a, winner=a.loser, loser=a.winner) for a in found])
    )
    np.testing.assert_allclose(turned.score, -plain.score, atol=1e-6)
    assert turned.threshold == pytest.approx(plain.threshold, abs=1e-6)
