"""`survey check`: what a lab looks at before the first rater comes."""

import json
from pathlib import Path

import pytest

from srbench.survey import checks, secrets
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web import security
from tests.cli.conftest import Call
from tests.survey.test_web import made
from tests.survey.walk import served


def _verdicts(call: Call, folder: Path, *options: str) -> tuple[int, dict[str, str], str]:
    code, out, _ = call("survey", "check", str(folder), "--json", *options)
    found = json.loads(out)
    return code, {finding["thing"]: finding["verdict"] for finding in found}, json.dumps(found)


def test_a_study_that_is_served_well(call: Call, tmp_path: Path) -> None:
    study = made(call, tmp_path)
    with served(VoteStore(study), base="/study") as url:
        code, found, _ = _verdicts(call, study.folder, "--url", url)
        assert code == 0
        things = ("pictures", "secrets", "disk", "database", "address", "forms", "certificate")
        assert found == dict.fromkeys(things, "good")
        code, found, said = _verdicts(call, study.folder, "--url", url.removesuffix("/study"))
        assert (code, found["address"]) == (2, "bad")
        assert "answers 404; expected that of a served study" in said


def test_what_is_wrong_is_named(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = made(call, tmp_path, "--redirect", "http://127.0.0.1:9/done?cc={code}")
    first, second = (study.folder / picture.file for picture in study.pictures[:2])
    second.write_bytes(first.read_bytes())
    secrets.load(study.folder)
    (study.folder / secrets.FILE).chmod(0o644)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: type("", (), {"free": 5 * 2**20})())
    code, found, said = _verdicts(call, study.folder, "--url", "http://127.0.0.1:9")
    assert code == 2
    bad = ("pictures", "secrets", "disk", "address", "redirect")
    assert found == {**dict.fromkeys(bad, "bad"), "database": "good", "certificate": "good"}
    for words in (second.name, "chmod 600", "5 MiB free", "http://127.0.0.1:9 does not answer"):
        assert words in said
    assert "http://127.0.0.1:9/done cannot be reached" in said


def test_a_proxy_that_loses_the_port_is_noticed(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = made(call, tmp_path)
    monkeypatch.setattr(security, "_same_site", lambda request: request.method != "POST")
    with served(VoteStore(study)) as url:
        code, found, said = _verdicts(call, study.folder, "--url", url)
    assert (code, found["forms"]) == (2, "bad")
    assert "must pass on the Host header together with its port" in said
