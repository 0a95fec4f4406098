"""The database is locked, full or away: raters wait in their language, lose nothing, and go on by themselves."""

import asyncio
import re
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.store.connection import SQLITE
from srbench.survey.store.schema import Rater
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web import executor
from srbench.survey.web.app import application
from tests import postgres
from tests.browser import opened
from tests.cli.conftest import Call
from tests.survey.test_web import field, made, until
from tests.survey.walk import on, served

_GERMAN = {"accept-language": "de"}


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    opened = VoteStore(made(call, tmp_path), patience_s=0.1)
    yield opened
    opened.close()


@pytest.fixture
def app(store: VoteStore, monkeypatch: pytest.MonkeyPatch) -> Starlette:
    monkeypatch.setattr(executor, "_BETWEEN_ATTEMPTS_S", 0.05)
    return application(store, secrets.load(store.study.folder))


def _at_a_trial(app: Starlette, store: VoteStore) -> tuple[TestClient, dict[str, str]]:
    client = TestClient(app)
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    sent = {"token": field(page, "token"), "position": "0", "value": "4", "seconds": "2.5"}
    return client, {**sent, "dpr": "1", "width": "1280", "height": "900", "note": "<9&00>"}


def _resent(page: str) -> dict[str, str]:
    """What the page of an outage would send again."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for name, value in found}


def _check_waiting(response: httpx.Response, sent: dict[str, str] | None) -> None:
    assert response.status_code == 503
    assert response.headers["retry-after"] == "3"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "Ihre bisherigen Antworten sind gespeichert." in response.text
    assert "again.js" in response.text
    assert _resent(response.text) == (sent or {})


def test_a_locked_database_costs_a_rater_nothing(
    store: VoteStore, app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    client, sent = _at_a_trial(app, store)
    other = sqlite3.connect(store.study.folder / SQLITE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    for _ in range(3):
        _check_waiting(client.post("/answer", data=sent, headers=_GERMAN), sent)
    _check_waiting(client.get("/next", headers=_GERMAN), None)
    assert client.get("/health").status_code == 503
    assert time.monotonic() - started < 5  # all twelve one after the other would take seven
    said = [r.getMessage() for r in caplog.records if r.name == "srbench.survey"]
    told = f"the database of {store.study.title} does not answer (database is locked)"
    assert said == [f"{told}; raters are asked to wait, and their answers are kept"]
    other.close()
    time.sleep(0.06)
    assert client.get("/health").text == "ok\n"
    for _ in range(2):  # twice, as a browser may that has not seen the answer
        assert client.post("/answer", data=sent).status_code == 200
    assert [(a.position, a.value) for a in store.responses()] == [(0, "4")]
    assert store.has_event("outage")
    said = [r.getMessage() for r in caplog.records if r.name == "srbench.survey"]
    assert len(said) == 2
    assert "answers again" in said[1]


def test_a_full_disk_is_over_only_when_something_can_be_written(
    store: VoteStore, app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    client, sent = _at_a_trial(app, store)
    store.close()  # so that the next write makes the log longer
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        _check_waiting(client.post("/answer", data=sent, headers=_GERMAN), sent)
        time.sleep(0.06)
        assert client.get("/health").status_code == 503  # reading would do
        _check_waiting(client.post("/answer", data=sent, headers=_GERMAN), sent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len([r for r in caplog.records if r.name == "srbench.survey"]) == 1
    time.sleep(0.06)
    assert client.post("/answer", data=sent).status_code == 200
    assert [(a.position, a.value) for a in store.responses()] == [(0, "4")]


@pytest.mark.slow
def test_what_is_sent_while_the_server_is_gone_stays_on_the_page_until_it_is_back(store: VoteStore) -> None:
    """A consent and an answer, sent to a server that was stopped; before, the browser showed an error of its own."""
    with opened(1280) as page:
        with served(store) as url:
            page.goto(f"{url}/i/{store.invite()}")
        port = int(url.rpartition(":")[2])
        page.locator("button.main").click()
        page.wait_for_selector("#away:visible")
        with served(store, port=port):
            page.wait_for_selector("#screen-check")
            while not page.locator("#answer input[name=position]").count():
                on(page)
            page.wait_for_selector("body:not(.waiting)")
        page.keyboard.press("4")
        page.wait_for_selector("#away:visible")
        page.keyboard.press("2")  # the first one counts
        with served(store, port=port):
            page.wait_for_selector('input[name=position][value="1"]', state="attached")
            assert page.url == f"{url}/next"
    assert [(answer.position, answer.value) for answer in store.responses()] == [(0, "4")]


def test_the_administrator_waits_no_longer_than_raters(
    store: VoteStore, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "LONGEST_S", 0.2)
    client = TestClient(app)
    client.post("/admin/login", data={"token": secrets.load(store.study.folder).admin})
    monkeypatch.setattr(store, "status", lambda: time.sleep(1.0))
    started = time.monotonic()
    for place in ("", "/progress", "/ratings.csv", "/raters.csv", "/package.zip"):
        response = client.get(f"/admin{place}")
        assert (response.status_code, response.headers["retry-after"]) == (503, "3"), place
    assert client.post("/admin/action", data={"action": "pause"}, follow_redirects=False).status_code in (303, 503)
    assert time.monotonic() - started < 4


def test_nobody_waits_in_a_long_queue(store: VoteStore, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "LONGEST_S", 1.0)
    client, sent = _at_a_trial(app, store)
    cookies = dict(client.cookies)
    answered = store.answer

    def slow(*arguments: object) -> object:
        time.sleep(0.6)
        return answered(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "answer", slow)

    async def all_at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as browser:
            return await asyncio.gather(*(browser.post("/answer", data=sent) for _ in range(12)))

    started = time.monotonic()
    found = [response.status_code for response in asyncio.run(all_at_once())]
    assert time.monotonic() - started < 5  # all twelve one after the other would take seven
    assert set(found) <= {303, 503}
    assert {303, 503} <= set(found)


def test_a_fault_is_told_with_all_headers(store: VoteStore, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    client.get(f"/i/{store.invite()}")
    monkeypatch.setattr(store, "rater_state", lambda _: 1 // 0)
    response = client.get("/next", headers=_GERMAN)
    assert response.status_code == 500
    assert "Ihre bisherigen Antworten sind gespeichert." in response.text
    assert "again.js" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.slow
def test_postgresql_goes_and_comes_back(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: Path
) -> None:
    monkeypatch.setattr(executor, "_BETWEEN_ATTEMPTS_S", 0.05)
    store = VoteStore(made(call, tmp_path), postgres.database(postgresql), patience_s=1)
    app = application(store, secrets.load(store.study.folder))
    client, sent = _at_a_trial(app, store)
    postgres.stop(postgresql)
    for _ in range(3):
        _check_waiting(client.post("/answer", data=sent, headers=_GERMAN), sent)
    assert client.get("/admin/progress").status_code == 403
    postgres.start(postgresql)
    time.sleep(0.06)
    assert client.post("/answer", data=sent).status_code == 200
    assert [(a.position, a.value) for a in store.responses()] == [(0, "4")]
    with store._transaction() as held:  # a row that somebody else holds
        sent["position"] = "1"
        held.execute(select(Rater).with_for_update())
        started = time.monotonic()
        _check_waiting(client.post("/answer", data=sent, headers=_GERMAN), sent)
        assert time.monotonic() - started < 4
    store.close()
