"""What stands beside the outputs of an image where people compare them: LR, and LR enlarged by bicubic."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from srbench.core import image
from srbench.core.resize import resize
from srbench.datasets.dataset import Item
from srbench.evaluation import pairing
from srbench.protocol import Protocol


def beside_of(
    items: Mapping[tuple[str, str], Item], protocol: Protocol, place: tuple[str, str]
) -> dict[str, npt.NDArray[np.uint8]]:
    """Return LR, each pixel repeated, and bicubic; uint8, as large as the outputs.

    Args:
        items: Images by data set and name.
        protocol: Conventions by which LR is made.
        place: Data set and name of the image.

    Raises:
        BadImage: A file cannot be read.
        ShapeError: HR and LR do not fit the protocol.
    """
    pair = pairing.load(items[place], protocol)
    repeated = pair.lr.repeat_interleave(protocol.scale, -1).repeat_interleave(protocol.scale, -2)
    hr = pair.original
    enlarged = resize(pair.lr, (hr.shape[-2], hr.shape[-1]))
    levels = {"LR": repeated.double(), "bicubic": enlarged}
    return {label: image.to_array(image.round_half_up(of).to(hr.dtype)) for label, of in levels.items()}
