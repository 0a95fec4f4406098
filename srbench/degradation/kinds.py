"""Names of the degradations, apart from the degradations themselves: a wrong one is told before torch is loaded."""

from srbench.errors import UnknownName

NAMES = ("classical", "bsrgan", "realesrgan")


def require_known(name: str) -> None:
    """Refuse a name that no degradation has.

    Raises:
        UnknownName: It is none.
    """
    if name not in NAMES:
        raise UnknownName.closest("degradation", name, NAMES, "srbench degrade --help")
