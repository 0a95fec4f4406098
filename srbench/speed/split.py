"""Choice of the layers that must stay in fp32, so that a lower precision costs no visible PSNR.

Rounding to 8 bits of mantissa does not hurt all layers alike. Each group of layers is run in the lower precision alone,
and the error that it adds to the output is measured; then layers return to fp32, the noisiest for their work first,
until PSNR is within the limit. With the first layer in fp32 the long skip is fp32 too, since sums take the wider type.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from srbench.errors import UserError
from srbench.models.arch import Network, channels_of
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.speed.psnr_drop import PsnrReference
from srbench.speed.records import PSNR_DROP_LIMIT_DB, PsnrDrop

_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
_MAX_GROUPS = 12
_MAX_FP32_SHARE = 0.5
"""Largest share of the work in fp32: with more of it there is nothing left to gain."""
_CROP_PX, _PROBE_PX = 48, 24

NO_PRICE = "layers cannot be chosen without PSNR: there are no trained weights, or no builtin images"
"""Why split is refused where no price can be known."""


def find(model: Model, mode: Mode, reference: PsnrReference) -> tuple[Mode, PsnrDrop]:
    """Return the mode with as few layers in fp32 as keep PSNR within `PSNR_DROP_LIMIT_DB`, and its change in PSNR.

    Args:
        model: Model whose network is a torch module.
        mode: Mode of bf16 or fp16 with "split"; its `fp32_layers` are chosen here.
        reference: PSNR of the model in fp32.

    Raises:
        UserError: No choice with at most half of the work in fp32 is good enough, or there are no layers to choose
            from.
    """
    macs = layers(model, unfolded=mode.unfolded)
    if len(macs) < 3:
        raise UserError(f"{model.id} has {len(macs)} layers to choose from; leave out 'split'")
    for kept in _candidates(model, mode, reference, macs):
        attempt = replace(mode, fp32_layers=kept)
        drop = reference.drop(model, model.upscaler(attempt))
        if not drop.exceeds_limit:
            return attempt, drop
    raise UserError(
        f"no split of {model.id} keeps PSNR within {PSNR_DROP_LIMIT_DB} dB with half of the work in "
        f"{mode.precision}; leave out 'split'"
    )


def measured(model: Model, mode: Mode, reference: PsnrReference) -> tuple[Mode, PsnrDrop]:
    """Return a mode, with its fp32 layers chosen where it has "split", and its change in PSNR.

    Raises:
        UserError: The model cannot run in this mode.
    """
    return find(model, mode, reference) if mode.split else (mode, reference.drop(model, model.upscaler(mode)))


def _candidates(
    model: Model, mode: Mode, reference: PsnrReference, macs: Mapping[str, int]
) -> Iterator[tuple[str, ...]]:
    """Yield the first and last layer; then these and the noisiest groups, one more each time."""
    groups = _groups(list(macs))
    work = {group: sum(macs[name] for name in group) for group in groups}
    kept = [groups[0], groups[-1]]
    most = _MAX_FP32_SHARE * sum(work.values())
    if sum(work[each] for each in kept) > most:
        return
    yield _flat(kept)
    noise = _noise(model, mode, reference, groups)
    for group in sorted(noise, key=lambda each: noise[each] / work[each], reverse=True):
        kept.append(group)
        if sum(work[each] for each in kept) > most:
            return
        yield _flat(kept)


def _noise(
    model: Model, mode: Mode, reference: PsnrReference, groups: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], float]:
    """Return the mean squared error that each inner group adds when it alone is in the lower precision."""
    crops = [images.lr[..., :_CROP_PX, :_CROP_PX] / 255 for images in reference.pairs]
    everything = _flat(groups)
    exact = _outputs(model, replace(mode, precision="fp32", split=False), crops)
    noise = {}
    for group in groups[1:-1]:
        reference.look_at_the_clock()
        others = tuple(name for name in everything if name not in group)
        error = float((_outputs(model, replace(mode, fp32_layers=others), crops) - exact).square().mean())
        noise[group] = error if math.isfinite(error) else math.inf  # beyond fp16
    return noise


def _outputs(model: Model, mode: Mode, crops: Sequence[Tensor]) -> Tensor:
    upscaler = model.upscaler(mode)
    return torch.cat([upscaler(crop).double().flatten() for crop in crops])


def _groups(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the layers in order: the first and the last by themselves, the others in at most a dozen groups."""
    if len(names) < 3:
        return [(name,) for name in names]
    inner = names[1:-1]
    length = -(-len(inner) // _MAX_GROUPS)
    inner_groups = [tuple(inner[at : at + length]) for at in range(0, len(inner), length)]
    return [(names[0],), *inner_groups, (names[-1],)]


def layers(model: Model, *, unfolded: bool = False) -> dict[str, int]:
    """Count the multiply-accumulates, on a small image, of each layer that autocast would lower, as the network runs.

    Args:
        model: Model whose network is built for this.
        unfolded: Whether the network runs without `srbench.models.folding`.
    """
    network = model.make()
    if isinstance(network, Network) and not unfolded:
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
    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        weight = cast(Tensor, layer.weight)
        each = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output  # its kernel is laid on each input pixel
        macs[name] += weight.numel() * each[0, 0].numel()

    return count


def _flat(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)
