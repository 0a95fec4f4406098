"""A few random schedules of workers under faults; `tox -e chaos` plays a thousand."""

from pathlib import Path

import pytest

from benchmarks.chaos import schedule
from srbench.core.stored_lines import Lines
from srbench.evaluation import segments
from srbench.evaluation.results import RunFolder


def _wrong(place: Path, count: int) -> tuple[int, list[str]]:
    whole = schedule.small_plan(place / "images")
    expected = schedule.reference(whole, RunFolder(place / "one"))
    played = [schedule.run(number, whole, expected, place / str(number)) for number in range(count)]
    return sum(tally.faults for tally, _ in played), [text for _, wrong in played for text in wrong]


def test_what_workers_store_under_faults_is_what_one_process_stores(tmp_path: Path) -> None:
    faults, wrong = _wrong(tmp_path, 6)
    assert not wrong
    assert faults > 10


@pytest.mark.slow
def test_a_schedule_notices_rows_that_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that forget the segment of a process that died."""
    closed = segments.paths

    def only_closed(run: Path) -> list[Path]:
        return [path for path in closed(run) if path.with_suffix(".json").exists() or not list(Lines(path))]

    monkeypatch.setattr(segments, "paths", only_closed)
    assert _wrong(tmp_path, 6)[1]
