"""Is the one really faster than the other? Two contestants in interleaved rounds."""

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import mannwhitneyu

from srbench.core.assets import AssetStore
from srbench.core.timing import TimeBudget, rounds
from srbench.errors import UserError
from srbench.models import mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed import split
from srbench.speed.psnr_drop import Prices
from srbench.speed.records import Duel
from srbench.speed.scenario import Size, example

_RESAMPLES, _SEED = 10_000, 0
_BLOCK = 100  # resamples at a time, for calls so short that there are thousands of rounds


def contestant(text: str) -> tuple[str, str]:
    """The model and the mode of "MODEL", or "MODEL+WORD+..." with words that `srbench.models.mode.parse` takes.

    Examples:
        >>> contestant("runs/a+b.pth+bf16+channels_last")
        ('runs/a+b.pth', 'bf16+channels_last')
        >>> contestant("fsrcnn")
        ('fsrcnn', 'fp32')
    """
    parts = text.split("+")
    at = len(parts)
    while at > 1 and parts[at - 1] in mode.WORDS:
        at -= 1
    return "+".join(parts[:at]), "+".join(parts[at:]) or "fp32"


def ready(model: Model, words: str, device: str, store: AssetStore) -> Upscaler:
    """A contestant, loaded.

    Raises:
        UserError: The mode cannot be had.
    """
    chosen, is_split = mode.parse(words, mode.Mode(device))
    if is_split:
        found = split.find(model, chosen, Prices(model.scale, store))
        if found is None:
            raise UserError(f"no split of {model.id} keeps the price of '{words}' within bounds")
        chosen = found[0]
    return model.upscaler(chosen)


def fight(
    names: tuple[str, str], first: Upscaler, second: Upscaler, size: Size, batch: int, patience: TimeBudget
) -> Duel:
    """Time both side by side.

    Args:
        names: As asked for.
        first: A model in a mode.
        second: Another model, or mode.
        size: Of LR.
        batch: Images a call.
        patience: With each of the two.

    Source:
        Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the other,
        1947; percentile bootstrap of the ratio of medians over rounds, which keeps what a round's two calls share.
    """
    inputs = [example(upscaler, size, batch) for upscaler in (first, second)]
    with torch.no_grad():
        (one, ours), (other, theirs) = rounds(
            [lambda: first.network(inputs[0]), lambda: second.network(inputs[1])], first.device, patience
        )
    reasons = [f"{name}: {timing.reason}" for name, timing in zip(names, (one, other), strict=True) if timing.reason]
    a, b = np.asarray(ours), np.asarray(theirs)
    return Duel(
        names=names,
        median_ms=(one.median_ms, other.median_ms),
        iqr_ms=(one.iqr_ms, other.iqr_ms),
        rounds=len(ours),
        ratio=one.median_ms / other.median_ms,
        ratio_ci95=_interval(a, b),
        p_value=float(mannwhitneyu(a, b, alternative="two-sided").pvalue),
        valid=not reasons,
        reason="; ".join(reasons),
        lr_height=size.height,
        lr_width=size.width,
        batch=batch,
    )


def _interval(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    blocks = (generator.integers(0, len(a), (_BLOCK, len(a))) for _ in range(_RESAMPLES // _BLOCK))
    ratios = np.concatenate([np.median(a[drawn], axis=1) / np.median(b[drawn], axis=1) for drawn in blocks])
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)
