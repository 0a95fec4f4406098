"""Studies that version 0.1.0 wrote still open: status, export, report, the next rater's page, and a backup."""

import json
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import backup, secrets
from srbench.survey.study import load
from srbench.survey.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import field, until

_STORED = Path(__file__).parent.parent / "stored" / "study_0_1"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the stored study, which is opened and written."""
    folder = shutil.copytree(_STORED / "acr-hr", tmp_path / "acr-hr")
    (folder / secrets.FILE).chmod(0o600)
    return folder


def _status(call: Call, folder: Path) -> dict[str, object]:
    code, out, err = call("survey", "status", str(folder), "--json")
    assert (code, err) == (0, "")
    found: dict[str, object] = json.loads(out)
    return found


def _stored_status(name: str) -> dict[str, object]:
    stored: dict[str, object] = json.loads((_STORED / f"{name}_status.json").read_text(encoding="utf-8"))
    return {**{key: value for key, value in stored.items() if key != "doors"}, "status": stored["doors"]}


def test_the_plan_is_read_and_written_as_it_was(study: Path) -> None:
    stored = json.loads((study / "study.json").read_text(encoding="utf-8"))
    written = json.loads(json.dumps(load(study).as_dict()))
    assert written | {"srbench": stored["srbench"]} == stored
    assert list(written) == list(stored)


def test_status_and_export_are_the_same(call: Call, study: Path) -> None:
    assert _status(call, study) == _stored_status("acr-hr")
    assert call("survey", "export", str(study), "votes.csv")[0] == 0
    assert Path("votes.csv").read_text() == (_STORED / "acr-hr_votes.csv").read_text()
    assert call("survey", "plan", str(study))[0] == 0


def test_a_report_is_made(call: Call, study: Path) -> None:
    code, out, _ = call("survey", "report", str(study), "--out", "report", "--json")
    assert code == 0
    means = {row["model"]: row["mean"] for row in json.loads(out)["models"]}
    assert means == {"hr": 5.0, "sharp": 3.375, "blurred": 1.75}


def test_a_rater_goes_on_where_they_were(study: Path) -> None:
    links = json.loads((study / "links.json").read_text(encoding="utf-8"))
    store = VoteStore(load(study))
    client = TestClient(application(store, secrets.load(study)))
    page = client.get(f"/i/{links['unfinished']}").text
    assert field(page, "position") == "2"
    page = until(client, "have arrived", page)
    rater = store.find(links["unfinished"])
    assert [response.position for response in store.responses() if response.rater == rater] == list(range(8))
    assert "have arrived" in client.get(f"/i/{links['finished'][0]}").text


def test_a_backup_is_restored(call: Call, tmp_path: Path) -> None:
    counts = backup.restore(_STORED / "pair.zip", tmp_path / "pair")
    assert counts == {"event": 5, "rater": 4, "trial": 9, "answer": 8}
    assert _status(call, tmp_path / "pair") == _stored_status("pair")
    assert call("survey", "export", str(tmp_path / "pair"), "votes.csv")[0] == 0
    assert Path("votes.csv").read_text() == (_STORED / "pair_votes.csv").read_text()
    links = json.loads((_STORED / "pair_links.json").read_text(encoding="utf-8"))
    store = VoteStore(load(tmp_path / "pair"))
    page = TestClient(application(store, secrets.load(tmp_path / "pair"))).get(f"/i/{links['unfinished']}").text
    assert field(page, "position") == "2"
