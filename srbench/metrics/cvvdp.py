"""ColorVideoVDP: the authors' model of what an eye sees of a difference, by their package."""

import importlib
import sys
from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.core.image import to_uint8
from srbench.errors import MissingWeights
from srbench.metrics.metric import Score, check, of_cards

_DISPLAY = "standard_4k"


def cvvdp(sr: Tensor, hr: Tensor, package: ModuleType) -> Tensor:
    """Compute the quality of still images on a 4K display of 30 inches, seen from 0.75 m.

    Args:
        sr: `(N, 3, H, W)` sRGB, levels 0..255, rounded; a single channel is repeated.
        hr: Original of the same shape and range.
        package: The authors' package, `pycvvdp`.

    Returns:
        float64 `(N,)` in JOD, at most 10: 1 JOD less is seen as worse by 3 of 4 people.

    Raises:
        ShapeError: The shapes differ.

    Source:
        Mantiuk, Hanji, Ashraf, Asano and Chapiro, ColorVideoVDP: a visual difference predictor for image, video and
        display distortions, ACM TOG 43(4), 2024; package cvvdp 0.5.7.
    """
    check(sr, hr)
    model: Any = package.cvvdp(display_name=_DISPLAY, device=sr.device)
    pairs = zip(*([_picture(image) for image in images] for images in (sr, hr)), strict=True)
    scores = [float(model.predict(x, y, dim_order="HWC")[0]) for x, y in pairs]
    return torch.tensor(scores, dtype=torch.float64, device=sr.device)


def _picture(image: Tensor) -> Any:
    return to_uint8(image.double() / 255).expand(3, -1, -1).permute(1, 2, 0).cpu().numpy()


def _open(_: AssetStore) -> Score:
    path = list(sys.path)
    try:
        return partial(cvvdp, package=importlib.import_module("pycvvdp"))
    except ImportError as error:
        raise MissingWeights(
            f"cvvdp needs the authors' package, which cannot be imported ({error}); install it: "
            "pip install 'sr-bench-suite[cvvdp]'"
        ) from error
    finally:
        sys.path[:] = path  # the package adds its own folder, whose utils.py would hide the folder utils of a user


METRICS = of_cards(__file__, {"cvvdp": _open})
