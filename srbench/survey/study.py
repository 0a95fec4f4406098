"""A study on disk: its plan, its pictures, and what is known before anybody rates."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from srbench import __version__
from srbench.errors import BadStudy
from srbench.survey.design import Design, Shown
from srbench.survey.terms import Terms

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


def load(folder: Path) -> Study:
    """Read a study's plan.

    Raises:
        BadStudy: There is none, or another version of the schema wrote it.
    """
    file = folder / HEAD
    if not file.is_file():
        raise BadStudy(f"{folder} holds no {HEAD}; expected a folder that `srbench survey create` wrote")
    content = json.loads(file.read_text(encoding="utf-8"))
    if content.get("schema") != SCHEMA:
        raise BadStudy(f"{file} has schema {content.get('schema')}; expected {SCHEMA}")
    made = tuple(Picture(**{**entry, "shown": Shown(**entry["shown"])}) for entry in content["pictures"])
    terms = Terms(**{**content["terms"], "ask": tuple(content["terms"]["ask"])})
    design = Design(**content["design"])
    return Study(folder, content["title"], design, content["raters"], made, content["scale"], terms, content["id"])
