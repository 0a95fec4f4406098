"""The same function with fewer or cheaper operations: rewrites of layers that are exact but for the order of sums.

They are meant for stride 1 without dilation or groups, as all networks here have. All but the first move work from the
size of the output to that of the input. What each saves is measured in benchmarks/bench_layers.py.
"""

from typing import TypeVar, cast

import torch
from torch import Tensor, nn

_Layer = TypeVar("_Layer", nn.Conv2d, nn.ConvTranspose2d)


def with_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Return one convolution in place of a convolution and the BatchNorm after it, with the statistics of training.

    Raises:
        ValueError: The norm has no running statistics.
    """
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("the BatchNorm has no running statistics; expected track_running_stats=True")
    channels = len(norm.running_mean)
    gain = norm.weight.double() if norm.affine else norm.running_var.new_ones(channels).double()
    shift = norm.bias.double() if norm.affine else norm.running_var.new_zeros(channels).double()
    gain = gain / (norm.running_var.double() + norm.eps).sqrt()
    bias = _bias(conv, channels)
    weight = conv.weight.double() * gain[:, None, None, None]
    return _conv(weight, (bias - norm.running_mean.double()) * gain + shift, conv.padding)


def before_shuffle(conv: nn.Conv2d, factor: int) -> nn.Sequential:
    """Return a convolution and then PixelShuffle in place of the other order: for a convolution with few outputs.

    An output pixel's window covers whole cells of the small image; each of the factor^2 positions in a cell becomes a
    channel of its own. A 9x9 convolution to 3 channels at full size becomes a 5x5 convolution to 12 at half of it: a
    quarter more products, but the units that compute 16 channels at once are used by 12 of them instead of 3, and the
    large image is written once, with 3 channels.

    Args:
        conv: Convolution with an odd kernel, stride 1, and zero padding that keeps the size.
        factor: Factor of the PixelShuffle.
    """
    out, channels, size, _ = conv.weight.shape
    reach = size // 2
    cells = -(-reach // factor)
    shape = (out, factor, factor, channels, factor, factor, 2 * cells + 1, 2 * cells + 1)
    weight = conv.weight.new_zeros(shape, dtype=torch.float64)
    for row in range(factor):
        for column in range(factor):
            for dy in range(-reach, reach + 1):
                for dx in range(-reach, reach + 1):
                    (y, in_row), (x, in_column) = divmod(row + dy, factor), divmod(column + dx, factor)
                    tap = conv.weight[:, :, dy + reach, dx + reach]
                    weight[:, row, column, :, in_row, in_column, y + cells, x + cells] = tap.double()
    folded = weight.reshape(out * factor**2, channels * factor**2, 2 * cells + 1, 2 * cells + 1)
    bias = _bias(conv, out)
    return nn.Sequential(_conv(folded, bias.repeat_interleave(factor**2), (cells, cells)), nn.PixelShuffle(factor))


class _ChannelsLastOnCpu(nn.ConvTranspose2d):
    """A transposed convolution that on a CPU runs in channels_last, which is 2.4 times as fast as contiguous."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if x.device.type == "cpu":
            x = x.contiguous(memory_format=torch.channels_last)
        return super().forward(x, output_size)


def after_nearest(conv: nn.Conv2d) -> nn.ConvTranspose2d:
    """Return one transposed convolution (4x4, stride 2) in place of nearest upsampling by 2 and a 3x3 convolution.

    Of nine products a pixel four remain, because the taps of the same source pixel are added beforehand:
    (w2, w1 + w2, w0 + w1, w0) along each side.
    """
    pairs = conv.weight.new_tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]], dtype=torch.float64)
    weight = torch.einsum("ai,bj,ocij->coab", pairs, pairs, conv.weight.double())
    deconv = _ChannelsLastOnCpu(weight.shape[0], weight.shape[1], 4, stride=2, padding=1, bias=conv.bias is not None)
    return _filled(deconv, weight, conv.bias)


def as_shuffle(deconv: nn.ConvTranspose2d) -> nn.Sequential:
    """Return a convolution and a PixelShuffle in place of a transposed convolution: for few outputs.

    Args:
        deconv: Transposed convolution with kernel k, stride s, padding p, and an output s times the input's size.
    """
    channels, out, size, _ = deconv.weight.shape
    stride, padding = deconv.stride[0], cast(int, deconv.padding[0])
    reach = -(-(size - 1 - padding) // stride)
    used = deconv.weight.new_zeros((stride, 2 * reach + 1, size), dtype=torch.float64)
    for phase in range(stride):
        for cell in range(-reach, reach + 1):
            tap = phase + padding - stride * cell
            if 0 <= tap < size:
                used[phase, cell + reach, tap] = 1
    weight = torch.einsum("pak,qbl,iokl->opqiab", used, used, deconv.weight.double())
    folded = weight.reshape(out * stride**2, channels, 2 * reach + 1, 2 * reach + 1)
    bias = _bias(deconv, out)
    return nn.Sequential(_conv(folded, bias.repeat_interleave(stride**2), (reach, reach)), nn.PixelShuffle(stride))


def one_slope(act: nn.Module) -> nn.Module:
    """Return an in-place LeakyReLU for a PReLU with a single slope; any other module as it is."""
    if isinstance(act, nn.PReLU) and act.weight.numel() == 1:
        return nn.LeakyReLU(act.weight.item(), inplace=True)
    return act


def plain(conv: nn.Conv2d) -> nn.Conv2d:
    """Return the convolution alone, without what a subclass does before or after it."""
    return _conv(conv.weight, conv.bias, conv.padding)


def _bias(conv: nn.Conv2d | nn.ConvTranspose2d, channels: int) -> Tensor:
    """Return the bias in float64; zeros where there is none."""
    return conv.weight.new_zeros(channels, dtype=torch.float64) if conv.bias is None else conv.bias.double()


def _conv(weight: Tensor, bias: Tensor | None, padding: tuple[int, ...] | str) -> nn.Conv2d:
    out, channels, height, width = weight.shape
    conv = nn.Conv2d(channels, out, (height, width), padding=cast(tuple[int, int], padding), bias=bias is not None)
    return _filled(conv, weight, bias)


def _filled(module: _Layer, weight: Tensor, bias: Tensor | None) -> _Layer:
    module.weight.data = weight.detach().float().clone()
    if bias is not None and module.bias is not None:
        module.bias.data = bias.detach().float().clone()
    return module.requires_grad_(False).eval()
