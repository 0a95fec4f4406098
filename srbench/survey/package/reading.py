"""Reading a package: the answers in it, as the analysis of a study reads them."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from srbench.errors import BadStudy
from srbench.survey import methods
from srbench.survey.export import Collected
from srbench.survey.package import events, raters, stimuli
from srbench.survey.package.writing import DESCRIPTOR, PLAN, SCHEMA, VERSION
from srbench.survey.plan.design import Design

_DESIGN = TypeAdapter(Design)
_REMEDY = "export the package anew"
Rows = list[dict[str, str]]


def is_package(path: Path) -> bool:
    """Return whether a path is that of a package: its folder, its descriptor, or a .zip."""
    return (path / DESCRIPTOR).is_file() or path.name == DESCRIPTOR or path.suffix == ".zip"


def collected(path: Path, *, unfinished: bool = False) -> Collected:
    """Read the answers of a package, as those of a running study are read.

    Args:
        path: Folder, descriptor or .zip.
        unfinished: Whether raters who have not finished count too.

    Raises:
        BadStudy: No package of a survey, a damaged one or one of a newer version, or nobody has finished.
    """
    read = _reader(path)
    try:
        package = json.loads(read(DESCRIPTOR))
        plan = package[PLAN]
        version = plan["version"] if plan["schema"] == SCHEMA else None
    except (KeyError, TypeError, ValueError) as error:
        raise BadStudy(f"{path} is no package of a survey; expected what `srbench survey export` wrote") from error
    if version != VERSION:
        raise BadStudy(f"{path} is version {version} of a package; expected {VERSION}; update srbench")
    try:
        found = {name: _rows(path, package, name, read) for name in ("events", "raters", "stimuli")}
        return _answers(path, plan, found, unfinished=unfinished)
    except (KeyError, ValueError, IndexError, ValidationError) as error:
        raise BadStudy(f"{path} is damaged ({type(error).__name__}: {error}); {_REMEDY}".replace("\n", " ")) from error


def _answers(path: Path, plan: Mapping[str, Any], found: Mapping[str, Rows], *, unfinished: bool) -> Collected:
    people = found["raters"]
    excluded = {row["rater"]: row.get("excluded_why", "not told") for row in people if row["excluded"] == "true"}
    counting = {row["rater"] for row in people if unfinished or row["state"] == "finished"} - excluded.keys()
    answers = [answer for answer in events.responses(found["events"]) if answer.rater in counting]
    if not answers:
        raise BadStudy(f"{path} has no finished session; --unfinished counts those who have not finished")
    design = _DESIGN.validate_json(json.dumps(plan["design"]), strict=True)
    methods.require_known(design.method)
    return Collected(str(plan["study"]), design, stimuli.stimuli(found["stimuli"]), answers, excluded)


def _reader(path: Path) -> Callable[[str], bytes]:
    """Return a function that reads a file of the package.

    Raises:
        BadStudy: The .zip cannot be read.
    """
    if path.suffix != ".zip":
        folder = path.parent if path.name == DESCRIPTOR else path
        return lambda name: _read(folder / name)
    try:
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise BadStudy(f"{path} is no .zip that can be read ({error}); {_REMEDY}") from error
    return content.__getitem__


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadStudy(f"{file} cannot be read: {error.strerror}; {_REMEDY}") from error


def _rows(path: Path, package: Mapping[str, Any], name: str, read: Callable[[str], bytes]) -> Rows:
    """Return the rows of a table whose content is the one that was written.

    Raises:
        BadStudy: It is another one.
    """
    resource = next(resource for resource in package["resources"] if resource["name"] == name)
    data = read({"events": events.EVENTS, "raters": raters.RATERS, "stimuli": stimuli.STIMULI}[name].file)
    if resource["hash"] != f"sha256:{hashlib.sha256(data).hexdigest()}":
        raise BadStudy(f"{path}: {name}.csv has been changed since it was written (its hash is another); {_REMEDY}")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
