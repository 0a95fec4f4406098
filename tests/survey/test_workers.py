"""`serve --workers`: several processes behind one socket, which end together and are started again when they die."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests import postgres
from tests.cli.conftest import Call
from tests.survey.test_web import made

_NOTING = """
import os, pathlib, sys, time
from srbench.errors import BadStudy
from srbench.survey.web import workers

def note(worker):
    pathlib.Path(sys.argv[1], f"{worker}.{os.getpid()}").touch()
    if worker == 1:
        raise BadStudy("the database is away")
    time.sleep(60)

workers.run(2, note)
"""


def _until(reached: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "not within the time"
        time.sleep(0.02)


@contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _processes(folder: Path, worker: int) -> list[int]:
    return [int(file.suffix[1:]) for file in folder.glob(f"{worker}.*")]


def _ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_workers_that_end_are_started_again_and_end_with_the_first_process(tmp_path: Path) -> None:
    with _process("-c", _NOTING, str(tmp_path)) as first:
        _until(lambda: bool(_processes(tmp_path, 0)) and len(_processes(tmp_path, 1)) > 1)
        (before,) = _processes(tmp_path, 0)
        os.kill(before, signal.SIGKILL)
        _until(lambda: len(_processes(tmp_path, 0)) == 2)
        first.terminate()
        assert first.wait(20) == 0
        assert first.stderr
        said = first.stderr.read()
        assert "worker 0 ended with status -9; it is started again" in said
        assert "worker 1 cannot serve: the database is away" in said
        assert "Traceback" not in said
        assert all(_ended(each) for each in _processes(tmp_path, 0))


def test_workers_do_not_outlive_the_process_that_started_them(tmp_path: Path) -> None:
    with _process("-c", _NOTING, str(tmp_path)) as first:
        _until(lambda: bool(_processes(tmp_path, 0)))
        first.kill()
        _until(lambda: all(map(_ended, _processes(tmp_path, 0))))


def test_several_processes_need_postgresql(call: Call, tmp_path: Path) -> None:
    code, _, err = call("survey", "serve", str(made(call, tmp_path).folder), "--workers", "2")
    assert code == 2
    assert "--workers 2 needs PostgreSQL" in err


@pytest.mark.slow
def test_raters_are_served_by_two_processes_also_after_one_has_died(call: Call, tmp_path: Path) -> None:
    folder = made(call, tmp_path).folder
    with postgres.server() as server:
        url = postgres.database(server)
        links = call("survey", "invite", str(folder), "--database", url, "--url", "http://x")[1]
        token = re.findall(r"/i/(\S+)", links)[0]
        options = ("--port", "0", "--workers", "2", "--database", url)
        with _process("-m", "srbench", "survey", "serve", str(folder), *options) as first:
            assert first.stderr
            said = first.stderr.readline()
            address = re.search(r"http://127.0.0.1:\d+", said)
            assert address, said
            children = Path(f"/proc/{first.pid}/task/{first.pid}/children")
            _until(lambda: len(children.read_text().split()) == 2)
            one, two = map(int, children.read_text().split())
            for gone in (0, one, two):
                with suppress(ProcessLookupError):
                    os.kill(gone, signal.SIGKILL) if gone else None
                with httpx.Client(base_url=address.group(), transport=httpx.HTTPTransport(retries=5)) as browser:
                    page = browser.get(f"/i/{token}", follow_redirects=True)
                assert page.status_code == 200
                assert "consent" in page.text
                _until(lambda: len(children.read_text().split()) == 2)
            first.terminate()
            assert first.wait(20) == 0
