"""The next pairs: moments against sampling, trees against all trees, and a gain over fixed pairs."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from srbench.ratings import pairs
from srbench.ratings.simulation import Simulation
from srbench.ratings.votes import PairAnswer, Stimulus
from srbench.survey.export import choose_next_batch
from srbench.survey.methods.pair.panel import simulated_comparisons
from srbench.survey.plan.adaptive import ScorePosterior, anticipate, information, posterior, spanning_tree
from srbench.survey.plan.design import Design, Trial
from srbench.survey.plan.planning import session
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Picture, Study


def _won(winner: str, loser: str, tie: bool = False) -> PairAnswer:
    return PairAnswer("c", "r", winner, loser, tie)


def test_the_posterior_is_the_one_that_sampling_finds() -> None:
    """Three models, eleven answers with a tie: moments of 400,000 draws of the prior, weighted by the likelihood."""
    answers = [_won("a", "b")] * 4 + [_won("b", "c")] * 3 + [_won("c", "a")] * 2 + [_won("b", "a")]
    belief = posterior(("a", "b", "c"), answers)
    scores = np.random.default_rng(0).normal(0, 2, (400_000, 3))
    gaps = np.array([scores[:, "abc".index(x.winner)] - scores[:, "abc".index(x.loser)] for x in answers])
    weight = np.exp(stats.norm.logcdf(gaps).sum(axis=0))
    mean = weight @ scores / weight.sum()
    rest = scores - mean
    covariance = (rest * weight[:, None]).T @ rest / weight.sum()
    # A normal curve is an approximation here; the likelihood of few answers is a little skewed.
    np.testing.assert_allclose(belief.mean, mean, atol=0.1)
    np.testing.assert_allclose(belief.covariance, covariance, atol=0.1)


def test_a_tie_is_half_a_win_each_way_and_the_order_of_answers_does_not_matter() -> None:
    tied = posterior(("a", "b"), [_won("a", "b", tie=True)] * 2)
    split = posterior(("a", "b"), [_won("a", "b"), _won("b", "a")])
    np.testing.assert_allclose(tied.mean, [0, 0], atol=1e-12)
    np.testing.assert_allclose(tied.covariance, split.covariance)
    answers = [_won("a", "b"), _won("b", "c"), _won("a", "c", tie=True)]
    forth, back = posterior(("a", "b", "c"), answers), posterior(("a", "b", "c"), answers[::-1])
    np.testing.assert_allclose(forth.mean, back.mean)


def test_answers_without_a_maximum_have_a_finite_posterior() -> None:
    belief = posterior(("a", "b", "c"), [_won("a", "b")] * 200 + [_won("a", "c")] * 200)
    assert np.isfinite(belief.mean).all()
    assert belief.mean.argmax() == 0


def test_information_is_the_entropy_that_sampling_finds() -> None:
    generator = np.random.default_rng(1)
    belief = ScorePosterior(("a", "b"), np.array([0.5, 0.0]), np.array([[1.0, 0.2], [0.2, 0.7]]))
    gaps = generator.normal(0.5, np.sqrt(1.0 + 0.7 - 0.4), 400_000)
    p = stats.norm.cdf(gaps)

    def bits(chance: np.ndarray | float) -> np.ndarray:
        return -chance * np.log2(chance) - (1 - chance) * np.log2(1 - chance)

    assert information(belief, [("a", "b")])[0] == pytest.approx(float(bits(p.mean()) - bits(p).mean()), abs=0.003)
    assert information(belief, [("a", "b")]) == pytest.approx(information(belief, [("b", "a")]))


def test_a_batch_is_the_spanning_tree_with_the_most_information() -> None:
    """Against all 125 spanning trees of five models."""
    generator = np.random.default_rng(3)
    root = generator.normal(size=(5, 5))
    belief = ScorePosterior(tuple("abcde"), generator.normal(0, 1.5, 5), root @ root.T / 5 + 0.1 * np.eye(5))
    pairs_of = list(combinations("abcde", 2))
    gains = dict(zip(map(frozenset, pairs_of), information(belief, pairs_of), strict=True))
    trees = [edges for edges in combinations(pairs_of, 4) if _connected(edges)]
    assert len(trees) == 125
    best = max(sum(gains[frozenset(pair)] for pair in edges) for edges in trees)
    batch = spanning_tree(belief, (1, 2))
    assert _connected(batch)
    assert sum(gains[frozenset(pair)] for pair in batch) == pytest.approx(best, abs=1e-5)


def _connected(edges: Sequence[tuple[str, str]]) -> bool:
    reached = {"a"}
    for _ in range(5):
        reached |= {model for edge in edges if reached & set(edge) for model in edge}
    return len(reached) == 5


def test_no_pair_comes_twice_on_a_content_and_what_has_begun_stays() -> None:
    models = [f"m{i}" for i in range(8)]
    study = _study(models, 2, "adaptive", 0)
    plan = session(study.design, study.stimuli(), 0)
    assert len({frozenset((trial.first, trial.second)) for trial in plan}) == len(plan)
    belief = posterior(tuple(models), [_won("m0", "m1")] * 5 + [_won("m7", "m3")] * 9)
    anew = session(study.design, study.stimuli(), 0, belief, plan[:14])
    assert anew[:14] == plan[:14]
    assert anew[14:] != plan[14:]
    assert len({frozenset((trial.first, trial.second)) for trial in anew}) == len(anew)


def test_what_is_anticipated_is_the_mean_over_both_answers() -> None:
    """The moments after either answer, from 400,000 draws: the covariance that is left on average."""
    belief = ScorePosterior(("a", "b"), np.array([0.7, 0.1]), np.array([[1.0, 0.2], [0.2, 0.7]]))
    scores = np.random.default_rng(0).multivariate_normal(belief.mean, belief.covariance, 400_000)
    chance = stats.norm.cdf(scores[:, 0] - scores[:, 1])
    left = sum(weight.mean() * np.cov(scores.T, aweights=weight) for weight in (chance, 1 - chance))
    # Sampling errors: 400,000 draws of variance up to 1.
    np.testing.assert_allclose(anticipate(belief, "a", "b").covariance, left, atol=0.01)
    np.testing.assert_allclose(anticipate(belief, "a", "b").mean, belief.mean)


def _study(models: list[str], contents: int, kind: str, seed: int) -> Study:
    shown = [Stimulus(f"c{c}_{m}", f"c{c}", m, "set") for c in range(contents) for m in models]
    pictures = tuple(Picture(one, "", "", 1, 1, "rated") for one in shown)
    return Study(Path(), "t", Design("pair", seed, pairs=kind), 3, pictures, 4)  # type: ignore[arg-type]


def test_a_session_asks_what_is_open() -> None:
    """a and b are known to differ; c and d are not, so each tree holds that pair and not the other."""
    models = ("a", "b", "c", "d")
    study = _study(list(models), 2, "adaptive", 0)
    belief = ScorePosterior(models, np.array([-3.0, 3.0, 0.0, 0.1]), np.diag([0.01, 0.01, 1.0, 1.0]))
    asked = [{trial.first[-1], trial.second[-1]} for trial in session(study.design, study.stimuli(), 0, belief)]
    assert {"c", "d"} in asked[:3]
    assert {"a", "b"} not in asked[:6]


def test_the_next_batch_follows_from_the_answers_so_far(tmp_path: Path) -> None:
    """Two raters at the same time; what a browser may have loaded, two trials ahead of the answer, stays as it was."""
    models = [f"m{i}" for i in range(6)]
    study = replace(_study(models, 3, "adaptive", 0), folder=tmp_path)
    store = VoteStore(study)
    first, second = (store.find(store.invite()) or "" for _ in range(2))
    for rater in (first, second):
        store.assign_session(rater)
    before = store.trials(first)
    chosen = []
    for position in range(6):
        for rater in (second, first):
            trial = store.trials(rater)[position]
            store.answer(rater, position, "first" if trial.first > trial.second else "second", 3.0, {})
        chosen.append(choose_next_batch(store, first, position))
    after = store.trials(first)
    assert chosen == [False, False, True, False, False, False]  # batches are of five
    assert after[:5] == before[:5]
    assert after[5:] != before[5:]
    assert [contents_of(trial) for trial in after] == [contents_of(trial) for trial in before]
    assert not store.change_trials(first, 7, None)  # position 7 stands in the page of position 6 already
    assert store.change_trials(first, 8, None)
    store.close()


def contents_of(trial: Trial) -> str:
    return trial.first.split("_")[0]


@pytest.mark.slow
def test_adaptive_sessions_find_scores_that_as_many_ring_questions_do_not() -> None:
    """16 models, 3 raters, 4 contents: root mean square of the scores' errors, over 15 studies."""
    models = [f"m{i:02d}" for i in range(16)]
    errors: dict[str, list[float]] = {"sparse": [], "adaptive": []}
    for seed in range(15):
        quality = np.random.default_rng(seed).permutation(np.linspace(2, 4, len(models)))
        panel = Simulation(
            models, tuple(quality), images=4, content_spread=0.05, stimulus_spread=0.05, raters=3, seed=seed
        )
        for kind, found in errors.items():
            study = _study(models, 4, kind, seed)
            fit = pairs.fit(simulated_comparisons(study.design, study.stimuli(), panel))
            score, truth = np.array([fit.score[fit.items.index(m)] for m in models]), quality - quality.mean()
            steps = truth @ score / (score @ score)
            found.append(float(np.sqrt(np.mean((steps * score - truth) ** 2))))
    assert np.mean(errors["adaptive"]) < 0.9 * np.mean(errors["sparse"])  # found: 0.181 and 0.231
    assert stats.wilcoxon(errors["adaptive"], errors["sparse"], alternative="less").pvalue < 0.01
