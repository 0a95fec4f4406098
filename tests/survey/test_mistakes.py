"""Mistakes of a study's owner, and files that are damaged or crafted: one line, and nothing half-made."""

import json
import os
import socket
import stat
import warnings
import webbrowser
import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn

from srbench import protocol as protocols
from srbench.cli.survey import demo as demo_verb
from srbench.cli.survey.create import create
from srbench.core import files, image
from srbench.errors import BadStudy
from srbench.ratings.simulation import Simulation
from srbench.survey import secrets
from srbench.survey.methods.pair.panel import simulated_comparisons
from srbench.survey.people.addresses import is_address
from srbench.survey.people.participation import Participation
from srbench.survey.plan import creation
from srbench.survey.plan.design import Design
from srbench.survey.stimuli.crops import Crop
from srbench.survey.stimuli.pictures import Source
from srbench.survey.store import backup
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from tests.cli.conftest import Call
from tests.survey.test_web import made

Change = Callable[[dict[str, Any]], Any]


def _line(call: Call, *arguments: str) -> str:
    """The one line of a mistake."""
    code, out, err = call("survey", *arguments)
    assert (code, out) == (2, ""), err
    assert len(err.splitlines()) == 1
    return err


def _images(folder: Path, *names: str) -> tuple[str, ...]:
    """Options of `create` for small pictures."""
    for number, name in enumerate(names or ("m1/a", "m2/a")):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        image.write(folder / "small" / f"{name}.png", pixels)
    return ("--images", str(folder / "small"), "--repeats", "0", "--traps", "0")


# invite


def test_links_go_to_a_file_of_the_owners_alone(call: Call, tmp_path: Path) -> None:
    study = made(call, tmp_path)
    links = tmp_path / "links.txt"
    assert call("survey", "invite", str(study.folder), "2", "--url", "https://host/st/", "--out", str(links))[0] == 0
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    found = links.read_text().splitlines()
    assert len(found) == 2
    assert all(link.startswith("https://host/st/i/") for link in found)
    assert VoteStore(study).find(found[1].rpartition("/")[2])
    assert "there already" in _line(call, "invite", str(study.folder), "--out", str(links))  # they stand nowhere else
    assert links.read_text().splitlines() == found


def test_no_invitation_is_made_for_a_file_that_cannot_be_written(call: Call, tmp_path: Path) -> None:
    study = made(call, tmp_path)
    inside = tmp_path / "inside"
    inside.mkdir(0o755)
    for out in ("/nonexistent/x", str(inside), "/dev/null"):
        assert out in _line(call, "invite", str(study.folder), "--out", out)
    assert stat.S_IMODE(inside.stat().st_mode) == 0o755
    assert stat.S_IMODE(Path("/dev/null").stat().st_mode) != 0o600
    assert VoteStore(study).raters() == []


@pytest.mark.parametrize("url", ["nonsense", "ftp://host", "https://", "https://[", "https://h:x", "https://h/?a", ""])
def test_links_need_an_address(call: Call, tmp_path: Path, url: str) -> None:
    study = made(call, tmp_path)
    assert "expected http:// or https:// with a host" in _line(call, "invite", str(study.folder), "--url", url)
    assert VoteStore(study).raters() == []


def test_addresses() -> None:
    assert all(map(is_address, ("http://127.0.0.1:8000", "https://host/a/b", "http://[::1]:80/", "https://h/?c=1")))
    assert not any(map(is_address, ("", "host", "//host", "https://:80", "https://a b/", "https://h:0", "https://h\n")))


# plans


@pytest.mark.parametrize("method", ["acr", "pair"])
def test_what_one_rater_cannot_tell_is_said(call: Call, tmp_path: Path, method: str) -> None:
    options = (*_images(tmp_path), "--raters", "1", "--method", method)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code, out, err = call("survey", "create", "st", *options, "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["forecast"]["half_model"] is None
        assert json.loads(out)["forecast"]["half_stimulus"] is None
        code, out, err = call("survey", "plan", "st")
    assert (code, err) == (0, "")
    assert "cannot be told with so few raters" in out
    assert "nan" not in out


def test_models_can_be_told_where_single_pictures_cannot(call: Call, tmp_path: Path) -> None:
    names = [f"{model}/{content}" for model in ("m1", "m2") for content in "abcdefgh"]
    options = (*_images(tmp_path, *names), "--raters", "2", "--json")
    found = [
        json.loads(call("survey", "create", f"st{share}", *options, "--share", share)[1]) for share in ("1", "0.1")
    ]
    assert found[0]["forecast"]["half_stimulus"] > 0
    assert found[0]["forecast"]["half_model"] > 0
    code, out, _ = call("survey", "plan", "st0.1")
    assert code == 0
    assert "nan" not in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--area", "²x²"), "expected WIDTHxHEIGHT"),
        (("--area", "٣x٣"), "expected WIDTHxHEIGHT"),
        (("--area", "0x9"), "expected WIDTHxHEIGHT"),
        (("--area", f"{'9' * 5_000}x9"), "expected WIDTHxHEIGHT"),
        (("--redirect", "https://["), "is no address"),
        (("--redirect", "https://host:door/{code}"), "is no address"),
        (("--stop-half", "inf"), "expected a number more than 0"),
        (("--trial-seconds", "inf"), "600"),
        (("--trial-seconds", "nan"), "600"),
        (("--share", "nan"), "--share"),
        (("--sitting-minutes", "601"), "600"),
        (("--break-minutes", "601"), "600"),
        (("--traps", "51"), "50"),
        (("--raters", "10001"), "at most 10000"),
        (("--pairs", "full"), "--pairs does nothing with --method acr"),
        (("--ties",), "--ties does nothing with --method acr"),
        (("--no-ties", "--method", "dcr"), "--no-ties does nothing with --method dcr"),
        (("--display", "side"), "--display does nothing with --method acr"),
        (("--display", "toggle", "--method", "acr-hr"), "--display does nothing with --method acr-hr"),
    ],
)
def test_plans_that_cannot_be(call: Call, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    assert words in _line(call, "create", "st", *_images(tmp_path), *options)
    assert not Path("st").exists()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (("--method", "pair"), (560, 450)),
        (("--method", "pair", "--display", "toggle"), (960, 450)),
        (("--method", "dcr"), (960, 450)),
        (("--method", "dcr", "--display", "side"), (560, 450)),
        (("--method", "acr"), (960, 450)),
        (("--method", "pair", "--area", "70x50"), (70, 50)),
    ],
)
def test_two_pictures_side_by_side_are_narrower(
    tmp_path: Path, call: Call, options: tuple[str, ...], size: tuple[int, int]
) -> None:
    for model in ("hr", "m1", "m2"):
        image.write(tmp_path / "large" / model / "a.png", np.zeros((730, 970, 3), np.uint8))
    place = ("--images", str(tmp_path / "large"), "--traps", "0", "--raters", "2")
    assert call("survey", "create", "st", *place, *options)[0] == 0
    study = load(Path("st"))
    assert {(p.width_px, p.height_px) for p in study.pictures if p.role == "rated"} == {size}
    assert (study.design.pairs, study.design.ties) == ("full", True)


def test_a_study_in_the_place_of_a_file(call: Call, tmp_path: Path) -> None:
    Path("st").write_text("mine")
    assert "is a file" in _line(call, "create", "st", *_images(tmp_path))
    backup.write(VoteStore(made(call, tmp_path / "other")), tmp_path / "kept.zip")
    assert "a file stands where a folder is expected" in _line(call, "restore", str(tmp_path / "kept.zip"), "st")
    assert Path("st").read_text() == "mine"


def test_contents_of_the_same_name_in_two_data_sets_are_two(call: Call, tmp_path: Path) -> None:
    names = [f"{dataset}/{model}/a" for dataset in ("d1", "d2") for model in ("m1", "m2")]
    assert call("survey", "create", "st", *_images(tmp_path, *names), "--method", "pair")[0] == 0
    study = load(Path("st"))
    answers = simulated_comparisons(study.design, study.stimuli(), Simulation(["m1", "m2"], images=2, raters=3))
    assert {answer.content for answer in answers} == {"d1/a", "d2/a"}


def test_a_slash_in_a_models_name_makes_no_folder(tmp_path: Path) -> None:
    _images(tmp_path)
    path = tmp_path / "small" / "m1" / "a.png"
    sources = [Source("", "a", model, path) for model in ("x/m1", "x\\m2")]
    protocol = protocols.find(protocols.DEFAULT)
    creation.create(
        tmp_path / "st", "t", Design(), 2, sources, {}, protocol, {("", "a"): Crop(0, 0, 9, 9)}, Participation()
    )
    pictures = json.loads((tmp_path / "st" / "study.json").read_text(encoding="utf-8"))["pictures"]
    assert [picture["shown"]["model"] for picture in pictures] == ["x/m1", "x\\m2"]
    assert [picture["file"] for picture in pictures] == ["pictures/a_x_m1.png", "pictures/a_x_m2.png"]


# what lies in a study's folder


def test_secrets_are_made_with_the_study(call: Call, tmp_path: Path) -> None:
    path = made(call, tmp_path).folder / secrets.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    secrets.load(path.parent)
    assert path.read_text() == before


SECRETS = [
    *("", "{", "[]", "{}", "\udcff", '{"cookie": "x"}', '{"cookie": "x", "admin": 1}', '{"cookie": "x", "admin": ""}'),
    '{"cookie": "x", "admin": "y", "more": "z"}',
]


@pytest.mark.parametrize("content", SECRETS)
def test_broken_secrets(call: Call, tmp_path: Path, content: str) -> None:
    study = made(call, tmp_path)
    (study.folder / secrets.FILE).write_text(content, errors="surrogateescape")
    err = _line(call, "serve", str(study.folder), "--port", "0")
    assert "secrets.json" in err
    assert "delete it" in err


def _first(content: dict[str, Any]) -> dict[str, Any]:
    picture: dict[str, Any] = content["pictures"][0]
    return picture


CHANGES: dict[str, Change] = {
    "no id": lambda c: c.pop("id"),
    "no terms": lambda c: c.pop("terms"),
    "no pictures": lambda c: c.update(pictures=[]),
    "a list for a design": lambda c: c.update(design=[]),
    "a method that is none": lambda c: c["design"].update(method="guess"),
    "a text for a number": lambda c: c.update(raters="26"),
    "half a rater": lambda c: c.update(raters=2.5),
    "nobody": lambda c: c.update(raters=0),
    "no time": lambda c: c["design"].update(trial_seconds=0),
    "no end": lambda c: c["design"].update(trial_seconds=float("inf")),
    "too large a share": lambda c: c["design"].update(share=float("nan")),
    "an option of tomorrow": lambda c: c["design"].update(colour="red"),
    "a check that is none": lambda c: c["terms"].update(ask=["shoe"]),
    "a redirect that is none": lambda c: c["terms"].update(redirect="javascript:alert(1)"),
    "a picture without a file": lambda c: _first(c).pop("file"),
    "a picture of nothing": lambda c: _first(c).update(shown=None),
    "other schema": lambda c: c.update(schema=2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_damaged_plan(call: Call, tmp_path: Path, change: Change) -> None:
    study = made(call, tmp_path)
    content = study.as_dict()
    change(content)
    (study.folder / "study.json").write_text(json.dumps(content))
    _line(call, "status", str(study.folder))
    with pytest.raises(BadStudy):
        load(study.folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "1", '{"schema": 1}', "\udcff"])
def test_a_broken_plan(call: Call, tmp_path: Path, content: str) -> None:
    study = made(call, tmp_path)
    (study.folder / "study.json").write_text(content, errors="surrogateescape")
    assert "study.json" in _line(call, "plan", str(study.folder))


FILES = [
    *("../../../../etc/passwd", "/etc/passwd", "/etc/x.png", "pictures/../../x.png", "pictures/../x.png", "x.png"),
    *("pictures/a/b.png", "pictures//x.png", "pictures/..", "pictures/", "pictures/x", "pictures/..\\x.png", ""),
    *("pictures/.png", "pictures/x\0.png", "secrets.json"),
]


@pytest.mark.parametrize("file", FILES)
def test_a_picture_outside_the_folder(call: Call, tmp_path: Path, file: str) -> None:
    study = made(call, tmp_path)
    content = study.as_dict()
    _first(content)["file"] = file
    (study.folder / "study.json").write_text(json.dumps(content))
    with pytest.raises(BadStudy, match=r"expected pictures/<name>\.png"):
        load(study.folder)


# backups


def _rated(call: Call, folder: Path) -> tuple[Study, str]:
    """A study with one answer, and its rater."""
    store = VoteStore(made(call, folder))
    rater = store.find(store.invite()) or ""
    store.assign_session(rater)
    store.answer(rater, 0, "4", 1.5, {})
    backup.write(store, folder / "kept.zip")
    store.close()
    return store.study, rater


def _crafted(folder: Path, name: str, change: Callable[[bytes], bytes]) -> str:
    """The path of a backup in which one file was changed."""
    with zipfile.ZipFile(folder / "kept.zip") as old, zipfile.ZipFile(folder / "crafted.zip", "w") as new:
        for entry in old.namelist():
            new.writestr(entry, change(old.read(entry)) if entry == name else old.read(entry))
    return str(folder / "crafted.zip")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("votes.jsonl", lambda c: c + next(line for line in c.splitlines() if b'"table": "rater"' in line) + b"\n"),
        ("votes.jsonl", lambda c: c.replace(b'"trial": ', b'"trial": 99')),
        ("votes.jsonl", lambda c: c.replace(b'"seconds": 1.5', b'"seconds": null')),
        ("votes.jsonl", lambda c: c.replace(b'"value"', b'"worth"')),
        ("votes.jsonl", lambda c: c.replace(b'"at": "', b'"at": "x')),
        ("votes.jsonl", lambda c: c.replace(b'"at": "', b'"at": 5, "was": "')),
        ("votes.jsonl", lambda c: c + b"[]\n"),
        ("votes.jsonl", lambda c: c + b"{\n"),
        ("backup.json", lambda _: b"[]"),
        ("backup.json", lambda c: c.replace(b'"revision": "', b'"revision": 5, "was": "')),
        ("secrets.json", lambda _: b""),
        ("study.json", lambda c: c[:99]),
        ("study.json", lambda c: c.replace(b'"file": "pictures/', b'"file": "../../../../etc/', 1)),
        ("pictures/a_m1.png", lambda c: c + b"x"),
    ],
)
def test_a_damaged_backup_leaves_nothing(
    call: Call, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    _rated(call, tmp_path)
    crafted = _crafted(tmp_path, name, change)
    _line(call, "restore", crafted, str(tmp_path / "again"))
    assert not (tmp_path / "again").exists()
    assert call("survey", "restore", str(tmp_path / "kept.zip"), str(tmp_path / "again"))[0] == 0


def test_a_record_that_the_database_refuses_is_told(call: Call, tmp_path: Path) -> None:
    _rated(call, tmp_path)
    crafted = _crafted(tmp_path, "votes.jsonl", lambda c: c.replace(b'"seconds": 1.5', b'"seconds": null'))
    assert "the database refuses a record" in _line(call, "restore", crafted, "again")


def test_a_picture_that_is_not_the_plans_is_told(call: Call, tmp_path: Path) -> None:
    _rated(call, tmp_path)
    crafted = _crafted(tmp_path, "pictures/a_m1.png", lambda c: c + b"x")
    assert "pictures/a_m1.png is not the picture of the plan" in _line(call, "restore", crafted, "again")


@pytest.mark.parametrize("told", ["2026-03-01T12:00:00", "2026-03-01T12:00:00+00:00", "2026-03-01T21:00:00+09:00"])
def test_times_are_utc_whatever_the_session_says(call: Call, tmp_path: Path, told: str) -> None:
    _, rater = _rated(call, tmp_path)

    def late(content: bytes) -> bytes:
        rows = [json.loads(line) for line in content.splitlines()]
        return b"".join(
            json.dumps({**row, **({"seen": told} if row["table"] == "rater" else {})}).encode() + b"\n" for row in rows
        )

    backup.restore(Path(_crafted(tmp_path, "votes.jsonl", late)), tmp_path / "again")
    store = VoteStore(load(tmp_path / "again"))
    ((person, answers),) = store.raters()
    assert (person.id, answers) == (rater, 1)
    assert person.seen.replace(tzinfo=None).isoformat() == "2026-03-01T12:00:00"


@pytest.mark.slow
def test_times_come_back_from_a_server_elsewhere(call: Call, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from sqlalchemy import text

    from tests import postgres

    url = postgres.database(request.getfixturevalue("postgresql"))
    store = VoteStore(made(call, tmp_path), url)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE \"{store.engine.url.database}\" SET timezone TO 'Asia/Tokyo'"))
    store.close()
    store = VoteStore(store.study, url)
    store.invite()
    ((before, _),) = store.raters()
    backup.write(store, tmp_path / "kept.zip")
    backup.restore(tmp_path / "kept.zip", tmp_path / "again")
    ((after, _),) = VoteStore(load(tmp_path / "again")).raters()
    assert after.created.replace(tzinfo=None) == before.created.astimezone(UTC).replace(tzinfo=None)


# withdrawal


def test_a_rater_is_withdrawn_on_request(call: Call, tmp_path: Path) -> None:
    study, rater = _rated(call, tmp_path)
    code, out, _ = call("survey", "withdraw", str(study.folder), rater)
    assert code == 0
    assert "answers deleted: 1" in out
    assert "there is no rater caf" in _line(call, "withdraw", str(study.folder), os.fsdecode(b"caf\xe9"))
    store = VoteStore(study)
    assert store.responses() == []
    for nobody in (rater, "nobody"):
        assert nobody in _line(call, "withdraw", str(study.folder), nobody)


# demo


def test_the_demos_link_can_be_opened_at_once(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_demo(monkeypatch, tmp_path)
    reached: list[bool] = []
    served: list[int] = []

    def reach(link: str) -> None:
        parts = urlsplit(link)
        with socket.create_connection((parts.hostname, parts.port), timeout=5):
            reached.append(True)

    monkeypatch.setattr(webbrowser, "open", reach)
    monkeypatch.setattr(uvicorn.Server, "run", lambda _, sockets: served.append(sockets[0].getsockname()[1]))
    code, out, err = call("survey", "demo")
    assert (code, reached) == (0, [True])
    assert f"http://127.0.0.1:{served[0]}/i/" in out
    assert f"Administrator: http://127.0.0.1:{served[0]}/admin" in err


def test_an_interrupted_demo_is_made_again(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_demo(monkeypatch, tmp_path)
    monkeypatch.setattr(uvicorn.Server, "run", lambda _, sockets: None)
    study = Path("runs/survey-demo-acr/study")
    (study / "pictures").mkdir(parents=True)
    (study / "pictures" / "half.png").write_bytes(b"x")
    unfinished = files._temporary(study / "study.json")
    unfinished.write_bytes(b"{")
    os.utime(unfinished, (0, 0))
    assert call("survey", "demo", "--no-browser")[0] == 0
    made_id = load(study).id
    assert not (study / "pictures" / "half.png").exists()
    assert call("survey", "demo", "--no-browser")[0] == 0
    assert load(study).id == made_id
    mine = Path("elsewhere/study/notes.txt")
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert "is not empty" in _line(call, "demo", "--no-browser", "--folder", "elsewhere")
    assert mine.exists()


def _small_demo(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No run: pictures of noise instead of its images."""
    _images(folder)

    def from_noise(study: Path, _run: Path, **options: Any) -> None:
        create(study, images=folder / "small", traps=0, **options)

    monkeypatch.setattr(demo_verb, "run", lambda *_, **__: None)
    monkeypatch.setattr(demo_verb, "create", from_noise)
