"""The originals that a run used, as run.json notes them: files whose content is still the one that was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.core import image
from srbench.core.download import sha256
from srbench.core.names import split_label
from srbench.errors import BadImage
from srbench.evaluation.results import RunFolder


@dataclass(frozen=True)
class Originals:
    """HR files of the data sets of a run.

    Attributes:
        files: HR files by data set and image, by data set; sets with a file that is gone or changed are not there.
        places: Folders of the data sets that are folders.
    """

    files: Mapping[str, Mapping[tuple[str, str], Path]]
    places: Mapping[str, str]

    def named(self, name: str) -> str:
        """Return the data set that an id in any case, a folder or NAME=FOLDER means; empty where it means none."""
        label, rest = split_label(name)
        lower, place = (label or rest).lower(), str(Path(rest).resolve())
        same = [id_ for id_ in self.files if id_.lower() == lower]
        return next(iter(same or [id_ for id_ in self.files if self.places.get(id_) == place]), "")


def noted_originals(folder: RunFolder) -> Originals:
    """Return the originals of the newest call of each data set.

    Raises:
        BadRun: The folder holds no run.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for call in folder.head()["calls"]:
        newest |= {name: facts for name, facts in call.get("datasets", {}).items() if "files" in facts}
    files = {
        name: {(name, image_name): Path(file["hr"]) for image_name, file in facts["files"].items()}
        for name, facts in newest.items()
        if all(_is_the_same(file, pinned=facts["pinned"]) for file in facts["files"].values())
    }
    return Originals(files, {name: facts.get("place", "") for name, facts in newest.items()})


def _is_the_same(file: Mapping[str, str], *, pinned: bool) -> bool:
    path = Path(file["hr"])
    try:
        found = image.pixels_sha256(image.read(path)) if pinned else sha256(path)
    except (BadImage, OSError):
        return False
    return found == file["hr_sha256"]
