"""The same models under other protocols, versions or machines."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.errors import BadRun, UserError
from srbench.evaluation.conditions import differences
from srbench.evaluation.results import RunFolder
from tests.evaluation.runs import write_run

_VALUES = {"m": [30.0, 31.0, 35.0], "n": [28.0, 29.0, 33.0]}


def _on(folder: RunFolder, machine: str, **more: object) -> RunFolder:
    """Store the rows of a run as if they were measured on a machine, with a time for each."""
    head = folder.head()
    name, _ = folder.record(head["protocol"], {"machine": machine, **more}, head["calls"][0])
    rows = [replace(row, environment=name) for row in folder.rows()]
    times = [
        replace(row, key=f"t{row.key}", metric="latency", unit="ms", value=row.value * len(machine)) for row in rows
    ]
    folder.append([*rows, *times])
    return folder


def test_two_protocols_have_differences_and_nothing_else(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", _VALUES)
    b = write_run(tmp_path / "b", {"m": [29.0, 30.5, math.inf], "o": [1.0, 2.0, 3.0]}, conventions="rgb_x4")
    found = differences([a, b])
    assert found is not None
    (one,) = found.differences
    assert (one.model, one.metric, one.run, one.images, one.of) == ("m", "psnr", "b", 2, 3)
    assert (one.first, one.other, one.difference) == (30.5, 29.75, -0.75)
    assert found.conditions["protocol"] == ("classical_x4", "rgb_x4")
    assert found.conditions["protocol, channel"] == ("y", "rgb")
    assert set(found.notes) == {"n fp32: in a only", "o fp32: in b only"}


def test_two_versions_of_the_pipeline_do_not_stand_in_one_table(tmp_path: Path) -> None:
    a, b = write_run(tmp_path / "a", _VALUES), write_run(tmp_path / "b", _VALUES, pipeline=1, content="old")
    found = differences([a, b])
    assert found is not None
    assert found.conditions == {"pipeline": ("2", "1")}
    assert "m: its content (source or weights) is not the same in these runs" in found.notes


def test_two_machines_differ_in_medians_of_times_and_in_values(tmp_path: Path) -> None:
    a = _on(write_run(tmp_path / "a", _VALUES), "x", commit=None, python="3.13.1")
    b = _on(write_run(tmp_path / "b", _VALUES), "yy", python=None)
    found = differences([a, b], models=["m"])
    assert found is not None
    assert found.conditions == {"machine": ("x", "yy"), "python": ("3.13.1", "-")}  # neither names a commit
    by_metric = {one.metric: (one.first, one.other, one.difference) for one in found.differences}
    assert by_metric == {"psnr": (32.0, 32.0, 0.0), "latency": (31.0, 62.0, 31.0)}


def test_runs_that_may_be_united_are_not_set_apart(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", _VALUES)
    same = write_run(tmp_path / "same", _VALUES)
    more = _on(write_run(tmp_path / "more", {"m": [30.0, 31.0, 35.0001], "o": [1.0, 2.0, 3.0]}), "x")
    retrained = write_run(tmp_path / "new", {"m": [31.0, 32.0, 36.0]}, content="new")
    assert [differences([a, other]) for other in (a, same, more, retrained)] == [None] * 4
    other = write_run(tmp_path / "other", {"m": [30.0, 31.0, 35.1], "o": [1.0, 2.0, 3.0]})
    assert differences([a, other]) is not None  # one content has two values
    assert differences([a, other], models=["n", "o"]) is None


def test_other_originals_and_unknown_names_are_refused(tmp_path: Path) -> None:
    a = write_run(tmp_path / "a", _VALUES)
    b = write_run(tmp_path / "b", _VALUES, pictures="new", conventions="rgb_x4")
    with pytest.raises(BadRun, match="two different originals"):
        differences([a, b])
    with pytest.raises(UserError, match="no model of these runs is called 'gone'"):
        differences([a, b], models=["gone"])
