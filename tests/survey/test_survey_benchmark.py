"""The measurement behind reports/survey: kills that lose no answer, and the page of what was found."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import study
from benchmarks.load.vote_check import WRONG
from benchmarks.survey import kills, report
from tests.cli.conftest import Call
from tests.survey.test_web import made

_VOTES = {"acknowledged": 40, "stored": 41, **dict.fromkeys(WRONG, 0)}
_MACHINE = {"date": "2026-11-28T11:37+00:00", "cores": 2}


def _load(votes: dict[str, int]) -> list[dict[str, Any]]:
    spread = {"median": 4.0, "least": 3.0, "most": 52.0}
    times = {f"{kind}_{name}_ms": spread for kind in ("answer", "page") for name in ("median", "p99")}
    facts = {"method": "acr", "raters": 24, "seconds": 30.0, "others_cpu_share": [0.1, 0.4], "machine": _MACHINE}
    return [{**facts, "votes": votes, "times_ms": times}]


def _troubles(votes: dict[str, int]) -> dict[str, Any]:
    lock = {"votes": votes, "refused": 7, "longest_refusal_s": 4.1}
    return {"lock": lock, "disk full": {"not_measured": "needs root"}, "machine": _MACHINE}


def test_the_page_has_every_part_that_was_measured_and_one_wrong_answer_is_an_error(tmp_path: Path) -> None:
    report.write(tmp_path, "load", _load(_VOTES))
    report.write(tmp_path, "troubles", _troubles(_VOTES))
    (tmp_path / "triplets.txt").write_text("plain: slope 1.03\n")
    report.write_readme(tmp_path)
    page = (tmp_path / "README.md").read_text()
    row = "| acr | 4 (3 to 52) | 4 (3 to 52) | 4 (3 to 52) | 4 (3 to 52) | 41 | 0 | 0.1 to 0.4 |"
    assert row in page
    assert "| lock | 41 | 0 | 7 | 4.1 |" in page
    assert "| disk full | not measured: needs root |" in page
    assert "plain: slope 1.03" in page
    assert "## Kills" not in page
    assert report.right(tmp_path)
    report.write(tmp_path, "troubles", _troubles({**_VOTES, "lost": 1}))
    assert "| lock | 41 | 1 | 7 | 4.1 |" in (tmp_path / "README.md").read_text()
    assert not report.right(tmp_path)


@pytest.mark.slow
def test_two_kills_lose_no_answer(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "create", lambda folder, *_: made(call, folder).folder)  # of small pictures, sooner
    found = kills.measured(2, contents=1)
    assert found["kills"] == 2
    assert report.wrong(found["votes"]) == 0
    assert found["votes"]["stored"] >= found["votes"]["acknowledged"] > 2
    report.write(tmp_path, "kills", {"SQLite": found})
    assert json.loads((tmp_path / "kills.json").read_text())["SQLite"]["votes"] == found["votes"]
    assert f"| SQLite | 2 | {found['kills_with_answers_on_their_way']} |" in (tmp_path / "README.md").read_text()
