"""Small pictures of disputed crops: the original and the two models that it is about, side by side."""

import numpy as np

from srbench.evaluation.disputed import Dispute
from srbench.evaluation.scene import Picture, Scene
from srbench.report.viewer import packing

_GAP_PX = 4


def strip(scene: Scene, dispute: Dispute) -> bytes:
    """Encode the crop of HR and of the two models as one lossless WebP, with white between them.

    Args:
        scene: Image of the dispute.
        dispute: Crop and models.
    """
    crop = dispute.crop
    parts = [scene.hr, *(scene.outputs[model] for model in dispute.models)]
    cut = [_colour(part[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]) for part in parts]
    gap = np.full((crop.height, _GAP_PX, 3), 255, np.uint8)
    return packing.webp(np.hstack([cut[0], *(column for part in cut[1:] for column in (gap, part))]))


def _colour(picture: Picture) -> Picture:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
