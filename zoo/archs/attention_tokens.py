"""Tokens of attention: which pixels of an image look at which, in windows and over a grid of the whole image."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

SIDE = 8
"""Side of a window in px, and number of rows and columns of a grid."""
_MARGIN = 4
"""Pixels around a window of which some are looked at too."""
_WIDE = SIDE + 2 * _MARGIN
STEPS = 2 * SIDE - 1
"""Distances between two places of a grid in one direction, from -7 to 7."""


def _around(pattern: str) -> list[int]:
    """Positions, in a window with its margin, of the window's pixels and of a pattern's in the margin."""
    near, far = _MARGIN, _MARGIN + SIDE
    window = {(row, column) for row in range(near, far) for column in range(near, far)}
    outside = [*range(near), *range(far, _WIDE)]
    middle, end = _WIDE // 2, _WIDE - 1
    extra = {
        "star": {(at, middle) for at in outside} | {(at, at) for at in outside} | {(at, end - at) for at in outside},
        "cross": {(at, column) for at in outside for column in (middle - 1, middle)},
        "corner": {(row, column) for row in (0, 1, 2, end - 2, end - 1, end) for column in (0, 1, 2)},
    }[pattern]
    if pattern != "corner":
        extra = extra | {(column, row) for row, column in extra}
    else:
        extra = extra | {(row, end - column) for row, column in extra}
    return sorted(row * _WIDE + column for row, column in window | extra)


def places_apart() -> Tensor:
    """Number each distance of two places of 8 x 8: `(64, 64)`, from 0 to 224."""
    at = torch.cartesian_prod(torch.arange(SIDE), torch.arange(SIDE))  # (64, 2)
    apart = at[:, None] - at[None] + SIDE - 1  # (64, 64, 2), each from 0 to 14
    return apart[..., 0] * STEPS + apart[..., 1]


def windows(x: Tensor) -> Tensor:
    """Cut `(N, C, h, w)` into n windows of 8 x 8 px: `(N n, 64, C)`."""
    x = x.unflatten(3, (-1, SIDE)).unflatten(2, (-1, SIDE))  # (N, C, h/8, 8, w/8, 8)
    return x.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(0, 2)


def from_windows(tokens: Tensor, height: int, width: int) -> Tensor:
    """Put `(N n, 64, C)` of n windows together: `(N, C, height, width)`."""
    x = tokens.view(-1, height // SIDE, width // SIDE, SIDE, SIDE, tokens.shape[-1])
    return x.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)


class Windows(nn.Module):
    """Tokens of each window of 8 x 8 px, which also look at some pixels around it.

    Args:
        pattern: Which: "star", "cross" or "corner".
    """

    places: Tensor

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.register_buffer("places", torch.tensor(_around(pattern)), persistent=False)
        self.looked_at = len(self.places)

    def queries(self, x: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N n, 64, C)` of n windows."""
        return windows(x)

    def keys(self, x: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N n, 64 + pixels around, C)`; outside of the image stands 0."""
        x = pad(x, (_MARGIN,) * 4)
        x = x.unflatten(3, (-1, SIDE)).unflatten(2, (-1, SIDE))  # (N, C, h/8 + 1, 8, w/8 + 1, 8)
        x = torch.cat([x[:, :, :-1], x[:, :, 1:]], 3)
        x = torch.cat([x[:, :, :, :, :-1], x[:, :, :, :, 1:]], 5)  # (N, C, h/8, 16, w/8, 16)
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(0, 2).index_select(1, self.places)

    def image(self, tokens: Tensor, height: int, width: int) -> Tensor:
        """`(N n, 64, C)` to `(N, C, height, width)`."""
        return from_windows(tokens, height, width)


class Grid(nn.Module):
    """Tokens of each grid of 8 x 8 px that are a height and a width of the image / 8 apart.

    They also look at what lies half a step further.

    Args:
        moved: In which directions: "both", "across" or "down".
    """

    apart: Tensor

    def __init__(self, moved: str) -> None:
        super().__init__()
        self.down, self.across = moved in ("both", "down"), moved in ("both", "across")
        self.between = (SIDE - self.down) * (SIDE - self.across)
        self.register_buffer("apart", places_apart(), persistent=False)

    def queries(self, x: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N n, 64, C)` of n grids."""
        return self._cells(x).flatten(3, 4).flatten(0, 2)

    def keys(self, x: Tensor) -> Tensor:
        """`(N, C, h, w)` to `(N n, 64 + those between, C)`."""
        down = x.shape[2] // SIDE // 2 if self.down else 0
        across = x.shape[3] // SIDE // 2 if self.across else 0
        between = pad(x, (0, across, 0, down), mode="reflect")[:, :, down:, across:]
        cells = self._cells(between)[:, :, :, : SIDE - self.down, : SIDE - self.across]
        return torch.cat([self.queries(x), cells.flatten(3, 4).flatten(0, 2)], 1)

    def image(self, tokens: Tensor, height: int, width: int) -> Tensor:
        """`(N n, 64, C)` to `(N, C, height, width)`."""
        x = tokens.view(-1, height // SIDE, width // SIDE, SIDE, SIDE, tokens.shape[-1])
        return x.permute(0, 5, 3, 1, 4, 2).flatten(4, 5).flatten(2, 3)

    def _cells(self, x: Tensor) -> Tensor:
        x = x.unflatten(3, (SIDE, -1)).unflatten(2, (SIDE, -1))  # (N, C, 8, h/8, 8, w/8)
        return x.permute(0, 3, 5, 2, 4, 1)  # (N, h/8, w/8, 8, 8, C)
