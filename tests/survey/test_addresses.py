"""Forms at every address at which a lab may serve a study, and forms of other sites."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.store.connection import SQLITE
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.browser import chromium
from tests.cli.conftest import Call
from tests.survey.test_web import field, made
from tests.survey.walk import on, served


@pytest.fixture
def store(call: Call, tmp_path: Path) -> Iterator[VoteStore]:
    opened = VoteStore(made(call, tmp_path), patience_s=0.5)
    yield opened
    opened.close()


def test_own_forms_are_taken_at_every_address_and_foreign_ones_at_none(store: VoteStore) -> None:
    app = application(store, secrets.load(store.study.folder))
    for root in ("http://lab-pc:8000", "http://192.168.0.7", "http://[fe80::1]:81", "https://lab.example:8443"):
        client = TestClient(app, base_url=root)
        page = client.get(f"/i/{store.invite()}").text
        form = {"token": field(page, "token"), "step": "consent"}
        own = [
            {"origin": root},  # what a browser sends over plain HTTP
            {"referer": f"{root}/next"},
            {"origin": root, "sec-fetch-site": "same-origin"},
            {"origin": root.upper()},
            {},
        ]
        foreign = [
            {"origin": "null"},
            {"origin": "http://evil.example"},
            {"origin": f"{root}9"},
            {"referer": "http://evil.example/next"},
            {"origin": root, "sec-fetch-site": "cross-site"},
            {"origin": "http://[", "referer": root},
        ]
        for headers in own:
            assert client.post("/step", data=form, headers=headers).status_code == 200, (root, headers)
        for headers in foreign:
            refused = client.post("/step", data=form, headers=headers)
            assert refused.status_code == 403, (root, headers)
            assert "default-src" in refused.headers["content-security-policy"]
    client = TestClient(app, base_url="http://lab.example")
    lost = client.post("/join", headers={"origin": "http://lab.example:8080"}).text  # a proxy has lost the port
    assert "http://lab.example:8080" in lost
    assert "must pass on the Host header together with its port" in lost


def test_browsers_say_who_sent_a_form(store: VoteStore) -> None:
    """With this policy they send an origin with a site's own forms, and no address of a page to other sites."""
    client = TestClient(application(store, secrets.load(store.study.folder)))
    assert client.get("/").headers["referrer-policy"] == "same-origin"


@pytest.mark.slow
def test_a_browser_at_a_host_name_over_plain_http(store: VoteStore) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    rules = "--host-resolver-rules=MAP lab-pc.example 127.0.0.1"
    with sync_api.sync_playwright() as playwright, served(store) as url:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", rules])
        try:
            page = browser.new_page()
            root = url.replace("127.0.0.1", "lab-pc.example")
            page.goto(f"{root}/i/{store.invite()}")
            other = sqlite3.connect(store.study.folder / SQLITE, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            page.locator("form button.main").click()
            page.locator("#away").wait_for(state="visible")  # the page stays, and says that it sends again
            other.close()
            page.wait_for_selector('input[value="screen"]', state="attached", timeout=20_000)  # it went on by itself
            page.goto(f"{root}/admin")
            page.locator('input[name="token"]').fill(secrets.load(store.study.folder).admin)
            on(page)
            assert page.locator("#progress").count(), page.content()
            page.set_content(f'<form method="post" action="{root}/join"><button>x</button></form>')  # of no site
            with page.expect_navigation() as sent:
                page.locator("button").click()
            assert sent.value.status == 403
        finally:
            browser.close()


def test_serve_says_that_http_can_be_read(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: None)
    folder = str(made(call, tmp_path).folder)
    for options, readable in ((("--host", "0.0.0.0"), True), ((), False), (("--host", "0.0.0.0", "--https"), False)):
        code, _, err = call("survey", "serve", folder, "--port", "0", *options)
        assert code == 0
        assert ("can read links, answers and the administrator's token" in err) == readable, err
        assert "0.0.0.0" not in err
        assert (f"http://{socket.gethostname()}:" in err) == ("0.0.0.0" in options)
