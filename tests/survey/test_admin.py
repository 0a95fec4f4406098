"""The administrator's page: closed without its token, and true with it."""

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.conftest import rate
from tests.survey.test_web import field, forward, made, until


@pytest.fixture
def store(call: Call, tmp_path: Path) -> VoteStore:
    return VoteStore(made(call, tmp_path))


@pytest.fixture
def app(store: VoteStore) -> object:
    return application(store, secrets.load(store.study.folder))


def _logged_in(store: VoteStore, app: object) -> TestClient:
    client = TestClient(app)  # type: ignore[arg-type]
    token = secrets.load(store.study.folder).admin
    assert client.post("/admin/login", data={"token": token}).status_code == 200
    return client


def test_every_address_of_the_page_asks_for_the_token(store: VoteStore, app: object) -> None:
    client = TestClient(app)  # type: ignore[arg-type]
    client.get(f"/i/{store.invite()}")
    closed = 0
    for route in app.routes:  # type: ignore[attr-defined]
        if not route.path.startswith("/admin"):
            continue
        for method in route.methods:
            answer = client.request(method, route.path, data={"action": "close", "token": "x"})
            assert answer.status_code == (
                200 if (route.path, method) in {("/admin", "GET"), ("/admin", "HEAD")} else 403
            )
            assert method == "HEAD" or 'type="password"' in answer.text
            closed += 1
    assert closed >= 9
    assert store.status() == "open"


def test_nothing_is_open_without_the_token(store: VoteStore, app: object) -> None:
    client = TestClient(app)  # type: ignore[arg-type]
    client.get(f"/i/{store.invite()}")  # a rater is no administrator
    assert "password" in client.get("/admin").text
    assert client.get("/admin/ratings.csv").status_code == 403
    assert client.post("/admin/action", data={"action": "pause"}).status_code == 403
    for token in ("", "x", secrets.load(store.study.folder).cookie):
        assert client.post("/admin/login", data={"token": token}).status_code == 403
    name = f"srbench-{store.study.id}"
    client.cookies.set(f"{name}-admin", client.cookies[name], path="/admin")
    assert client.get("/admin/ratings.csv").status_code == 403
    assert store.status() == "open"


def test_the_cookie_is_strict_and_the_token_in_no_address(store: VoteStore, app: object) -> None:
    client = TestClient(app)  # type: ignore[arg-type]
    token = secrets.load(store.study.folder).admin
    response = client.post("/admin/login", data={"token": token}, follow_redirects=False)
    cookie = response.headers["set-cookie"].lower()
    for word in ("httponly", "samesite=strict", "path=/admin"):
        assert word in cookie
    assert token not in response.headers["location"]
    assert token not in client.get("/admin").text


def test_counts_models_and_raters(store: VoteStore, app: object) -> None:
    admin = _logged_in(store, app)
    assert "0 answers" in admin.get("/admin").text
    assert admin.get("/admin/ratings.csv").status_code == 404
    for value in ("4", "5"):
        rater = TestClient(app)  # type: ignore[arg-type]
        page = until(rater, 'name="position"', rater.get(f"/i/{store.invite()}").text)
        while "have arrived" not in page:
            page = forward(rater, page, value)
    page = admin.get("/admin").text
    assert "2 finished" in page
    assert "10 answers" in page
    assert re.search(r">m1</th><td>5.00</td>\s*<td></td>\s*<td>4.50</td>", page)  # one counts; both without screening
    assert ">traps<" in page  # one did not see the worst picture for what it is
    assert "without traps (1)" in page
    assert "2 finished" in admin.get("/admin/progress").text
    raters = admin.get("/admin/raters.csv").text.splitlines()
    assert len(raters) == 3
    assert raters[0].startswith("rater,state,answers")
    lines = admin.get("/admin/ratings.csv").text.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("stimulus,content,model")


def test_a_pause_stops_answers_and_keeps_them(store: VoteStore, app: object) -> None:
    admin, rater = _logged_in(store, app), TestClient(app)  # type: ignore[arg-type]
    page = until(rater, 'name="position"', rater.get(f"/i/{store.invite()}").text)
    page = forward(rater, page)
    admin.post("/admin/action", data={"action": "pause"})
    assert "Paused" in admin.get("/admin").text
    assert "study is paused" in forward(rater, page)
    assert len(store.responses()) == 1
    admin.post("/admin/action", data={"action": "open"})
    until(rater, "have arrived", rater.get("/next").text)
    assert len(store.responses()) == 5


def test_invitations_are_made(store: VoteStore, app: object) -> None:
    admin = _logged_in(store, app)
    page = admin.post("/admin/action", data={"action": "invite", "number": "3"}).text
    links = re.findall(r"http://testserver/i/[\w-]{43}", page)
    assert len(links) == 3
    assert len(set(links)) == 3
    assert "What is stored" in TestClient(app).get(links[0]).text  # type: ignore[arg-type]
    for number in ("0", "501", "x", "-1"):
        assert admin.post("/admin/action", data={"action": "invite", "number": number}).status_code == 400
    assert admin.post("/admin/action", data={"action": "explode"}).status_code == 400


def test_a_study_can_be_closed_and_opened_again(store: VoteStore, app: object) -> None:
    admin = _logged_in(store, app)
    assert "Closed: nobody can begin" in admin.post("/admin/action", data={"action": "close"}).text
    assert "study is closed" in TestClient(app).get(f"/i/{store.invite()}").text  # type: ignore[arg-type]
    assert "Close to newcomers" in admin.post("/admin/action", data={"action": "open"}).text


def test_the_owner_looks_as_a_rater_does_and_counts_nowhere(store: VoteStore, app: object) -> None:
    admin = _logged_in(store, app)
    store.record_event("pause")  # and may look at any time
    page = admin.post("/admin/action", data={"action": "preview"}).text
    assert "these answers do not count" in page
    page = until(admin, "have arrived", page)
    assert "these answers do not count" in page
    assert store.raters() == []
    assert "0 answers" in admin.get("/admin").text


def test_a_token_cannot_be_guessed_for_long(store: VoteStore, app: object) -> None:
    client = TestClient(app)  # type: ignore[arg-type]
    found = [client.post("/admin/login", data={"token": "x"}).status_code for _ in range(12)]
    assert found == [403] * 10 + [429] * 2
    token = secrets.load(store.study.folder).admin
    assert client.post("/admin/login", data={"token": token}).status_code == 200  # the owner is not shut out


def test_a_page_of_another_site_can_do_nothing(store: VoteStore, app: object) -> None:
    admin = _logged_in(store, app)
    for headers in (
        {"sec-fetch-site": "same-site"},  # another port of this host
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://testserver:99"},
        {"origin": "null"},
    ):
        for place in ("/admin/action", "/join", "/answer"):
            assert admin.post(place, data={"action": "close"}, headers=headers).status_code == 403
    assert store.status() == "open"
    same = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert "Closed" in admin.post("/admin/action", data={"action": "close"}, headers=same).text


def test_the_page_shows_where_raters_stop_and_what_went_wrong(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--panel", "prolific", "--gate", "traps=require:0", "--raters", "5"))
    app = application(store, secrets.load(store.study.folder))
    admin = _logged_in(store, app)
    refuses, looks, rates = (TestClient(app) for _ in range(3))
    page = refuses.get("/?PROLIFIC_PID=pa").text
    refuses.post("/step", data={"token": field(page, "token"), "step": "consent", "refuse": "yes"})
    forward(looks, looks.get("/?PROLIFIC_PID=pb").text)
    until(rates, "cannot take part", rates.get("/?PROLIFIC_PID=pc").text)
    page = re.sub(r"\s+", " ", admin.get("/admin/progress").text)
    assert "Endings: 1 refused, 1 screened-out." in page
    assert "It turns newcomers away once 5 raters have finished or are at work." in page
    assert "Traps missed: 1 of 1." in page
    assert "gate traps not passed (1)" in page
    for stage, counts in {"consent": (3, 1, 0), "screen": (2, 0, 1), "practice": (1, 0, 0)}.items():
        cells = "".join(f"<td>{number}</td>" for number in counts)
        assert f'<th scope="row">{stage}</th>{cells}' in page
    assert all(f"<td>{person}</td>" in page for person in ("pa", "pb", "pc"))
    status = json.loads(call("survey", "status", "st", "--json")[1])
    assert status["monitor"]["stages"][0] == {"name": "consent", "reached": 3, "ended": 1, "here": 0}
    assert sum(status["monitor"]["votes"].values()) == sum(r.kind != "trap" for r in store.responses())
    assert "gate traps not passed (1)" in call("survey", "status", "st")[1]


def test_logging_out_and_a_new_token_close_the_page(store: VoteStore, app: object) -> None:
    here, there = _logged_in(store, app), _logged_in(store, app)
    assert "password" in there.post("/admin/logout").text
    assert there.get("/admin/raters.csv").status_code == 403
    there = _logged_in(store, app)
    old = secrets.load(store.study.folder).admin
    page = here.post("/admin/action", data={"action": "token"}).text
    new = secrets.load(store.study.folder)
    assert new.admin != old
    assert f">{new.admin}<" in page
    assert "New token" in here.get("/admin").text  # this browser stays
    assert "password" in there.get("/admin").text
    assert there.post("/admin/login", data={"token": old}).status_code == 403
    assert secrets.renew_admin(store.study.folder).cookie == new.cookie
    assert "password" in here.get("/admin").text  # made anew by the command line, while the study is served


def test_the_package_is_the_one_of_the_export(store: VoteStore, app: object, call: Call, tmp_path: Path) -> None:
    admin = _logged_in(store, app)
    missing = admin.get("/admin/package.zip")
    assert (missing.status_code, "has no answers yet" in missing.text) == (404, True)
    rate(store, lambda shown: 4.0 if shown.model == "m1" else 2.0)
    sent = admin.get("/admin/package.zip")
    assert sent.headers["content-type"] == "application/zip"
    assert call("survey", "export", "st", "there.zip")[0] == 0
    assert sent.content == Path("there.zip").read_bytes()
