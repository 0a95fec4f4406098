"""Names of models in tables: ids of cards, and for users' own files what `srbench.core.names` makes of their paths."""

from collections.abc import Sequence
from dataclasses import replace

from srbench.core.names import Names
from srbench.errors import UserError
from srbench.models import registry
from srbench.models.model import Model

_BUILDER = "build"
"""Name of a builder that goes without saying."""


def label(models: list[Model], first: int, name: str) -> None:
    """Give a label to the one model that was added to a list.

    Args:
        models: The list, which is changed.
        first: Number of models that were in it before.
        name: The label; nothing happens where it is empty.

    Raises:
        UserError: Not one model was added.
    """
    if not name:
        return
    if len(models) - first != 1:
        raise UserError(f"'{name}=' names one model; what follows it stands for {len(models) - first}")
    models[first] = replace(models[first], label=name)


def reserved() -> frozenset[str]:
    """Return the names that no user's file may have: those of cards, families and builders, and `hr`."""
    cards = registry.cards().values()
    return frozenset(name.lower() for card in cards for name in (card.id, card.family)) | {*registry.builders(), "hr"}


def named(models: Sequence[Model], names: Names | None = None) -> list[Model]:
    """Give each model a name of its own; the same model of the same place comes once.

    Args:
        models: Models as they were selected.
        names: Names that the run's folder has given before; None where there is no folder.

    Raises:
        UserError: A label is the id of another model.
    """
    names = names or Names(reserved=reserved())
    once = {(model.label or model.id, model.fingerprint, model.place): model for model in models}
    return [replace(model, id=_name(model, names)) for model in once.values()]


def _name(model: Model, names: Names) -> str:
    digits = model.fingerprint[:8]
    if model.label:
        if model.label.lower() in names.reserved and model.label != model.id:
            raise UserError(f"'{model.label}' is the id of a model already; give another name before the '='")
        return model.id if model.label == model.id else names.keep(model.label, model.place or model.id, digits)
    if model.path is None:
        return model.id
    function = model.identity.get("function", _BUILDER)
    own = model.id if function == _BUILDER or model.published else f"{model.path.stem}:{function}"
    return names.give(own, model.path, model.place, digits)
