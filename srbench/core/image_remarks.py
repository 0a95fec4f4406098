"""What a reader must know of images whose pixels are used as they are stored."""

from collections.abc import Mapping
from pathlib import Path

from srbench.core import image_file
from srbench.errors import BadImage

_NAMED = 4


def describe(files: Mapping[str, Path]) -> list[str]:
    """Name the images that a viewer would turn, or whose colour profile it would apply, a line for each kind.

    Args:
        files: Image files by name; those that cannot be read are passed over.
    """
    turned, profiled = [], []
    for name, path in files.items():
        try:
            header = image_file.header(path)
        except BadImage:
            continue
        turned += [name] if header.orientation != 1 else []
        profiled += [name] if header.has_profile else []
    lines = [f"pixels are used as stored, not turned by the orientation tag: {_some(turned)}"] if turned else []
    return lines + ([f"pixels are used as stored, without the colour profile: {_some(profiled)}"] if profiled else [])


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f", and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
