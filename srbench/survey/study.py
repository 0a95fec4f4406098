"""A study on disk: its plan, its pictures, and what is fixed before anybody rates."""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from srbench import __version__
from srbench.core.files import absent_or
from srbench.errors import BadStudy, UnknownName, UserError
from srbench.ratings.triplets import Form
from srbench.ratings.votes import Stimulus, unknown_crop
from srbench.survey import methods
from srbench.survey.method import Method
from srbench.survey.people.endings import Ending
from srbench.survey.people.gates import Gate
from srbench.survey.people.panel import Panel
from srbench.survey.people.participation import Participation, validated
from srbench.survey.people.questionnaires import Item
from srbench.survey.plan.boost import Boost
from srbench.survey.plan.boost import validated as validated_boost
from srbench.survey.plan.design import CATEGORIES, Design
from srbench.survey.plan.limits import require_runnable
from srbench.survey.plan.own_words import LANGUAGES, Words
from srbench.survey.plan.own_words import validated as validated_words
from srbench.survey.plan.presentation import Presentation
from srbench.survey.plan.presentation import validated as validated_presentation

SCHEMA, VERSION = "survey study", 4
"""Version 3 had no screening rules and did not know where pictures had been cut; version 2 had pictures without
output_key and picture_sha256; version 1 had the number 1 in place of the schema."""
STUDY_FILE, PICTURES_FOLDER = "study.json", "pictures"
_UNFINISHED = ".unfinished"
"""Stands in a folder in which a study is being made."""
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

    @property
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
            "schema": SCHEMA,
            "version": VERSION,
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


@dataclass(frozen=True)
class _FilePicture:
    """A picture as study.json holds it."""

    shown: Stimulus
    file: str
    sha256: str
    width_px: int
    height_px: int
    role: str
    since: int = 1
    form: Form = "plain"
    clipped_px: int | None = None
    flashing_px: int | None = None

    def picture(self, version: int) -> Picture:
        """The picture; plans of older versions do not know where it was cut."""
        crop = unknown_crop(self.width_px, self.height_px) if version < _FIRST_WITH_CROPS else self.shown.crop
        shown = replace(self.shown, crop=crop)
        boosted = (self.form, self.clipped_px, self.flashing_px)
        return Picture(shown, self.file, self.sha256, self.width_px, self.height_px, self.role, self.since, *boosted)


@dataclass(frozen=True)
class _File:
    """The keys of study.json."""

    schema: str
    version: int
    srbench: str
    id: str
    title: str
    design: Design
    terms: Participation
    raters: int
    scale: int
    pictures: tuple[_FilePicture, ...]
    name: str = ""
    revision: int = 1


_FILE = TypeAdapter(_File)
_REMEDY = "take the file from a backup, or make the study again"


def require_empty(folder: Path) -> None:
    """Check that a study can be made in a folder: it is new, or empty but for what an interrupted call left.

    Raises:
        BadStudy: There is something already.
    """
    if folder.exists() and not folder.is_dir():
        raise BadStudy(f"{folder} is a file; choose a new folder for the study")
    if folder.exists() and any(folder.iterdir()) and not (folder / _UNFINISHED).exists():
        raise BadStudy(f"{folder} is not empty; choose a new folder for the study")


@contextmanager
def unfinished(folder: Path) -> Iterator[None]:
    """Mark a folder while a study is made in it, so that a call after one that was interrupted begins again.

    Raises:
        BadStudy: The folder is in use.
        OSError: It cannot be written.
    """
    require_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    for file in (STUDY_FILE, "secrets.json"):
        (folder / file).unlink(missing_ok=True)
    shutil.rmtree(folder / PICTURES_FOLDER, ignore_errors=True)
    yield
    (folder / _UNFINISHED).unlink()


def load(folder: Path) -> Study:
    """Read a study's plan.

    Raises:
        BadStudy: There is none, another version of the schema wrote it, or it is damaged.
    """
    file = folder / STUDY_FILE
    if not file.is_file():
        what = absent_or(folder, f"holds no {STUDY_FILE}")
        raise BadStudy(f"{folder} {what}; expected a folder that `srbench survey create` wrote")
    content = _read(file)
    _check(file, content)
    pictures = tuple(picture.picture(content.version) for picture in content.pictures)
    participation = validated(content.terms)
    return Study(
        *(folder, content.title, content.design, content.raters, pictures, content.scale, participation),
        id=content.id,
        name=content.name,
        revision=content.revision,
    )


def _read(file: Path) -> _File:
    """Read the file; every key must be there, no other, and of the right type."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadStudy(f"{file} cannot be read ({error}); {_REMEDY}") from error
    if not isinstance(content, dict):
        raise BadStudy(f"{file} holds no study; {_REMEDY}")
    if content.get("schema") == 1:
        content = {**content, "schema": SCHEMA, "version": 1}
    schema, version = content.get("schema"), content.get("version")
    if schema != SCHEMA or version not in range(1, VERSION + 1):
        expected = f"expected {SCHEMA}, version {VERSION} or older"
        raise BadStudy(f"{file} has schema {schema}, version {version}; {expected}; update srbench, or {_REMEDY}")
    try:
        parsed = _FILE.validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadStudy(f"{file} is damaged at {place}: {first['msg']}; {_REMEDY}") from error
    unknown = _unknown(content)
    if unknown:
        raise BadStudy(f"{file} has '{unknown[0]}', which is not known here; update srbench, or {_REMEDY}")
    return parsed


def _unknown(content: dict[str, Any]) -> list[str]:
    terms = content["terms"]
    parts = [(_File, content), (Design, content["design"]), (Participation, terms)]
    parts += [(Presentation, content["design"].get("presentation", {})), (Boost, content["design"].get("boost") or {})]
    parts += [(Panel, terms["panel"])] if terms.get("panel") else []
    for kind, key in ((Ending, "endings"), (Gate, "gates"), (Item, "questions"), (Words, "words")):
        parts += [(kind, part) for part in terms.get(key, [])]
    for picture in content["pictures"]:
        parts += [(_FilePicture, picture), (Stimulus, picture["shown"])]
    return [key for kind, part in parts for key in part if key not in {field.name for field in fields(kind)}]


def _check(file: Path, content: _File) -> None:
    """Check that a study can be run with these values, and that its pictures lie in its folder."""
    design = content.design
    try:
        methods.find(design.method)
    except UnknownName as error:
        raise BadStudy(f"{file} is of a test method that is not known here: {error}") from error
    lengths = (design.trial_seconds, design.sitting_minutes, design.break_minutes)
    counts = (content.raters, content.scale, len(content.pictures))
    if not all(0 < value < math.inf for value in (*lengths, *counts)):
        raise BadStudy(f"{file} has a duration or a number that is not above 0; {_REMEDY}")
    try:
        methods.find(design.method).check_rules(design.screen or ())
    except UserError as error:
        raise BadStudy(f"{file}: {error}; {_REMEDY}") from error
    if not (0 < design.share <= 1 and 0 <= design.repeats <= 1 and design.traps >= 0):
        raise BadStudy(f"{file} has an impossible share, or number of repeats or traps; {_REMEDY}")
    shown = [(picture.role, picture.shown) for picture in content.pictures]
    try:
        require_runnable(design, content.raters, shown)
    except BadStudy as error:
        raise BadStudy(f"{file} {error}; {_REMEDY}") from error
    if design.categories not in CATEGORIES:
        raise BadStudy(f"{file} has {design.categories} categories; expected 5, 7, 9 or 11; {_REMEDY}")
    validated_presentation(design.presentation)
    if boost := methods.find(design.method).boost(design):
        validated_boost(boost)
    validated_words(content.terms.words, methods.find(design.method).wording(design), str(file))
    for picture in content.pictures:
        if not _inside(picture.file):
            raise BadStudy(f"{file} has a picture '{picture.file}'; expected {PICTURES_FOLDER}/<name>.png; {_REMEDY}")


def _inside(file: str) -> bool:
    name = file.removeprefix(f"{PICTURES_FOLDER}/")
    return file != name and not set(name) & set("/\\\0") and Path(name).suffix == ".png"
