"""Configurations that are checked when they are read, as the tables of a training recipe are."""

from collections.abc import Iterator, Mapping
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from srbench.core.wording import plain
from srbench.errors import BadRecipe, closest


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
            raise BadRecipe(f"{where}: {_describe_errors(cls, error, table)}") from error


def _describe_errors(cls: type[Config], error: ValidationError, table: Mapping[str, Any]) -> str:
    """Describe the first errors in one line, each with its key."""
    described = [_describe_error(cls, dict(problem), table) for problem in error.errors()[:3]]
    further = error.error_count() - len(described)
    return "; ".join(described) + (f"; and {further} more" if further else "")


def _describe_error(cls: type[Config], problem: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    path, kind, value = problem["loc"], problem["type"], problem.get("input")
    key = _key_in_table(path, table)
    if kind == "extra_forbidden":
        return unknown_key(key, _keys(cls, path[:-1]))
    if kind == "missing":
        return f"'{key}' is missing"
    if kind == "union_tag_not_found":
        return f"'{key}.kind' is missing; expected {_one_of(_tags(cls, path))}"
    if kind == "union_tag_invalid":
        tag, tags = str(problem["ctx"]["tag"]), _tags(cls, path)
        return f"'{key}.kind' is '{tag}'; expected {_one_of(tags)}.{closest(tag, tags)}".removesuffix(".")
    message = plain(str(problem["msg"]))
    if kind == "value_error" and isinstance(value, Mapping):
        return f"{key}: {message}" if key else message
    found = f" (found {value!r})" if not isinstance(value, Mapping) else ""
    return f"'{key}': {message}{found}"


def unknown_key(key: str, known: list[str]) -> str:
    """Say that there is no such key, which is close to it, and which there are.

    Args:
        key: Dotted key.
        known: Keys of the table that it is looked for in.
    """
    table, dot, last = key.rpartition(".")
    return f"no key '{key}'.{closest(last, known)} Keys{' of ' + repr(table) if dot else ''}: {', '.join(known)}"


def _one_of(names: list[str]) -> str:
    return "one of " + ", ".join(names)


def _keys(cls: type[Config], path: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the table at a path of pydantic's."""
    return list(dict.fromkeys(key for config in _configs_at([cls], path) for key in config.model_fields))


def _tags(cls: type[Config], path: tuple[str | int, ...]) -> list[str]:
    """Return the kinds that the table at a path may be of."""
    return [_kind(config) for config in _configs_at([cls], path) if _kind(config)]


def _configs_at(configs: list[type[Config]], path: tuple[str | int, ...]) -> list[type[Config]]:
    """Follow a path of keys, numbers of lists and kinds of tables to the configurations that may stand there."""
    for part in path:
        of_kind = [config for config in configs if _kind(config) == part]
        with_key = [config.model_fields[part] for config in configs if part in config.model_fields]
        if of_kind:
            configs = of_kind
        elif not isinstance(part, int):
            configs = [config for field in with_key for config in _configs_in((field.annotation, *field.metadata))]
    return configs


def _configs_in(annotation: Any) -> Iterator[type[Config]]:
    """Yield the configurations that an annotation allows: itself, or those in its unions and lists."""
    if isinstance(annotation, type) and issubclass(annotation, Config):
        yield annotation
    for part in annotation if isinstance(annotation, tuple) else get_args(annotation):
        yield from _configs_in(part)


def _kind(config: type[Config]) -> str:
    field = config.model_fields.get("kind")
    values = get_args(field.annotation) if field else ()
    return str(values[0]) if values else ""


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
