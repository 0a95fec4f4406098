"""Write the command-line reference from the program itself: `python -m docs.commands`."""

import enum
import inspect
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from srbench.cli.app import app

PAGE = Path(__file__).parent / "commands.md"
_HEAD = """# Command-line reference

This page is generated from the program by `python -m docs.commands`, and a test fails where the two differ. In a
terminal, `--help` after any command prints the same. A command ends with exit code 0 where it is complete, 1 after a
bug (with a traceback), 2 after a mistake in what was asked (one line says what to do), 3 where it finished but some
rows failed, and 130 where Ctrl-C stopped it.
"""
_VALUES = {str: "TEXT", Path: "PATH", int: "INTEGER", float: "NUMBER"}


def verbs(group: Any = None, words: tuple[str, ...] = ("srbench",)) -> Iterator[tuple[str, Any]]:
    """Every command in the order of the help, as its full name and its command object; groups come before their own."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if not command.hidden:
            yield " ".join([*words, name]), command
            if hasattr(command, "commands"):
                yield from verbs(command, (*words, name))


def page() -> str:
    """The whole reference as Markdown."""
    parts, panel = [_HEAD], ""
    for name, command in verbs():
        top = name.count(" ") == 1
        if top and (title := _panel(command)) != panel:
            panel = title
            parts.append(f"## {title}\n")
        parts.append(_section(name, command, level=3 if top else 4))
    return "\n".join(parts)


def _panel(command: Any) -> str:
    return command.rich_help_panel if isinstance(command.rich_help_panel, str) else "Commands"


def _section(name: str, command: Any, level: int) -> str:
    lines = [f"{'#' * level} {name}", "", _escaped(inspect.cleandoc(command.help or "")), ""]
    if not command.params:
        return "\n".join(lines)
    hints = get_type_hints(inspect.unwrap(command.callback), include_extras=True)
    arguments = [parameter for parameter in command.params if not parameter.opts[0].startswith("-")]
    usage = [_argument(parameter) for parameter in arguments]
    lines += ["```text", " ".join([name, *usage, "[OPTIONS]"]), "```", ""]
    lines += [f"- {_described(parameter, hints.get(parameter.name))}" for parameter in command.params]
    return "\n".join([*lines, ""])


def _argument(parameter: Any) -> str:
    word = (parameter.metavar or parameter.name).upper() + ("..." if parameter.nargs == -1 else "")
    return word if parameter.required else f"[{word}]"


def _described(parameter: Any, hint: Any) -> str:
    argument = not parameter.opts[0].startswith("-")
    names = [_argument(parameter)] if argument else [*parameter.opts, *parameter.secondary_opts]
    value = "" if argument else parameter.metavar or _value(hint)
    spelled = ", ".join(f"`{name} {value}`" if value else f"`{name}`" for name in names)
    facts = "; ".join(fact for fact in (_bounds(hint), _default(parameter)) if fact)
    help_text = _escaped(" ".join((parameter.help or "").split()))
    return f"{spelled}{f' ({facts})' if facts else ''}: {help_text}"


def _escaped(text: str) -> str:
    """Help as Markdown shows it literally; what stands between backticks is code already."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([*\[\\])", r"\\\1", part).replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def _parts(hint: Any) -> list[Any]:
    """A type hint without `Annotated` and without `None`."""
    if get_origin(hint) is Annotated:
        return _parts(get_args(hint)[0])
    if get_origin(hint) in (typing.Union, types.UnionType):
        return [part for option in get_args(hint) if option is not type(None) for part in _parts(option)]
    return [hint]


def _value(hint: Any) -> str:
    """What stands behind an option; empty for a flag."""
    (kind,) = _parts(hint)
    if get_origin(kind) is list:
        return _value(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "|".join(str(member.value) for member in kind)
    return _VALUES.get(kind, "")


def _bounds(hint: Any) -> str:
    notes = [note for note in get_args(hint)[1:] if hasattr(note, "min")] if get_origin(hint) is Annotated else []
    least, most = next(((note.min, note.max) for note in notes), (None, None))
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}" if most is not None else ""


def _default(parameter: Any) -> str:
    default = parameter.default
    if isinstance(default, enum.Enum):
        default = default.value
    if isinstance(default, (list, tuple)):
        default = ",".join(map(str, default))
    if default is None or default is False or default in ("", (), []) or callable(default):
        return "required" if parameter.required and parameter.opts[0].startswith("-") else ""
    return f"default `{parameter.opts[0] if default is True else default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
