"""The table of mutations stands, and a handful of them is noticed."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.reliability.mutate import table
from benchmarks.reliability.mutation import Mutation

ROOT = Path(__file__).parent.parent.parent


def test_there_are_enough_of_every_kind() -> None:
    kinds = Counter(mutation.kind for mutation in table())
    assert sum(kinds.values()) >= 100
    assert {
        "conventions",
        "resampler",
        "metrics",
        "keys",
        "bounds",
        "statistics",
        "survey plan",
        "survey store",
    } <= set(kinds)


@pytest.mark.parametrize("mutation", table(), ids=lambda mutation: f"{mutation.file}: {mutation.old[:30]!r}")
def test_every_mistake_can_still_be_made(mutation: Mutation) -> None:
    """After a change of the code, mend the text in the table, or make another mistake of the same kind."""
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.old) == 1
    assert mutation.old != mutation.new
    assert all((ROOT / test).is_file() for test in mutation.tests)


@pytest.mark.slow
def test_mistakes_of_a_few_files_are_noticed(tmp_path: Path) -> None:
    files = ("stats/corrections", "evaluation/pairing", "metrics/psnr")
    command = [sys.executable, "-m", "benchmarks.reliability.mutate", "--only", *files, "--out", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True
    )
    for file in files:
        assert f"killed   srbench/{file}" in done.stdout
    assert "SURVIVED" not in done.stdout
    assert "fails as it is" not in done.stdout
