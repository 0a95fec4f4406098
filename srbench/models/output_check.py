"""A network's own output, examined before anything clamps or rounds it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from srbench.errors import BadOutput, ShapeError

_SOFT, _SOFT_SHARE, _HARD = (-1.0, 2.0), 0.1, (-4.0, 5.0)
"""Output is out of range when a tenth of it leaves the first interval, or any of it the second.

On photographs networks of the zoo stay within -0.3 to 1.4; on noise of full contrast GANs reach -0.6 to 2.3.
"""

_MEANS = (-0.6, -0.3)
"""Where the negative mean of photographs lies on [0, 1]: DIV2K has 0.40 to 0.45, ImageNet 0.41 to 0.49."""

_LEAST_STD, _LEAST_R2, _TOLERANCE = 2 / 255, 0.9, 0.1


@dataclass(frozen=True)
class Problem:
    """The reason why an output is no picture.

    Attributes:
        text: What was found, what was expected, and the likely cause.
        finite: Whether all values are numbers, so that metrics of the clamped output have values.
    """

    text: str
    finite: bool


@dataclass(frozen=True)
class _Scaling:
    """A usual way to scale pixels: level / 255 is multiplied by `factor`, then `shift` is added."""

    factor: float
    shift: tuple[float, float]
    remedy: str


_SCALINGS = (
    _Scaling(255, (0, 0), "divide by 255?"),
    _Scaling(65535, (0, 0), "divide by 65535?"),
    _Scaling(1 / 255, (0, 0), "multiply by 255?"),
    _Scaling(2, (-1, -1), "add 1 and divide by 2?"),
    _Scaling(1, _MEANS, "add the mean that was subtracted?"),
    _Scaling(255, (255 * _MEANS[0], 255 * _MEANS[1]), "add the mean that was subtracted, and divide by 255?"),
    _Scaling(1 / 0.226, (-2.2, -1.7), "multiply by the standard deviation and add the mean?"),
)


def check_form(out: object, x: Tensor, scale: int) -> Tensor:
    """Return a network's output if it is a batch of pictures of the right size.

    Args:
        out: What the network answered.
        x: Its input, `(N, C, h, w)`.
        scale: Upscaling factor.

    Raises:
        BadOutput: It is no tensor, or not of floating point.
        ShapeError: Its size is another.
    """
    expected = (*x.shape[:2], x.shape[-2] * scale, x.shape[-1] * scale)
    if not isinstance(out, Tensor):
        raise BadOutput(f"the network made a {type(out).__name__}; expected a tensor of the shape {expected}")
    if not out.is_floating_point():
        kind = str(out.dtype).removeprefix("torch.")
        hint = "" if out.is_complex() or out.dtype == torch.bool else ": divide by 255?"
        raise BadOutput(f"the network made {kind} values; expected floating point from 0 to 1{hint}")
    if tuple(out.shape) != expected:
        raise ShapeError(
            f"the network made {tuple(out.shape)} of {tuple(x.shape)}; expected {expected}. Is its scale {scale}?"
        )
    return out


class RawOutput:
    """Takes in what a network made of an image, in one piece or in several.

    The first piece is kept and examined when it is asked about, which costs the call nothing; later ones, of tiles and
    views, are examined at once and let go.

    Args:
        scale: Upscaling factor.
    """

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self._first: tuple[Tensor, Tensor] | None = None
        self._facts: list[Tensor] = []

    def see(self, x: Tensor, out: Tensor) -> None:
        """Take in a network's input and its output, before anything is clamped."""
        if self._first is None and not self._facts:
            self._first = (x, out)
        else:
            self._facts.append(_facts(x, out, self.scale))

    def problem(self) -> Problem | None:
        """Return what is wrong with all that was seen; None where nothing is, or nothing was seen."""
        if self._first is not None:
            self._facts.insert(0, _facts(*self._first, self.scale))
            self._first = None
        if not self._facts:
            return None
        facts = torch.stack(self._facts).cpu()
        low, high, share = float(facts[:, 0].min()), float(facts[:, 1].max()), float(facts[:, 2].mean())
        if not facts[:, :2].isfinite().all():
            return Problem("output has NaN or infinite values", finite=False)
        remedy = _remedy(facts[:, 3:].sum(0).view(6, -1))
        if not remedy and share < _SOFT_SHARE and low >= _HARD[0] and high <= _HARD[1]:
            return None
        return Problem(f"output spans {low:.3g} to {high:.3g}; expected 0 to 1" + (remedy and f": {remedy}"), True)


def _facts(x: Tensor, out: Tensor, scale: int) -> Tensor:
    """Return lowest and highest value, the share outside the soft limits, and sums for a line through both images.

    Returns:
        float64: 3 values, then for each channel the number of pixels and the sums of x, y, xx, xy, yy, where y is the
        output averaged over the pixels that an input's pixel became.
    """
    low, high = out.aminmax()
    outside = ((out < _SOFT[0]) | (out > _SOFT[1])).double().mean()
    small = avg_pool2d(out.float(), scale).double().transpose(0, 1).flatten(1)
    lr = x.double().transpose(0, 1).flatten(1)
    number = torch.full_like(lr[:, 0], lr.shape[1])
    sums = [number, lr.sum(1), small.sum(1), (lr * lr).sum(1), (lr * small).sum(1), (small * small).sum(1)]
    return torch.cat([torch.stack([low.double(), high.double(), outside]), *sums])


def _remedy(sums: Tensor) -> str:
    """Return what would undo the usual scaling that explains an output best; empty where none does."""
    n, x, y, xx, xy, yy = sums
    x, y = x / n, y / n
    var_x, var_y, both = ((xx / n - x * x).sum(), (yy / n - y * y).sum(), (xy / n - x * y).sum())
    if var_x / len(x) < _LEAST_STD**2 or both**2 < _LEAST_R2 * var_x * var_y:
        return ""
    factor = both / var_x
    shift = y - factor * x
    for scaling in _SCALINGS:
        near = abs(factor / scaling.factor - 1) < _TOLERANCE
        lowest, highest = (
            limit + sign * _TOLERANCE * scaling.factor for limit, sign in zip(scaling.shift, (-1, 1), strict=True)
        )
        if near and ((shift >= lowest) & (shift <= highest)).all():
            return scaling.remedy
    return ""
