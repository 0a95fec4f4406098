"""A study that can be read and not written: what reads it works, what writes to it says so in one line."""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from srbench.survey.store.connection import SQLITE
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made

_LIBC = ctypes.CDLL(None)
_VERSION = 0x20080522
_PASSES_OVER_RIGHTS = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of capabilities(7)."""


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Take all rights to write in a folder away, from root too, who loses the privilege to pass over them.

    Root stays root: as another user, a process would look for modules in folders that it cannot list, and Python
    remembers what it did not find there.
    """
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    privileges = _privileges()
    _set_privileges(privileges[0] & ~_PASSES_OVER_RIGHTS, *privileges[1:])
    try:
        yield
    finally:
        _set_privileges(*privileges)
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o600)


def _privileges() -> list[int]:
    """The words of capget(2) in Linux's third version: effective, permitted and inheritable, twice."""
    words = (ctypes.c_uint32 * 6)()
    assert _LIBC.capget((ctypes.c_uint32 * 2)(_VERSION, 0), words) == 0
    return list(words)


def _set_privileges(*words: int) -> None:
    assert _LIBC.capset((ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)(*words)) == 0


@pytest.fixture
def archive(call: Call, tmp_path: Path) -> Iterator[Path]:
    """A study with three raters in a folder that everybody can reach, with all answers still in SQLite's log."""
    made(call, tmp_path)
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    folder = place / "st"
    store = VoteStore(load(tmp_path / "st"))
    for quality in (2.0, 3.0, 4.0):
        rate(store, lambda stimulus, quality=quality: quality + (stimulus.model == "m1"))  # type: ignore[misc]
    assert (tmp_path / "st" / f"{SQLITE}-wal").stat().st_size > 0
    shutil.copytree(tmp_path / "st", folder)
    store.close()
    os.chdir(place)
    yield folder
    os.chdir(tmp_path)
    shutil.rmtree(place)


def test_what_reads_works_and_what_writes_is_one_line(call: Call, archive: Path) -> None:
    folder = str(archive)
    with _read_only(archive):  # as it was copied, with log and index
        assert "3 finished" in call("survey", "status", folder)[1]
    (archive / f"{SQLITE}-shm").unlink()
    before = sorted(path.name for path in archive.iterdir())
    with _read_only(archive):
        assert "3 finished" in call("survey", "status", folder)[1]
        assert call("survey", "export", folder, "votes.csv")[0] == 0
        assert len(Path("votes.csv").read_text(encoding="utf-8").splitlines()) > 12
        assert call("survey", "report", folder, "--out", "report")[0] == 0
        assert call("survey", "plan", folder)[0] == 0
        for verb in (("invite", folder), ("withdraw", folder, "x"), ("serve", folder, "--port", "0")):
            code, _, err = call("survey", *verb)
            assert (code, err.count("\n")) == (2, 1), err
            assert "cannot be written, and its answers are in it; copy the folder" in err
    assert sorted(path.name for path in archive.iterdir()) == before
    VoteStore(load(archive)).close()  # one file alone
    assert not (archive / f"{SQLITE}-wal").exists()
    with _read_only(archive):
        assert "3 finished" in call("survey", "status", folder)[1]
