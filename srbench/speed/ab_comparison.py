"""A/B comparison of speed: two candidates, timed in interleaved rounds."""

from functools import partial

import numpy as np
import torch

from srbench.core.assets import AssetStore
from srbench.core.timing import TimeBudget, rounds
from srbench.models import mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import split
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import AbComparison
from srbench.speed.scenario import Size, example, problem, timed_call
from srbench.stats.bootstrap import bootstrap_ratio_of_medians
from srbench.stats.ranks import mann_whitney


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
    while at > 1 and mode.is_word(parts[at - 1]):
        at -= 1
    return "+".join(parts[:at]), "+".join(parts[at:]) or "fp32"


def load_candidate(model: Model, words: str, device: str, store: AssetStore) -> Upscaler:
    """Return a candidate that is ready to be called.

    Raises:
        UserError: The model cannot run in this mode.
    """
    chosen = mode.parse(words, device)
    if chosen.split:
        chosen, _ = split.find(model, chosen, PsnrReference(model.scale, store))
    return model.upscaler(chosen)


def compare(
    names: tuple[str, str],
    first: Upscaler,
    second: Upscaler,
    size: Size,
    batch: int,
    budget: TimeBudget,
    trained: tuple[bool, bool] = (True, True),
) -> AbComparison:
    """Time both side by side.

    Args:
        names: Names of both, for the result.
        first: A model in a mode.
        second: Another model, or the same in another mode.
        size: Size of LR.
        batch: Number of images in a call.
        budget: Time for which each of the two is called.
        trained: Whether each of the two has trained weights; pictures of random ones are not examined.

    Source:
        Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the other,
        1947; percentile bootstrap of the ratio of medians over rounds, which keeps what a round's two calls share.
    """
    calls = [partial(timed_call(upscaler), example(upscaler, size, batch)) for upscaler in (first, second)]
    examined = zip((first, second), trained, strict=True)
    problems = [problem(upscaler, size) if has_weights else "" for upscaler, has_weights in examined]
    with torch.no_grad():
        (one, times_a), (other, times_b) = rounds(calls, first.device, budget)
    doubts = zip(names, (one.reason, other.reason), problems, strict=True)
    reasons = [f"{name}: {reason}" for name, *of_name in doubts for reason in of_name if reason]
    a, b = np.asarray(times_a), np.asarray(times_b)
    return AbComparison(
        names=names,
        median_ms=(one.median_ms, other.median_ms),
        iqr_ms=(one.iqr_ms, other.iqr_ms),
        rounds=len(times_a),
        ratio=one.median_ms / other.median_ms,
        ratio_ci95=bootstrap_ratio_of_medians(a, b),
        p_value=mann_whitney(a, b),
        valid=not reasons,
        reason="; ".join(reasons),
        lr_height=size.height,
        lr_width=size.width,
        batch=batch,
    )
