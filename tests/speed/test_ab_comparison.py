"""A/B comparison of two candidates, on made-up rounds."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from srbench.core.assets import AssetStore
from srbench.core.timing import Call, TimeBudget
from srbench.errors import UserError
from srbench.models.mode import Mode
from srbench.models.select import select_one
from srbench.models.upscaler import Upscaler
from srbench.speed import ab_comparison
from srbench.speed.records import AbComparison
from srbench.speed.scenario import Size
from tests.speed.synthetic import nearest, timing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("srresnet", ("srresnet", "fp32")),
        ("srresnet+bf16+split", ("srresnet", "bf16+split")),
        ("runs/a+b.pth", ("runs/a+b.pth", "fp32")),
        ("runs/a+b.pth+tf32+graph", ("runs/a+b.pth", "tf32+graph")),
        ("esrgan@0.8+onnx", ("esrgan@0.8", "onnx")),
        ("espcn+x8+tile=64", ("espcn", "x8+tile=64")),
        ("bf16", ("bf16", "fp32")),  # a name comes first
        ("srresnet+fast", ("srresnet+fast", "fp32")),
    ],
)
def test_a_candidate_is_a_model_and_words_of_a_mode(text: str, expected: tuple[str, str]) -> None:
    assert ab_comparison.parse_candidate(text) == expected


def _compare(
    monkeypatch: pytest.MonkeyPatch, first: Sequence[float], second: Sequence[float], reason: str = ""
) -> AbComparison:
    def rounds(calls: Sequence[Call], device: torch.device, budget: TimeBudget) -> list[object]:
        assert [call().shape for call in calls] == [(2, 3, 16, 20)] * 2  # type: ignore[attr-defined]
        medians = [float(np.median(times)) for times in (first, second)]
        return [(timing(medians[0]), list(first)), (timing(medians[1], reason), list(second))]

    monkeypatch.setattr(ab_comparison, "rounds", rounds)
    upscalers = Upscaler(nearest, 4), Upscaler(nearest, 4, Mode(channels_last=True))
    return ab_comparison.compare(("a", "b"), *upscalers, Size(4, 5), 2, TimeBudget())


def _times(median_ms: float, seed: int, count: int = 40) -> list[float]:
    return np.random.default_rng(seed).normal(median_ms, median_ms / 50, count).tolist()


def test_one_that_sleeps_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, _times(12, 0), _times(10, 1))
    assert found.faster == "b"
    assert found.ratio == pytest.approx(1.2, abs=0.03)
    assert 1 < found.ratio_ci95[0] < found.ratio < found.ratio_ci95[1]
    assert found.p_value < 1e-6
    assert found.rounds == 40
    other = _compare(monkeypatch, _times(10, 1), _times(12, 0))
    assert other.faster == "a"
    assert other.ratio == pytest.approx(1 / found.ratio)
    assert other.as_dict()["faster"] == "a"


@pytest.mark.parametrize("seed", range(5))
def test_two_that_are_equal_are_not_told_apart(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    found = _compare(monkeypatch, _times(10, 10 + seed), _times(10, 20 + seed))
    assert found.faster == ""
    assert found.ratio == pytest.approx(1, abs=0.02)


def test_the_same_times_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, [10.0] * 8, [10.0] * 8)
    assert (found.ratio, found.ratio_ci95, found.faster) == (1.0, (1.0, 1.0), "")
    assert found.p_value == 1


def test_noise_of_both_that_comes_and_goes_does_not_widen_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is half as fast in every other round slows both alike."""
    weather = np.where(np.random.default_rng(0).random(60) < 0.5, 1.0, 2.0)
    found = _compare(monkeypatch, (weather * _times(11, 0, 60)).tolist(), (weather * _times(10, 1, 60)).tolist())
    assert found.ratio_ci95[1] - found.ratio_ci95[0] < 0.2


def test_a_timing_that_is_not_valid_names_its_candidate_and_nobody_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, _times(12, 0), _times(10, 1), reason="the clock fell")
    assert (found.valid, found.reason, found.faster) == (False, "b: the clock fell", "")


def test_candidates_are_loaded_in_their_mode() -> None:
    store = AssetStore([])
    bicubic = select_one("bicubic", store)
    upscaler = ab_comparison.load_candidate(bicubic, "bf16+channels_last", "cpu", store)
    assert (upscaler.scale, upscaler.mode) == (4, Mode(precision="bf16", channels_last=True))
    with pytest.raises(UserError, match="bicubic has 0 layers to choose from; leave out 'split'"):
        ab_comparison.load_candidate(bicubic, "bf16+split", "cpu", store)
    with pytest.raises(UserError, match="'fast' is no mode"):
        ab_comparison.load_candidate(bicubic, "fast", "cpu", store)
