"""`serve` and `demo` from the command line: where they listen, what they print, and mistakes in one line."""

import socket
import webbrowser
from pathlib import Path

import pytest
import uvicorn

from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from tests.cli.conftest import Call
from tests.survey.test_web import made


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """Sockets that a server would have listened on; nothing is served."""
    doors: list[socket.socket] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda _, sockets: doors.extend(sockets))
    return doors


def test_serve_says_where_it_is(call: Call, tmp_path: Path, served: list[socket.socket]) -> None:
    folder = str(made(call, tmp_path).folder)
    code, _, err = call("survey", "serve", folder, "--port", "0", "--base", "/study/")
    assert (code, len(served)) == (0, 1)
    assert "/study/admin" in err
    assert f"survey invite {folder} --url http://127.0.0.1:" in err
    assert ":0/" not in err


def test_mistakes_are_one_line(call: Call, tmp_path: Path) -> None:
    folder = str(made(call, tmp_path).folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = call("survey", "serve", folder, "--port", port)
    assert code == 2
    assert "choose another --port" in err
    for options, said in (
        (("--base", "study"), "does not begin with a slash"),
        (("--host", "203.0.113.7"), "cannot listen on 203.0.113.7"),
        (("--host", "é\u2028"), "is no address; expected one of this machine"),
        (("--database", "nonsense://x"), "cannot be used"),
    ):
        code, _, err = call("survey", "serve", folder, *options)
        assert code == 2, options
        assert said in err
    assert call("survey", "serve", str(tmp_path / "nowhere"))[0] == 2


@pytest.mark.slow
def test_the_demo_is_made_once_and_opened(
    call: Call, served: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    code, out, _ = call("survey", "demo")
    assert (code, len(served)) == (0, 1)
    assert opened[0] in out
    study = load(Path("runs/survey-demo-acr/study"))
    assert sum(p.role == "rated" for p in study.pictures) == 9
    assert VoteStore(study).find(opened[0].rpartition("/")[2])
    assert call("survey", "demo", "--no-browser")[0] == 0
    assert len(opened) == 1
    assert len(VoteStore(study).raters()) == 2
