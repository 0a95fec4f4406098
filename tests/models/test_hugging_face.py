"""Weight files of the Hugging Face Hub, from a server of this machine that answers as the Hub does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from srbench.evaluation.results import RunFolder
from srbench.models import registry
from tests.cli.conftest import Call, call
from tests.http_server import Handler, Reply, Server, closed_port, fail, url_of

__all__ = ["call"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RUN = ("run", "--metrics", "psnr", "--limit", "1", "--datasets", "builtin", "--models")


def _file(handler: Handler, body: bytes) -> None:
    """As the Hub answers for a file: HEAD tells commit and tag, GET sends it."""
    handler.open(200, len(body), ETag='"6f1ed002ab5595859014ebf0951522d9"', X_Repo_Commit=COMMIT)
    if handler.command == "GET":
        handler.wfile.write(body)


def _no(code: str) -> Reply:
    return lambda handler, _: handler.open(404, 0, X_Error_Code=code, X_Error_Message=f"{code} it is")


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    constants: Any = pytest.importorskip("huggingface_hub.constants")

    def to(url: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    return to


@pytest.fixture
def server(point: Callable[[str], None], tmp_path: Path) -> Iterator[Server]:
    torch.save(registry.archs()["safmn"].build(scale=4, channels=8, blocks=1).state_dict(), tmp_path / "net.pth")
    about = {"id": "kim/tiny", "sha": COMMIT, "author": "kim", "cardData": {"license": "mit"}}
    with Server() as server:
        point(f"http://{server.host}")
        server.put("/api/models/kim/tiny/revision/v1.0", json.dumps(about).encode())
        server.put(f"/kim/tiny/resolve/{COMMIT}/weights/net.pth", (tmp_path / "net.pth").read_bytes(), _file)
        server.put(f"/kim/tiny/resolve/{COMMIT}/none.pth", b"", _no("EntryNotFound"))
        server.put("/api/models/kim/tiny/revision/v9", b"", _no("RevisionNotFound"))
        server.put("/api/models/kim/none/revision/main", b"", _no("RepoNotFound"))
        server.put("/api/models/kim/broken/revision/main", b"", fail(503))
        yield server


@pytest.mark.slow
def test_a_revision_is_resolved_to_a_commit_which_is_stored_and_serves_without_network(
    call: Call, server: Server, point: Callable[[str], None], tmp_path: Path
) -> None:
    code, out, _ = call(*RUN, "hf:kim/tiny@v1.0/weights/net.pth", "--dry-run")
    assert (code, "huggingface/kim/tiny" in out, server.asked) == (0, True, [])
    code, out, err = call(*RUN, "hf:kim/tiny@v1.0/weights/net.pth")
    assert code == 0, err
    assert f"from hf:kim/tiny@{COMMIT}/weights/net.pth, by kim, mit" in " ".join(out.split())
    (run,) = RunFolder(tmp_path / "runs/classical_x4").head()["calls"]
    (model,) = run["models"].values()
    stored = {name: model["published"][name] for name in ("repository", "revision", "commit", "licence", "file")}
    assert stored == {
        "repository": "kim/tiny",
        "revision": "v1.0",
        "commit": COMMIT,
        "licence": "mit",
        "file": "weights/net.pth",
    }
    with closed_port() as port:
        point(url_of(port))
        code, _, err = call(*RUN, f"hf:kim/tiny@{COMMIT}/weights/net.pth")
        assert code == 0, err
        code, _, err = call(*RUN, "hf:kim/tiny@v1.0/weights/net.pth")
        assert (code, len(err.strip().splitlines())) == (2, 1)
        assert "could not be fetched" in err


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("kim/tiny@v1.0/none.pth", "no such file"),
        ("kim/tiny@v9/net.pth", "no such branch, tag or commit"),
        ("kim/none@main/net.pth", "no such repository"),
        ("kim/broken@main/n.pth", "503"),
        ("net.pth", "expected hf:ORG/REPO@REVISION/FILE"),
    ],
)
def test_what_the_hub_does_not_have_is_told_in_one_line(call: Call, server: Server, place: str, said: str) -> None:
    code, _, err = call(*RUN, f"hf:{place}")
    assert (code, len(err.strip().splitlines())) == (2, 1), err
    assert f"hf:{place}" in err
    assert said in err
