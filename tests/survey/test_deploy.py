"""The unit of systemd and the container start the server as it is."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.survey.test_web import made

_DEPLOY = Path(__file__).parent.parent.parent / "deploy"


def _commands() -> dict[str, list[str]]:
    container = (_DEPLOY / "Containerfile").read_text(encoding="utf-8")
    unit = (_DEPLOY / "srbench-survey.service").read_text(encoding="utf-8")
    entry, started = re.search(r"^ENTRYPOINT (.*)$", container, re.M), re.search(r"^ExecStart=(.*)$", unit, re.M)
    assert entry
    assert started
    return {"container": json.loads(entry.group(1)), "unit": shlex.split(started.group(1))}


@pytest.mark.parametrize("kind", ["container", "unit"])
def test_the_server_takes_these_options(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: None)
    made(call, tmp_path)
    command = _commands()[kind]
    assert command[0].rpartition("/")[2] == "srbench"
    here = {"/study": "st", "mystudy": "st", "/backups": "backups"}
    code, _, err = call(*(here.get(word, word) for word in command[1:]), "--port", "0")
    assert code == 0, err
    assert list((tmp_path / "backups").glob("st-*.zip"))


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze") or pytest.skip("needs systemd-analyze: apt-get install systemd")
    unit = (_DEPLOY / "srbench-survey.service").read_text(encoding="utf-8")
    file = tmp_path / "srbench-survey.service"
    file.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.M), encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "srbench-survey" in line and "Unit not found" not in line]
    assert (done.returncode, ours) == (0, [])
