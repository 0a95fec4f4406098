"""Secrets are made once, and whole."""

import os
from pathlib import Path

import pytest

from srbench.errors import BadStudy
from srbench.survey import secrets


def test_secrets_stay_as_they_were_made(tmp_path: Path) -> None:
    assert secrets.load(tmp_path) == secrets.load(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [secrets.FILE]


def test_an_interruption_leaves_no_half_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for step in ("fdopen", "fsync"):
        with monkeypatch.context() as patched:
            patched.setattr(os, step, interrupted)
            with pytest.raises(KeyboardInterrupt):
                secrets.load(tmp_path)
        assert not list(tmp_path.iterdir())
    assert secrets.load(tmp_path) == secrets.load(tmp_path)


def test_those_of_another_process_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find none, and the other is the first to write."""
    others = secrets.load(tmp_path)
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    assert secrets.load(tmp_path) == others


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadStudy, match=r"secrets\.json cannot be written: No such file or directory; give a folder"):
        secrets.load(tmp_path / "missing")
