"""One image of a run with all that a page shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""uint8, `(H, W, 3)` RGB or `(H, W)` grey."""

Recipe = Literal["nearest", "bilinear", "bilinear-passes", "bicubic", "bicubic-passes", "lanczos-passes"]
"""How an output follows from LR: each pixel repeated; or enlarged, rounded at the end, or after each pass too."""


@dataclass(frozen=True)
class Scene:
    """Original, LR and the outputs of several models as metrics are shown them.

    Attributes:
        dataset: Id of the data set.
        image: Name of the image.
        hr: Original, cropped as the protocol says.
        lr: LR image; None where it was given as a file, or is not in 8 bits.
        outputs: Outputs by the names of the models, each as large as the original; a
            grey one beside an original of three equal channels is measured against one of these.
        recipes: How an output follows from LR exactly, by the names of the models of which that is known.
        values: What was measured on the whole image, by model and metric; some may be infinite.
        perceptual: Maps of LPIPS by model, float32 `(h, w)`; empty where LPIPS was not measured.
    """

    dataset: str
    image: str
    hr: Picture
    lr: Picture | None
    outputs: Mapping[str, Picture]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    perceptual: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
