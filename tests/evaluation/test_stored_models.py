"""Models of a stored run that are taken out or get another name."""

from pathlib import Path

import pytest

from srbench.core import files
from srbench.errors import BadRun, UserError
from srbench.evaluation.results import RunFolder
from srbench.evaluation.shown import shown
from srbench.evaluation.stored_models import remove, rename
from tests.evaluation.runs import write_run


def _run(tmp_path: Path) -> RunFolder:
    folder = write_run(tmp_path / "run", {"ours": [30.0, 31.0], "ours.lite": [29.0, 30.0], "bicubic": [28.0, 29.0]})
    for row in folder.rows():
        folder.picture(row).parent.mkdir(parents=True, exist_ok=True)
        folder.picture(row).write_bytes(row.model.encode())
    return folder


def _models(folder: RunFolder) -> set[str]:
    return {row.model for row in shown(folder).rows}


def test_a_model_leaves_with_its_rows_and_outputs(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    changed = remove(folder, ["OURS*"])
    assert (list(changed.models), changed.rows, changed.pictures) == (["ours", "ours.lite"], 4, 4)
    assert _models(folder) == {"bicubic"}
    assert sorted(path.name for path in (folder.path / "images" / "set").iterdir()) == ["bicubic"]


def test_a_model_gets_another_name_everywhere(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    values = [row.value for row in folder.rows() if row.model == "ours"]
    changed = rename(folder, "ours", "paper")
    assert (list(changed.models), changed.rows, changed.pictures) == (["ours"], 2, 2)
    assert _models(folder) == {"paper", "ours.lite", "bicubic"}
    assert [row.value for row in folder.rows() if row.model == "paper"] == values
    assert [folder.picture(row).read_bytes() for row in folder.rows() if row.model == "paper"] == [b"ours", b"ours"]
    assert not (folder.path / "images" / "set" / "ours").exists()


def test_what_a_run_does_not_hold_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    before = [row.to_json() for row in folder.rows()]
    with pytest.raises(UserError, match=r"no model of .* is called 'theirs'; expected one of: ours, ours.lite"):
        remove(folder, ["ours", "theirs"])
    with pytest.raises(UserError, match=r"no model of .* is called 'ours\*'"):
        rename(folder, "ours*", "x")
    with pytest.raises(UserError, match="has a model called bicubic already"):
        rename(folder, "ours", "bicubic")
    with pytest.raises(UserError, match="'a,b' is no name for a model"):
        rename(folder, "ours", "a,b")
    with pytest.raises(BadRun, match=r"does not exist|holds no run.json"):
        remove(RunFolder(tmp_path / "none"), ["ours"])
    assert not (tmp_path / "none").exists()
    assert [row.to_json() for row in folder.rows()] == before


def test_a_renamed_model_and_a_new_one_of_its_old_name_stand_side_by_side(tmp_path: Path) -> None:
    folder = _run(tmp_path)
    old = [row for row in folder.rows() if row.model == "ours"]
    rename(folder, "ours", "ours/v1")
    folder.append(old)  # as `srbench run` stores them, by the same hashes
    assert _models(folder) == {"ours", "ours/v1", "ours.lite", "bicubic"}
    assert [row.value for row in folder.rows() if row.model == "ours/v1"] == [row.value for row in old]


@pytest.mark.parametrize("new", ["paper", None])
def test_a_call_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str | None
) -> None:
    folder = _run(tmp_path)
    head = folder.head()
    folder.record(head["protocol"], {"device": "cpu"}, {**head["calls"][0], "models": {"ours": {}, "bicubic": {}}})

    def change() -> None:
        if new:
            rename(folder, "ours", new)
        else:
            remove(folder, ["ours"])

    def full(*_: object) -> None:
        raise OSError("full")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        with pytest.raises(OSError, match="full"):
            change()
    change()
    assert _models(folder) == {"ours.lite", "bicubic", *([new] if new else [])}
    assert set(folder.head()["calls"][-1]["models"]) == {"bicubic", *([new] if new else [])}
    left = {path.name for path in (folder.path / "images" / "set").iterdir()}
    assert left == _models(folder)
