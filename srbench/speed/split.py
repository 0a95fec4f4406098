"""Which layers must stay in fp32 for a lower precision to cost nothing that can be seen.

Rounding to 8 bits of mantissa does not hurt everywhere alike. Each group of layers is run in the lower precision alone,
and what it adds to the output's error is measured; then layers return to fp32, the noisiest for their work first, until
the price is right. With the first layer in fp32 the long skip is fp32 too, since sums take the wider type.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from srbench.models.arch import Network, channels_of
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.speed.psnr_drop import Prices
from srbench.speed.records import MOST_LOSS_DB, Price

_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
_MOST_GROUPS = 12
_MOST_KEPT = 0.5
"""Of the work: with more of it in fp32 there is nothing left to gain."""
_CROP_PX, _PROBE_PX = 48, 24


def find(model: Model, mode: Mode, prices: Prices) -> tuple[Mode, Price] | None:
    """The mode with as few layers in fp32 as keep the price within `MOST_LOSS_DB`.

    Args:
        model: Its network must be a torch module.
        mode: bf16 or fp16; its `fp32_layers` are what is looked for.
        prices: Measures what is left.

    Returns:
        None where no split with at most half of the work in fp32 is good enough, or there are no layers to choose from.
    """
    macs = layers(model, published=mode.published)
    if len(macs) < 3:
        return None
    for kept in _ladder(model, mode, prices, macs):
        attempt = replace(mode, fp32_layers=kept)
        price = prices.of(model, model.upscaler(attempt))
        if abs(price.worst_db) <= MOST_LOSS_DB:
            return attempt, price
    return None


def _ladder(model: Model, mode: Mode, prices: Prices, macs: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """First and last layer; then these and the noisiest groups, one more each time."""
    groups = _groups(list(macs))
    work = {group: sum(macs[name] for name in group) for group in groups}
    kept = [groups[0], groups[-1]]
    most = _MOST_KEPT * sum(work.values())
    if sum(work[each] for each in kept) > most:
        return
    yield _flat(kept)
    noise = _noise(model, mode, prices, groups)
    for group in sorted(noise, key=lambda each: noise[each] / work[each], reverse=True):
        kept.append(group)
        if sum(work[each] for each in kept) > most:
            return
        yield _flat(kept)


def _noise(model: Model, mode: Mode, prices: Prices, groups: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    """Mean squared error that each group but the first and the last adds when it alone is in the lower precision."""
    crops = [images.lr[..., :_CROP_PX, :_CROP_PX] / 255 for images in prices.pairs]
    everything = _flat(groups)
    exact = _outputs(model, replace(mode, precision="fp32"), crops)
    found = {}
    for group in groups[1:-1]:
        others = tuple(name for name in everything if name not in group)
        error = float((_outputs(model, replace(mode, fp32_layers=others), crops) - exact).square().mean())
        found[group] = error if math.isfinite(error) else math.inf  # beyond fp16
    return found


def _outputs(model: Model, mode: Mode, crops: Sequence[Tensor]) -> Tensor:
    upscaler = model.upscaler(mode)
    return torch.cat([upscaler(crop).double().flatten() for crop in crops])


def _groups(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Layers in order: the first and the last by themselves, the others in at most a dozen stretches."""
    if len(names) < 3:
        return [(name,) for name in names]
    inner = names[1:-1]
    length = -(-len(inner) // _MOST_GROUPS)
    stretches = [tuple(inner[at : at + length]) for at in range(0, len(inner), length)]
    return [(names[0],), *stretches, (names[-1],)]


def layers(model: Model, *, published: bool = False) -> dict[str, int]:
    """Multiply-accumulates, on a small image, of each layer that autocast would lower, as the network runs.

    Args:
        model: Loaded for this.
        published: Not folded.
    """
    network = model.make()
    if isinstance(network, Network) and not published:
        network = network.folded()
    if not isinstance(network, nn.Module):
        return {}
    macs = {name: 0 for name, layer in network.named_modules() if isinstance(layer, _LAYERS)}
    hooks = [network.get_submodule(name).register_forward_hook(_counter(macs, name)) for name in macs]
    side = _PROBE_PX + -_PROBE_PX % model.multiple_of
    if macs:
        with torch.no_grad():
            network.cpu().eval()(torch.rand(1, channels_of(model.colour), side, side))
    for hook in hooks:
        hook.remove()
    return macs


def _counter(macs: dict[str, int], name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def count(layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        weight = cast(Tensor, layer.weight)
        each = given[0] if isinstance(layer, nn.ConvTranspose2d) else made  # its kernel is laid on each input pixel
        macs[name] += weight.numel() * each[0, 0].numel()

    return count


def _flat(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)
