"""Files that a training run writes name their schema and version, and say what else was found in them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from srbench.errors import BadRun
from srbench.training import checkpoints, journal, run_facts
from tests.training.conftest import TINY, Make


def _mark(path: Path) -> tuple[str, int]:
    if path.suffix == ".ckpt":
        record = torch.load(path, weights_only=True)
    else:
        text = path.read_text(encoding="utf-8")
        record = json.loads(text.splitlines()[0] if path.suffix == ".jsonl" else text)
    return record["schema"], record["version"]


def test_every_file_of_a_run_names_its_schema(make: Make) -> None:
    trainer = make(TINY)
    run_facts.write(trainer.folder, "recipe", trainer.recipe.model_dump(mode="json"))
    run_facts.write(trainer.folder, "machine", {"packages": {"torch": "2"}})
    trainer.run()
    journal.write_log(trainer.folder, "srbench train tiny")
    files = ("recipe.json", "machine.json", "journal.jsonl", "log.jsonl", "last.ckpt")
    marks = {_mark(trainer.folder / name) for name in files}
    assert marks == {(f"training-{kind}", 1) for kind in ("recipe", "machine", "journal", "log", "checkpoint")}
    facts, lines = journal.read_log(trainer.folder / "log.jsonl")
    assert facts["command"] == "srbench train tiny"
    assert facts["machine"] == {"packages": {"torch": "2"}}
    assert lines == journal.read_steps(trainer.folder / "journal.jsonl")
    assert [line["step"] for line in lines] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"schema": "speed", "version": 1}, "schema speed, version 1; expected training-checkpoint, version 1"),
        ({"schema": "training-checkpoint", "version": 9}, "version 9 of training-checkpoint.*newer srbench"),
        ({"state_dict": 1, 2: 3}, "no schema, and the keys state_dict, 2; expected training-checkpoint"),
        ([1], "type list; expected training-checkpoint"),
    ],
)
def test_another_file_is_no_checkpoint(tmp_path: Path, record: Any, expected: str) -> None:
    path = tmp_path / "last.ckpt"
    torch.save(record, path)
    with pytest.raises(BadRun, match=expected):
        checkpoints.load(path)


def test_a_later_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"schema": "training-journal", "version": 2}\n{"step": 1}\n', encoding="utf-8")
    with pytest.raises(BadRun, match="version 2 of training-journal"):
        journal.read_steps(path)


def test_files_without_a_schema_are_those_of_the_version_before(tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text('{"packages": {}}', encoding="utf-8")
    assert run_facts.read(tmp_path, "machine") == {"packages": {}}
    (tmp_path / "journal.jsonl").write_text('{"step": 1, "critic": 2.0}\n', encoding="utf-8")
    assert journal.read_steps(tmp_path / "journal.jsonl") == [{"step": 1, "discriminator": 2.0}]
    (tmp_path / "recipe.json").write_text('{"packages": {}}', encoding="utf-8")
    with pytest.raises(BadRun, match="keys packages; expected training-recipe"):
        run_facts.read(tmp_path, "recipe")
