"""How the tests of the verbs call the command line."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import typer

from srbench.cli import app
from srbench.report.ratings import page

Call = Callable[..., tuple[int, str, str]]

_commands = cache(typer.main.get_command)
"""Makes the commands of all verbs once, not for each call."""


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command line in an empty folder; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(typer.main, "get_command", _commands)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["srbench", *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    return run


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports of ratings have no plots, which take most of their time; tests/report/ratings is about plots."""
    monkeypatch.setattr(page, "plots", lambda study: [])
