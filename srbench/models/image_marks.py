"""What the files of upscaled images say of themselves: model, weights, scale, mode, version and source."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from srbench import __version__
from srbench.core.download import sha256
from srbench.errors import BadData
from srbench.models.mode import Mode
from srbench.models.model import Model

_PREFIX = "srbench:"
_SAME = ("model", "weights", "scale", "mode")
_SHOWN = 8


def marks(model: Model, mode: Mode) -> dict[str, str]:
    """Return the words that all images of a call have in common, by PNG keyword.

    The model's weights are those of its fingerprint: weights, settings and source together.
    """
    words = {"model": model.id, "weights": model.fingerprint, "scale": str(model.scale), "mode": mode.name}
    return {f"{_PREFIX}{name}": word for name, word in (words | {"version": __version__}).items()}


def of_source(content: bytes) -> dict[str, str]:
    """Return the words that name the source, of which these are the bytes that were read."""
    return {f"{_PREFIX}source_sha256": hashlib.sha256(content).hexdigest()}


def read(path: Path) -> dict[str, str]:
    """Return what a file says of itself, without the prefix; nothing where it is no image of this program."""
    try:
        with Image.open(path) as file:
            text = dict(file.text) if isinstance(file, PngImageFile) else {}
    except (OSError, SyntaxError, ValueError, MemoryError):  # of a damaged header that asks for gigabytes
        return {}
    return {name.removeprefix(_PREFIX): str(word) for name, word in text.items() if name.startswith(_PREFIX)}


def is_due(target: Path, source: Path) -> bool:
    """Tell whether an image is to be made: it is not there, or it was made of another source."""
    return not target.exists() or read(target).get("source_sha256") != sha256(source)


def require_same(folder: Path, sources: Collection[Path], wanted: dict[str, str]) -> None:
    """Refuse to put images of two models, scales or modes into one folder.

    Args:
        folder: Folder of the images, searched at any depth; it need not exist.
        sources: Files that are read, which may lie in it.
        wanted: Words of the images that are about to be made.

    Raises:
        BadData: An image that is there says otherwise, or nothing.
    """
    expected = {name: wanted[f"{_PREFIX}{name}"] for name in _SAME}
    read_from = {source.resolve() for source in sources}
    for path in sorted(folder.rglob("*.png")):
        if path.resolve() in read_from or not path.is_file():
            continue
        found = read(path)
        if {name: found.get(name) for name in _SAME} != expected:
            what = _named(found) if found else "of unknown origin"
            raise BadData(
                f"{path} is {what}; this call makes images {_named(expected)}. Give another folder, or --force to go "
                "on anyway"
            )


def _named(words: dict[str, str]) -> str:
    weights = words.get("weights", "")[:_SHOWN]
    return f"of {words.get('model')} ({weights}) x{words.get('scale')} in {words.get('mode')}"
