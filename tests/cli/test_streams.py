"""Standard streams that are full, closed, or have not all signs."""

import gc
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from srbench.cli import streams

_PROGRAM = (sys.executable, "-m", "srbench")


def _run(arguments: str, redirection: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    command = f'exec "$@" {arguments} {redirection}'
    environment = {**os.environ, **variables}
    return subprocess.run(["sh", "-c", command, "sh", *_PROGRAM], capture_output=True, env=environment, check=False)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", ["protocols --json", pytest.param("run --help", marks=pytest.mark.slow)])
def test_a_full_output_is_one_line(arguments: str, unbuffered: str) -> None:
    done = _run(arguments, ">/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"standard output: No space left on device" in done.stderr


def test_a_closed_output_is_one_line() -> None:
    done = _run("protocols", ">&-")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"standard output: " in done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&-"])
def test_other_streams_do_not_matter(redirection: str) -> None:
    assert _run("protocols", redirection).returncode == 0
    assert _run("--no-such-option", redirection).returncode == 2


def test_a_reader_that_has_enough_is_no_error() -> None:
    done = _run("protocols", "| head -1 >/dev/null")
    assert not done.stderr


def test_a_stream_that_was_lent_stays_open(tmp_path: Path) -> None:
    with (
        (tmp_path / "out").open("wb", buffering=0) as file,
        io.TextIOWrapper(file, "utf-8", write_through=True) as lent,
    ):
        output = streams.StandardOutput(lent)
        output.write("28.5\n")
        output.flush()
        del output
        gc.collect()
        lent.write("29.5\n")
    assert (tmp_path / "out").read_text() == "28.5\n29.5\n"


_PRINT = r"""
from srbench.cli import console, streams
streams.prepare()
console.out.print("28.5 ± 0.2 → ∞ \udcff 日")
"""
_PRINT_JSON = r"""
from srbench.cli import console, streams
streams.prepare()
console.print_json({"model": "日 ± \udcff"})
"""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_encoding_without_all_signs_gets_others(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    printed = subprocess.run([sys.executable, "-c", _PRINT], capture_output=True, env=environment, check=True)
    text = printed.stdout.decode(encoding)
    assert "\\xff" in text
    assert ("28.5 +- 0.2 -> inf" in text) == (encoding == "ascii")
    stored = subprocess.run([sys.executable, "-c", _PRINT_JSON], capture_output=True, env=environment, check=True)
    assert json.loads(stored.stdout.decode(encoding)) == {"model": "日 ± \udcff"}


def test_a_name_is_written_by_its_bytes() -> None:
    error = UnicodeEncodeError("utf-8", "a\udcfe\udcff", 1, 3, "surrogates not allowed")
    assert streams.other_signs(error) == ("\\xfe\\xff", 3)
