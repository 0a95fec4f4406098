"""Differences between models: which images are compared, what is corrected, what is found."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from srbench.ratings import analysis
from srbench.ratings.model_differences import compare_models
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.report.ratings import methods, publish, tables
from srbench.stats.corrections import holm
from tests.ratings.tables import scores_of, stimuli, votes_of


@pytest.mark.parametrize(("n", "least"), [(1, 1.0), (2, 0.5), (4, 0.125), (5, 0.0625), (6, 0.03125)])
def test_the_smallest_p_is_that_of_all_signs_alike(n: int, least: float) -> None:
    scores = scores_of([x for i in range(n) for x in (5 - i / n, 1)], stimuli(("a", "b"), n))
    (found,) = compare_models(scores)
    assert (found.p, found.least_p) == (least, least)
    made = analysis.analyse_means("x", scores)
    warned = [note for note in made.caveats if "no difference can be significant, whatever the votes" in note]
    assert bool(warned) == (least >= 0.05)
    if n == 5:
        assert "with 5 images a paired two-sided test cannot go below p = 0.0625" in warned[0]


def test_with_many_pairs_the_smallest_possible_p_is_corrected_too() -> None:
    """Six images allow 0.03125; three pairs make 0.094 of it."""
    scores = scores_of([x for i in range(6) for x in (5 - i / 9, 3 - i / 7, 1)], stimuli(("a", "b", "c"), 6))
    assert not any(pair.significant for pair in compare_models(scores))
    assert (
        "after Holm's correction for 3 pairs the smallest possible p is 0.09375"
        in analysis.analyse_means("x", scores).caveats[-2]
    )
    assert "these raters held fixed" in analysis.analyse_means("x", scores).caveats[-1]


def test_the_test_over_raters_and_images_has_no_smallest_p_and_says_its_degrees_of_freedom() -> None:
    """Five images, 26 raters, a step apart: found, although signs of five images allow 0.0625 at best."""
    panel = Simulation(models=("a", "b", "c"), quality=(2.0, 3.0, 4.0), images=5, raters=26)
    made = analysis.analyse("x", simulate(panel).votes)
    assert all(pair.significant and pair.df == 4 and pair.test == "two-way" for pair in made.differences)
    assert made.letters[""] == {"a": "c", "b": "b", "c": "a"}
    assert not [note for note in made.caveats if "can be significant" in note or "held fixed" in note]
    for pair in made.differences:
        assert pair.ci95_raters_images is not None
        assert pair.error is not None
        assert pair.p == pytest.approx(2 * stats.t.sf(pair.mean / pair.error, 4))
        assert np.diff(pair.ci95_raters_images) == pytest.approx(2 * stats.t.ppf(0.975, 4) * pair.error)
    fixed = analysis.analyse("x", simulate(panel).votes, Options(test="wilcoxon"))
    assert {pair.p for pair in fixed.differences} == {0.0625}
    assert "(srbench survey analyze --test two-way has no such limit)" in fixed.caveats[-2]
    assert "these raters held fixed" in fixed.caveats[-1]


def test_unanimous_raters_are_not_endlessly_certain() -> None:
    """All agree on everything: of 24 raters, some might have been a step away, on both models (Clopper and Pearson)."""
    table = np.tile(np.tile([[1.0], [3.0]], (5, 1)), (1, 24))
    made = analysis.analyse("x", votes_of(table.tolist(), stimuli(("a", "b"), 5)))
    found, half = made.differences[0], 1 - 0.025 ** (1 / 24)
    assert found.error == pytest.approx(np.sqrt(2) * half / stats.t.ppf(0.975, 4))
    assert 0 < found.p < 1e-4
    assert {model.model: model.ci95_raters_images for model in made.models} == {
        "a": pytest.approx((1 - half, 1 + half)),
        "b": pytest.approx((3 - half, 3 + half)),
    }


def test_one_image_or_one_rater_says_nothing_of_others() -> None:
    for table, images in (([[1.0, 2, 1], [5, 5, 4]], 1), ([[1.0], [5], [1], [5]], 2)):
        made = analysis.analyse("x", votes_of(table, stimuli(("a", "b"), images)))
        assert (made.differences[0].p, made.differences[0].df) == (1.0, None)
        assert any("a single image or a single rater" in note for note in made.caveats)


def test_models_are_compared_on_the_images_that_both_have() -> None:
    shown = (*stimuli(("a", "b"), 3), *stimuli(("c",), 2))
    means = [5, 1, 4, 2, 3, 3, 2, 1]
    found = {(pair.first, pair.second): pair for pair in compare_models(scores_of(means, shown))}
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
    assert compare_models(scores) == []
    made = analysis.analyse_means("x", scores)
    assert made.letters == {}


def test_images_of_one_name_in_two_data_sets_are_different_images() -> None:
    shown = (*stimuli(("a", "b"), 2, "set5"), *stimuli(("a", "b"), 2, "set14"))
    found = compare_models(scores_of([5, 1, 5, 2, 1, 2, 1, 3], shown))
    assert [(pair.dataset, pair.first, pair.images, pair.mean) for pair in found] == [
        ("", "a", 4, 1.0),
        ("set5", "a", 2, 3.5),
        ("set14", "b", 2, 1.5),
    ]


def test_holm_is_for_each_data_set_by_itself() -> None:
    generator = np.random.default_rng(0)
    shown = (*stimuli(("a", "b", "c"), 8, "x"), *stimuli(("a", "b", "c"), 8, "y"))
    means = np.tile([3.2, 3.0, 2.9], 16) + generator.normal(0, 0.2, 48)
    found = compare_models(scores_of(means.tolist(), shown))
    for dataset in ("", "x", "y"):
        own = [pair for pair in found if pair.dataset == dataset]
        assert [pair.p_holm for pair in own] == pytest.approx(multipletests([pair.p for pair in own], method="holm")[1])


def test_intervals_over_raters_and_images_hold_those_over_raters() -> None:
    """Images differ by 0.5 here; an interval on fixed images does not see that."""
    made = analysis.analyse("x", simulate(Simulation(images=8, raters=20, content_spread=0.5)).votes)
    for group in made.models:
        assert group.ci95_raters_images is not None
        assert group.half is not None
        assert group.ci95_raters_images[0] < group.mean < group.ci95_raters_images[1]
        assert group.ci95_raters_images[1] - group.ci95_raters_images[0] > 1.2 * 2 * group.half


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


def test_nothing_is_said_of_letters_intervals_tests_and_agreement_that_there_are_not() -> None:
    """A single rater, on three images of two models."""
    made = analysis.analyse("x", votes_of([[1.0], [4], [2], [5], [1], [4]], stimuli(("a", "b"), 3)))
    said = methods.methods(made)
    assert "were not tested: a single image or a single rater" in said
    assert "95 % interval" not in said.partition("A model's score")[2]
    (caption,) = next(table for table in tables.tables(made) if table.key == "models").notes
    assert "interval" not in caption
    assert not [note for note in made.caveats if "all raters agree" in note]
    alone = analysis.analyse("x", votes_of([[1.0, 2, 1], [4, 5, 5]], stimuli(("a",), 2)))
    (caption,) = next(table for table in tables.tables(alone) if table.key == "models").notes
    assert "letter" not in caption


def test_differences_over_raters_alone_are_paired_t_tests_of_the_raters_means() -> None:
    votes = simulate(Simulation(models=("a", "b", "c"), quality=(3.0, 3.2, 3.5), images=6, raters=12)).votes
    made = analysis.analyse("x", votes)
    table = {m: votes.matrix()[[s.model == m for s in votes.stimuli]].mean(axis=0) for m in "abc"}
    for pair in made.differences:
        test = stats.ttest_rel(table[pair.first], table[pair.second])
        ends = test.confidence_interval()
        assert pair.raters is not None
        assert (pair.raters.p, pair.raters.df) == (pytest.approx(test.pvalue), pytest.approx(11))
        assert pair.raters.ci95 == pytest.approx((ends.low, ends.high))
    found = [pair.raters.p for pair in made.differences if pair.raters]
    assert [p.raters.p_holm for p in made.differences if p.raters] == pytest.approx(holm(found))
    text = publish.report(made)
    assert text.content["differences"][0]["ci95_raters"] == pytest.approx(made.differences[0].raters.ci95)
    assert "paired t tests over raters alone" in text.content["methods"]
    lone = analysis.analyse("x", votes_of([[2.0], [4.0]] * 3, stimuli(("a", "b"), 3)))
    assert lone.differences[0].raters is None


def test_raters_who_all_say_the_same_are_not_endlessly_certain_of_a_difference() -> None:
    table = np.tile(np.tile([[2.0], [3.0]], (5, 1)), (1, 8))
    (pair,) = analysis.analyse("x", votes_of(table.tolist(), stimuli(("a", "b"), 5))).differences
    half = np.sqrt(2) * (1 - 0.025 ** (1 / 8))
    assert pair.raters is not None
    assert pair.raters.ci95 == pytest.approx((1 - half, 1 + half))
    assert pair.raters.p == pytest.approx(2 * stats.t.sf(stats.t.ppf(0.975, 7) / half, 7))


@pytest.mark.parametrize("removed", [False, True])
def test_no_interval_passes_an_end_of_the_scale_where_no_mean_can(removed: bool) -> None:
    """Five models at the ends: means of whole votes stay inside; without raters' biases scores have no ends."""
    panel = Simulation(models=("a", "b"), quality=(1.1, 4.9), images=3, raters=6, bias=0.8)
    made = publish.report(analysis.analyse("x", simulate(panel).votes, Options(remove_bias=removed)))
    ends = [end for one in made.content["models"] for name in ("ci95", "ci95_raters_images") for end in one[name]]
    assert (min(ends) >= 1 and max(ends) <= 5) != removed
    (pair,) = made.content["differences"]
    assert (max(pair["both"]) <= 4) != removed
    notes = next(table.notes for table in made.page.tables if table.key == "models")
    assert ("cut at the ends" if not removed else "may pass the ends") in " ".join(notes)
