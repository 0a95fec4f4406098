"""Where pinned files are taken from, in which order, and that nothing else is taken."""

import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import platformdirs
import pytest

from srbench.core import paths, plugins
from srbench.core.assets import AssetStore, PinnedFile, hash_of
from srbench.core.download import Downloader
from srbench.errors import DownloadError
from tests.http_server import Gate, Handler, Reply, Server, closed_port, corrupt, fail, serve, stall, truncate, url_of
from tests.progress import Recorder

BODY = random.Random(0).randbytes(100_000)
OTHER = random.Random(1).randbytes(100_000)
PATH = "weights/a.pth"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        yield running


@pytest.fixture
def store() -> AssetStore:
    return AssetStore([])


def _file(url: str | None = None, path: str = PATH, digits: int = 64) -> PinnedFile:
    return PinnedFile(path, sha256(BODY).hexdigest()[:digits], len(BODY), url)


def _lay(path: Path, body: bytes = BODY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def _paths(server: Server) -> list[str]:
    return [request.path for request in server.asked]


# The file


@pytest.mark.parametrize("digits", [64, 12, 8, 0])
def test_a_file_matches_by_as_many_digits_as_are_pinned(tmp_path: Path, digits: int) -> None:
    assert _file(digits=digits).matches(_lay(tmp_path / "a"))
    assert _file(digits=digits).matches(_lay(tmp_path / "b", OTHER)) == (digits == 0)


def test_a_folder_an_absent_file_and_another_size_match_nothing(tmp_path: Path) -> None:
    unpinned = PinnedFile(PATH, "", 3)
    assert not unpinned.matches(tmp_path)
    assert not unpinned.matches(tmp_path / "none")
    assert not unpinned.matches(_lay(tmp_path / "a", b"four"))
    assert unpinned.matches(_lay(tmp_path / "b", b"123"))


def test_the_hash_of_a_file_is_that_of_its_present_content(tmp_path: Path) -> None:
    path = _lay(tmp_path / "a")
    assert hash_of(path) == sha256(BODY).hexdigest()
    _lay(path, OTHER)
    os.utime(path, (0, 0))  # the clock of a file system may be too coarse to tell the two writes apart
    assert hash_of(path) == sha256(OTHER).hexdigest()


# The places


def test_the_cache_is_the_platforms_unless_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SRBENCH_CACHE")
    assert paths.cache_folder() == Path(platformdirs.user_cache_dir("srbench", appauthor=False))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SRBENCH_CACHE", "~/mine")
    assert paths.cache_folder() == tmp_path / "mine"


def test_weights_folders_are_the_option_then_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.weights_roots() == []
    monkeypatch.setenv("SRBENCH_WEIGHTS", os.pathsep.join(["one", "", "two"]))
    assert AssetStore().weights_roots == [Path("one"), Path("two")]
    assert paths.weights_roots(Path("zero")) == [Path("zero"), Path("one"), Path("two")]


def test_an_empty_variable_is_no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.mirror_root() is None
    monkeypatch.setenv("SRBENCH_MIRROR", "")
    assert paths.mirror_root() is None
    monkeypatch.setenv("SRBENCH_MIRROR", "http://host/data/")
    assert paths.mirror_root() == "http://host/data"


def test_places_are_searched_in_order_weights_mirror_cache_url(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRBENCH_WEIGHTS", str(tmp_path / "mine"))
    monkeypatch.setenv("SRBENCH_MIRROR", str(tmp_path / "mirror"))
    cached = paths.cache_folder() / PATH
    expected = [_lay(tmp_path / "mine" / "deep" / "other_name.pth"), _lay(tmp_path / "mirror" / PATH), _lay(cached)]
    file, store = _file(server.put("/a", BODY)), AssetStore()
    for place in expected:
        assert store.at_hand(file) == store.fetch(file) == place
        place.unlink()
    assert store.at_hand(file) is None
    assert server.asked == []
    assert store.fetch(file) == cached
    assert cached.read_bytes() == BODY
    assert _paths(server) == ["/a"]


def test_what_ships_with_the_package_comes_before_every_other_place(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "folders", lambda group: (tmp_path / "zoo",))
    shipped, given = _lay(tmp_path / "zoo" / PATH), _lay(tmp_path / "given" / "a.pth")
    _lay(paths.cache_folder() / PATH)
    file, store = _file(server.put("/a", BODY)), AssetStore([tmp_path / "given"])
    assert store.at_hand(file) == store.fetch(file) == shipped
    shipped.unlink()
    assert store.at_hand(file) == given
    assert server.asked == []


def test_a_shipped_file_of_other_content_is_not_used(
    store: AssetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "folders", lambda group: (tmp_path,))
    _lay(tmp_path / PATH, OTHER)
    assert store.at_hand(_file()) is None
    cached = _lay(paths.cache_folder() / PATH)
    assert store.at_hand(_file()) == cached


def test_what_was_downloaded_is_not_asked_for_again(server: Server, store: AssetStore) -> None:
    file = _file(server.put("/a", BODY))
    assert store.fetch(file) == AssetStore([]).fetch(file) == paths.cache_folder() / PATH
    assert _paths(server) == ["/a"]


def test_without_any_place_the_message_says_so(store: AssetStore) -> None:
    with pytest.raises(DownloadError, match=r"^weights/a\.pth has no URL$"):
        store.fetch(_file())


# Weights folders


@pytest.mark.parametrize("digits", [64, 8])
def test_weights_are_known_by_content_whatever_their_name(tmp_path: Path, digits: int) -> None:
    _lay(tmp_path / "a.pth", OTHER)
    renamed = _lay(tmp_path / "sub" / "z.pth")
    assert AssetStore([tmp_path / "absent", tmp_path]).at_hand(_file(digits=digits)) == renamed


def test_unpinned_weights_are_known_by_name_alone(tmp_path: Path) -> None:
    _lay(tmp_path / "z.pth")
    unpinned = PinnedFile(PATH, "")
    assert AssetStore([tmp_path]).at_hand(unpinned) is None
    named = _lay(tmp_path / "sub" / "a.pth", OTHER)
    assert AssetStore([tmp_path / "sub"]).at_hand(unpinned) == named


def test_weights_that_were_put_there_later_are_found(tmp_path: Path) -> None:
    assert AssetStore([tmp_path]).at_hand(_file()) is None
    added = _lay(tmp_path / "a.pth")
    assert AssetStore([tmp_path]).at_hand(_file()) == added


# The mirror


def test_a_mirrored_file_of_other_content_is_not_used(
    server: Server, store: AssetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", str(tmp_path))
    other = _lay(tmp_path / PATH, OTHER)
    with pytest.raises(DownloadError, match="has no URL"):
        store.fetch(_file())
    assert store.fetch(_file(server.put("/a", BODY))) == paths.cache_folder() / PATH
    assert other.read_bytes() == OTHER


def test_a_mirror_on_the_network_is_asked_first(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", f"http://{server.host}/mirror/")
    server.put(f"/mirror/{PATH}", BODY)
    assert store.fetch(_file(server.put("/a", BODY))).read_bytes() == BODY
    assert _paths(server) == [f"/mirror/{PATH}"]


def test_a_mirror_on_the_network_serves_what_has_no_url(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", f"http://{server.host}")
    server.put(f"/{PATH}", BODY)
    assert store.fetch(_file()).read_bytes() == BODY


@pytest.mark.parametrize("reply", [fail(404), truncate, corrupt], ids=["404", "truncated", "corrupt"])
def test_the_url_is_asked_when_the_mirror_fails(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", f"http://{server.host}")
    server.put(f"/{PATH}", BODY, reply)
    assert store.fetch(_file(server.put("/a", BODY))).read_bytes() == BODY


def test_the_url_is_asked_when_the_mirror_is_down_and_the_mirror_once(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as mirror:
        store.downloader = Downloader(stall_timeout_s=0.5)
        monkeypatch.setenv("SRBENCH_MIRROR", f"http://{mirror.host}")
        for name in ("a", "b"):
            mirror.put(f"/weights/{name}", BODY, stall)
            assert store.fetch(_file(server.put(f"/{name}", BODY), f"weights/{name}")).read_bytes() == BODY
        assert _paths(mirror) == ["/weights/a"]


def test_the_message_says_what_each_source_answered(
    server: Server, store: AssetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as port:
        monkeypatch.setenv("SRBENCH_MIRROR", url_of(port))
        url = server.put("/a", BODY, fail(500))
        with pytest.raises(DownloadError) as caught:
            store.fetch(_file(url))
        down = url_of(port).removeprefix("http://")
    assert str(caught.value) == (
        f"{down} could not be reached: connection refused; {url} answered 500 Internal Server Error"
    )


# The cache


def test_a_damaged_file_in_the_cache_is_replaced(server: Server, store: AssetStore) -> None:
    cached = _lay(paths.cache_folder() / PATH, OTHER)
    file = _file(server.put("/a", BODY))
    assert store.at_hand(file) is None
    assert store.fetch(file) == cached
    assert cached.read_bytes() == BODY


@pytest.mark.parametrize("reply", [fail(404), truncate, corrupt], ids=["404", "truncated", "corrupt"])
def test_a_damaged_file_in_the_cache_is_never_used(server: Server, store: AssetStore, reply: Reply) -> None:
    _lay(paths.cache_folder() / PATH, OTHER)
    file = _file(server.put("/a", BODY, reply))
    with pytest.raises(DownloadError):
        store.fetch(file)
    assert store.at_hand(file) is None


# Many files


def test_many_files_are_fetched_at_the_same_time(server: Server, store: AssetStore) -> None:
    together = threading.Barrier(4)

    def when_all_are_here(handler: Handler, body: bytes) -> None:
        together.wait(5)
        serve(handler, body)

    files = [_file(server.put(f"/{n}", BODY, when_all_are_here), f"{n}/a.pth") for n in range(4)]
    assert store.fetch_all(files) == [paths.cache_folder() / f"{n}/a.pth" for n in range(4)]


def test_many_small_files_of_one_folder_all_arrive_in_their_order(server: Server, store: AssetStore) -> None:
    bodies = [bytes([n]) * 10 for n in range(100)]
    files = [
        PinnedFile(f"Set/HR/{n}.png", sha256(body).hexdigest(), 10, server.put(f"/{n}", body))
        for n, body in enumerate(bodies)
    ]
    assert [path.read_bytes() for path in store.fetch_all(files)] == bodies
    assert len(list((paths.cache_folder() / "Set" / "HR").iterdir())) == 100


def test_the_first_failure_is_raised(server: Server, store: AssetStore) -> None:
    replies = {"good": serve, "lost": fail(404), "broken": fail(500)}
    files = [_file(server.put(f"/{name}", BODY, reply), f"{name}/a.pth") for name, reply in replies.items()]
    with pytest.raises(DownloadError, match="/lost answered 404"):
        store.fetch_all(files)
    assert store.at_hand(files[0])


def test_two_runs_that_want_the_same_file_at_once_both_get_it(server: Server) -> None:
    gate = Gate(half_way=True)
    file = _file(server.put("/a", BODY, gate, serve))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(AssetStore([]).fetch, file)
        assert gate.reached.wait(5)
        assert AssetStore([]).fetch(file).read_bytes() == BODY
        gate.opened.set()
        assert waiting.result().read_bytes() == BODY


def test_nothing_to_fetch_is_no_failure(store: AssetStore) -> None:
    assert store.fetch_all([]) == []


def test_progress_is_told_for_each_file(server: Server) -> None:
    files = [_file(server.put(f"/{n}", BODY), f"{n}/a.pth") for n in range(2)]
    shown = Recorder()
    AssetStore([], progress=shown).fetch_all(files)
    assert {task.description: task.done for task in shown.tasks} == {file.path: len(BODY) for file in files}
    assert all(task.total == len(BODY) for task in shown.tasks)
    again = Recorder()
    AssetStore([], progress=again).fetch_all(files)
    assert not again.tasks


def test_a_mirror_that_is_no_help_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server, store: AssetStore
) -> None:
    monkeypatch.setenv("SRBENCH_MIRROR", str(tmp_path / "none"))
    with pytest.raises(DownloadError, match=f"SRBENCH_MIRROR is '{tmp_path}/none', which is no folder"):
        store.fetch(_file())
    (tmp_path / "none").mkdir()
    with pytest.raises(
        DownloadError, match=rf"SRBENCH_MIRROR \({tmp_path}/none\) has no {PATH} with the pinned SHA-256"
    ):
        store.fetch(_file())
