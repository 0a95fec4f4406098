"""The catalogue of degradations."""

from typing import Annotated

from pydantic import Field

from srbench.degradation.bsrgan import BSRGAN
from srbench.degradation.classical import Classical
from srbench.degradation.realesrgan import RealESRGAN
from srbench.errors import UnknownName

Degradation = Annotated[Classical | BSRGAN | RealESRGAN, Field(discriminator="kind")]

_KINDS: dict[str, type[Classical | BSRGAN | RealESRGAN]] = {
    "classical": Classical,
    "bsrgan": BSRGAN,
    "realesrgan": RealESRGAN,
}


def names() -> list[str]:
    """List the names of all degradations."""
    return list(_KINDS)


def find(name: str) -> Classical | BSRGAN | RealESRGAN:
    """Return a degradation with the parameters of its paper.

    Raises:
        UnknownName: There is no such degradation.
    """
    if name not in _KINDS:
        raise UnknownName.closest("degradation", name, _KINDS, "srbench degrade --help")
    return _KINDS[name]()
