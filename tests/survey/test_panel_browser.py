"""A panel's rater in a real browser: gates, eyesight, questionnaires, and the way back with the code."""

from pathlib import Path

import pytest

from srbench.survey.store.vote_store import VoteStore
from tests.browser import opened
from tests.cli.conftest import Call
from tests.survey.test_pages import _violations
from tests.survey.test_web import made
from tests.survey.walk import heard, on, served

pytestmark = pytest.mark.slow

_QUESTIONS = (
    '[[before]]\nname = "age"\nkind = "number"\ntext = "How old are you?"\n[[after]]\nname = "note"\ntext = "?"\n'
)
_GATES = ("zoom=require", "density=require", "fullscreen=record", "colour=record", "acuity=record", "focus=record")


def test_a_panels_rater_from_the_link_to_the_code(call: Call, tmp_path: Path) -> None:
    Path("questions.toml").write_text(_QUESTIONS, encoding="utf-8")
    gates = [part for gate in _GATES for part in ("--gate", gate)]
    options = ("--panel", "prolific", "--ending", "completed=CDONE", "--questions", "questions.toml", *gates)
    store = VoteStore(made(call, tmp_path, *options))
    with served(store) as url, opened(1280) as page:
        said = heard(page)
        page.goto(f"{url}/?PROLIFIC_PID=p1&STUDY_ID=s&SESSION_ID=e")
        assert page.url == f"{url}/next"
        headings = []
        while not page.locator(".code").count():
            heading = page.locator("h1").inner_text()
            if heading not in headings:
                headings.append(heading)
                assert _violations(page) == [], heading
            if page.locator("textarea").count():
                page.locator("textarea").fill("=1+1")
            if page.locator("img[src*='/vision/a']").count():
                drawn = page.locator("img[src*='/vision/a0']")
                drawn.evaluate("image => image.decode()")
                assert drawn.evaluate("image => image.getBoundingClientRect().width == image.naturalWidth")
            on(page)
        assert _violations(page) == []
        assert page.get_by_role("link", name="Back to where you came from").get_attribute("href") == (
            "https://app.prolific.com/submissions/complete?cc=CDONE"
        )
        assert said == []
    assert {"Some questions first", "Your screen", "Your eyesight", "Some last questions"} <= set(headings)
    ((person, _),) = store.raters()
    found = {name: gate["passed"] for name, gate in person.facts["gates"].items()}
    assert found["zoom"]
    assert found["density"]
    assert found["focus"]
    assert found.keys() == {gate.partition("=")[0] for gate in _GATES}
    assert store.replies() == {person.id: {"age": "60", "note": "=1+1"}}


def test_a_window_that_is_too_small_is_told_before_it_ends_the_way(call: Call, tmp_path: Path) -> None:
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
    with served(store) as url, opened(1280) as page:
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
