"""Models from a file that a user names: Python source, or weights of a card or of a network that is recognised."""

from dataclasses import replace
from pathlib import Path

from srbench.core.assets import PinnedFile
from srbench.errors import BadWeights
from srbench.models import checkpoint, foreign, registry
from srbench.models.card import USUAL_SCALE
from srbench.models.model import Model, from_card


def is_source(name: str) -> bool:
    """Tell whether a name means a Python file, with or without a function in it."""
    return ".py:" in name or name.endswith(".py")


def from_name(name: str, scale: int | None) -> Model:
    """Return the model of `file.py`, `file.py:function`, a weight file, or `file.pth#set`.

    Args:
        name: The name, as typed.
        scale: Upscaling factor; None for the file's own, or 4 where it does not tell.

    Raises:
        BadWeights: There is no such file, nothing recognises it, or its scale is another.
        UserError: The Python file cannot be used.
    """
    if is_source(name):
        file, _, function = (name if ".py:" in name else f"{name}:").rpartition(":")
        return foreign.from_source(Path(file), function, scale or USUAL_SCALE)
    path, chosen = checkpoint.split_name(name)
    if path.is_dir():
        raise BadWeights(f"{path} is a folder; expected a weight file, such as one in it")
    if not path.exists():
        raise BadWeights(f"{path} does not exist; expected a weight file")
    if not path.is_file():
        raise BadWeights(f"{path} is no regular file; expected a weight file")
    return from_weights(path, scale, chosen)


def from_weights(path: Path, scale: int | None, chosen: str = "") -> Model:
    """Return the model of a weight file: that of the card whose file it is, or of a network that is recognised.

    Args:
        path: The file.
        scale: As for `from_name`.
        chosen: Name of the set of tensors to take, where the file holds several.

    Raises:
        BadWeights: Nothing recognises it, or its scale is another.
    """
    for card in registry.cards().values():
        asked = scale or card.usual_scale
        if card.files and card.files[0].sha256 and card.files[0].matches(path) and card.fits(asked):
            paths = [path, *(_beside(path, file) for file in card.files[1:])]
            return replace(from_card(card, asked, paths), id=path.stem, path=path, origin=str(path))
    return foreign.from_weight_file(path, scale, chosen)


def _beside(path: Path, file: PinnedFile) -> Path:
    other = path.with_suffix(Path(file.path).suffix)
    if not file.matches(other):
        raise BadWeights(
            f"{other} does not exist or is not the partner of {path.name}; expected sha256 {file.sha256[:16]}…"
        )
    return other
