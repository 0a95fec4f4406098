"""The web application over HTTP: the whole way, and what must not work."""

import json
import re
import shutil
import tempfile
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select
from starlette.testclient import TestClient

from srbench.core import image
from srbench.survey import secrets
from srbench.survey.export import ratings
from srbench.survey.store.schema import Assignment
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from srbench.survey.study_folder import STUDY_FILE
from srbench.survey.web.app import application
from srbench.survey.web.padding import padded
from tests.cli.conftest import Call

_KEPT = tempfile.TemporaryDirectory(prefix="srbench-studies-")
_MADE: dict[tuple[str, ...], Path] = {}
"""Studies as they were made, by the options of `create`: each is made once, and then copied."""


def made(call: Call, folder: Path, *more: str) -> Study:
    """A study of two models on two contents, with calibration photographs; its id and secrets are its own.

    Args:
        call: The command line.
        folder: Folder for the images, and for the study in `st`.
        more: Further options of `create`, which mean the same whenever they are given.
    """
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        for model in ("m1", "m2"):
            pixels = generator.integers(0, 256, (40, 60, 3), dtype=np.uint8)
            image.write(folder / "images" / model / f"{name}.png", pixels if model == "m1" else pixels // 64 * 64)
    options = ("--images", str(folder / "images"), "--area", "60x40", "--traps", "1", "--repeats", "0", *more)
    if kept := _MADE.get(more):
        shutil.copytree(kept, folder / "st")
        own = replace(load(folder / "st"), id=token_hex(8))
        (folder / "st" / STUDY_FILE).write_text(json.dumps(own.as_dict(), indent=1, ensure_ascii=False) + "\n")
    else:
        assert call("survey", "create", str(folder / "st"), *options)[0] == 0
        _MADE[more] = Path(_KEPT.name, str(len(_MADE)))
        shutil.copytree(folder / "st", _MADE[more], ignore=shutil.ignore_patterns(secrets.FILE))
    secrets.load(folder / "st")
    return load(folder / "st")


@pytest.fixture
def store(call: Call, tmp_path: Path) -> VoteStore:
    return VoteStore(made(call, tmp_path))


@pytest.fixture
def client(store: VoteStore) -> TestClient:
    return TestClient(application(store, secrets.load(store.study.folder)))


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found.group(1)


SCREEN = {"dpr": "2", "width": "1280", "height": "900", "card": "324", "distance": "60", "acuity": "corrected"} | {
    "colour": "yes",
    "age": "25-34",
    "patches": "8",
}


SCRIPT = {"dpr": "2", "width": "1280", "height": "900", "seconds": "1.25"}
"""What a page's script tells of itself."""


def forward(client: TestClient, page: str, value: str = "3") -> str:
    """Send the form of a page as a browser does; returns the next page."""
    if 'name="position"' in page:
        form = {"token": field(page, "token"), "position": field(page, "position"), "value": value}
        return client.post("/answer", data=form | SCRIPT).text
    form = {"token": field(page, "token"), "step": field(page, "step")}
    for name in ("at", "pause"):
        if f'name="{name}"' in page:
            form[name] = field(page, name)
    return client.post("/step", data={**form, "value": value, **SCREEN, **SCRIPT}).text


def until(client: TestClient, words: str, page: str, value: str = "3") -> str:
    for _ in range(40):
        if words in page:
            return page
        page = forward(client, page, value)
    raise AssertionError(f"never came to '{words}'")


def test_the_whole_way(client: TestClient, store: VoteStore) -> None:
    page = client.get(f"/i/{store.invite()}").text
    assert "What is stored" in page
    page = forward(client, page)
    assert "eight patches" in page
    page = until(client, 'name="position"', page)
    shown = []
    while 'name="position"' in page:
        key = re.search(r'id="stimulus" src="/p/([^"]+)\.png"', page)
        assert key
        got = client.get(f"/p/{key.group(1)}.png")
        assert got.headers["content-type"] == "image/png"
        shown.append(got)
        again = client.get("/next").text  # a reload shows the same trial
        assert field(again, "position") == field(page, "position")
        page = forward(client, page, str(1 + len(shown) % 5))
    assert "All your answers have arrived" in page
    (code,) = re.findall(r'class="code">([0-9A-F]{8})<', page)
    assert code
    assert "All your answers have arrived" in client.get("/next").text
    found = ratings(store).votes
    assert found is not None
    assert found.score.tolist() == [1 + (k + 1) % 5 for k in range(5)]
    assert set(found.seconds) == {1.25}
    for got, stimulus in zip(shown, found.stimulus, strict=True):
        (store.study.folder / "got.png").write_bytes(got.content)
        wanted = next(p for p in store.study.pictures if p.stimulus.name == found.stimuli[stimulus].name)
        np.testing.assert_array_equal(
            image.read(store.study.folder / "got.png"), image.read(store.study.folder / wanted.file)
        )


_RANDOM = re.compile(r'(?<=/[pc]/)[\w-]{22}(?=\.png)|(?<=name="token" value=")[^"]+')


def test_the_browser_learns_no_names(client: TestClient, store: VoteStore) -> None:
    page = client.get(f"/i/{store.invite()}").text
    seen = 0
    while "have arrived" not in page:
        told = _RANDOM.sub("", page)  # chance may well spell "m1"
        for word in ("m1", "m2", "a_m", "nearest", "bicubic", "pictures/"):
            assert word not in told
        for path in re.findall(r'src="(/[pc]/[^"]+)"', page):
            headers = client.get(path).headers
            assert not {"etag", "last-modified", "server"} & set(headers)
            seen += 1
        page = forward(client, page)
    assert seen > 8


def test_every_answer_has_the_headers(client: TestClient, store: VoteStore) -> None:
    client.get(f"/i/{store.invite()}")
    for path in ("/", "/next", "/nothing", "/static/survey.css", "/p/x.png", "/c/0.png", "/withdraw"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_cookies_are_signed_and_closed(client: TestClient, store: VoteStore) -> None:
    response = client.get(f"/i/{store.invite()}", follow_redirects=False)
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    proxied = TestClient(application(store, secrets.load(store.study.folder), base="/study", secure=True))
    response = proxied.get(f"/study/i/{store.invite()}", follow_redirects=False)
    assert response.headers["location"] == "/study/entered"
    assert "secure" in response.headers["set-cookie"].lower()
    assert "path=/study" in response.headers["set-cookie"].lower()
    client.cookies.clear()
    client.cookies.set(f"srbench-{store.study.id}", '"forged".x')
    assert "Please open the link" in client.get("/next").text


def test_forms_of_other_sites_are_refused(client: TestClient, store: VoteStore) -> None:
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    own = field(page, "token")
    for token in ("", "x", own[:-1] + ("1" if own.endswith("0") else "0")):
        form = {"token": token, "position": "0", "value": "3"}
        assert client.post("/answer", data=form).status_code == 403
        assert client.post("/withdraw", data={"token": token}).status_code == 403
        assert client.post("/step", data={"token": token, "step": "pause"}).status_code == 403
    assert store.responses() == []
    other = TestClient(client.app)
    stolen = {"token": field(page, "token"), "position": "0", "value": "3"}
    assert other.post("/answer", data=stolen).status_code == 403


def test_steps_cannot_be_jumped_and_answers_must_fit(client: TestClient, store: VoteStore) -> None:
    page = client.get(f"/i/{store.invite()}").text
    token = field(page, "token")
    client.post("/step", data={"token": token, "step": "practice", "at": "7", "value": "3"})
    client.post("/step", data={"token": token, "step": "calibration"})
    assert "What is stored" in client.get("/next").text
    page = until(client, 'name="position"', client.get("/next").text)
    for position, value in (("0", "6"), ("0", ""), ("x", "3"), ("-1", "3"), ("9" * 30, "3")):
        data = {"token": token, "position": position, "value": value, **SCRIPT}
        assert client.post("/answer", data=data).status_code == 400
    client.post("/answer", data={"token": token, "position": "3", "value": "3", **SCRIPT})
    assert store.responses() == []
    client.post("/answer", data={"token": token, "position": "0", "value": "3", **SCRIPT, "seconds": "1e9"})
    assert [answer.seconds for answer in store.responses()] == [3600.0]


@pytest.mark.parametrize("told", [{}, SCRIPT | {"seconds": "0"}, SCRIPT | {"seconds": "nan"}, {"seconds": "2"}])
def test_without_scripts_nothing_is_answered(client: TestClient, store: VoteStore, told: dict[str, str]) -> None:
    page = forward(client, client.get(f"/i/{store.invite()}").text)
    assert "<noscript>" in page
    unseen = {"token": field(page, "token"), "step": "screen", "patches": "8"}
    assert "allow JavaScript" in client.post("/step", data=unseen).text
    page = until(client, 'name="at"', page)
    assert "<noscript>" in page
    form = {"token": field(page, "token"), "step": "practice", "at": field(page, "at"), "value": "3"}
    assert client.post("/step", data=form | told).status_code == 400
    page = until(client, 'name="position"', client.get("/next").text)
    assert 'class="picture waiting"' in page
    refused = client.post("/answer", data={"token": form["token"], "position": "0", "value": "3", **told})
    assert refused.status_code == 400
    assert "was not taken" in refused.text
    assert store.responses() == []


def test_who_keeps_no_cookies_is_told(client: TestClient, store: VoteStore) -> None:
    with client as browser:
        browser.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        page = browser.get(f"/i/{store.invite()}")
        assert page.status_code == 400
        assert "allow cookies" in page.text


def test_pictures_belong_to_their_rater(client: TestClient, store: VoteStore) -> None:
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    key = re.search(r'id="stimulus" src="(/p/[^"]+)"', page)
    assert key
    other = TestClient(client.app)
    assert other.get(key.group(1)).status_code == 404
    other.get(f"/i/{store.invite()}")
    assert other.get(key.group(1)).status_code == 404
    for path in (
        "/p/..%2f..%2fstudy.json.png",
        "/p/%2e%2e/study.json",
        "/static/../study.json",
        "/static/",
        "/c/99.png",
    ):
        assert client.get(path).status_code == 404


def test_withdrawing_deletes_and_closes_the_door(client: TestClient, store: VoteStore) -> None:
    token = store.invite()
    page = until(client, 'name="position"', client.get(f"/i/{token}").text)
    forward(client, page)
    page = client.get("/withdraw").text
    assert "will be deleted" in page
    assert "have been deleted" in client.post("/withdraw", data={"token": field(page, "token")}).text
    assert store.responses() == []
    assert client.get(f"/i/{token}").status_code == 404


def test_the_open_link_has_a_limit(store: VoteStore) -> None:
    app = application(store, secrets.load(store.study.folder), open_limit=2)
    for expected in (True, True, False):
        client = TestClient(app)
        assert ("Take part" in client.get("/").text) == expected
        assert (client.post("/join").status_code == 200) == expected


def test_a_large_body_is_refused(client: TestClient) -> None:
    assert client.post("/answer", content=b"x" * 20_000).status_code == 413
    chunks = (b"a=" + b"x" * 8_000 for _ in range(4))
    assert client.post("/answer", content=chunks).status_code in (400, 403)


_PLACES = [
    "/",
    "/join",
    "/next",
    "/step",
    "/answer",
    "/withdraw",
    "/screen",
    "/i/x",
    "/p/x.png",
    "/c/0.png",
    "/c/99.png",
]
_PLACES += [
    "/language/de",
    "/language/xx",
    "/admin",
    "/admin/login",
    "/admin/action",
    "/admin/progress",
    "/admin/ratings.csv",
]
_PLACES += ["/", "/admin/raters.csv", "/static/trial.js", "/static/", "/static/../app.py"]
_texts = st.one_of(st.text(max_size=20), st.sampled_from(["\u00b2", "9" * 5_000, "-1", "nan", "first", "3", "pause"]))
_FIELDS = ["token", "step", "value", "position", "at", "pause", "action", "number", "seconds", *SCREEN]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.one_of(
        st.sampled_from(_PLACES),
        st.text(max_size=12).map(lambda text: f"/{quote(text)}"),
        st.text(max_size=12).map(lambda text: f"/p/{quote(text, safe='')}.png"),
        st.text(max_size=12).map(lambda text: f"/static/{quote(text)}"),
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.dictionaries(st.one_of(st.sampled_from(_FIELDS), st.text(max_size=8)), _texts, max_size=6),
    ),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data", "application/json", ""]),
    inside=st.booleans(),
)
def test_nothing_makes_it_fail(
    store: VoteStore, path: str, method: str, body: bytes | dict[str, str], kind: str, inside: bool
) -> None:
    client = TestClient(application(store, secrets.load(store.study.folder)), raise_server_exceptions=True)
    own: dict[str, str] = {}
    if inside:
        own = {"token": field(client.get(f"/i/{store.invite()}").text, "token")}
    sent = {"content": body} if isinstance(body, bytes) else {"data": {**body, **own}}
    headers = {"content-type": kind} if kind and isinstance(body, bytes) else {}
    assert client.request(method, path, headers=headers, **sent).status_code < 500  # type: ignore[arg-type]


def test_secrets_are_the_owners_alone(store: VoteStore) -> None:
    folder = store.study.folder
    first = secrets.load(folder)
    assert secrets.load(folder) == first
    path = folder / secrets.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(secrets.BadStudy, match="chmod 600"):
        secrets.load(folder)


def test_padding_keeps_every_pixel(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    for length in (len(content), len(content) + 1, 5_000):
        longer = padded(content, length)
        assert len(longer) == length + 12
        (tmp_path / "b.png").write_bytes(longer)
        np.testing.assert_array_equal(image.read(tmp_path / "b.png"), pixels)


def test_no_length_tells_a_model_and_none_is_longer_than_its_content_needs(call: Call, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (90, 90, 3), dtype=np.uint8)
    for content, fine in (("flat", noise // 64), ("busy", noise)):
        for model, pixels in (("m1", fine), ("m2", np.full_like(fine, 9)), ("m3", fine // 2 * 2)):
            image.write(tmp_path / "images" / model / f"{content}.png", pixels)
    options = ("--images", str(tmp_path / "images"), "--traps", "0", "--repeats", "0")
    assert call("survey", "create", str(tmp_path / "st"), *options)[0] == 0
    store = VoteStore(load(tmp_path / "st"))
    client = TestClient(application(store, secrets.load(store.study.folder)))
    page = until(client, 'name="position"', client.get(f"/i/{store.invite()}").text)
    lengths: dict[str, set[int]] = {}
    while 'name="position"' in page:
        key = re.search(r'id="stimulus" src="/p/([^"]+)\.png"', page)
        assert key
        with store.engine.connect() as database:
            name = database.scalar(select(Assignment.first).where(Assignment.first_key == key[1]))
        lengths.setdefault(str(name).split("_")[0], set()).add(len(client.get(f"/p/{key[1]}.png").content))
        page = forward(client, page)
    assert {content: len(found) for content, found in lengths.items()} == {"flat": 1, "busy": 1}
    assert max(lengths["flat"]) < 0.6 * max(lengths["busy"])


def test_pairs_in_turn_without_ties(call: Call, tmp_path: Path) -> None:
    store = VoteStore(made(call, tmp_path, "--method", "pair", "--display", "toggle", "--no-ties"))
    client = TestClient(application(store, secrets.load(store.study.folder)))
    page = until(client, 'name="position"', forward(client, client.get(f"/i/{store.invite()}").text), "first")
    assert 'id="toggle"' in page
    assert 'value="tie"' not in page
    assert page.count('class="exact"') == 2
    token = field(page, "token")
    assert client.post("/answer", data={"token": token, "position": "0", "value": "tie", **SCRIPT}).status_code == 400
    assert (
        client.post("/answer", data={"token": token, "position": "0", "value": "second", **SCRIPT}).status_code == 200
    )
    assert [answer.value for answer in store.responses()] == ["second"]


@pytest.mark.parametrize("method", ["acr-hr", "dcr", "pair"])
def test_other_methods_from_the_first_page_to_the_last(call: Call, tmp_path: Path, method: str) -> None:
    for name in ("a", "b"):
        image.write(tmp_path / "images" / "hr" / f"{name}.png", np.full((40, 60, 3), 9, np.uint8))
    store = VoteStore(made(call, tmp_path, "--method", method))
    client = TestClient(application(store, secrets.load(store.study.folder)))
    page = client.get(f"/i/{store.invite()}").text
    values = ("first", "tie", "second") if method == "pair" else ("1", "3", "5")
    for turn in range(40):
        if "have arrived" in page:
            break
        assert len(re.findall(r'<img class="exact"', page)) in ((0, 2) if method != "acr-hr" else (0, 1, 2))
        page = forward(client, page, values[turn % 3])
    found = ratings(store)
    if method == "pair":
        assert len(found.pairs) == 2
        assert {answer.content for answer in found.pairs} == {"a", "b"}
    else:
        assert found.votes is not None
        judged = found.votes.judged()
        assert len(judged) == (6 if method == "acr-hr" else 4)
        assert any(s.reference for s in found.votes.stimuli) == (method == "acr-hr")


def test_invitations_are_links(call: Call, tmp_path: Path) -> None:
    study = made(call, tmp_path)
    code, out, _ = call("survey", "invite", str(study.folder), "3", "--url", "https://lab.example/study/")
    links = out.split()
    assert code == 0
    assert len(set(links)) == 3
    assert all(re.fullmatch(r"https://lab\.example/study/i/[\w-]{43}", link) for link in links)
    call("survey", "invite", str(study.folder), "2", "--out", "links.txt")
    assert Path("links.txt").stat().st_mode & 0o777 == 0o600
