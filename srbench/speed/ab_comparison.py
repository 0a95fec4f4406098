"""A/B comparison of speed: two candidates, timed in interleaved rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from srbench.core.timing import TimeBudget, rounds
from srbench.errors import UserError
from srbench.models import mode as modes
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import split
from srbench.speed.ab_record import MARGIN, AbComparison, Verdict
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import PsnrDrop
from srbench.speed.scenario import Size, example, problem, timed_call
from srbench.stats.bootstrap import bootstrap_ratio_of_medians
from srbench.stats.comparison import Comparison, compare_means


def parse_candidate(text: str) -> tuple[str, str]:
    """Return the model and the mode of "MODEL", or "MODEL+WORD+..." with words that `srbench.models.mode.parse` takes.

    Examples:
        >>> parse_candidate("runs/a+b.pth+bf16+channels_last")
        ('runs/a+b.pth', 'bf16+channels_last')
        >>> parse_candidate("fsrcnn")
        ('fsrcnn', 'fp32')
    """
    parts = text.split("+")
    at = len(parts)
    while at > 1 and modes.is_word(parts[at - 1]):
        at -= 1
    return "+".join(parts[:at]), "+".join(parts[at:]) or "fp32"


@dataclass(frozen=True)
class Candidate:
    """A model in a mode, ready to be called.

    Attributes:
        name: Name, as it was asked for.
        upscaler: The model in its mode.
        psnr_drop: Price of the mode; None where it is not known.
        trained: Whether the weights are trained; pictures of random ones are not examined.
    """

    name: str
    upscaler: Upscaler
    psnr_drop: PsnrDrop | None = None
    trained: bool = True


def load_candidate(name: str, model: Model, words: str, device: str, prices: PsnrReference | None) -> Candidate:
    """Return a candidate that is ready to be called.

    Args:
        name: Name, as it was asked for.
        model: Its model.
        words: Words of its mode.
        device: Name of the device.
        prices: PSNR of models in fp32; None where prices are not known.

    Raises:
        UserError: The model cannot run in this mode.
    """
    mode = modes.parse(words, device)
    if prices is None or not model.trained:
        if mode.split:
            raise UserError(split.NO_PRICE)
        return Candidate(name, model.upscaler(mode), trained=model.trained)
    mode, drop = split.measured(model, mode, prices)
    return Candidate(name, model.upscaler(mode), drop)


def compare(
    first: Candidate, second: Candidate, size: Size, batch: int, budget: TimeBudget, margin: float = MARGIN
) -> AbComparison:
    """Time both side by side.

    A verdict needs two looks that agree. The one is `srbench.stats.comparison` of the logarithms of the times, each
    round a pair, as models are compared on the same images; the other the bootstrap interval of the ratio of medians
    over rounds, which single slow calls do not move.

    Args:
        first: A model in a mode.
        second: Another model, or the same in another mode.
        size: Size of LR.
        batch: Number of images in a call.
        budget: Time for which each of the two is called.
        margin: Share of the time below which a difference does not matter.
    """
    both = (first, second)
    names = (first.name, second.name)
    calls = [partial(timed_call(of.upscaler), example(of.upscaler, size, batch)) for of in both]
    problems = [problem(of.upscaler, size) if of.trained else "" for of in both]
    with torch.no_grad():
        (one, times_a), (other, times_b) = rounds(calls, first.upscaler.device, budget)
    doubts = zip(names, (one.reason, other.reason), problems, strict=True)
    reasons = [f"{name}: {reason}" for name, *of_name in doubts for reason in of_name if reason]
    compared, ratio_ci95 = _compared(times_a, times_b, margin)
    return AbComparison(
        names=names,
        median_ms=(one.median_ms, other.median_ms),
        iqr_ms=(one.iqr_ms, other.iqr_ms),
        rounds=len(times_a),
        ratio=one.median_ms / other.median_ms,
        ratio_ci95=ratio_ci95,
        p_value=compared.p_lasting_holm,
        valid=not reasons,
        reason="; ".join(reasons),
        verdict="undecided" if reasons else _verdict(compared, ratio_ci95, margin),
        margin=margin,
        psnr_drop=(first.psnr_drop, second.psnr_drop),
        lr_height=size.height,
        lr_width=size.width,
        batch=batch,
    )


def judge(first_ms: Sequence[float], second_ms: Sequence[float], margin: float) -> Verdict:
    """Say what the times of rounds tell of the first against the second.

    Args:
        first_ms: Time of the first in each round.
        second_ms: That of the second.
        margin: Share of the time below which a difference does not matter.

    Examples:
        >>> judge([10.1, 10.0, 10.2, 10.1, 10.0], [12.0, 12.1, 11.9, 12.0, 12.2], 0.03)
        'faster'
        >>> judge([10.1, 10.0, 10.2, 10.1, 10.0], [10.0, 10.1, 10.1, 10.0, 10.1], 0.03)
        'same'
    """
    return _verdict(*_compared(first_ms, second_ms, margin), margin)


def _compared(
    first_ms: Sequence[float], second_ms: Sequence[float], margin: float
) -> tuple[Comparison[str], tuple[float, float]]:
    """Compare the logarithms of the times, and take the interval of the ratio of medians."""
    a, b = np.asarray(first_ms), np.asarray(second_ms)
    logarithms = {"first": np.log(a), "second": np.log(b)}
    (found,) = compare_means(logarithms, higher_is_better=False, margin=float(np.log1p(margin)), baseline="second")
    return found, bootstrap_ratio_of_medians(a, b)


def _verdict(compared: Comparison[str], ratio_ci95: tuple[float, float], margin: float) -> Verdict:
    low, high = ratio_ci95
    if compared.verdict == "same" and 1 / (1 + margin) < low and high < 1 + margin:
        return "same"
    if compared.significant and (high < 1 or low > 1):
        shorter = compared.mean < 0
        return "undecided" if shorter != (high < 1) else "faster" if shorter else "slower"
    return "undecided"
