"""Studies that version 0.1.0 wrote still open: status, export, report, the next rater's page, and a backup."""

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

import srbench
from srbench.errors import BadStudy
from srbench.survey import secrets
from srbench.survey.store import backup
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import field, until

_PERSON = ("id", "state", "answers", "seen", "flags", "screen", "pixels_per_degree")
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


def _collected(status: dict[str, object]) -> dict[str, object]:
    """What was collected, without what is concluded from it: intervals and the scores of pairs were mended since."""
    wanted = {"status", "wanted", "answers", "people", "raters"}
    people = [{key: person[key] for key in _PERSON} for person in status["people"]]  # type: ignore[attr-defined]
    return {**{key: value for key, value in status.items() if key in wanted}, "people": people}


def _is_the_same_export(stored: Path) -> bool:
    """Whether votes.csv has all columns of a stored export with the same cells.

    Newer columns may stand beside them, and below them answers to traps among pairs.
    """
    before, now = (pd.read_csv(path, dtype=str) for path in (stored, "votes.csv"))
    same: bool = now[list(before.columns)][: len(before)].equals(before)
    return same and bool(now["expected"][len(before) :].notna().all())


def _stored_status(name: str) -> dict[str, object]:
    stored: dict[str, object] = json.loads((_STORED / f"{name}_status.json").read_text(encoding="utf-8"))
    return {**{key: value for key, value in stored.items() if key != "doors"}, "status": stored["doors"]}


def test_the_plan_is_read_and_written_as_it_was(study: Path) -> None:
    stored = json.loads((study / "study.json").read_text(encoding="utf-8"))
    written = json.loads(json.dumps(load(study).as_dict()))
    changed = {"schema": "survey study", "version": 4, "srbench": srbench.__version__}
    assert stored["schema"] == 1
    assert written["design"].pop("screen") is None
    for picture in written["pictures"]:  # it was not stored where they had been cut
        assert picture["shown"].pop("crop") == f"?,?,{picture['width_px']},{picture['height_px']}"
    assert written == stored | changed


def test_status_and_export_are_the_same(call: Call, study: Path) -> None:
    status, stored = _status(call, study), _stored_status("acr-hr")
    assert _collected(status) == _collected(stored)
    names = [[(model["name"], model["score"]) for model in of["models"]] for of in (status, stored)]  # type: ignore[attr-defined]
    assert names[0] == names[1]
    assert call("survey", "export", str(study), "votes.csv")[0] == 0
    assert _is_the_same_export(_STORED / "acr-hr_votes.csv")
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


def test_new_files_name_their_schema_and_version(study: Path, tmp_path: Path) -> None:
    (study / secrets.FILE).unlink()
    backup.write(VoteStore(load(study)), tmp_path / "new.zip")
    written = json.loads((study / secrets.FILE).read_text(encoding="utf-8"))
    assert (written["schema"], written["version"]) == ("survey secrets", 1)
    with zipfile.ZipFile(tmp_path / "new.zip") as archive:
        header = json.loads(archive.read("backup.json"))
    assert (header["schema"], header["version"]) == ("survey backup", 1)


@pytest.mark.parametrize("file", ["study.json", "secrets.json", "backup.json"])
def test_a_file_of_a_later_version_says_so(study: Path, tmp_path: Path, file: str) -> None:
    backup.write(VoteStore(load(study)), tmp_path / "kept.zip")
    if file == "backup.json":
        with zipfile.ZipFile(tmp_path / "kept.zip") as old, zipfile.ZipFile(tmp_path / "later.zip", "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, content.replace(b'"version": 1', b'"version": 9') if name == file else content)
        with pytest.raises(BadStudy, match=r"version 9 of a backup; expected 1 or older"):
            backup.restore(tmp_path / "later.zip", tmp_path / "again")
        return
    schema = "survey study" if file == "study.json" else "survey secrets"
    content = json.loads((study / file).read_text(encoding="utf-8")) | {"schema": schema, "version": 9}
    (study / file).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadStudy, match=rf"version 9.*{schema}.*or older"):
        load(study) if file == "study.json" else secrets.load(study)


def test_a_backup_is_restored(call: Call, tmp_path: Path) -> None:
    counts = backup.restore(_STORED / "pair.zip", tmp_path / "pair")
    assert counts == {"event": 5, "rater": 4, "trial": 9, "answer": 8}
    assert _collected(_status(call, tmp_path / "pair")) == _collected(_stored_status("pair"))
    assert call("survey", "export", str(tmp_path / "pair"), "votes.csv")[0] == 0
    assert _is_the_same_export(_STORED / "pair_votes.csv")
    links = json.loads((_STORED / "pair_links.json").read_text(encoding="utf-8"))
    store = VoteStore(load(tmp_path / "pair"))
    page = TestClient(application(store, secrets.load(tmp_path / "pair"))).get(f"/i/{links['unfinished']}").text
    assert field(page, "position") == "2"
