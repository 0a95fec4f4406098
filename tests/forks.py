"""Programs of their own that start in no time: forks of one process that has loaded the libraries, but no package."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class End(NamedTuple):
    """How a program ended, under the names of `subprocess`."""

    returncode: int
    stdout: str
    stderr: str


class Forks:
    """A process that makes forks.

    Args:
        process: The process; it reads a line of JSON for each fork.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def srbench(self, *words: str, site: Path) -> End:
        """Run a command line.

        Args:
            words: Words after `srbench`.
            site: Working folder, in which packages are found before all others.
        """
        return self._run("srbench", *words, site=site)

    def python(self, *words: str, site: Path) -> End:
        """Run a script: its file, and the words after it."""
        return self._run(*words, site=site)

    def _run(self, *words: str, site: Path) -> End:
        assert self._process.stdin
        assert self._process.stdout
        asked = {"words": words, "site": str(site), "environment": dict(os.environ)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return End(*json.loads(self._process.stdout.readline()))


@contextmanager
def forks() -> Iterator[Forks]:
    """Start the process, and stop it in the end."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    call = [sys.executable, "-m", "tests.fork_server"]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, text=True) as process:
        yield Forks(process)
        assert process.stdin
        process.stdin.close()
