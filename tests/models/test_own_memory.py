"""A network may work in place on its input: nobody else sees what it does there."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from srbench.evaluation.api import evaluate
from srbench.models.mode import Mode
from srbench.models.model import Model
from srbench.models.upscaler import Upscaler
from srbench.speed.scenario import Size, example, timed_call


class _Pure(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return interpolate(x * 255, scale_factor=4, mode="bilinear", align_corners=False) / 255


class _InPlace(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x *= 255
        return interpolate(x, scale_factor=4, mode="bilinear", align_corners=False) / 255


def _one_buffer() -> Callable[[Tensor], Tensor]:
    """A function that answers with its own memory, which the next call overwrites."""
    kept: dict[torch.Size, Tensor] = {}

    def call(x: Tensor) -> Tensor:
        out = kept.setdefault(x.shape, torch.empty(*x.shape[:2], 4 * x.shape[-2], 4 * x.shape[-1]))
        return out.copy_(interpolate(x, scale_factor=4, mode="nearest"))

    return call


MODES = {
    "whole": Mode(),
    "tiles": Mode(tile_px=8),
    "self-ensemble": Mode(self_ensemble=True),
    "both": Mode(tile_px=8, self_ensemble=True),
    "channels_last": Mode(channels_last=True),
    "bf16": Mode(precision="bf16"),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("colour", ["rgb", "any", "luma", "ycbcr"])
def test_a_network_that_works_in_place_is_the_one_that_does_not(colour: str, channels: int, mode: Mode) -> None:
    lr = torch.rand(1, channels, 20, 19)
    before = lr.clone()
    pure, in_place = (Upscaler(net, 4, mode, colour=colour, overlap_px=3) for net in (_Pure(), _InPlace()))  # type: ignore[arg-type]
    expected = pure(lr)
    for _ in range(3):
        assert torch.equal(in_place(lr), expected)
        assert torch.equal(lr, before)


def test_an_output_is_not_overwritten_by_the_next_call() -> None:
    upscaler = Upscaler(_one_buffer(), 4, Mode(self_ensemble=True))
    lr = torch.rand(1, 3, 8, 8)
    first = upscaler(lr)
    before = first.clone()
    upscaler(1 - lr)
    assert torch.equal(first, before)
    assert torch.allclose(first, interpolate(lr, scale_factor=4, mode="nearest"))


def test_what_is_timed_leaves_its_input_alone() -> None:
    upscaler = Model("m", 4, _InPlace, {}).upscaler()
    x = example(upscaler, Size(6, 5), 1)
    before = x.clone()
    call = timed_call(upscaler)
    with torch.no_grad():
        assert torch.equal(call(x), call(x))
    assert torch.equal(x, before)


@pytest.mark.parametrize("mode", ["fp32", "fp32+tile=32", "fp32+x8"])
def test_evaluate_gives_both_one_value(mode: str) -> None:
    values = [evaluate(net, metrics=["psnr"], mode=mode, limit=1) for net in (_Pure(), _InPlace())]
    first, second = (float(scores[scores.metric == "psnr"].value.iloc[0]) for scores in values)
    assert first == second


@pytest.mark.gpu
def test_a_recorded_graph_gives_one_value_at_each_replay() -> None:
    lr = torch.rand(1, 3, 20, 19)
    pure, in_place = (Upscaler(net, 4, Mode("cuda", engine="graph")) for net in (_Pure(), _InPlace()))
    expected = pure(lr)
    for _ in range(3):
        assert torch.equal(in_place(lr), expected)
