"""A study on disk: its plan, its pictures, and what is fixed before anybody rates."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from srbench import __version__
from srbench.core.files import absent_or
from srbench.errors import BadStudy
from srbench.ratings.triplets import Form
from srbench.ratings.votes import Stimulus, unknown_crop
from srbench.survey import methods, study_file
from srbench.survey.method import Method
from srbench.survey.people.participation import Participation, validated
from srbench.survey.plan.design import Design
from srbench.survey.plan.own_words import LANGUAGES
from srbench.survey.study_folder import STUDY_FILE

_IDENTITY = ("output_key", "picture_sha256", "crop")
_NEW: dict[str, Any] = {"since": 1, "form": "plain", "clipped_px": None, "flashing_px": None}
"""What a picture's record has only where it is something else."""
_FIRST_WITH_CROPS = 4


@dataclass(frozen=True)
class Picture:
    """A picture file of a study.

    Attributes:
        stimulus: What the picture shows, and which model made it.
        file: Path inside the study's folder.
        sha256: SHA-256 of the file, hexadecimal.
        width_px: Width in pixels.
        height_px: Height in pixels.
        role: "rated"; "anchor" and "practice" are calibration, of which anchors are traps too.
        since: Revision of the plan that brought the picture.
        form: "boosted" where the difference from the original is amplified; sessions are planned with plain pictures.
        clipped_px: Number of pixels of a boosted picture that were clipped; None for plain ones.
        flashing_px: Number of pixels that flash at once within 10 degrees where it changes places with its original.
    """

    stimulus: Stimulus
    file: str
    sha256: str
    width_px: int
    height_px: int
    role: str
    since: int = 1
    form: Form = "plain"
    clipped_px: int | None = None
    flashing_px: int | None = None

    @property
    def rectangle(self) -> str | None:
        """The part of the whole image that is shown, "x,y,width,height" in its pixels; None where it is not known."""
        if self.stimulus.crop == unknown_crop(self.width_px, self.height_px):
            return None
        return self.stimulus.crop or f"0,0,{self.width_px},{self.height_px}"

    @property
    def part(self) -> bool | None:
        """Whether less is shown than the whole image; None where it is not known."""
        return None if self.rectangle is None else bool(self.stimulus.crop)

    def size_bytes(self, folder: Path) -> int:
        """Return the size of the file in the study's folder; 0 where it is missing."""
        file = folder / self.file
        return file.stat().st_size if file.is_file() else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the picture as study.json holds it."""
        record = asdict(self)
        shown = record.pop("stimulus")
        record = {name: value for name, value in record.items() if name not in _NEW or value != _NEW[name]}
        return {"shown": {name: shown[name] for name in shown if name not in _IDENTITY or shown[name]}, **record}


@dataclass(frozen=True)
class Study:
    """Everything that is decided at the start.

    Attributes:
        folder: Folder of the study.
        title: Title that raters read.
        design: Settings of the sessions.
        raters: Number of raters that the study wants.
        pictures: All pictures, those for calibration among them.
        scale: Upscaling factor of the anchors.
        participation: What raters are asked and told before they rate.
        id: Random id; the study's database and cookies bear it.
        name: Name in reports, that of the folder in which the study was made; empty in plans of older versions.
        revision: Number of the plan, one more with every extension.
    """

    folder: Path
    title: str
    design: Design
    raters: int
    pictures: tuple[Picture, ...]
    scale: int
    participation: Participation = field(default_factory=Participation)
    id: str = ""
    name: str = ""
    revision: int = 1

    @property
    def label(self) -> str:
        """Name of the study in its reports, the same wherever its folder lies."""
        return self.name or self.folder.resolve().name

    @cached_property
    def method(self) -> Method:
        """The test method of the design."""
        return methods.find(self.design.method)

    @property
    def plain(self) -> tuple[Picture, ...]:
        """The pictures that sessions are planned with: all but boosted ones."""
        return tuple(picture for picture in self.pictures if picture.form == "plain")

    def stimuli(self, revision: int | None = None) -> list[Stimulus]:
        """Return what is rated, and the traps where the design has any.

        Args:
            revision: Latest revision whose pictures are wanted; None for all.
        """
        roles = {"rated", "anchor"} if self.design.traps else {"rated"}
        latest = self.revision if revision is None else revision
        return [picture.stimulus for picture in self.plain if picture.role in roles and picture.since <= latest]

    def stimuli_by_name(self) -> Mapping[str, Stimulus]:
        """Return the stimuli of all pictures, calibration included."""
        return {picture.stimulus.name: picture.stimulus for picture in self.pictures}

    def languages(self) -> Mapping[str, str]:
        """Return the languages that raters are offered, and what they call themselves."""
        own = [words.language for words in self.participation.words]
        return {language: LANGUAGES[language] for language in own or LANGUAGES}

    def calibration(self) -> list[Stimulus]:
        """Return the ends of the scale and what lies between, of images that are not rated."""
        return [picture.stimulus for picture in self.plain if picture.role != "rated"]

    def batch_size(self) -> int:
        """Return after how many questions a rater's next ones are chosen anew; 0 where the plan is fixed beforehand."""
        return self.method.batch_size(self.design, [p.stimulus for p in self.plain if p.role == "rated"])

    def as_dict(self) -> dict[str, Any]:
        """Return the study as study.json holds it."""
        return {
            "schema": study_file.SCHEMA,
            "version": study_file.VERSION,
            "srbench": __version__,
            "id": self.id,
            **({"name": self.name} if self.name else {}),
            **({"revision": self.revision} if self.revision > 1 else {}),
            "title": self.title,
            "design": self.design.as_dict(),
            "terms": self.participation.as_dict(),
            "raters": self.raters,
            "scale": self.scale,
            "pictures": [picture.as_dict() for picture in self.pictures],
        }


def load(folder: Path) -> Study:
    """Read a study's plan.

    Raises:
        BadStudy: There is none, another version of the schema wrote it, or it is damaged.
    """
    file = folder / STUDY_FILE
    if not file.is_file():
        what = absent_or(folder, f"holds no {STUDY_FILE}")
        raise BadStudy(f"{folder} {what}; expected a folder that `srbench survey create` wrote")
    content = study_file.read(file)
    pictures = tuple(_picture(picture, content.version) for picture in content.pictures)
    participation = validated(content.terms)
    return Study(
        *(folder, content.title, content.design, content.raters, pictures, content.scale, participation),
        id=content.id,
        name=content.name,
        revision=content.revision,
    )


def _picture(stored: study_file.FilePicture, version: int) -> Picture:
    """The picture; plans of older versions do not know where it was cut."""
    crop = stored.shown.crop if version >= _FIRST_WITH_CROPS else unknown_crop(stored.width_px, stored.height_px)
    facts = {name: value for name, value in vars(stored).items() if name != "shown"}
    return Picture(replace(stored.shown, crop=crop), **facts)
