"""What the conditions of a study change for its raters: screen check, phones, addresses, pauses, the end."""

import re
from pathlib import Path

import pytest
from limits import parse
from starlette.testclient import TestClient

from srbench.errors import BadStudy
from srbench.survey import secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web import rate_limits
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.conftest import states
from tests.survey.test_web import SCREEN, field, forward, made, until

_PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"}


def opened(call: Call, folder: Path, *more: str) -> tuple[VoteStore, TestClient]:
    store = VoteStore(made(call, folder, *more))
    return store, TestClient(application(store, secrets.load(store.study.folder)))


def test_the_screen_check_asks_what_the_study_wants(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path, "--ask", "all")
    page = client.get(f"/i/{store.invite()}").text
    assert "your age group" in page
    assert "your eyesight" in page
    page = forward(client, page)
    for word in ('name="card"', 'name="distance"', 'name="acuity"', 'name="colour"', 'name="age"', "JavaScript"):
        assert word in page
    form = {"token": field(page, "token"), "step": "screen"}
    for missing in ("card", "distance", "acuity", "colour", "age"):
        rest = {name: value for name, value in SCREEN.items() if name != missing}
        again = client.post("/step", data={**form, **rest})
        assert again.status_code == 400
        assert "Something is missing" in again.text
    assert "The worst and the best" in client.post("/step", data={**form, **SCREEN}).text
    ((person, _),) = store.raters()
    numbers = {name: float(SCREEN[name]) for name in ("dpr", "width", "height", "card", "distance", "patches")}
    assert person.facts["screen"] == {**SCREEN, **numbers}
    until(client, "have arrived", client.get("/next").text)
    code, _, _ = call("survey", "export", str(store.study.folder), "raters.csv", "--raters")
    assert code == 0
    head, row = Path("raters.csv").read_text().splitlines()
    found = dict(zip(head.split(","), row.split(","), strict=True))
    assert found["pixels_per_degree"] == "79.3"
    assert (found["age"], found["state"], found["answers"]) == ("25-34", "finished", "5")


def test_nothing_more_is_asked_by_default(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path)
    page = client.get(f"/i/{store.invite()}").text
    for word in ("age group", "eyesight", "distance"):
        assert word not in page
    assert "your IP address are not stored" in page
    page = forward(client, page)
    assert 'name="card"' not in page
    forward(client, page)
    ((person, _),) = store.raters()
    assert set(person.facts["screen"]) == {"dpr", "width", "height", "patches"}
    assert person.facts["consent"] is True


def test_what_a_browser_says_of_its_window_is_a_number(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path)
    page = forward(client, client.get(f"/i/{store.invite()}").text)
    form = {"token": field(page, "token"), "step": "screen", "patches": "8"}
    window = {"dpr": "1.5", "width": "800", "height": "600"}
    for wrong in ({"dpr": "=cmd()"}, {"width": "nan"}, {"height": "1e400"}):
        assert client.post("/step", data={**form, **window, **wrong}).status_code == 400
    client.post("/step", data={**form, **window, "in_turn": "=cmd()"})
    ((person, _),) = store.raters()
    assert person.facts["screen"] == {"dpr": 1.5, "width": 800.0, "height": 600.0, "patches": 8.0}


def test_a_screen_can_be_checked_again(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path)
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    assert 'data-density="2.0"' in page
    assert 'href="/screen"' in page
    again = client.get("/screen").text
    form = {"token": field(again, "token"), "step": "screen", **SCREEN, "dpr": "1.5"}
    page = client.post("/step", data=form).text
    assert 'data-density="1.5"' in page
    assert field(page, "position") == "0"
    assert "invitation" in TestClient(client.app).get("/screen").text


@pytest.mark.parametrize("headers", [_PHONE, {"sec-ch-ua-mobile": "?1"}])
def test_a_phone_is_told_politely(call: Call, tmp_path: Path, headers: dict[str, str]) -> None:
    store, client = opened(call, tmp_path)
    link = f"/i/{store.invite()}"
    page = client.get(link, headers=headers).text
    assert "Please use a computer" in page
    assert "Thank you" in page
    assert "What is stored" in client.get(link).text  # the link stays good
    assert states(store) == {"invited": 1}


def test_phones_are_welcome_where_the_study_says_so(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path, "--phones")
    assert "What is stored" in client.get(f"/i/{store.invite()}", headers=_PHONE).text


def test_an_address_is_stored_only_where_that_is_said(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path, "--keep-ip")
    page = client.get(f"/i/{store.invite()}").text
    assert "the IP address of your internet connection" in page
    assert "your IP address are not stored" not in page
    forward(client, page)
    ((person, _),) = store.raters()
    assert person.facts["consent"] == {"address": "testclient"}


def test_the_consent_page_has_the_words_of_the_study(call: Call, tmp_path: Path) -> None:
    (tmp_path / "who.txt").write_text("Asked by <the lab>.\nRoom 5.\n\nWrite to lab@example.org.\n")
    store, client = opened(call, tmp_path, "--consent", str(tmp_path / "who.txt"))
    page = client.get(f"/i/{store.invite()}").text
    assert '<p class="verbatim">Asked by &lt;the lab&gt;.\nRoom 5.</p>' in page
    assert "lab@example.org" in page


def test_the_end_leads_back_with_the_code(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path, "--redirect", "https://panel.example/done?a=1&cc={code}")
    page = until(client, "have arrived", client.get(f"/i/{store.invite()}").text)
    (code,) = re.findall(r'class="code">([0-9A-F]{8})<', page)
    assert f'href="https://panel.example/done?a=1&amp;cc={code}"' in page


def test_a_closed_study_takes_nobody_new_and_lets_the_others_finish(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path)
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    store.record_event("close")
    late = TestClient(client.app)
    assert "study is closed" in late.get(f"/i/{store.invite()}").text
    until(client, "have arrived", forward(client, page))
    assert states(store) == {"finished": 1, "invited": 1}


def test_guesses_are_counted(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path)
    found = [client.get(f"/i/{'x' * 43}").status_code for _ in range(32)]
    assert found == [404] * 30 + [429] * 2
    assert client.get(f"/i/{store.invite()}").status_code == 200  # nobody else is shut out


def test_who_enters_by_the_open_link_is_given_their_own(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path))
    app = application(store, secrets.load(store.study.folder), base="/lab", secure=True, open_limit=2)
    store.invite()  # invitations take no place
    client = TestClient(app, base_url="https://testserver")
    page = client.post("/lab/join").text
    (link,) = re.findall(r">(https://testserver/lab/i/[\w-]{43})<", page)
    assert "What is stored" in client.get(link).text
    other = TestClient(app, base_url="https://testserver")
    assert "What is stored" in other.get(link).text  # another browser, another day
    assert "Your own link" in other.post("/lab/join").text
    store.withdraw(store.find(link.rpartition("/")[2]) or "")
    assert other.post("/lab/join").status_code == 403  # who withdraws leaves no room
    store.record_event("close")
    assert not store.accepts_newcomers(99)


def test_a_break_is_noted_once(call: Call, tmp_path: Path) -> None:
    store, client = opened(call, tmp_path, "--break-minutes", "1", "--trial-seconds", "20", "--traps", "0")
    page = until(client, "A break", client.get(f"/i/{store.invite()}").text)
    for _ in range(5):
        client.post("/step", data={"token": field(page, "token"), "step": "pause", "pause": "anything"})
    ((person, _),) = store.raters()
    assert person.facts["pauses"] == ["0.1"]


def test_two_studies_on_one_host_do_not_know_of_each_other(call: Call, tmp_path: Path) -> None:
    pages = []
    client: TestClient | None = None
    for name in ("one", "two"):
        store, own = opened(call, tmp_path / name)
        if client is not None:
            own.cookies = client.cookies  # one browser
        client = own
        pages.append((own, until(own, 'name="position"', own.get(f"/i/{store.invite()}").text)))
    for own, page in pages:
        own.cookies = client.cookies  # type: ignore[union-attr]
        assert field(own.get("/next").text, "token") == field(page, "token")


def test_calibration_pictures_have_keys_of_their_study(call: Call, tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        store, client = opened(call, tmp_path / name)
        page = until(client, "The worst and the best", client.get(f"/i/{store.invite()}").text)
        keys.append(set(re.findall(r"/c/([\w-]{22})\.png", page)))
    assert len(keys[0]) == 2
    assert keys[0].isdisjoint(keys[1])


def test_a_database_of_another_study_is_refused(call: Call, tmp_path: Path, url: str) -> None:
    place = url or f"sqlite:///{tmp_path / 'votes.sqlite'}"
    first = VoteStore(made(call, tmp_path / "one"), place)
    first.close()
    with pytest.raises(BadStudy, match="votes of another study"):
        VoteStore(made(call, tmp_path / "two"), place)
    VoteStore(first.study, place).close()


def test_what_was_withdrawn_is_in_no_file(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path))
    rater = store.find(store.invite()) or ""
    store.add_facts(rater, {"consent": {"address": "secret-address-7"}})
    store.assign_session(rater)
    store.withdraw(rater)
    files = list(store.study.folder.glob("votes.sqlite*"))
    assert files
    assert all(b"secret-address-7" not in file.read_bytes() for file in files)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


@pytest.mark.parametrize(
    ("place", "form"),
    [
        ("/answer", {"position": "\u00b2", "value": "3"}),
        ("/answer", {"position": "9" * 5_000, "value": "3"}),
        ("/step", {"step": "practice", "at": "\u0663", "value": "3"}),
        ("/answer", {"token": "\u00e9", "position": "0", "value": "3"}),
    ],
)
def test_strange_texts_are_refused(call: Call, tmp_path: Path, place: str, form: dict[str, str]) -> None:
    store, client = opened(call, tmp_path)
    token = field(client.get(f"/i/{store.invite()}").text, "token")
    assert client.post(place, data={"token": token, **form}).status_code < 500
    for path in ("/c/" + "9" * 5_000 + ".png", "/p/a%00b.png", "/p/" + "a" * 22 + ".png"):
        assert client.get(path).status_code == 404


def test_one_rater_cannot_ask_without_end(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1_000 <= rate_limits._RULES["rater"].amount < 1_250
    monkeypatch.setitem(rate_limits._RULES, "rater", parse("50/minute"))
    store, client = opened(call, tmp_path)
    client.get(f"/i/{store.invite()}")
    answers = [client.get("/static/icon.svg").status_code for _ in range(60)]
    assert set(answers) == {200, 429}
    assert answers[40] == 200
    other = TestClient(client.app)
    assert other.get(f"/i/{store.invite()}").status_code == 200
    assert client.get("/next").headers["referrer-policy"] == "same-origin"
