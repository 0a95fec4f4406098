"""Convolutions along a row and a column of 31 px, of a part of the channels, as HAESR has them."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

_KERNEL = 31
_PARTS = 4


class LongKernel(nn.Module):
    """Every fourth channel, weighed by its mean, goes through a row and a column; then all are mixed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        part = channels // _PARTS
        self.part = part
        self.column = nn.Conv2d(part, part, (_KERNEL, 1), padding=(_KERNEL // 2, 0), groups=part)
        self.row = nn.Conv2d(part, part, (1, _KERNEL), padding=(0, _KERNEL // 2), groups=part)
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        x = x.unflatten(1, (self.part, _PARTS)).transpose(1, 2).flatten(1, 2)  # channels 0, 4, 8 .. come first
        first, rest = x[:, : self.part], x[:, self.part :]
        first = first * torch.sigmoid(first.mean((2, 3), keepdim=True))
        return gelu(self.mix(torch.cat([self.column(self.row(first)), rest], 1)))


class Convolutions(nn.Module):
    """A 3x3 convolution of each channel beside the long kernel, mixed by a 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.long = LongKernel(channels)
        self.short = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, channels, h, w)` to the same."""
        return gelu(self.mix(torch.cat([self.short(x), self.long(x)], 1)))
