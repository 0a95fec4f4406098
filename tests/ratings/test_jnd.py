"""Triplets: planted distances, bias and absence come back; boosted distances map onto plain ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from srbench.errors import BadRatings
from srbench.ratings import boosted_mapping, jnd, table, triplet_simulation, triplets
from srbench.ratings.triplet_simulation import TripletPanel

_TRUTH = {content: {f"m{i}": 0.4 * (i + 1) * scale for i in range(6)} for content, scale in (("a", 1.0), ("b", 1.3))}


def _correlations(found: jnd.JndScores) -> list[float]:
    values = []
    for content, of in _TRUTH.items():
        scores = {model: s for (c, model), s in zip(found.items, found.score.tolist(), strict=True) if c == content}
        values.append(float(stats.spearmanr(list(of.values()), [scores[model] for model in of]).statistic))
    return values


def test_planted_distances_come_back_from_a_panel_like_a_real_one() -> None:
    """A short form of benchmarks/triplets.py: half of all answers absent, a bias to the right."""
    panel = replace(triplet_simulation.PLAIN, raters=60, answers=120, bias=-0.2)
    answers = triplet_simulation.simulate(_TRUTH, panel)
    assert triplet_simulation.right_on_traps(answers) == pytest.approx(0.65, abs=0.05)
    found = jnd.fit(answers)
    assert found.converged
    assert min(_correlations(found)) >= 0.94  # one exchange of two neighbours among six; 0.97 with the whole panel
    assert found.bias < 0
    assert found.lapse.mean() == pytest.approx(0.5, abs=0.1)
    assert [model for model, *_ in found.means()] == list(_TRUTH["a"])


def test_half_of_all_answers_absent_neither_stretch_distances_nor_narrow_intervals() -> None:
    """With shares of absence held at estimates the mean distance was 14 % too long, and 63 % were covered."""
    slopes, covered = [], []
    for seed in range(4):
        found = jnd.fit(triplet_simulation.simulate(_TRUTH, replace(triplet_simulation.PLAIN, seed=seed)))
        truth = np.array([_TRUTH[content][model] for content, model in found.items])
        slopes.append(truth @ found.score / (truth @ truth))
        covered.append(np.mean(np.abs(found.score - truth) < found.half))
    assert np.mean(slopes) == pytest.approx(1.0, abs=0.07)
    assert 0.85 <= np.mean(covered) <= 1


def test_attentive_raters_give_distances_in_jnd() -> None:
    """A distance of 1 JND from the original is seen as such in 75 % of forced choices."""
    panel = TripletPanel(40, 300, lapse=0.02, threshold=0.3)
    found = jnd.fit(triplet_simulation.simulate(_TRUTH, panel))
    truth = np.array([_TRUTH[content][model] for content, model in found.items])
    assert np.abs(found.score - truth).max() < 0.35
    assert np.mean(np.abs(found.score - truth) < found.half) > 0.7
    assert found.threshold == pytest.approx(0.3, abs=0.05)
    alone = jnd.fit(triplet_simulation.simulate(_TRUTH, replace(panel, raters=1)))
    assert np.isnan(alone.half).all()


def test_boosted_distances_map_onto_plain_ones_by_shared_stimuli() -> None:
    boosted = {content: {model: 2 * value for model, value in of.items()} for content, of in _TRUTH.items()}
    panel = TripletPanel(12, 150, lapse=0.03)
    plain_fit = jnd.fit(triplet_simulation.simulate(_TRUTH, panel))
    boosted_fit = jnd.fit(triplet_simulation.simulate(boosted, replace(panel, form="boosted")))
    found = boosted_mapping.mapping(plain_fit, boosted_fit)
    assert found is not None
    assert found.shared == 12
    assert found.apply(np.array([2.0])) == pytest.approx([1.0], abs=0.3)
    one = {"a": {"m0": 0.5, "m1": 1.0}}
    assert boosted_mapping.mapping(jnd.fit(triplet_simulation.simulate(one, panel)), boosted_fit) is None


def test_triplets_are_read_from_the_columns_that_they_are_written_in() -> None:
    answers = triplet_simulation.simulate(_TRUTH, TripletPanel(2, 3, traps=2, biases=1))
    rows = triplets.records(answers)
    cells = {name: np.array([str(row[name]) for row in rows], dtype=object) for name in rows[0]}
    assert triplets.from_table(table.Table(cells, ())) == tuple(answers)
    cells["answer"][0] = "both"
    with pytest.raises(BadRatings, match="answer is 'both'; expected left, unsure, right"):
        triplets.from_table(table.Table(cells, (table.Part(Path("t.csv"), "row", np.arange(3)),)))
