"""JSON files that name their schema and version, so that a reader can say what it found."""

import json
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from srbench.core import files
from srbench.errors import UserError, first_line


def marked(schema: str, version: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with its schema and version as the first two keys."""
    return {"schema": schema, "version": version, **content}


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content with its checksum as the last key, "crc32"."""
    return {**content, "crc32": _checksum(content)}


def opened(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a content without its checksum; None where it is not as it was written. An older file may have none."""
    found = content.get("crc32")
    plain = {key: value for key, value in content.items() if key != "crc32"}
    return plain if found in (None, _checksum(plain)) else None


def _checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum of values, which is one for every way of writing them."""
    values = {key: value for key, value in content.items() if key not in ("schema", "version", "crc32")}
    return f"{zlib.crc32(json.dumps(values, sort_keys=True, default=str).encode()):08x}"


def text(schema: str, version: int, content: Mapping[str, Any]) -> str:
    """Return the content as JSON text, with its schema and version as the first two keys.

    Args:
        schema: Name of what the file holds, as in "speed".
        version: Version of that schema, from 1.
        content: Values that JSON can hold; NaN and infinity must have become None before.
    """
    record = marked(schema, version, content)
    readable = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    try:
        readable.encode()
    except UnicodeEncodeError:  # a name that is not UTF-8; JSON's escapes bring it back as it was
        readable = json.dumps(record, indent=1, allow_nan=False, default=str)
    return readable + "\n"


def write(path: Path, schema: str, version: int, content: Mapping[str, Any]) -> None:
    """Write a file of `text`, whole or not at all.

    Raises:
        OSError: The folder cannot be written.
    """
    files.write(path, text(schema, version, content))


def read(
    path: Path,
    schema: str,
    newest_version: int,
    *,
    unmarked_keys: Collection[str] | None = None,
    error: type[UserError] = UserError,
    remedy: str = "Delete it, and write it anew",
) -> dict[str, Any]:
    """Return the content of a file, without its schema, and with its "version".

    Args:
        path: File to read.
        schema: Name of the expected schema.
        newest_version: Newest version that the caller understands.
        unmarked_keys: Keys of a file from before schemas were written, as in `check`.
        error: Class of the error that is raised.
        remedy: What to do with a file that is damaged.

    Raises:
        UserError: The file cannot be read, holds something else, or was written by a later version.
    """
    expected = f"expected {schema}, version {newest_version} or older"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise error(f"{path} {files.absent_or(path, f'cannot be read ({problem.strerror})')}; {expected}") from problem
    except (ValueError, RecursionError) as problem:
        what = "is empty" if path.stat().st_size == 0 else f"is not JSON, or torn ({first_line(problem)})"
        raise error(f"{path} {what}; {expected}. {remedy}") from problem
    return check(record, path, schema, newest_version, unmarked_keys=unmarked_keys, error=error)


def is_newer(path: Path, schema: str, newest_version: int) -> bool:
    """Tell whether a later version wrote a file; no, where it cannot be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    version = record.get("version") if isinstance(record, dict) and record.get("schema") == schema else None
    return isinstance(version, int) and version > newest_version


def check(
    record: Any,
    path: Path,
    schema: str,
    newest_version: int,
    *,
    unmarked_keys: Collection[str] | None = None,
    error: type[UserError] = UserError,
) -> dict[str, Any]:
    """Return the content of a record that is already in memory, as `read` does.

    Args:
        record: What was read.
        path: File that it was read from, for the error.
        schema: Name of the expected schema.
        newest_version: Newest version that the caller understands.
        unmarked_keys: Keys by which a record from before schemas had names is known; it counts as version 0. None
            where no such record exists.
        error: Class of the error that is raised.

    Raises:
        UserError: The record holds something else, or was written by a later version.
    """
    expected = f"expected {schema}, version {newest_version} or older"
    if not isinstance(record, dict):
        raise error(f"{path} holds JSON of type {type(record).__name__}; {expected}. Give another file")
    if _is_unmarked(record) and unmarked_keys is not None and all(key in record for key in unmarked_keys):
        return {**{key: record[key] for key in record if key != "schema"}, "version": 0}
    content = {key: value for key, value in record.items() if key != "schema"}
    found, version = record.get("schema"), record.get("version")
    if found != schema or not isinstance(version, int):
        keys = ", ".join(map(str, record)) or "-"
        what = f"schema {found}, version {version}" if found else f"no schema, and the keys {keys}"
        raise error(f"{path} has {what}; {expected}. Give another file")
    if version > newest_version:
        raise error(f"{path} has version {version} of {schema}; {expected}. Install a newer srbench")
    return content


def _is_unmarked(record: Mapping[str, Any]) -> bool:
    """Whether a record is from before schemas had names; a run's had a number."""
    return "version" not in record and record.get("schema") in (None, 1)
