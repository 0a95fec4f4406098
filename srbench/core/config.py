"""Configurations that are checked when they are read, as the tables of a training recipe are."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from srbench.errors import BadRecipe


class Config(BaseModel):
    """Base of all configurations: a frozen record of settings, whose keys, types and ranges are checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def check(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read a configuration from a table, as TOML or JSON gives it.

        Args:
            table: Keys and plain values.
            where: The file that the table stands in, with which an error begins.

        Raises:
            BadRecipe: A key is unknown or missing, a type is wrong, or a value is out of range; the error names it.
        """
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            raise BadRecipe(f"{where}: {_describe_errors(error, table)}") from error


def _describe_errors(error: ValidationError, table: Mapping[str, Any]) -> str:
    """Describe the first errors in one line, each with its key."""
    described = [_describe_error(dict(problem), table) for problem in error.errors()[:3]]
    further = error.error_count() - len(described)
    return "; ".join(described) + (f"; and {further} more" if further else "")


def _describe_error(problem: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    key = _key_in_table(problem["loc"], table)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"'{key}' is not a known key"
    if problem["type"] == "missing":
        return f"'{key}' is missing"
    if problem["type"] == "value_error" and isinstance(problem.get("input"), Mapping):
        return f"{key}: {message}" if key else message
    value = problem.get("input")
    found = f" (found {value!r})" if not isinstance(value, Mapping) else ""
    return f"'{key}': {message[0].lower()}{message[1:]}{found}"


def _key_in_table(path: tuple[str | int, ...], table: Any) -> str:
    """Return the dotted key as it stands in the table; pydantic's path also names the kind of each table."""
    parts, value = [], table
    for index, part in enumerate(path):
        exists = isinstance(value, list) or (isinstance(value, Mapping) and part in value)
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if exists or (index == len(path) - 1 and part != kind):
            parts.append(str(part))
            value = value[part] if exists else None
    return ".".join(parts)
