"""The file study.json: its keys, and reading it so that a damaged or foreign one is refused."""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from srbench.errors import BadStudy, UnknownName, UserError
from srbench.ratings.triplets import Form
from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.people.endings import Ending
from srbench.survey.people.gates import Gate
from srbench.survey.people.panel import Panel
from srbench.survey.people.participation import Participation
from srbench.survey.people.questionnaires import Item
from srbench.survey.plan.boost import Boost
from srbench.survey.plan.boost import validated as validated_boost
from srbench.survey.plan.design import CATEGORIES, Design
from srbench.survey.plan.limits import require_runnable
from srbench.survey.plan.own_words import Words
from srbench.survey.plan.own_words import validated as validated_words
from srbench.survey.plan.presentation import Presentation
from srbench.survey.plan.presentation import validated as validated_presentation
from srbench.survey.study_folder import PICTURES_FOLDER

SCHEMA, VERSION = "survey study", 4
"""Version 3 had no screening rules and did not know where pictures had been cut; version 2 had pictures without
output_key and picture_sha256; version 1 had the number 1 in place of the schema."""


@dataclass(frozen=True)
class FilePicture:
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


@dataclass(frozen=True)
class File:
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
    pictures: tuple[FilePicture, ...]
    name: str = ""
    revision: int = 1


_FILE = TypeAdapter(File)
_REMEDY = "take the file from a backup, or make the study again"


def read(file: Path) -> File:
    """Read a plan.

    Args:
        file: study.json in the study's folder.

    Raises:
        BadStudy: A key is missing, unknown or of the wrong type, another version of the schema wrote it, or no study
            can be run with its values.
    """
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
    _check(file, parsed)
    return parsed


def _unknown(content: dict[str, Any]) -> list[str]:
    terms = content["terms"]
    parts = [(File, content), (Design, content["design"]), (Participation, terms)]
    parts += [(Presentation, content["design"].get("presentation", {})), (Boost, content["design"].get("boost") or {})]
    parts += [(Panel, terms["panel"])] if terms.get("panel") else []
    for kind, key in ((Ending, "endings"), (Gate, "gates"), (Item, "questions"), (Words, "words")):
        parts += [(kind, part) for part in terms.get(key, [])]
    for picture in content["pictures"]:
        parts += [(FilePicture, picture), (Stimulus, picture["shown"])]
    return [key for kind, part in parts for key in part if key not in {field.name for field in fields(kind)}]


def _check(file: Path, content: File) -> None:
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
