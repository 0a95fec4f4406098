"""Backups: the plan, pictures, secrets and votes of a study in one file.

Votes are written as records, not as a database's own file, so that a study of SQLite can go on in PostgreSQL.
"""

import json
import os
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, DateTime, Engine, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from srbench import __version__
from srbench.core import stored_json
from srbench.core.files import absent_or, atomic_write, refused
from srbench.errors import BadStudy, first_line
from srbench.survey import secrets
from srbench.survey.stimuli.files import DamagedPicture, read_picture
from srbench.survey.store.connection import sqlite_url
from srbench.survey.store.database import READING, connect, migrate, revision
from srbench.survey.store.schema import Base, Invitation, PanelId, Reply, StudyRow, utc
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from srbench.survey.study_folder import PICTURES_FOLDER, STUDY_FILE, require_empty, unfinished

_HEADER, _VOTES = "backup.json", "votes.jsonl"
_SCHEMA, _VERSION = "survey backup", 1
_UNMARKED_KIND = "srbench survey backup"
"""Value of the key "kind" in a backup from before schemas were written."""
_BATCH_ROWS = 1_000
_READ_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, RuntimeError)


def write(store: VoteStore, target: Path) -> dict[str, int]:
    """Write a backup, also while the study runs: the votes are those of one moment.

    Args:
        store: Votes of the study.
        target: Name of the .zip file, which only its owner can read.

    Returns:
        Number of records by table.

    Raises:
        BadStudy: The file cannot be written.
    """
    folder = store.study.folder
    secrets.load(folder)  # so that there are some
    records = list(_records(store.engine))
    counts = _counts(name for name, _ in records)
    header = {
        "srbench": __version__,
        "revision": revision(store.engine),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "records": counts,
    }
    try:
        with atomic_write(target) as partial:
            partial.touch(0o600)
            partial.chmod(0o600)
            with zipfile.ZipFile(partial, "w") as archive:
                archive.writestr(_HEADER, stored_json.text(_SCHEMA, _VERSION, header))
                lines = (json.dumps({"table": name, **row}) + "\n" for name, row in records)
                archive.writestr(_VOTES, "".join(lines), zipfile.ZIP_DEFLATED)
                for file in (STUDY_FILE, secrets.FILE, *(picture.file for picture in store.study.pictures)):
                    archive.write(folder / file, file)
    except OSError as error:
        raise BadStudy(f"{target} cannot be written: {error.strerror}") from error
    return counts


def restore(source: Path, folder: Path, url: str = "") -> dict[str, int]:
    """Make a study from a backup.

    Args:
        source: Backup file.
        folder: Folder of the study; new, or empty.
        url: SQLAlchemy URL of a database without votes; a SQLite file in the folder where it is empty.

    Returns:
        Number of records by table.

    Raises:
        BadStudy: No backup, a damaged one or one of a newer version, or a folder or a database in use.
    """
    require_empty(folder)
    with _removed_on_failure(source, folder), unfinished(folder):
        with zipfile.ZipFile(source) as archive:
            tables = _validated_revision(archive, source)
            records = [json.loads(line) for line in archive.read(_VOTES).splitlines()]
            _unpack(archive, folder)
        _check_pictures(source, load(folder))
        secrets.load(folder)
        _fill(connect(url or sqlite_url(folder), tables), records)
        return _counts(record["table"] for record in records)


def try_restore(source: Path) -> None:
    """Restore a backup into a temporary folder, and compare its numbers of records with those that it names.

    Raises:
        BadStudy: It cannot be restored, or lacks records.
    """
    try:
        with TemporaryDirectory(prefix="srbench-") as temporary:
            found = restore(source, Path(temporary) / "study")
        with zipfile.ZipFile(source) as archive:
            wanted = json.loads(archive.read(_HEADER))["records"]
    except OSError as error:
        raise BadStudy(f"{source} could not be restored on trial: {refused(error)}") from error
    if found != wanted:
        raise BadStudy(f"{source} came back with {found} records; it names {wanted}; write another backup")


@contextmanager
def _removed_on_failure(source: Path, folder: Path) -> Iterator[None]:
    """Remove a half-restored study, and give the reason in one line."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)  # nothing was in it before
        if isinstance(error, SQLAlchemyError):
            reason = first_line(getattr(error, "orig", None) or error)
            raise BadStudy(f"the database refuses a record of {source} ({reason}); take another backup") from error
        if isinstance(error, _READ_ERRORS):
            what = absent_or(source, f"is no backup that can be read ({error})")
            raise BadStudy(f"{source} {what}; give another one") from error
        raise


def _counts(names: Iterable[str]) -> dict[str, int]:
    """Number of records by table; the row with the study's id does not count, nor do tables that many studies lack."""
    counts = Counter(names)
    optional = {table.__tablename__ for table in (PanelId, Invitation, Reply)}
    counted = (table for table in Base.metadata.sorted_tables if table is not StudyRow.__table__)
    return {table.name: counts[table.name] for table in counted if counts[table.name] or table.name not in optional}


def _validated_revision(archive: zipfile.ZipFile, source: Path) -> str:
    """The revision of the tables in a backup that is complete."""
    header = json.loads(archive.read(_HEADER))
    marked = isinstance(header, dict) and (header.get("schema") == _SCHEMA or header.get("kind") == _UNMARKED_KIND)
    if not marked or not isinstance(header.get("revision"), str):
        raise BadStudy(f"{source} is no backup of a survey; expected a file that `srbench survey backup` wrote")
    version = header.get("version", 0)
    if version not in range(_VERSION + 1):
        raise BadStudy(f"{source} is version {version} of a backup; expected {_VERSION} or older; update srbench")
    broken = archive.testzip()
    if broken:
        raise BadStudy(f"{source} is damaged: {broken} does not have its checksum; take another backup")
    return str(header["revision"])


def _check_pictures(source: Path, study: Study) -> None:
    """Check that the pictures are those of the plan."""
    for picture in study.pictures:
        try:
            read_picture(study.folder, picture)
        except DamagedPicture as error:
            what = f"{picture.file} is not the picture of the plan"
            raise BadStudy(f"{source} is damaged: {what}; take another backup") from error


def _records(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table at one moment, in the order of the foreign keys."""
    level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else "SERIALIZABLE"
    with engine.connect().execution_options(isolation_level=level, **READING) as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
                yield table.name, {name: _as_json(value) for name, value in row.items()}


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    for name in archive.namelist():
        path = Path(name)
        picture = path.parent == Path(PICTURES_FOLDER) and path.suffix == ".png"
        if not picture and name not in (STUDY_FILE, secrets.FILE):
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if name == secrets.FILE else 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(archive.read(name))


def _fill(engine: Engine, records: list[dict[str, Any]]) -> None:
    try:
        tables = MetaData()
        tables.reflect(engine)
        with engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                stored = tables.tables.get(table.name)
                if stored is None:
                    continue  # the backup is older than the table
                if connection.scalar(select(func.count()).select_from(stored)):
                    raise BadStudy(f"the database has votes already ({table.name}); give an empty one")
                rows = [_typed(stored, record) for record in records if record["table"] == table.name]
                for start in range(0, len(rows), _BATCH_ROWS):
                    connection.execute(insert(stored), rows[start : start + _BATCH_ROWS])
                _advance_sequence(connection, stored)
        migrate(engine)
    finally:
        engine.dispose()


def _typed(table: Table, record: dict[str, Any]) -> dict[str, Any]:
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    return {
        name: utc(datetime.fromisoformat(value)) if name in times and value else value
        for name, value in record.items()
        if name != "table"
    }


def _advance_sequence(connection: Connection, table: Table) -> None:
    """Let new rows be numbered after the restored ones."""
    if connection.dialect.name == "postgresql" and "id" in table.columns and table.columns["id"].autoincrement:
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name})
        highest = connection.scalar(select(func.max(table.columns["id"])))
        if sequence and highest:
            connection.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
