"""The protocol's own downscaling."""

from typing import Any, Literal

import numpy as np
from torch import Tensor

from srbench.core.config import Config
from srbench.evaluation.pairing import degrade
from srbench.protocol import Protocol


class Classical(Config):
    """MATLAB's bicubic, exactly as the protocol makes its test images; nothing is random."""

    kind: Literal["classical"] = "classical"

    @property
    def margin_px(self) -> int:
        """Width of the margin around an LR patch on which its values depend: half the antialiased cubic's width."""
        return 2

    def apply(self, hr: Tensor, protocol: Protocol, rng: np.random.Generator) -> tuple[Tensor, dict[str, Any]]:
        """Downscale HR to LR.

        Args:
            hr: HR image, uint8 `(1, C, H, W)`, both sides multiples of the scale.
            protocol: The protocol, which gives scale, edge and rounding.
            rng: Random number generator; not used.

        Returns:
            LR levels `(1, C, H / s, W / s)`, and an empty record, because nothing is drawn.
        """
        return degrade(hr, protocol), {}
