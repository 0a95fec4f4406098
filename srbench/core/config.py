"""Parts that a recipe names: a `kind` and its own parameters, checked when they are read."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from srbench.errors import BadRecipe


class Config(BaseModel):
    """A frozen record of settings; every key, type and range is checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def check(cls, table: Mapping[str, Any], where: str) -> Self:
        """Read it from a table, as TOML or JSON gives one.

        Args:
            table: Keys and plain values.
            where: What the table stands in; the error's first words.

        Raises:
            BadRecipe: An unknown key, a wrong type, or a value out of range; the message names the key.
        """
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            raise BadRecipe(f"{where}: {_line(error, table)}") from error


def _line(error: ValidationError, table: Mapping[str, Any]) -> str:
    """The first complaints in one line, each with its key."""
    told = [_complaint(dict(problem), table) for problem in error.errors()[:3]]
    rest = error.error_count() - len(told)
    return "; ".join(told) + (f"; and {rest} more" if rest else "")


def _complaint(problem: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    key = _key(problem["loc"], table)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"'{key}' is no key that is known here"
    if problem["type"] == "missing":
        return f"'{key}' is missing"
    if problem["type"] == "value_error" and isinstance(problem.get("input"), Mapping):
        return f"{key}: {message}" if key else message
    given = problem.get("input")
    shown = f" (found {given!r})" if not isinstance(given, Mapping) else ""
    return f"'{key}': {message[0].lower()}{message[1:]}{shown}"


def _key(place: tuple[str | int, ...], table: Any) -> str:
    """The key as it stands in the table: pydantic's path also names the kind of each piece."""
    parts, here = [], table
    for at, part in enumerate(place):
        inside = isinstance(here, list) or (isinstance(here, Mapping) and part in here)
        if inside or (at == len(place) - 1 and part != (here.get("kind") if isinstance(here, Mapping) else None)):
            parts.append(str(part))
            here = here[part] if inside else None
    return ".".join(parts)
