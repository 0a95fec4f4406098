"""A backup holds everything, of one moment, and goes back into any database."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from srbench.errors import BadStudy
from srbench.survey import secrets
from srbench.survey.store import backup
from srbench.survey.store.schema import Base
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.conftest import asked
from tests.survey.test_web import made


def _running(call: Call, folder: Path, url: str) -> tuple[VoteStore, str]:
    """A study with one finished rater, one in the middle, one withdrawn; and the middle one's token."""
    store = VoteStore(made(call, folder), url)
    tokens = [store.invite() for _ in range(3)]
    for token, answers in zip(tokens, (5, 2, 1), strict=True):
        rater = store.find(token)
        assert rater is not None
        store.add_facts(rater, {"screen": {"dpr": "1"}, "consent": True})
        store.assign_session(rater)
        for position in range(answers):
            store.answer(rater, position, "4", 2.5, {"width": "99"})
    store.withdraw(store.find(tokens[2]) or "")
    return store, tokens[1]


def _everything(store: VoteStore) -> dict[str, list[tuple[object, ...]]]:
    with Session(store.engine) as database:
        return {
            t.name: [
                tuple(str(v).removesuffix("+00:00") for v in row)
                for row in database.execute(select(t).order_by(*t.primary_key))
            ]
            for t in Base.metadata.sorted_tables
        }


def test_everything_comes_back_in_any_database(call: Call, tmp_path: Path, url: str) -> None:
    store, token = _running(call, tmp_path, url)
    counts = backup.write(store, tmp_path / "kept.zip")
    assert counts == {"rater": 3, "trial": 10, "answer": 7, "event": 1}
    assert (tmp_path / "kept.zip").stat().st_mode & 0o777 == 0o600
    store.answer(store.find(token) or "", 2, "1", 1.0, {})  # after the backup: not in it
    assert backup.restore(tmp_path / "kept.zip", tmp_path / "again") == counts
    study = load(tmp_path / "again")
    assert study.as_dict() == store.study.as_dict()
    assert secrets.load(study.folder) == secrets.load(store.study.folder)
    for picture in study.pictures:
        assert (study.folder / picture.file).read_bytes() == (store.study.folder / picture.file).read_bytes()
    again = VoteStore(study)
    assert all(file.stat().st_mode & 0o077 == 0 for file in study.folder.glob("votes.sqlite*"))
    after, before = _everything(again), _everything(store)
    assert {name: len(rows) for name, rows in after.items() if rows} == {**counts, "study": 1}
    assert all(row in before[name] for name in ("trial", "answer", "event") for row in after[name])
    rater = again.find(token)  # the link stays good, and the session goes on
    assert rater is not None
    question = asked(again, rater)
    assert question is not None
    assert question.position == 2
    newcomer = again.find(again.invite())
    again.assign_session(newcomer or "")
    assert len(_everything(again)["trial"]) == 15


@pytest.mark.slow
def test_what_was_collected_in_sqlite_goes_on_in_postgresql(
    call: Call, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from tests import postgres

    url = postgres.database(request.getfixturevalue("postgresql"))
    store, token = _running(call, tmp_path, "")
    backup.write(store, tmp_path / "kept.zip")
    backup.restore(tmp_path / "kept.zip", tmp_path / "again", url)
    again = VoteStore(load(tmp_path / "again"), url)
    assert _everything(again) == _everything(store)
    newcomer = again.find(again.invite())
    again.assign_session(newcomer or "")  # numbers go on after those that were brought
    again.record_event("pause")
    assert again.answer(again.find(token) or "", 2, "5", 1.0, {}) == 0
    with pytest.raises(BadStudy, match="has votes already"):
        backup.restore(tmp_path / "kept.zip", tmp_path / "third", url)
    assert not (tmp_path / "third").exists()
    again.close()


def test_the_commands(call: Call, tmp_path: Path) -> None:
    store, _ = _running(call, tmp_path, "")
    store.close()
    code, out, _ = call("survey", "backup", str(tmp_path / "st"), "kept.zip")
    assert (code, out.strip()) == (0, "kept.zip: 1 event, 3 raters, 10 trials, 7 answers")
    assert call("survey", "restore", "kept.zip", "again")[0] == 0
    assert call("survey", "status", "again", "--json")[1] == call("survey", "status", str(tmp_path / "st"), "--json")[1]
    code, _, err = call("survey", "restore", "kept.zip", "again")
    assert code == 2
    assert "not empty" in err


def test_what_is_no_backup_is_one_line(call: Call, tmp_path: Path) -> None:
    store, _ = _running(call, tmp_path, "")
    backup.write(store, tmp_path / "good.zip")
    good = (tmp_path / "good.zip").read_bytes()
    (tmp_path / "short.zip").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.zip").write_text("x")
    middle = len(good) // 2
    (tmp_path / "bent.zip").write_bytes(good[:middle] + bytes([good[middle] ^ 255]) + good[middle + 1 :])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("backup.json", json.dumps({"kind": "other"}))
    for name in ("short", "text", "bent", "other", "missing"):
        code, _, err = call("survey", "restore", str(tmp_path / f"{name}.zip"), str(tmp_path / name))
        assert code == 2, name
        assert len(err.strip().splitlines()) <= 3, name
        assert not (tmp_path / name / "study.json").exists(), name


def test_nothing_is_unpacked_outside_the_folder(call: Call, tmp_path: Path) -> None:
    store, _ = _running(call, tmp_path, "")
    backup.write(store, tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip", "a") as archive:
        archive.writestr("../evil.png", "x")
        archive.writestr("pictures/../../evil.png", "x")
        archive.writestr("/tmp/evil-srbench.png", "x")
        archive.writestr("evil.sh", "x")
    backup.restore(tmp_path / "kept.zip", tmp_path / "a" / "again")
    assert not list(tmp_path.rglob("evil*"))
    assert not Path("/tmp/evil-srbench.png").exists()


def test_a_backup_of_a_newer_version_is_refused(call: Call, tmp_path: Path) -> None:
    store, _ = _running(call, tmp_path, "")
    backup.write(store, tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip") as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "backup.json":
                content = json.dumps({**json.loads(content), "revision": "9999"}).encode()
            new.writestr(name, content)
    with pytest.raises(BadStudy, match="another version of srbench"):
        backup.restore(tmp_path / "new.zip", tmp_path / "again")
