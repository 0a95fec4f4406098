"""The bootstrap over raters and images: what is drawn, and what stays together."""

from collections.abc import Sequence

import numpy as np
import pytest

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.stats.student import clustered_half_width, t_quantile
from srbench.stats.two_way import TwoWayDraws, two_way_bootstrap
from tests.progress import Recorder

NAN = float("nan")


def _draws(
    table: Sequence[Sequence[float]] | np.ndarray,
    image: Sequence[int],
    dataset: Sequence[int] | None = None,
    resamples: int = 400,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> TwoWayDraws:
    """Draws from a table `(stimuli, raters)`; NaN where there is no vote."""
    scores = np.array(table, dtype=np.float64)
    stimulus, rater = np.nonzero(~np.isnan(scores))
    return two_way_bootstrap(
        (stimulus, rater, scores[stimulus, rater]),
        stimuli=np.arange(len(scores)),
        image=np.array(image),
        dataset=np.array(dataset or [0] * (max(image) + 1)),
        resamples=resamples,
        seed=seed,
        progress=progress,
    )


def test_a_single_rater_and_a_single_image_leave_nothing_to_draw() -> None:
    draws = _draws([[4], [2]], image=[0, 0])
    assert np.unique(draws.difference([0], [1])).tolist() == [2]
    assert np.unique(draws.weights).tolist() == [1]
    assert draws.interval(2.0, [0], [1]) is None


def test_with_one_rater_images_alone_are_drawn() -> None:
    draws = _draws([[4], [2], [5], [1]], image=[0, 0, 1, 1])
    assert np.ptp(draws.means, axis=1).tolist() == [0] * 4
    # Two images drawn with replacement: differences 2 and 4, or both.
    assert sorted(np.unique(draws.difference([0, 2], [1, 3]))) == [2, 3, 4]


def test_one_raters_votes_and_one_images_stimuli_stay_together() -> None:
    """All raters give b one less than a: whoever is drawn, on whatever image, the difference is 1."""
    table = np.random.default_rng(0).integers(2, 6, (5, 8)).astype(float)
    both = np.stack([table, table - 1], axis=1).reshape(10, 8)
    gaps = _draws(both, image=np.repeat(np.arange(5), 2).tolist()).difference(range(0, 10, 2), range(1, 10, 2))
    np.testing.assert_allclose(gaps, 1, atol=1e-6)  # single precision


def test_without_images_to_draw_the_bootstrap_meets_the_t_interval() -> None:
    """One image of 40 raters: 2,000 draws know the width to about 3 %; t(39) is 3 % more than 1.96, and ddof 0 1 %."""
    scores = np.rint(np.random.default_rng(0).normal(3, 0.7, 40))
    low, high = np.percentile(_draws(scores[None, :], image=[0], resamples=2_000).mean([0]), [2.5, 97.5])
    half = clustered_half_width(np.zeros(40, dtype=np.int64), np.arange(40), scores, 1).half
    assert high - low == pytest.approx(2 * half, rel=0.15)


def test_each_data_set_keeps_its_number_of_images() -> None:
    draws = _draws([[3.0, 4]] * 8, image=range(8), dataset=[0, 0, 0, 1, 1, 1, 1, 1])
    np.testing.assert_array_equal(draws.weights[:3].sum(axis=0), 3)
    np.testing.assert_array_equal(draws.weights[3:].sum(axis=0), 5)
    assert draws.weights.max() > 1


def test_draws_that_miss_a_stimulus_leave_it_out() -> None:
    """The second rater alone has rated the second image: where they are not drawn, its mean is not known."""
    draws = _draws([[4, 4], [NAN, 2]], image=[0, 1])
    missing = np.isnan(draws.means[1])
    # Both draws are the first rater with probability 1/4; 400 draws: 100 +- 9.
    assert 60 < missing.sum() < 140
    means = draws.mean([0, 1])
    assert np.isfinite(means).all()
    assert set(means[missing].tolist()) == {4}


def test_stimuli_that_are_not_wanted_count_for_nothing_but_their_raters() -> None:
    """A rater who has rated other stimuli alone is drawn like the others."""
    votes = np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([2.0, 4.0, 5.0])
    draws = two_way_bootstrap(votes, np.array([0]), np.array([0]), np.array([0]), resamples=2_000)
    assert draws.table.tolist()[0][:2] == [2, 4]
    # All three draws are the third rater with probability 1/27; 2,000 draws: 74 +- 8.
    assert 40 < np.isnan(draws.means[0]).sum() < 110


def test_the_seed_decides_the_draws_and_progress_is_told() -> None:
    table = np.random.default_rng(0).integers(1, 6, (9, 5))
    image = np.repeat(np.arange(3), 3).tolist()
    recorder = Recorder()
    one = _draws(table, image, resamples=600, seed=1, progress=recorder)
    again, other = (_draws(table, image, resamples=600, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(one.means, again.means)
    assert not np.array_equal(one.means, other.means)
    (task,) = recorder.tasks
    assert (task.description, task.total, task.done) == ("drawing raters and images", 600, 600)


@pytest.mark.parametrize("difference", [False, True])
def test_the_noise_of_single_votes_counts_once_in_the_interval_over_raters_and_images(difference: bool) -> None:
    """Votes that are noise alone: a mean of 20 images by 20 raters has the variance 1 / 400, a difference 2 / 400.

    The bootstrap counts this noise three times. With one of the three taken off in place of two, the variance would be
    twice as large.
    """
    found = []
    for seed in range(12):
        noise = np.random.default_rng(seed).normal(3, 1, (40 if difference else 20, 20))
        draws = _draws(noise, image=[*range(20)] * (1 + difference), resamples=1_000)
        interval = draws.interval(0.0, range(20), range(20, 40) if difference else None)
        assert interval is not None
        found.append((interval[1] / t_quantile(19)) ** 2)
    assert 0.75 < np.mean(found) * 400 / (1 + difference) < 1.5  # never below a third of the draws' variance


def test_what_raters_and_images_bring_stays_in_the_interval() -> None:
    """Where votes have no noise of their own, none is taken off: k / (k - 1) times the variance of the draws stays."""
    rater, image = np.random.default_rng(2).normal(0, 1, (2, 12))
    draws = _draws(3 + rater[None, :] + image[:, None], image=range(12), resamples=2_000)
    interval = draws.interval(3.0, range(12))
    assert interval is not None
    error = np.sqrt(draws.mean(range(12)).var(ddof=1) * 12 / 11)
    assert interval == pytest.approx((3 - t_quantile(11) * error, 3 + t_quantile(11) * error))


@pytest.mark.parametrize("difference", [False, True])
def test_images_and_raters_are_never_surer_than_raters_alone(difference: bool) -> None:
    """Images vary less than votes' noise lets expect; the mean of raters' means has the t interval over raters."""
    noise = np.random.default_rng(0).normal(3, 1, (6, 12))
    noise -= noise.mean(axis=1, keepdims=True) - 3  # no image differs from another
    table = np.concatenate([noise, noise[::-1] ** 2 / 3]) if difference else noise
    draws = _draws(table, image=[*range(6)] * (1 + difference))
    found = draws.interval(0.0, range(6), range(6, 12) if difference else None)
    by_rater = (table[:6] - (table[6:] if difference else 0)).mean(axis=0)
    assert found is not None
    assert found[1] >= t_quantile(11) * by_rater.std(ddof=1) / np.sqrt(12) * (1 - 1e-9)


def test_where_all_agree_the_interval_over_raters_and_images_is_that_of_unanimous_raters() -> None:
    draws = _draws(np.repeat([[5.0]] * 5 + [[3.0]] * 5, 24, axis=1), image=[*range(5)] * 2)
    mean, difference = draws.interval(5.0, range(5), step=1.0), draws.interval(2.0, range(5), range(5, 10), step=1.0)
    half = 1 - 0.025 ** (1 / 24)
    assert mean is not None
    assert mean == pytest.approx((5 - half, 5 + half))
    assert difference is not None
    assert difference == pytest.approx((2 - half * 2**0.5, 2 + half * 2**0.5))
