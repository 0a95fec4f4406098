"""The command-line reference holds what the program has, and every command line in the documentation is one of it."""

import html
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from docs import commands, example
from srbench.cli.app import app
from tests.docs.pages import PAGES, ROOT, fences, spans

_PLACEHOLDERS = {"COMMAND", "..."}


def test_the_reference_is_what_the_program_generates() -> None:
    assert commands.PAGE.read_text(encoding="utf-8") == commands.page(), "run: python -m docs.commands"


def test_every_verb_and_every_long_option_is_in_the_reference() -> None:
    """By walking the program anew, so that the generator cannot leave something out unseen."""
    text = commands.PAGE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^#{3,4} (srbench .+?)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    walked = dict(_walk(typer.main.get_command(app), "srbench"))
    assert sections.keys() == walked.keys()
    assert len(walked) > 25
    for name, command in walked.items():
        for parameter in command.params:
            for word in [*parameter.opts, *parameter.secondary_opts]:
                spelled = f"`{word}" if word.startswith("-") else (parameter.metavar or word).upper()
                assert spelled in sections[name], f"{name} {word}"


def _walk(group: Any, name: str) -> list[tuple[str, Any]]:
    """Every visible command below a group."""
    below: list[tuple[str, Any]] = []
    for word, command in group.commands.items():
        if not command.hidden:
            below.append((f"{name} {word}", command))
            below += _walk(command, f"{name} {word}") if hasattr(command, "commands") else []
    return below


def _command_lines() -> list[Any]:
    """Each `srbench ...` of README and the pages: whole lines in code blocks, and code between words."""
    lines = []
    for page in PAGES:
        if page == commands.PAGE:
            continue
        for fence in fences(page):
            if fence.language in ("", "sh", "console", "bash"):
                lines += [(page, line) for line in _joined(fence.text)]
        lines += [(page, span) for span in spans(page)]
    # A line may set up something first, as in `pip install . && srbench run`.
    parts = [(page, part.strip()) for page, line in lines for part in re.split(r"&&|(?<!\w)\| ", line)]
    found = [(page, part.removeprefix("$ ")) for page, part in parts]
    return [
        pytest.param(line, id=f"{page.relative_to(ROOT)}: {line}")
        for page, line in dict.fromkeys(found)
        if re.match(r"(\S*/)?srbench( |$)", line)
    ]


def _joined(text: str) -> list[str]:
    return text.replace("\\\n", " ").splitlines()


@cache
def _program() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("line", _command_lines())
def test_a_documented_command_line_parses(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command = _program()
    context = command.make_context("srbench", [], resilient_parsing=True)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] in _PLACEHOLDERS:
            return
        assert words[0] in command.commands, f"no command {words[0]!r} in: {line}"
        command = command.commands[words.pop(0)]
        context = command.make_context(command.name, [], parent=context, resilient_parsing=True)
    words = [word for word in words if word not in _PLACEHOLDERS]
    if words and "--help" not in words:
        context.resilient_parsing = False  # what follows raises where an option is unknown or lacks its value
        command.make_parser(context).parse_args(args=words)


def test_command_lines_are_found_in_the_documentation() -> None:
    assert len(_command_lines()) > 40


def test_pages_are_the_whole_documentation() -> None:
    assert {Path("README.md"), Path("ARCHITECTURE.md"), Path("CONTRIBUTING.md"), Path("docs/survey.md")} <= {
        page.relative_to(ROOT) for page in PAGES
    }


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_pictures_show_the_command_that_stands_beside_them(page: str) -> None:
    assert example.COMMAND in (ROOT / page).read_text(encoding="utf-8")
    assert example.COMMAND.split(" --datasets")[0].split()[-1] in _shown(ROOT / "docs/example/table.svg")


def test_the_figure_is_that_of_the_command_above_it() -> None:
    assert f"```sh\n{example.FIGURE}\n```\n\n![" in (ROOT / "docs/paper.md").read_text(encoding="utf-8")


def _shown(picture: Path) -> str:
    """The text of a terminal's picture."""
    return html.unescape(re.sub(r"<[^>]+>", "", picture.read_text(encoding="utf-8")))
