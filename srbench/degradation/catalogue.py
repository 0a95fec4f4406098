"""The catalogue of degradations."""

from typing import Annotated

from pydantic import Field

from srbench.degradation import kinds
from srbench.degradation.bsrgan import BSRGAN
from srbench.degradation.classical import Classical
from srbench.degradation.realesrgan import RealESRGAN

Degradation = Annotated[Classical | BSRGAN | RealESRGAN, Field(discriminator="kind")]

_KINDS: dict[str, type[Classical | BSRGAN | RealESRGAN]] = dict(
    zip(kinds.NAMES, (Classical, BSRGAN, RealESRGAN), strict=True)
)


def names() -> list[str]:
    """List the names of all degradations."""
    return list(_KINDS)


def find(name: str) -> Classical | BSRGAN | RealESRGAN:
    """Return a degradation with the parameters of its paper.

    Raises:
        UnknownName: There is no such degradation.
    """
    kinds.require_known(name)
    return _KINDS[name]()
