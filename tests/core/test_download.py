"""The downloader against a server on this machine that fails in every way a server can."""

import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from srbench.core.download import Downloader
from srbench.errors import DownloadError
from tests.conftest import ROOT
from tests.http_server import (
    Gate,
    Reply,
    Server,
    closed_port,
    corrupt,
    fail,
    hang,
    redirect,
    serve,
    serve_unmeasured,
    serve_whole,
    stall,
    truncate,
    url_of,
)
from tests.progress import Calling, RecordedTask

BODY = random.Random(0).randbytes(400_000)  # several chunks, so that a part of it can be kept
PIN = sha256(BODY).hexdigest()
OTHER = random.Random(1).randbytes(500_000)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "weights" / "a.pth"


def _fetch(url: str, target: Path, pin: str = PIN) -> None:
    """Fetch as a new run does."""
    Downloader(stall_timeout_s=1).fetch(url, target, pin)


def _refusal(url: str, target: Path, pin: str = PIN) -> str:
    """The one line of a fetch that fails."""
    with pytest.raises(DownloadError) as caught:
        _fetch(url, target, pin)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _files(target: Path) -> list[Path]:
    """All files in the cache."""
    return [path for path in target.parents[1].rglob("*") if path.is_file()]


def _interrupt(_: int) -> None:
    raise KeyboardInterrupt


def _leave_a_part(url: str, target: Path) -> None:
    """Fetch until the first bytes are there, and stop."""
    with pytest.raises(KeyboardInterrupt):
        Downloader().fetch(url, target, PIN, Calling(_interrupt))
    assert not target.exists()


def _kill_half_way(url: str, target: Path) -> None:
    """Fetch in a process that dies, with no time to clean up, when the first bytes are there."""
    code = (
        "import os, sys, pathlib; from srbench.core.download import Downloader\n"
        "from tests.progress import Calling\n"
        "Downloader().fetch(sys.argv[1], pathlib.Path(sys.argv[2]), '', Calling(lambda _: os._exit(9)))"
    )
    assert subprocess.run([sys.executable, "-c", code, url, str(target)], cwd=ROOT, check=False).returncode == 9
    assert not target.exists()


# Content


@pytest.mark.parametrize("reply", [serve, serve_whole, serve_unmeasured])
@pytest.mark.parametrize("pin", [PIN, PIN[:8], PIN[:12], ""], ids=["whole", "8", "12", "unpinned"])
def test_what_was_pinned_arrives_and_nothing_else(server: Server, target: Path, reply: Reply, pin: str) -> None:
    _fetch(server.put("/a", BODY, reply), target, pin)
    assert target.read_bytes() == BODY
    assert _files(target) == [target]
    assert server.ranges() == [None]


def test_an_empty_file_arrives(server: Server, target: Path) -> None:
    _fetch(server.put("/a", b""), target, sha256(b"").hexdigest())
    assert target.read_bytes() == b""


@pytest.mark.parametrize("pin", ["0" * 64, "0" * 8, PIN[:7] + "x"], ids=["whole", "8", "last digit"])
def test_another_hash_than_the_pinned_is_refused_and_not_kept(server: Server, target: Path, pin: str) -> None:
    url = server.put("/a", BODY)
    refusal = _refusal(url, target, pin)
    assert url in refusal
    assert PIN[:16] in refusal
    assert pin[:16] in refusal
    assert _files(target) == []


@pytest.mark.parametrize("pin", [PIN, PIN[:8]], ids=["whole", "8"])
def test_one_wrong_byte_is_refused_and_not_kept(server: Server, target: Path, pin: str) -> None:
    assert "expected " + pin[:16] in _refusal(server.put("/a", BODY, corrupt), target, pin)
    assert _files(target) == []
    _fetch(server.put("/a", BODY), target, pin)
    assert server.ranges() == [None, None]
    assert target.read_bytes() == BODY


def test_what_lay_there_before_is_replaced(server: Server, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(OTHER)
    _fetch(server.put("/a", BODY), target)
    assert target.read_bytes() == BODY


def test_the_target_is_absent_until_it_is_complete(server: Server, target: Path) -> None:
    seen: list[bool] = []
    Downloader().fetch(server.put("/a", BODY), target, PIN, Calling(lambda _: seen.append(target.exists())))
    assert len(seen) > 1
    assert not any(seen)
    assert target.exists()


def test_progress_adds_up_to_the_file(server: Server, target: Path) -> None:
    task = RecordedTask("", None)
    Downloader().fetch(server.put("/a", BODY, truncate, serve), target, PIN, task)
    assert task.done == len(BODY)


def test_redirects_are_followed(server: Server, target: Path) -> None:
    server.put("/b", BODY)
    _fetch(server.put("/a", b"", redirect("/b")), target)
    assert target.read_bytes() == BODY


# Transfers that break off


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("size", [100, len(BODY)])
def test_a_file_that_is_always_cut_short_is_refused_and_not_kept(
    server: Server, target: Path, size: int, pinned: bool
) -> None:
    url = server.put("/a", BODY[:size], truncate)
    refusal = _refusal(url, target, sha256(BODY[:size]).hexdigest() if pinned else "")
    assert url in refusal
    assert "broke off 3 times" in refusal
    assert _files(target) == []
    assert len(server.asked) == 3


def test_a_transfer_that_broke_off_once_is_resumed_where_it_ended(server: Server, target: Path) -> None:
    _fetch(server.put("/a", BODY, truncate, serve), target)
    assert target.read_bytes() == BODY
    first, second = server.ranges()
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= len(BODY) // 2
    assert _files(target) == [target]


def test_a_small_file_that_broke_off_once_arrives(server: Server, target: Path) -> None:
    small = BODY[:100]
    _fetch(server.put("/a", small, truncate, serve), target, sha256(small).hexdigest())
    assert target.read_bytes() == small


def test_a_server_without_ranges_sends_it_all_again(server: Server, target: Path) -> None:
    _fetch(server.put("/a", BODY, truncate, serve_whole), target)
    assert target.read_bytes() == BODY
    assert server.ranges()[1] is not None


def test_what_an_interrupted_run_received_is_not_asked_for_again(server: Server, target: Path) -> None:
    url = server.put("/a", BODY)
    _leave_a_part(url, target)
    _fetch(url, target)
    assert target.read_bytes() == BODY
    assert server.ranges() == [None, "bytes=65536-"]
    assert _files(target) == [target]


def test_what_a_killed_process_received_is_not_asked_for_again(server: Server, target: Path) -> None:
    url = server.put("/a", BODY)
    _kill_half_way(url, target)
    _fetch(url, target)
    assert target.read_bytes() == BODY
    assert server.ranges() == [None, "bytes=65536-"]


def test_nothing_of_a_killed_process_stays_once_the_file_is_there(server: Server, target: Path) -> None:
    url = server.put("/a", BODY)
    _kill_half_way(url, target)
    _fetch(url, target)
    assert _files(target) == [target]


def test_a_part_longer_than_the_file_is_thrown_away(server: Server, target: Path) -> None:
    _leave_a_part(server.put("/a", BODY), target)
    short = OTHER[:1000]
    _fetch(server.put("/a", short), target, sha256(short).hexdigest())
    assert target.read_bytes() == short
    assert server.ranges() == [None, "bytes=65536-", None]
    assert _files(target) == [target]


@pytest.mark.parametrize("digits", [64, 8, 0])
def test_a_part_of_another_file_is_never_joined_with_the_rest_of_this_one(
    server: Server, target: Path, digits: int
) -> None:
    _leave_a_part(server.put("/a", BODY), target)
    _fetch(server.put("/a", OTHER), target, sha256(OTHER).hexdigest()[:digits])
    assert target.read_bytes() == OTHER


# Hosts


@pytest.mark.parametrize("reply", [stall, hang])
def test_a_host_that_stalled_is_not_asked_again_in_this_run(server: Server, target: Path, reply: Reply) -> None:
    run = Downloader(stall_timeout_s=0.5)
    stalling, good = server.put("/a", BODY, reply), server.put("/b", BODY)
    for url in (stalling, good):
        with pytest.raises(DownloadError, match=rf"{server.host} could not be reached: the transfer stalled$"):
            run.fetch(url, target, PIN)
    assert len(server.asked) == 1
    assert not target.exists()
    _fetch(good, target)
    assert target.read_bytes() == BODY


def test_what_arrived_before_a_stall_is_kept_for_the_next_run(server: Server, target: Path) -> None:
    url = server.put("/a", BODY, stall, serve)
    assert "stalled" in _refusal(url, target)
    _fetch(url, target)
    assert target.read_bytes() == BODY
    assert server.ranges()[1] is not None


def test_a_host_that_refused_is_not_asked_again_in_this_run(target: Path, server: Server) -> None:
    run = Downloader()
    with closed_port() as port:
        with pytest.raises(DownloadError, match=r"could not be reached: connection refused$"):
            run.fetch(f"{url_of(port)}/a", target, PIN)
        port.listen()
        port.setblocking(False)
        with pytest.raises(DownloadError, match=r"could not be reached: connection refused$"):
            run.fetch(f"{url_of(port)}/b", target, PIN)
        with pytest.raises(BlockingIOError):
            port.accept()
    assert _files(target) == []
    run.fetch(server.put("/a", BODY), target, PIN)  # another host is another matter
    assert target.read_bytes() == BODY


def test_a_host_without_an_address_is_named(target: Path, server: Server) -> None:
    assert _refusal("http://nowhere.invalid/a", target) == (
        "nowhere.invalid could not be reached: its name could not be resolved"
    )


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_of_the_server_is_told_and_the_host_stays_alive(server: Server, target: Path, status: int) -> None:
    run = Downloader()
    url = server.put("/a", BODY, fail(status))
    with pytest.raises(DownloadError, match=rf"^{url} answered {status} [A-Z][A-Za-z ]+$"):
        run.fetch(url, target, PIN)
    assert _files(target) == []
    assert len(server.asked) == 1
    run.fetch(server.put("/b", BODY), target, PIN)
    assert target.read_bytes() == BODY


def test_a_redirect_without_end_is_a_download_error(server: Server, target: Path) -> None:
    url = server.put("/a", b"", redirect("/a"))
    assert url in _refusal(url, target)


@pytest.mark.parametrize("url", ["http:///a", "http://[::1/a", "http://127.0.0.1:port/a"])
def test_a_malformed_url_is_a_download_error(target: Path, url: str) -> None:
    assert url in _refusal(url, target)


def test_a_folder_that_cannot_be_made_is_a_download_error(server: Server, target: Path) -> None:
    target.parents[1].write_text("a file where the cache should be")
    assert "cache" in _refusal(server.put("/a", BODY), target)


# Neighbours


@pytest.mark.parametrize("reply", [truncate, corrupt, fail(404)], ids=["truncated", "corrupt", "404"])
def test_no_empty_folder_stays_beside_a_file_that_failed(server: Server, target: Path, reply: Reply) -> None:
    _refusal(server.put("/a", BODY, reply), target)
    assert list(target.parent.iterdir()) == []  # not even the folder of what did not arrive


def test_a_download_that_ends_does_not_disturb_another_in_its_folder(server: Server, target: Path) -> None:
    gate = Gate()
    slow, quick = server.put("/slow", BODY, gate), server.put("/quick", BODY)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(_fetch, slow, target)
        assert gate.reached.wait(5)
        _fetch(quick, target.with_name("quick.pth"))
        gate.opened.set()
        waiting.result()
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("reply", [serve, serve_unmeasured])
def test_a_transfer_stops_at_the_pinned_size(server: Server, target: Path, reply: Reply) -> None:
    server.put("/a", BODY, reply)
    task = RecordedTask("a", None)
    with pytest.raises(DownloadError, match=r"sends more than the pinned 100,000 bytes. It was not kept"):
        Downloader().fetch(f"http://{server.host}/a", target, PIN, task, size_bytes=100_000)
    assert not list(target.parent.rglob("*"))
    Downloader().fetch(f"http://{server.host}/a", target, PIN, size_bytes=len(BODY))
    assert target.read_bytes() == BODY


def test_a_password_in_an_address_is_not_told(server: Server, target: Path) -> None:
    with closed_port() as port:
        down = url_of(port).removeprefix("http://")
        for host in (server.host, down):
            with pytest.raises(DownloadError) as caught:
                Downloader().fetch(f"http://alice:s3cret@{host}/none", target, PIN)
            assert host in str(caught.value)
            assert "s3cret" not in str(caught.value)
