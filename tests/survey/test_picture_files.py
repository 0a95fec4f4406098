"""Pictures that are not those of the plan: the study pauses and names them, at start and while it runs."""

import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.stimuli.files import read_picture
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web import pictures
from srbench.survey.web.app import application
from srbench.survey.web.picture_cache import PictureCache, state
from tests.cli.conftest import Call
from tests.survey.test_web import SCREEN, field, made, until


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    opened = VoteStore(made(call, tmp_path))
    yield opened
    opened.close()


def _files(store: VoteStore) -> list[Path]:
    """The pictures of two models of one content."""
    rated = [p for p in store.study.pictures if p.role == "rated" and p.stimulus.content == "a"]
    return [store.study.folder / picture.file for picture in rated]


def _client(store: VoteStore) -> TestClient:
    return TestClient(application(store, secrets.load(store.study.folder)))


def test_another_models_file_pauses_the_study_at_start(
    store: VoteStore, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: None)
    first, second = _files(store)
    whole = first.read_bytes()
    shutil.copy(second, first)
    client = _client(store)
    assert store.status() == "paused"
    assert f"pictures/{first.name} is not the picture of the plan" in store.status_reason()
    assert "The study is paused" in client.get(f"/i/{store.invite()}").text
    folder = str(store.study.folder)
    assert first.name in " ".join(call("survey", "status", folder)[1].split())
    assert f"paused: pictures/{first.name}" in call("survey", "serve", folder, "--port", "0")[2]
    client.post("/admin/login", data={"token": secrets.load(store.study.folder).admin})
    assert first.name in client.post("/admin/action", data={"action": "open"}).text
    assert store.status() == "paused"
    first.unlink()
    client.post("/admin/action", data={"action": "open"})
    assert f"pictures/{first.name} cannot be read (No such file" in store.status_reason()
    first.write_bytes(whole)
    assert first.name not in client.post("/admin/action", data={"action": "open"}).text
    assert (store.status(), store.status_reason()) == ("open", "")


def test_a_file_that_changes_meanwhile_is_never_shown(store: VoteStore, caplog: pytest.LogCaptureFixture) -> None:
    client = _client(store)
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    shown = re.search(r'id="stimulus" src="(/p/[^"]+)"', page)
    assert shown
    assert client.get(shown.group(1)).status_code == 200
    for picture in store.study.pictures:  # as a wrong copy does, with the times of the right files
        file = store.study.folder / picture.file
        times = file.stat()
        file.write_bytes(file.read_bytes()[:-20] + bytes(20))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    with caplog.at_level(logging.ERROR):
        assert client.get(shown.group(1)).status_code == 503
        assert client.get(shown.group(1)).status_code == 503
    assert store.status() == "paused"
    assert len(caplog.records) == 1
    assert "is not the picture of the plan" in store.status_reason()
    sent = {"token": field(page, "token"), "position": "0", "value": "4", "seconds": "1", **SCREEN}
    assert "The study is paused" in client.post("/answer", data=sent).text
    assert store.responses() == []
    with store._reading() as database:
        assert database.connection().exec_driver_sql("SELECT count(*) FROM event WHERE kind = 'pause'").scalar() == 1


def test_a_file_is_read_again_only_after_a_change(store: VoteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(pictures, "read_picture", lambda folder, p: read.append(p.file) or read_picture(folder, p))
    client = _client(store)
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    shown = re.search(r'id="stimulus" src="(/p/[^"]+)"', page)
    assert shown
    del read[:]
    first = client.get(shown.group(1))
    assert client.get(shown.group(1)).content == first.content
    (file,) = read
    (store.study.folder / file).touch()
    assert client.get(shown.group(1)).content == first.content
    assert read == [file, file]


def test_the_cache_forgets_what_was_asked_for_longest_ago(tmp_path: Path) -> None:
    cache = PictureCache(10)
    files = [tmp_path / name for name in "abc"]
    for file in files:
        file.write_bytes(b"1234")
        cache.keep(file, state(file), b"1234")
    assert [cache.get(file) for file in files] == [None, b"1234", b"1234"]
    cache.keep(files[2], state(files[2]), b"123456")  # in the place of what was kept for it
    assert [cache.get(file) for file in files] == [None, b"1234", b"123456"]
    cache.keep(files[0], (), b"1")  # a file that was missing before it was read
    files[1].unlink()
    assert [cache.get(file) for file in files] == [None, None, b"123456"]
