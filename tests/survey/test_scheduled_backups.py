"""Backups that a server writes by itself: each is restored on trial, and old ones go."""

import logging
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from srbench.errors import BadStudy
from srbench.survey.store import backup, scheduled_backups
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import made


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    opened = VoteStore(made(call, tmp_path))
    rate(opened, lambda _: 3.0)
    yield opened
    opened.close()


def test_backups_are_written_tried_and_only_the_newest_kept(store: VoteStore, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"st-2026010{day}T000000Z.zip" for day in (1, 2, 3)]
    other = folder / "st-notes.zip"
    for file in (*old, other):
        file.touch()
    new = scheduled_backups.write_tried(store, folder, keep=2)
    assert sorted(folder.iterdir()) == sorted([old[2], new, other])
    assert backup.restore(new, tmp_path / "back")["answer"] == 5
    assert len(VoteStore(load(tmp_path / "back")).responses()) == 5


def test_a_backup_that_does_not_come_back_is_refused(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "st.zip"
    backup.write(store, file)
    backup.try_restore(file)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, b"\n".join(content.splitlines()[:-1]) if name == "votes.jsonl" else content)
    with pytest.raises(BadStudy, match=r"came back with .* records; it names"):
        backup.try_restore(file)
    older = tmp_path / "backups" / "st-20260101T000000Z.zip"
    older.parent.mkdir()
    older.touch()
    monkeypatch.setattr(backup, "write", lambda _, target: file.rename(target))
    with pytest.raises(BadStudy, match="came back with"):
        scheduled_backups.write_tried(store, older.parent, keep=1)
    assert older.exists()


def test_a_server_writes_backups_and_goes_on_when_it_cannot(
    store: VoteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "backups"
    with scheduled_backups.BackupSchedule(store, folder, hours=1, keep=3):
        while not folder.exists() or not list(folder.glob("st-*Z.zip")):
            time.sleep(0.02)
    place = tmp_path / "file"
    place.touch()
    with caplog.at_level(logging.ERROR), scheduled_backups.BackupSchedule(store, place, hours=1e-6, keep=3):
        while len(caplog.records) < 2:
            time.sleep(0.02)
    assert caplog.records[0].getMessage().startswith("no backup of st: backups cannot be written")
