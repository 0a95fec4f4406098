"""Every page of a survey, one after the other, in a real browser: for checks, and for the screenshots of the guide."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from srbench.survey import secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1"
)


@contextmanager
def served(store: VoteStore, base: str = "", port: int = 0) -> Iterator[str]:
    """The study on this port of this machine, or on a free one."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    app = application(store, secrets.load(store.study.folder), base=base)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}{base}"
    finally:
        server.should_exit = True
        thread.join()


def heard(page: Any) -> list[str]:
    """What the browser complains about."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def on(page: Any, value: str = "") -> None:
    """Fill what must be filled, and press the button of a value, or the last that agrees to all of the study."""
    for field in page.locator("form select").all():
        field.select_option(index=1)
    for field in page.locator('form input[type="number"]').all():
        field.fill("60")
    if page.locator("#card").count():
        page.locator("#card").fill("324")
    if page.locator("#toggle:visible").count():
        page.wait_for_timeout(100)
        page.locator("#toggle").click()
        page.locator("#toggle").click()
    if page.locator("[data-version]").count():
        page.wait_for_selector('img.exact[style*="width"]')
        for version in page.locator("[data-version]").all():
            version.click()
    if page.locator("#original").count():
        page.wait_for_selector('img.exact[style*="width"]')
        page.locator("#original").press(" ")
    if page.locator("#answer").count():
        page.wait_for_selector("body:not(.waiting)")
    for slider in page.locator(".slider input").all():
        slider.fill("70")
    with page.expect_navigation():
        onward = 'form button:not([name="refuse"], [name="form"])'
        page.locator(f'form button[value="{value}"]' if value else onward).last.click()


def rated(page: Any, url: str, store: VoteStore, form: str = "") -> Iterator[str]:
    """The pages of a rater who agrees to this form; the name of each while it is shown."""
    page.goto(f"{url}/")
    yield "home"
    page.goto(f"{url}/i/{store.invite()}")
    yield "consent"
    on(page, form)
    yield "screen"
    on(page)
    yield "calibration"
    on(page)
    yield "practice"
    seen = set()
    for _ in range(60):
        if page.locator(".code").count():
            yield "thanks"
            return
        name = "trial" if page.locator('input[name="position"]').count() else "practice"
        if page.locator('input[value="pause"]').count():
            name = "break"
        if name not in {*seen, "practice"}:
            seen.add(name)
            page.wait_for_timeout(150)
            yield name
        on(page)
    raise AssertionError(page.content())


def other(page: Any, url: str, store: VoteStore) -> Iterator[str]:
    """The pages beside the way."""
    page.goto(f"{url}/i/{store.invite()}")
    page.goto(f"{url}/withdraw")
    yield "withdraw"
    with page.expect_navigation():
        page.locator("form button").click()
    yield "withdrawn"
    page.goto(f"{url}/nothing-here")
    yield "lost"
    link = f"{url}/i/{store.invite()}"
    for kind in ("pause", "close"):
        store.record_event(kind)
        page.goto(link)
        yield {"pause": "paused", "close": "closed"}[kind]
    store.record_event("open")


def administered(page: Any, url: str, store: VoteStore) -> Iterator[str]:
    """The administrator's pages."""
    page.goto(f"{url}/admin")
    yield "token"
    page.locator('input[name="token"]').fill(secrets.load(store.study.folder).admin)
    with page.expect_navigation():
        page.locator("form button").click()
    yield "administrator"
    page.locator('input[name="number"]').fill("3")
    with page.expect_navigation():
        page.get_by_role("button", name="Make links").click()
    yield "invitations"
