"""A study on disk: its plan, its pictures, and what is known before anybody rates."""

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from srbench import __version__
from srbench.errors import BadStudy
from srbench.survey.design import Design, Shown
from srbench.survey.terms import Terms, checked

SCHEMA = 1
HEAD, PICTURES = "study.json", "pictures"


@dataclass(frozen=True)
class Picture:
    """A file of a study.

    Attributes:
        shown: What it is.
        file: Inside the study's folder.
        sha256: Of the file.
        width_px: Of the picture.
        height_px: Of the picture.
        role: "rated"; "anchor" and "practice" are calibration, of which anchors are traps too.
    """

    shown: Shown
    file: str
    sha256: str
    width_px: int
    height_px: int
    role: str

    def size_bytes(self, folder: Path) -> int:
        """Of the file."""
        return (folder / self.file).stat().st_size


@dataclass(frozen=True)
class Study:
    """Everything that was decided at the start.

    Attributes:
        folder: Where it lies.
        title: For people.
        design: Who sees what.
        raters: Wanted.
        pictures: All.
        scale: Upscaling factor of the anchors.
        terms: Of taking part.
        id: Random; its database and its cookies bear it.
    """

    folder: Path
    title: str
    design: Design
    raters: int
    pictures: tuple[Picture, ...]
    scale: int
    terms: Terms = field(default_factory=Terms)
    id: str = ""

    def shown(self) -> list[Shown]:
        """What is rated, and the traps where the design has any."""
        roles = {"rated", "anchor"} if self.design.traps else {"rated"}
        return [picture.shown for picture in self.pictures if picture.role in roles]

    def calibration(self) -> list[Shown]:
        """The ends of the scale and what lies between, of images that are not rated."""
        return [picture.shown for picture in self.pictures if picture.role != "rated"]

    def as_dict(self) -> dict[str, Any]:
        """What study.json holds."""
        return {
            "schema": SCHEMA,
            "srbench": __version__,
            "id": self.id,
            "title": self.title,
            "design": asdict(self.design),
            "terms": asdict(self.terms),
            "raters": self.raters,
            "scale": self.scale,
            "pictures": [asdict(picture) for picture in self.pictures],
        }


@dataclass(frozen=True)
class _File:
    """What study.json holds."""

    schema: int
    srbench: str
    id: str
    title: str
    design: Design
    terms: Terms
    raters: int
    scale: int
    pictures: tuple[Picture, ...]


_FILE = TypeAdapter(_File)
_REMEDY = "take the file from a backup, or make the study again"


def vacant(folder: Path) -> None:
    """A study can be made here.

    Raises:
        BadStudy: There is something already.
    """
    if folder.exists() and not folder.is_dir():
        raise BadStudy(f"{folder} is a file; choose a new folder for the study")
    if folder.exists() and any(folder.iterdir()):
        raise BadStudy(f"{folder} is not empty; choose a new folder for the study")


def load(folder: Path) -> Study:
    """Read a study's plan.

    Raises:
        BadStudy: There is none, another version of the schema wrote it, or it is damaged.
    """
    file = folder / HEAD
    if not file.is_file():
        raise BadStudy(f"{folder} holds no {HEAD}; expected a folder that `srbench survey create` wrote")
    found = _read(file)
    _check(file, found)
    terms = checked(found.terms)
    return Study(folder, found.title, found.design, found.raters, found.pictures, found.scale, terms, found.id)


def _read(file: Path) -> _File:
    """Every key is there, no other, and of the right type."""
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadStudy(f"{file} cannot be read ({error}); {_REMEDY}") from error
    if not isinstance(content, dict):
        raise BadStudy(f"{file} holds no study; {_REMEDY}")
    if content.get("schema") != SCHEMA:
        raise BadStudy(f"{file} has schema {content.get('schema')}; expected {SCHEMA}")
    try:
        found = _FILE.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadStudy(f"{file} is damaged at {place}: {first['msg']}; {_REMEDY}") from error
    unknown = _unknown(content)
    if unknown:
        raise BadStudy(f"{file} has '{unknown[0]}', which is not known here; update srbench, or {_REMEDY}")
    return found


def _unknown(content: dict[str, Any]) -> list[str]:
    parts = [(_File, content), (Design, content["design"]), (Terms, content["terms"])]
    for picture in content["pictures"]:
        parts += [(Picture, picture), (Shown, picture["shown"])]
    return [key for kind, part in parts for key in part if key not in {field.name for field in fields(kind)}]


def _check(file: Path, found: _File) -> None:
    """Values with which a study can be run, and pictures that lie in its folder."""
    design = found.design
    lengths = (design.trial_seconds, design.sitting_minutes, design.break_minutes)
    counts = (found.raters, found.scale, len(found.pictures))
    if not all(0 < value < math.inf for value in (*lengths, *counts)):
        raise BadStudy(f"{file} has a length of time or a number that is not more than 0; {_REMEDY}")
    if not (0 < design.share <= 1 and 0 <= design.repeats <= 1 and design.traps >= 0):
        raise BadStudy(f"{file} has a share, repeats or traps that cannot be; {_REMEDY}")
    for picture in found.pictures:
        if not _inside(picture.file):
            raise BadStudy(f"{file} has a picture '{picture.file}'; expected {PICTURES}/<name>.png; {_REMEDY}")


def _inside(file: str) -> bool:
    name = file.removeprefix(f"{PICTURES}/")
    return file != name and not set(name) & set("/\\\0") and Path(name).suffix == ".png"
