"""What was on a rater's screen: when, on what, and for how long nobody looked at it."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from srbench.survey.web.circumstances import browser_name
from tests.cli.conftest import Call
from tests.survey.test_web import field, forward, made, until

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
_SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15"


def test_a_shown_trial_is_stored_with_and_without_an_answer(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path))
    client = TestClient(application(store, secrets.load(store.study.folder)), headers={"user-agent": _FIREFOX})
    page = client.get(f"/i/{store.invite()}", headers={"accept-language": "de"}).text
    while 'name="position"' not in page:
        page = forward(client, page)
    said = {"token": field(page, "token"), "position": "0", "dpr": "2", "width": "800", "height": "600"}
    said |= {"screen_width": "1920", "screen_height": "1080", "zoom": "1.25", "focus_lost": "0", "focus_lost_s": "nan"}
    for _ in range(2):  # the page was loaded again
        assert client.post("/shown", data=said).status_code == 204
    assert client.post("/shown", data={**said, "token": "x"}).status_code == 403
    assert client.post("/shown", data={**said, "position": "-1"}).status_code == 403
    assert store.responses() == []
    (seen,) = store.presented()
    facts = {"dpr": 2.0, "width": 800.0, "height": 600.0, "screen_width": 1920.0, "screen_height": 1080.0, "zoom": 1.25}
    assert seen.facts == {**facts, "focus_lost": 0.0, "focus_lost_s": 0.0, "language": "en", "browser": "Firefox 140"}
    assert (seen.value, seen.answered, seen.views, seen.sitting) == ("", None, 2, 0)
    until(client, "have arrived", client.get("/next").text)
    answered = store.responses()
    assert [response.position for response in answered] == list(range(5))
    assert answered[0].shown == seen.shown
    assert seen.shown is not None
    assert all(response.answered is not None and response.answered > seen.shown for response in answered)
    assert [response.shown is None for response in answered] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("agent", "name"),
    [(_FIREFOX, "Firefox 140"), (_CHROME, "Chrome 156"), (_SAFARI, "Safari 18"), (f"{_CHROME} Edg/156.0", "Edge 156")],
)
def test_of_the_browser_name_and_version_are_kept(agent: str, name: str) -> None:
    assert browser_name(agent) == name
    assert browser_name("curl/8.0") == ""
