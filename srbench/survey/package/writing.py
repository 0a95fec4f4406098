"""Writing a package: the tables, their schema with hashes, the codebook, and the pictures on request."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench import __version__
from srbench.core import files
from srbench.core.comma_separated import comma_separated
from srbench.errors import BadStudy
from srbench.survey.package import events, raters, stimuli, texts
from srbench.survey.package.codebook import codebook
from srbench.survey.package.tables import Table
from srbench.survey.progress import study_progress
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study

DESCRIPTOR, PLAN = "datapackage.json", "srbench"
"""Name of the descriptor, and of the key in it under which the plan stands."""
SCHEMA, VERSION = "survey package", 1
_CODEBOOK = "codebook.md"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class PackageOptions:
    """What goes into a package.

    Attributes:
        public: Whether it is for everybody: without ids, free text and clock times.
        panel_ids: Whether it has the ids by which a panel knows its raters.
        pictures: Whether it has the pictures.
        licence: Name of the licence of the data, as "CC-BY-4.0"; empty where it has none.
    """

    public: bool = False
    panel_ids: bool = False
    pictures: bool = False
    licence: str = ""


def write(store: VoteStore, target: Path, options: PackageOptions) -> None:
    """Write a study's data as a Data Package.

    Args:
        store: Votes of the study.
        target: A new folder, or a new file that ends in .zip.
        options: What goes into it.

    Raises:
        BadStudy: Nobody has answered yet, panel ids are asked for in a public package, or the target is in use.
    """
    if options.public and options.panel_ids:
        raise BadStudy("--public leaves out all ids, and --panel-ids asks for those of the panel; give one of them")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BadStudy(f"{target} is there already; choose a new name, or remove it")
    content = _content(store, options)
    try:
        if target.suffix == ".zip":
            _write_zip(content, target)
        else:
            _write_folder(content, target)
    except OSError as error:
        raise BadStudy(f"{target} cannot be written: {error.strerror}") from error


def _content(store: VoteStore, options: PackageOptions) -> dict[str, bytes]:
    """The files of a package by name; the descriptor is the last."""
    study = store.study
    presented = store.presented()
    if not presented:
        raise BadStudy(f"{study.title} has no answers yet; a package needs some")
    people = study_progress(store).people
    names = {person.id: f"r{number}" if options.public else person.id for number, person in enumerate(people, start=1)}
    panel = {person.id: " ".join(person.panel_ids.values()) for person in people if person.panel_ids}
    questions = study.participation.questions
    rows: dict[Table, Iterable[Mapping[str, Any]]] = {
        events.EVENTS: events.rows(study, presented, names, panel),
        raters.RATERS: raters.rows(people, names),
        raters.REPLIES: raters.reply_rows(people, names, questions, public=options.public),
        stimuli.STIMULI: stimuli.rows(study, pictures=options.pictures),
        texts.TEXTS: texts.rows(study),
    }
    tables = [table.kept(public=options.public, panel_ids=options.panel_ids) for table in rows]
    content = {
        table.file: _table(table, of_table).encode() for table, of_table in zip(tables, rows.values(), strict=True)
    }
    content[_CODEBOOK] = codebook(tables).encode()
    if options.pictures:
        content |= {picture.file: (study.folder / picture.file).read_bytes() for picture in study.pictures}
    content[DESCRIPTOR] = _descriptor(study, tables, content, options).encode()
    return content


def _table(table: Table, rows: Iterable[Mapping[str, Any]]) -> str:
    columns = [column.name for column in table.columns]
    kept = [{name: _cell(row.get(name)) for name in columns} for row in rows]
    return comma_separated(columns, kept)


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _descriptor(study: Study, tables: Iterable[Table], content: Mapping[str, bytes], options: PackageOptions) -> str:
    schemas = {table.file: table for table in tables}
    package = {
        "profile": "data-package",
        "name": _slug(study.label),
        "title": study.title,
        "description": "A survey of how good images look, collected with srbench; codebook.md explains every column.",
        **({"licenses": [{"name": options.licence}]} if options.licence else {}),
        PLAN: {
            "schema": SCHEMA,
            "version": VERSION,
            "srbench": __version__,
            "study": study.label,
            "revision": study.revision,
            "raters_wanted": study.raters,
            "public": options.public,
            "design": study.design.as_dict(),
        },
        "resources": [_resource(name, data, schemas.get(name)) for name, data in content.items()],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(file: str, data: bytes, table: Table | None) -> dict[str, Any]:
    described: dict[str, Any] = {"name": table.name if table else _slug(file), "path": file}
    if table:
        described |= {"profile": "tabular-data-resource", "description": f"{table.meaning}."}
        described |= {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    described |= {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    return {**described, **({"schema": table.as_schema()} if table else {})}


def _slug(text: str) -> str:
    """Return a text as names in a Data Package have to be: small letters, digits and . _ - alone."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in text)
    return plain.lower().strip("-.") or "study"


def _write_folder(content: Mapping[str, bytes], folder: Path) -> None:
    try:
        for name, data in content.items():
            files.write(folder / name, data)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # nothing was in it before
        raise


def _write_zip(content: Mapping[str, bytes], target: Path) -> None:
    with files.atomic_write(target) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, data in content.items():
            member = zipfile.ZipInfo(name, _ZIP_DATE)
            member.external_attr = 0o644 << 16
            stored = name.endswith(".png")
            archive.writestr(member, data, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
