"""Models that a recipe names: to start from, as a teacher, or as the reference of a loss."""

from srbench.core.assets import AssetStore
from srbench.errors import BadRecipe, UserError
from srbench.models.model import Model
from srbench.models.select import select_one


def find_model(key: str, name: str, store: AssetStore, scale: int) -> Model:
    """Find the model that a key of a recipe names.

    Args:
        key: The key, for errors.
        name: Id or file of the model.
        store: Source of weight files.
        scale: Upscaling factor.

    Raises:
        BadRecipe: There is no such model, its weights cannot be found, or it upscales by another factor.
    """
    try:
        return select_one(name, store, scale)
    except UserError as error:
        raise BadRecipe(f"{key}: {error}") from error
