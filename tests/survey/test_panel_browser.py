"""A panel's rater in real browsers: gates, eyesight, questionnaires, and the way back with the code."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("selenium.webdriver")

from benchmarks.walkthrough.course import Browsers
from benchmarks.walkthrough.window import Window, arrived, leaving, wait
from srbench.survey.store.vote_store import VoteStore
from tests import postgres
from tests.browser import chromium
from tests.cli.conftest import Call
from tests.firefox import installed
from tests.survey.test_pages import _violations
from tests.survey.test_web import made
from tests.survey.walk import heard, on, served

pytestmark = pytest.mark.slow

Browser = Literal["Chromium", "Firefox"]
_DATABASES: dict[Browser, str] = {"Chromium": "sqlite", "Firefox": "postgresql"}
_QUESTIONS = (
    '[[before]]\nname = "age"\nkind = "number"\ntext = "How old are you?"\n[[after]]\nname = "note"\ntext = "?"\n'
)
_PLATES = ("fullscreen=record", "colour=record", "acuity=record")
_GATES = ("zoom=require", "density=require", *_PLATES, "focus=record")
_SCREENED_OUT = "You cannot take part in this study"
_PAGE = """() => { const there = (selector) => document.querySelector(selector) !== null;
  return {heading: document.querySelector("h1").innerText, ended: there(".code"), trial: there("#answer"),
    warned: there("[data-gate]:not([hidden])"), rings: there("img[src*='/vision/a']"),
    back: document.querySelector("a.main")?.href}; }"""
_FILL = """() => { for (const field of document.querySelectorAll("select, input:not([type=hidden]), textarea")) {
  if (field.tagName === "SELECT") field.selectedIndex = 1;
  else field.value = {number: "60", range: "324"}[field.type] ?? "=1+1";
  for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, {bubbles: true}));
} }"""
_RINGS = """() => Promise.all([...document.querySelectorAll("img[src*='/vision/a0']")].map((image) =>
  image.decode().then(() => image.getBoundingClientRect().width === image.naturalWidth)))"""
_AXE = """axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then((found) => found.violations.map((one) => one.id + ": " + one.nodes[0].html))"""


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    with ExitStack() as stack:
        yield Browsers(stack)


@pytest.fixture(params=list(_DATABASES))
def browser(request: pytest.FixtureRequest) -> Browser:
    """One of both browsers, if the machine has it."""
    (chromium if request.param == "Chromium" else installed)()
    return request.param


@pytest.fixture
def url(request: pytest.FixtureRequest, browser: Browser) -> str:
    """Of an empty database: SQLite's for the one browser, of PostgreSQL for the other."""
    return postgres.database(request.getfixturevalue("postgresql")) if _DATABASES[browser] == "postgresql" else ""


def _check_by_axe(window: Window, heading: str) -> None:
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text()
    assert window.run(f"() => {{ {axe}; return {_AXE}; }}") == [], heading


def _through(window: Window, most: int = 40) -> Iterator[dict[str, Any]]:
    """The pages up to an end, each looked at by axe once and then left by its button."""
    seen = set()
    for _ in range(most):
        page = window.run(_PAGE)
        if page["heading"] not in seen:
            seen.add(page["heading"])
            _check_by_axe(window, page["heading"])
        yield page
        if page["ended"] or page["heading"] == _SCREENED_OUT:
            return
        if page["trial"]:
            wait(window, "() => !document.body.classList.contains('waiting')")
        window.run(_FILL)
        if page["warned"]:
            window.click("form button.main")  # the first time it is said
        leaving(window)
        window.click('#answer button[data-key="5"]' if page["trial"] else "form button.main")
        arrived(window)
    raise AssertionError(f"the way has no end: {seen}")


def test_a_panels_rater_from_the_link_to_the_code(
    call: Call, tmp_path: Path, browsers: Browsers, browser: Browser, url: str
) -> None:
    Path("questions.toml").write_text(_QUESTIONS, encoding="utf-8")
    gates = [part for gate in (*_GATES, "window=off") for part in ("--gate", gate)]
    options = ("--panel", "prolific", "--ending", "completed=CDONE", "--questions", "questions.toml", *gates)
    store = VoteStore(made(call, tmp_path, *options), url)
    with served(store) as address, browsers.of(browser, 1).window() as window:
        said = heard(window.page) if browser == "Chromium" else []
        window.open(f"{address}/?PROLIFIC_PID=p1&STUDY_ID=s&SESSION_ID=e")
        assert window.url() == f"{address}/next"
        pages = []
        for page in _through(window):
            pages.append(page)
            if page["rings"]:
                assert window.run(_RINGS) == [True]
        assert pages[-1]["back"] == "https://app.prolific.com/submissions/complete?cc=CDONE"
        assert said == []
    headings = {page["heading"] for page in pages}
    assert {"Some questions first", "Your screen", "Your eyesight", "Some last questions"} <= headings
    ((person, _),) = store.raters()
    found = {name: gate["passed"] for name, gate in person.facts["gates"].items()}
    assert found["zoom"]
    assert found["density"]
    assert found["focus"]
    assert found.keys() == {gate.partition("=")[0] for gate in _GATES}
    assert store.replies() == {person.id: {"age": "60", "note": "=1+1"}}
    assert {answer.facts["browser"].split()[0] for answer in store.responses()} == {
        {"Chromium": "Chrome", "Firefox": "Firefox"}[browser]
    }
    store.close()


@pytest.mark.parametrize("browser", ["Firefox"], indirect=True)
def test_a_required_gate_that_fails_ends_the_way(
    call: Call, tmp_path: Path, browsers: Browsers, browser: Browser, url: str
) -> None:
    gates = ("--gate", "fullscreen=require", "--gate", "zoom=require", "--gate", "focus=record")
    store = VoteStore(made(call, tmp_path, *gates, "--ending", "screened-out=https://back.example/?c={code}"), url)
    with served(store) as address, browsers.of(browser, 1).window() as window:
        window.open(f"{address}/i/{store.invite()}")
        last = list(_through(window))[-1]
    ((person, _),) = store.raters()
    assert {name: gate["passed"] for name, gate in person.facts["gates"].items()} == {"fullscreen": False, "zoom": True}
    assert (last["heading"], last["back"]) == (_SCREENED_OUT, f"https://back.example/?c={person.code}")
    assert store.responses() == []
    store.close()


def test_a_window_that_is_too_small_is_told_before_it_ends_the_way(
    call: Call, tmp_path: Path, browsers: Browsers
) -> None:
    chromium()
    store = VoteStore(
        made(
            call,
            tmp_path,
            "--gate",
            "window=require:1400x300",
            "--ending",
            "screened-out=https://back.example/?c={code}",
        )
    )
    with served(store) as url, browsers.of("Chromium", 1).window() as window:
        page = window.page
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{url}/i/{store.invite()}")
        on(page)
        notice = page.locator("[data-gate=window]")
        notice.wait_for(state="visible")
        assert "1400 x 300" in notice.inner_text()
        page.locator("form select").first.select_option(index=1)
        page.locator("form button.main").click()  # the first time it is said
        page.wait_for_timeout(100)
        assert page.locator("h1").inner_text() == "Your screen"
        page.set_viewport_size({"width": 1420, "height": 700})
        notice.wait_for(state="hidden")
        page.set_viewport_size({"width": 1280, "height": 700})
        notice.wait_for(state="visible")
        assert _violations(page) == []
        on(page)
        assert page.locator("h1").inner_text() == "You cannot take part in this study"
        assert _violations(page) == []
        ((person, _),) = store.raters()
        assert page.locator("a.main").get_attribute("href") == f"https://back.example/?c={person.code}"
