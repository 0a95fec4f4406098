"""The residual group of networks of attention: blocks one after the other, a convolution, and the input added."""

from collections.abc import Iterable

from torch import Tensor, nn


class ResidualGroup(nn.Module):
    """Blocks, a 3x3 convolution, and the input added.

    Args:
        channels: Features.
        blocks: Modules from `(N, h, w, channels)` to the same.
    """

    def __init__(self, channels: int, blocks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, h, w, channels)` to the same."""
        y = x
        for block in self.blocks:
            y = block(y)
        out: Tensor = x + self.conv(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return out
