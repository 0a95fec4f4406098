"""Mean scores scores, and intervals of models' means, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from srbench.errors import BadRatings
from srbench.ratings import analysis, likelihood, mos
from srbench.ratings.distribution import histogram
from srbench.ratings.options import Options
from srbench.ratings.simulation import Simulation, simulate
from srbench.ratings.votes import Scale, Stimulus, Votes
from srbench.stats.student import t_half_width
from tests.ratings.tables import NAN, joined, scores_of, stimuli, votes_of


def test_mos_by_hand() -> None:
    scores = mos.mos(votes_of([[1, 2, 3], [NAN, NAN, NAN], [4, NAN, NAN], [5, 5, NAN]]))
    assert [s.name for s in scores.stimuli] == ["s0", "s2", "s3"]
    np.testing.assert_allclose(scores.mean, [2, 4, 5])
    np.testing.assert_allclose(scores.std, [1, NAN, 0])
    assert scores.n.tolist() == [3, 1, 2]
    # t(0.975; 2) = 4.302652730 from a table
    np.testing.assert_allclose(scores.half, [4.302652730 / np.sqrt(3), NAN, 1 - np.sqrt(0.025)], rtol=1e-9)


def test_repeated_votes_pooled_averaged_or_dropped() -> None:
    votes = joined(votes_of([[1, 2], [3, 4]]), votes_of([[3, NAN], [NAN, 5]], repetition=2))
    pooled, averaged, first = (mos.mos(mos.prepare(votes, way)) for way in ("pool", "mean", "first"))
    np.testing.assert_allclose(pooled.mean, [2, 4])
    np.testing.assert_allclose(averaged.mean, [2, 3.75])
    np.testing.assert_allclose(first.mean, [1.5, 3.5])
    assert (pooled.n.tolist(), averaged.n.tolist(), first.n.tolist()) == ([3, 3], [2, 2], [2, 2])
    made = analysis.analyse("x", votes, Options(screen=(), repetitions="pool"))
    assert made.caveats[0].startswith("2 repeated votes count as separate votes")
    averaging = analysis.analyse("x", votes, Options(screen=()))
    np.testing.assert_allclose(averaging.scores.mean, averaged.mean)
    assert not any("repeated" in note for note in averaging.caveats)


# Relative to references

REFERENCES = (Stimulus("h", "x", "hr", reference=True), Stimulus("a", "x", "a"), Stimulus("b", "y", "a"))


def test_scores_relative_to_references_are_not_clipped() -> None:
    votes = votes_of([[5, 3, NAN], [4, 5, 5], [1, 1, 1]], REFERENCES)
    values = mos.differential(votes)
    # r2 did not see the reference, and content y has none.
    assert [(values.stimuli[s].name, values.raters[r]) for s, r in zip(values.stimulus, values.rater, strict=True)] == [
        ("h", "r0"),
        ("h", "r1"),
        ("a", "r0"),
        ("a", "r1"),
    ]
    assert values.score.tolist() == [5, 5, 4, 7]
    scores = mos.mos(values)
    assert scores.mean.tolist() == [5, 5.5]


def test_the_crushed_form_bends_what_passes_the_top() -> None:
    votes = votes_of([[5, 3], [4, 5]], REFERENCES[:2])
    assert mos.differential(votes, crushed=True).score.tolist() == [5, 5, 4, pytest.approx(7 * 7 / (2 + 7))]
    wide = replace(votes_of([[90, 70], [80, 75]], REFERENCES[:2]), scale=Scale(0, 100))
    assert mos.differential(wide).score.tolist() == [100, 100, 90, 105]
    with pytest.raises(BadRatings, match="scale from 1 to 5 only"):
        mos.differential(wide, crushed=True)


def test_a_reference_belongs_to_the_content_of_its_data_set() -> None:
    shown = tuple(
        Stimulus(f"{dataset}_{model}", "img1", model, dataset, reference=model == "hr")
        for dataset in ("set5", "set14")
        for model in ("hr", "a")
    )
    votes = votes_of([[5], [3], [2], [1]], shown)
    assert mos.differential(votes).score.tolist() == [5, 3, 5, 4]


def test_a_second_vote_is_relative_to_the_reference_even_where_that_was_seen_once() -> None:
    votes = joined(
        votes_of([[5, 4], [3, 3]], REFERENCES[:2]), votes_of([[NAN, NAN], [4, NAN]], REFERENCES[:2], None, 2)
    )
    assert sorted(mos.differential(votes).score.tolist()) == [3, 4, 4, 5, 5]


def test_a_second_vote_is_relative_to_the_second_view_of_the_reference() -> None:
    votes = joined(votes_of([[5, 4], [3, 3]], REFERENCES[:2]), votes_of([[3, 2], [4, 4]], REFERENCES[:2], None, 2))
    assert sorted(mos.differential(votes).score.tolist()) == [3, 4, 5, 5, 5, 5, 6, 7]


def test_comparing_by_relative_scores_needs_references_and_votes() -> None:
    votes = votes_of([[5, 4], [3, 3]], stimuli(("a", "b"), 1))
    with pytest.raises(
        BadRatings, match="x has no hidden references; name them with a column reference or --references"
    ):
        analysis.analyse("x", votes, Options(screen=(), relative="dmos"))
    with pytest.raises(BadRatings, match="x has averages only"):
        analysis.analyse_means("x", scores_of([3, 4]), Options(relative="dmos"))
    drawn = simulate(Simulation(images=3, raters=5, reference=True)).votes
    with pytest.raises(BadRatings, match="--relative needs --estimator mos"):
        analysis.analyse("x", drawn, Options(screen=(), relative="dmos", estimator="p910"))
    made = analysis.analyse("x", drawn, Options(screen=(), relative="dmos", resamples=0))
    assert made.dmos is not None
    # References have DMOS 5 by definition: they are no competitors.
    competing = {s.name: float(x) for s, x in zip(made.dmos.stimuli, made.dmos.mean, strict=True) if not s.reference}
    assert {s.name: x for s, x in zip(made.compared.stimuli, made.compared.mean.tolist(), strict=True)} == competing
    assert "hr" not in {group.model for group in made.models}


# Means of models


def test_a_full_design_has_the_t_interval_of_the_raters_means() -> None:
    votes = simulate(Simulation(models=("a", "b"), images=7, raters=9, rater_model=0)).votes
    scores = mos.mos(votes)
    for group in mos.model_means(scores, votes):
        own = [i for i, s in enumerate(votes.stimuli) if s.model == group.model]
        means = votes.matrix()[own].mean(axis=0)
        assert group.mean == pytest.approx(means.mean())
        assert group.half == pytest.approx(stats.t.ppf(0.975, 8) * means.std(ddof=1) / 3)
        assert (group.images, group.raters, group.votes, group.ci95_raters_images) == (7, 9, 63, None)
        assert group.std == pytest.approx(votes.matrix()[own].std(ddof=1))


def test_one_vote_of_each_rater_has_the_sum_of_the_images_variances() -> None:
    table = np.full((3, 12), NAN)
    scores = np.random.default_rng(0).integers(1, 6, 12)
    table[np.repeat([0, 1, 2], 4), np.arange(12)] = scores
    votes = votes_of(table.tolist(), stimuli(("a",), 3))
    scores = mos.mos(votes)
    (group,) = mos.model_means(scores, votes)
    variance = (scores.std**2 / scores.n).sum() / 9
    assert group.half == pytest.approx(stats.t.ppf(0.975, 11) * np.sqrt(variance))
    assert group.mean == pytest.approx(scores.mean.mean())  # each image counts once


def test_without_votes_the_errors_of_images_are_independent() -> None:
    scores = scores_of([3, 4], stimuli(("a",), 2), half=[0.3, 0.4])
    (group,) = mos.model_means(scores)
    assert (group.half, group.raters, group.std) == (pytest.approx(0.25), None, None)
    assert mos.model_means(replace(scores, half=np.array([NAN, NAN]), std=np.array([NAN, NAN])))[0].half is None


def test_what_cannot_be_told_has_no_interval() -> None:
    one_rater = votes_of([[3], [4]], stimuli(("a",), 2))
    assert mos.model_means(mos.mos(one_rater), one_rater)[0].half is None
    one_each = votes_of([[3, NAN], [NAN, 4]], stimuli(("a",), 2))
    assert mos.model_means(mos.mos(one_each), one_each)[0].half is None


def test_one_picture_with_one_vote_takes_no_interval_away() -> None:
    """Its variance is that of the other pictures' votes; of averages too."""
    votes = votes_of([[3, 4, 3, 2], [4, NAN, NAN, NAN]], stimuli(("a",), 2))
    (group,) = mos.model_means(mos.mos(votes), votes)
    assert group.half is not None
    assert group.half > t_half_width(np.array([0.816]), np.array([4]))[0] / 2
    scores = replace(
        scores_of([3, 4], stimuli(("a",), 2), half=[0.3, NAN]), std=np.array([0.5, NAN]), n=np.array([10, 1])
    )
    (averaged,) = mos.model_means(scores)
    assert averaged.half == pytest.approx(np.hypot(0.3, stats.t.ppf(0.975, 9) * 0.5) / 2)


def test_unanimous_votes_have_an_interval() -> None:
    """24 raters agree on every picture: some might have been a step away."""
    votes = votes_of([[5] * 24, [1] * 24, [3] * 24], stimuli(("a",), 3))
    scores = mos.mos(votes)
    np.testing.assert_allclose(scores.half, 1 - 0.025 ** (1 / 24))
    assert mos.model_means(scores, votes)[0].half == pytest.approx(1 - 0.025 ** (1 / 24))
    nearly = mos.mos(votes_of([[5] * 23 + [4]], stimuli(("a",), 1)))
    assert nearly.half[0] > 1.5 * t_half_width(nearly.std, nearly.n)[0]


def test_models_are_grouped_by_data_set_and_all_together() -> None:
    shown = (*stimuli(("a", "b"), 1, "x"), *stimuli(("a",), 2, "y"), Stimulus("no model", "z"))
    assert mos.stimuli_by_model(shown) == {
        ("a", ""): [0, 2, 3],
        ("a", "x"): [0],
        ("b", ""): [1],
        ("b", "x"): [1],
        ("a", "y"): [2, 3],
    }
    assert mos.stimuli_by_model(stimuli(("a",), 2, "x")) == {("a", ""): [0, 1]}


@pytest.mark.parametrize(
    ("scale", "scores", "centres", "bins"),
    [
        (Scale(1, 5), [1, 5, 3, 3], [1, 2, 3, 4, 5], [0, 4, 2, 2]),
        # Half votes have bins of their own: rounded, they would go to the even neighbour.
        (Scale(1, 5), [2.5, 2.5, 3.5, 4], [1, 2, 2.5, 3, 3.5, 4, 5], [2, 2, 4, 5]),
        (Scale(0, 10), [0, 10, 4, 3], list(range(11)), [0, 10, 4, 3]),
        (Scale(0, 10), [0, 10, 4.6, 3], [x + 0.5 for x in range(10)], [0, 9, 4, 3]),
        (Scale(0, 100), [0, 100, 9.9, 55], [5, 15, 25, 35, 45, 55, 65, 75, 85, 95], [0, 9, 0, 5]),
    ],
)
def test_histograms(scale: Scale, scores: list[float], centres: list[float], bins: list[int]) -> None:
    found, counts = histogram(votes_of([scores], scale=scale))
    assert found.tolist() == centres
    assert counts.tolist() == [np.bincount(bins, minlength=len(centres)).tolist()]


def _choose(votes: Votes, **chosen: object) -> analysis.Analysis:
    return analysis.analyse("x", votes, replace(Options(screen=(), resamples=0), **chosen))


def test_options_decide_what_the_scores_are() -> None:
    votes = simulate(Simulation(images=8, raters=20, repeated=0.2, share=0.8)).votes
    plain, unbiased, likely = _choose(votes), _choose(votes, remove_bias=True), _choose(votes, estimator="p910")
    merged = votes.merged()
    np.testing.assert_array_equal(plain.scores.mean, mos.mos(merged).mean)
    assert not np.allclose(unbiased.scores.mean, plain.scores.mean, atol=1e-3)
    estimate = likelihood.estimate(merged)
    assert estimate is not None
    np.testing.assert_array_equal(likely.scores.mean, estimate.scores.mean)
    for made in (plain, unbiased, likely):
        (effect,) = [e for e in made.sensitivity if e.applied]
        assert effect.largest_change == pytest.approx(np.abs(made.scores.mean - plain.scores.mean).max(), abs=1e-12)


def test_two_stimuli_of_one_model_and_content_cannot_be_told_apart() -> None:
    shown = (Stimulus("p", "x", "a"), Stimulus("q", "x", "a"))
    with pytest.raises(BadRatings, match="'p' and 'q' are both of model a, content x; expected one"):
        analysis.analyse("t", votes_of([[3, 4], [4, 5]], shown))


def test_votes_on_traps_alone_are_no_study() -> None:
    with pytest.raises(BadRatings, match="all votes are on traps"):
        analysis.analyse("t", votes_of([[3, 4]], (Stimulus("t", "t", expected=1.0),)))


def test_a_single_vote_is_said() -> None:
    made = analysis.analyse("t", votes_of([[3, 4], [4, NAN]], stimuli(("a", "b"), 1)), Options(screen=()))
    assert "with a single vote, and no interval: 1 stimulus" in made.caveats


def test_ranks_by_hand() -> None:
    scores = scores_of([3, 4, 4, 5, 5, 1, 2, 2, 2], stimuli(("a", "b", "c"), 3))
    found = {rank.model: (rank.ranks.tolist(), rank.mean) for rank in analysis.analyse_means("x", scores).ranks}
    assert found == {
        "a": ([3, 1.5, 2], pytest.approx(6.5 / 3)),
        "b": ([1.5, 1.5, 2], pytest.approx(5 / 3)),
        "c": ([1.5, 3, 2], pytest.approx(6.5 / 3)),
    }
