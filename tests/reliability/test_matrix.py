"""The matrix covers every verb, and a few of its cells end as they should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.reliability.calls import CALLS, line, verbs
from benchmarks.reliability.faults import cells
from benchmarks.reliability.traces import differences

ROOT = Path(__file__).parent.parent.parent


def test_every_verb_has_a_call_and_every_parameter_of_a_call_exists() -> None:
    listed = dict(verbs())
    assert set(listed) == set(CALLS)
    for verb, values in CALLS.items():
        assert set(values) <= {parameter.name for parameter in listed[verb]}


def test_every_parameter_of_every_verb_has_cells() -> None:
    for verb, parameters in verbs():
        made = list(cells(verb, parameters))
        assert len({cell.name for cell in made}) == len(made)
        covered = {cell.parameter for cell in made}
        assert {parameter.name for parameter in parameters if not parameter.switch} <= covered


def test_a_call_has_its_options_before_its_arguments() -> None:
    parameters = dict(verbs())["upscale"]
    assert line("upscale", parameters, {"source": "a", "out": "-b", "model": "m", "json": None}) == [
        *("upscale", "--model", "m", "--json", "--", "a", "-b")
    ]


def test_differences_are_of_content_names_and_not_of_times() -> None:
    one, other = {"a": b"same", "t": b"took 1.2 s"}, {"a": b"same", "t": b"took 3.4 s"}
    assert not list(differences({"a": b"same", "t": b"took 55 s"}, one, other))
    found = list(differences({"a": b"not", "b": b""}, one, other))
    assert [text.split(":")[0] for text in found] == [
        *("litter", "afterwards the same call writes another a", "afterwards the same call lacks t")
    ]


@pytest.mark.slow
def test_a_few_cells_end_well(tmp_path: Path) -> None:
    verbs = ("degrade", "upscale", "survey convert", "datasets pin")
    command = [*(sys.executable, "-m", "benchmarks.reliability.matrix"), "--only", *verbs, "--share", "0.15"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    for verb in verbs:
        assert f"{verb}: " in done.stdout
    report = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "; 0 ended badly" in report, report
