"""Models that other people publish or keep, by a name that says where: `openmodeldb:`, `hf:`, `ntire:`."""

from srbench.core.assets import AssetStore
from srbench.models import challenge_clone, hugging_face, openmodeldb
from srbench.models.model import Model

_DOORS = {
    openmodeldb.PREFIX: openmodeldb.load,
    hugging_face.PREFIX: hugging_face.load,
    challenge_clone.PREFIX: challenge_clone.load,
}


def leads_to(name: str) -> bool:
    """Tell whether a name begins as those do that one of these places is asked for."""
    return name.lower().startswith(tuple(_DOORS))


def open_door(name: str, scale: int | None, store: AssetStore) -> Model:
    """Return the model that a name such as "openmodeldb:4x-realesrgan-x4plus" means.

    Args:
        name: The name, for which `leads_to` holds.
        scale: Upscaling factor; None for the model's own.
        store: Source of weight files.

    Raises:
        UserError: There is no such model, it cannot be had, or nothing here can run it.
    """
    prefix, rest = name.split(":", 1)
    return _DOORS[f"{prefix.lower()}:"](rest, scale, store)
