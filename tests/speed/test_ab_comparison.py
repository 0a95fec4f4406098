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
from srbench.speed.ab_comparison import Candidate
from srbench.speed.ab_record import AbComparison
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.scenario import Size
from tests.speed.synthetic import drop, nearest, timing


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
    one = Candidate("a", Upscaler(nearest, 4))
    other = Candidate("b", Upscaler(nearest, 4, Mode(channels_last=True)), drop(-0.002))
    return ab_comparison.compare(one, other, Size(4, 5), 2, TimeBudget(), 0.03)


def _times(median_ms: float, seed: int, count: int = 40) -> list[float]:
    return np.random.default_rng(seed).normal(median_ms, median_ms / 50, count).tolist()


def test_one_that_sleeps_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, _times(12, 0), _times(10, 1))
    assert (found.verdict, found.faster, found.rounds, found.psnr_drop) == ("slower", "b", 40, (None, drop(-0.002)))
    assert found.ratio == pytest.approx(1.2, abs=0.03)
    assert 1 < found.ratio_ci95[0] < found.ratio < found.ratio_ci95[1]
    assert found.p_value < 1e-6
    other = _compare(monkeypatch, _times(10, 1), _times(12, 0))
    assert (other.verdict, other.as_dict()["faster"]) == ("faster", "a")
    assert other.ratio == pytest.approx(1 / found.ratio)


@pytest.mark.parametrize(
    ("longer", "spread", "verdict"),
    [
        (1.0, 0.02, "same"),
        (1.01, 0.005, "same"),  # certain, and certainly smaller than what matters
        (1.06, 0.02, "slower"),
        (1.0, 0.2, "undecided"),
        (1.03, 0.05, "undecided"),
    ],
)
def test_four_words_for_what_rounds_tell(longer: float, spread: float, verdict: str) -> None:
    generator = np.random.default_rng(0)
    first, second = (level * generator.lognormal(0, spread, 30) for level in (10 * longer, 10))
    assert ab_comparison.judge(first, second, 0.03) == verdict
    turned = {"slower": "faster"}.get(verdict, verdict)
    assert ab_comparison.judge(second, first, 0.03) == turned


def test_a_few_slow_calls_of_one_make_no_verdict() -> None:
    """Two of 30 rounds in which another program ran: the mean of logarithms moves, the median does not."""
    second = np.array(_times(10, 0, 30))
    first = second * np.random.default_rng(1).lognormal(0, 0.002, 30)
    first[[3, 17]] *= 8
    assert ab_comparison.judge(first, second, 0.03) == "undecided"


def test_the_same_times_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, [10.0] * 8, [10.0] * 8)
    assert (found.ratio, found.ratio_ci95, found.verdict, found.p_value) == (1.0, (1.0, 1.0), "same", 1)


def test_noise_of_both_that_comes_and_goes_does_not_widen_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is half as fast in every other round slows both alike."""
    weather = np.where(np.random.default_rng(0).random(60) < 0.5, 1.0, 2.0)
    found = _compare(monkeypatch, (weather * _times(11, 0, 60)).tolist(), (weather * _times(10, 1, 60)).tolist())
    assert found.ratio_ci95[1] - found.ratio_ci95[0] < 0.2


def test_a_timing_that_is_not_valid_names_its_candidate_and_nobody_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _compare(monkeypatch, _times(12, 0), _times(10, 1), reason="the clock fell")
    assert (found.valid, found.reason, found.verdict) == (False, "b: the clock fell", "undecided")


def test_candidates_are_loaded_in_their_mode_with_its_price() -> None:
    store = AssetStore([])
    bicubic = select_one("bicubic", store)
    prices = PsnrReference(4, store)
    found = ab_comparison.load_candidate("x", bicubic, "bf16+channels_last", "cpu", prices)
    assert (found.upscaler.scale, found.upscaler.mode) == (4, Mode(precision="bf16", channels_last=True))
    assert found.psnr_drop is not None
    assert found.psnr_drop.worst_db == 0
    with pytest.raises(UserError, match="bicubic has 0 layers to choose from; leave out 'split'"):
        ab_comparison.load_candidate("x", bicubic, "bf16+split", "cpu", prices)
    with pytest.raises(UserError, match="layers cannot be chosen without PSNR"):
        ab_comparison.load_candidate("x", bicubic, "bf16+split", "cpu", None)
    with pytest.raises(UserError, match="'fast' is no mode"):
        ab_comparison.load_candidate("x", bicubic, "fast", "cpu", prices)
