"""Models of OpenModelDB, from a server of this machine that has records of the tests' own making."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from srbench.models import openmodeldb, registry
from tests.cli.conftest import Call, call
from tests.http_server import Server, closed_port, url_of

__all__ = ["call"]

ID = "4x-tiny"


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("made") / "net.pth"
    torch.save(registry.archs()["safmn"].build(scale=4, channels=8, blocks=1).state_dict(), path)
    return path.read_bytes()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as server:
        monkeypatch.setattr(openmodeldb, "_RECORD", f"http://{server.host}/records/{{}}.json")
        monkeypatch.setattr(openmodeldb, "_ALL", f"http://{server.host}/models.json")
        yield server


def _record(body: bytes, *urls: str, **changes: Any) -> dict[str, Any]:
    resource = {"platform": "pytorch", "type": "pth", "size": len(body), "urls": list(urls)}
    return {
        "name": "Tiny",
        "author": ["kim", "lee"],
        "license": "CC-BY-NC-SA-4.0",
        "tags": ["photo"],
        "description": "A test's own.",
        "architecture": "safmn",
        "scale": 4,
        "inputChannels": 3,
        "outputChannels": 3,
        "resources": [{**resource, "sha256": hashlib.sha256(body).hexdigest()}],
        **changes,
    }


def _put(server: Server, record: dict[str, Any], id_: str = ID) -> None:
    server.put(f"/records/{id_}.json", json.dumps(record).encode())


RUN = ("run", "--metrics", "psnr", "--limit", "1", "--datasets", "builtin", "--models")


def test_a_model_of_the_catalogue_runs_and_its_terms_stand_in_notes_and_json(
    call: Call, server: Server, weights_file: bytes, tmp_path: Path
) -> None:
    url = server.put("/net.pth", weights_file)
    _put(server, _record(weights_file, "https://mega.nz/file/abc#def", url))
    code, out, _ = call(*RUN, f"openmodeldb:{ID}", "--dry-run")
    assert (code, f"openmodeldb/models/{ID}.json" in out) == (0, True)
    code, out, err = call(*RUN, f"openmodeldb:{ID}", "--json")
    assert code == 0, err
    said = json.loads(out)
    note = f"{ID}: from openmodeldb:{ID}, by kim, lee, CC-BY-NC-SA-4.0, not for commercial use"
    assert note in json.dumps(said)
    (call_of_run,) = json.loads((tmp_path / "runs/classical_x4/run.json").read_text())["calls"]
    assert call_of_run["models"][ID]["published"] == {
        "catalogue": f"openmodeldb:{ID}",
        "author": "kim, lee",
        "licence": "CC-BY-NC-SA-4.0",
        "sha256": hashlib.sha256(weights_file).hexdigest(),
    }
    asked = len(server.asked)
    server.put("/net.pth", b"")
    assert "checked" in call("fetch", f"openmodeldb:{ID}")[2]
    shown = call("models", f"openmodeldb:{ID}")[1]
    assert all(text in shown for text in ("kim, lee", "CC-BY-NC-SA-4.0", "can be fetched", url))
    code, out, _ = call(*RUN, f"OpenModelDB:{ID}")
    assert code == 0
    assert ID in out
    assert len(server.asked) == asked  # record and file are kept


def test_a_link_that_is_no_file_is_told_with_its_hash_and_the_file_is_found_by_content(
    call: Call, server: Server, weights_file: bytes, tmp_path: Path
) -> None:
    link = "https://drive.google.com/drive/folders/1abc"
    _put(server, _record(weights_file, link))
    code, _, err = call(*RUN, f"openmodeldb:{ID}")
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    for text in (link, hashlib.sha256(weights_file).hexdigest(), "--weights-root"):
        assert text in err
    folder = tmp_path / "got/by hand"
    folder.mkdir(parents=True)
    (folder / "renamed.pth").write_bytes(weights_file)
    code, out, err = call(*RUN, f"mine=openmodeldb:{ID}", "--weights-root", str(tmp_path / "got"))
    assert code == 0, err
    assert "mine" in out


def test_a_file_with_another_hash_is_not_used(call: Call, server: Server, weights_file: bytes) -> None:
    _put(server, _record(weights_file, server.put("/net.pth", weights_file[::-1])))
    code, _, err = call(*RUN, f"openmodeldb:{ID}")
    assert code == 2
    assert "It was not kept" in err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scale": 16}, "it upscales by 16; expected 1 to 8"),
        ({"inputChannels": 1, "outputChannels": 1}, "it takes 1 channels and gives 1; expected RGB to RGB"),
        ({"resources": []}, "it has no file for PyTorch"),
        ({"scale": "four"}, "is no record of OpenModelDB"),
    ],
)
def test_what_cannot_run_is_told(
    call: Call, server: Server, weights_file: bytes, changes: dict[str, Any], said: str
) -> None:
    _put(server, _record(weights_file, "https://example.org/net.pth", **changes))
    code, _, err = call(*RUN, f"openmodeldb:{ID}")
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_unknown_names_and_no_network_are_told_apart(
    call: Call, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = call(*RUN, "openmodeldb:4x-nothing")
    assert code == 2
    assert "OpenModelDB has no model '4x-nothing'. srbench models --openmodeldb" in err
    assert call(*RUN, "openmodeldb:../x")[0] == 2
    with closed_port() as port:
        monkeypatch.setattr(openmodeldb, "_RECORD", url_of(port) + "/{}.json")
        monkeypatch.setattr(openmodeldb, "_ALL", url_of(port) + "/all.json")
        code, _, err = call(*RUN, "openmodeldb:4x-nothing")
        assert (code, "could not be fetched: 127.0.0.1" in err) == (2, True)
        code, _, err = call("models", "--openmodeldb", "photo")
        assert (code, "the list of OpenModelDB could not be fetched: 127.0.0.1" in err) == (2, True)


def test_a_search_finds_records_with_all_words(call: Call, server: Server, weights_file: bytes) -> None:
    url = server.put("/net.pth", weights_file)
    known = {
        ID: _record(weights_file, url),
        "2x-tiny": _record(weights_file, url, scale=2),
        "4x-drawn": _record(weights_file, "https://mega.nz/file/abc", tags=["anime"], license=None),
        "4x-grey": _record(weights_file, url, inputChannels=1),
    }
    server.put("/models.json", json.dumps(known).encode())
    code, out, err = call("models", "--openmodeldb", "4X Photo")
    assert code == 0, err
    assert ID in out
    assert "4x-grey" in out
    assert "2x-tiny" not in out
    assert "2 of 4 records" in out
    code, out, _ = call("models", "--openmodeldb", "4x", "--json")
    found = {record["id"]: record for record in json.loads(out)}
    assert found.keys() == {ID, "4x-drawn", "4x-grey"}
    assert [found[id_]["file"] for id_ in (ID, "4x-drawn", "4x-grey")] == [
        "can be fetched",
        "by hand",
        "not used here",
    ]
    assert [found[id_]["non_commercial"] for id_ in (ID, "4x-drawn")] == [True, False]
    assert len(server.asked) == 1  # the list is kept for a day
    assert call("models", "bicubic", "--openmodeldb", "4x")[0] == 2
