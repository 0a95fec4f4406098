"""The builtin photographs as files, for training: enough to time it, too few to learn from."""

from pathlib import Path

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate


def write(folder: Path) -> None:
    """Write each photograph into a folder that is there."""
    for item in locate("builtin", AssetStore(), scale=4).items:
        image.write(folder / f"{item.name}.png", image.read(item.hr))
