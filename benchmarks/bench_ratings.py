"""Analysing 100,000 votes: 10 models x 50 images x 200 raters; fewer images where time is short."""

from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.extent import TimeLeft
from srbench.ratings import files, records
from srbench.ratings.analysis import analyse
from srbench.ratings.likelihood import estimate
from srbench.ratings.options import Options
from srbench.ratings.votes import Stimulus, Votes

_MODELS, _RATERS = 10, 200
_IMAGES = {"once": 4, "quick": 10, "usual": 50, "whole": 50}


@pytest.fixture(scope="module")
def images(time_left: TimeLeft) -> int:
    return _IMAGES[time_left.extent]


@pytest.fixture(scope="module")
def votes(images: int) -> Votes:
    """Every rater on every stimulus; model_0 is the worst and model_9 the best by far."""
    generator = np.random.default_rng(0)
    stimuli = tuple(
        Stimulus(f"i{image:02d}_model_{model}", f"i{image:02d}", f"model_{model}")
        for image in range(images)
        for model in range(_MODELS)
    )
    truth = np.tile(np.linspace(1.5, 4.5, _MODELS), images) + np.repeat(generator.normal(0, 0.2, images), _MODELS)
    stimulus, rater = (index.ravel() for index in np.indices((len(stimuli), _RATERS)))
    aim = truth[stimulus] + generator.normal(0, 0.2, _RATERS)[rater]
    score = np.clip(np.rint(aim + generator.normal(0, 0.5, len(aim))), 1, 5)
    unknown = np.full(len(score), np.nan)
    names = tuple(f"r{i:03d}" for i in range(_RATERS))
    return Votes(stimuli, names, stimulus, rater, np.ones(len(score), dtype=np.int64), score, unknown, unknown)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, votes: Votes) -> Path:
    path = tmp_path_factory.mktemp("votes") / "votes.csv"
    records.write(files.Ratings("votes", votes=votes), path)
    return path


def test_read_csv(benchmark: BenchmarkFixture, path: Path, votes: Votes) -> None:
    benchmark.group = f"read {len(votes):,} votes"
    found = benchmark.pedantic(files.read, (path,), rounds=3).votes
    assert found.stimuli == votes.stimuli
    np.testing.assert_array_equal(found.score, votes.score)


def test_analyse(benchmark: BenchmarkFixture, votes: Votes, images: int) -> None:
    benchmark.group = f"analyse {len(votes):,} votes"
    made = benchmark.pedantic(analyse, ("x", votes, Options(screen=())), rounds=3)
    assert len(made.scores.stimuli) == _MODELS * images
    assert set(made.scores.n.tolist()) == {_RATERS}
    # A full design: the mean of all votes is the mean of the models' means.
    means = {group.model: group.mean for group in made.models}
    assert np.mean(list(means.values())) == pytest.approx(votes.score.mean())
    assert sorted(means, key=lambda model: means[model]) == [f"model_{i}" for i in range(_MODELS)]
    for group in made.models:
        assert group.ci95_raters_images is not None
        assert group.ci95_raters_images[0] < group.mean < group.ci95_raters_images[1]
    assert len(made.differences) == _MODELS * (_MODELS - 1) // 2
    assert made.estimate is not None
    assert made.estimate.converged


def test_maximum_likelihood(benchmark: BenchmarkFixture, votes: Votes) -> None:
    benchmark.group = f"analyse {len(votes):,} votes"
    found = benchmark.pedantic(estimate, (votes,), rounds=3)
    assert found is not None
    assert found.converged
    assert found.bias.mean() == pytest.approx(0, abs=1e-9)
