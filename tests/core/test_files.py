"""Files that are whole or absent, and what the system refuses."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from srbench.core import files


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let the system refuse files of more than 1,000 bytes, as a full disk does: the first bytes are written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _temporary_of_a_dead_process(folder: Path) -> Path:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    name = files._temporary(folder / "a.json").name.split("-")
    return folder / "-".join([*name[:2], done.stdout.decode().strip(), name[3]])


def test_a_file_that_cannot_be_written_to_its_end_keeps_the_old_one(tmp_path: Path, small_files: None) -> None:
    path = tmp_path / "a.json"
    files.write(path, "old")
    with pytest.raises(OSError, match="File too large") as caught:
        files.write(path, "x" * 5000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert files.refusal(caught.value).startswith(f"{path}: File too large; make room")


def test_the_longest_name_that_a_file_can_have_is_written(tmp_path: Path) -> None:
    files.write(tmp_path / ("x" * 255), "whole")
    assert (tmp_path / ("x" * 255)).read_text() == "whole"
    with pytest.raises(OSError, match="too long"):
        files.require_place(tmp_path / ("x" * 256))


def test_text_that_is_not_utf_8_is_written_as_escapes(tmp_path: Path) -> None:
    files.write(tmp_path / "a.md", "a\udcff")
    assert (tmp_path / "a.md").read_bytes() == b"a\\udcff"


def test_what_a_dead_process_left_goes_with_the_next_write(tmp_path: Path) -> None:
    dead, other = _temporary_of_a_dead_process(tmp_path), tmp_path / ".srbench-mine"
    running = files._temporary(tmp_path / "b.json")
    running = running.with_name(running.name.replace(f"-{os.getpid()}-", f"-{os.getppid()}-"))
    for path in (dead, other, running):
        path.write_text("half")
    files.write(tmp_path / "a.json", "whole")
    assert sorted(tmp_path.iterdir()) == sorted([other, running, tmp_path / "a.json"])


def test_what_another_machine_left_goes_after_a_day(tmp_path: Path) -> None:
    new, old = (tmp_path / f".srbench-01234567-12345-{digits}" for digits in ("0" * 8, "1" * 8))
    for path in (new, old):
        path.write_text("half")
    os.utime(old, (0, 0))
    files.write(tmp_path / "a.json", "whole")
    assert sorted(tmp_path.iterdir()) == sorted([new, tmp_path / "a.json"])


def test_one_relative_path_is_another_folder_after_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for directory in ("first", "second"):
        (tmp_path / directory / "out").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / directory)
        left = files._temporary(Path("out/rows.json"))
        left.write_bytes(b"half")
        os.utime(left, (0, 0))
        files.remove_litter(Path("out"))
        assert not left.exists(), directory


def test_a_place_is_tried_without_a_trace(tmp_path: Path) -> None:
    files.require_folder(tmp_path / "new" / "run")
    files.require_place(tmp_path / "other" / "a.png")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_another_process_just_removed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes of a training try the same new folder; each removes what it made."""
    tried: list[Path] = []

    def removes(folder: Path) -> None:
        if not tried:
            folder.rmdir()
        tried.append(folder)

    monkeypatch.setattr(files, "remove_litter", removes)
    files.require_folder(tmp_path / "run")
    assert len(tried) == 2


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises((FileExistsError, NotADirectoryError)) as caught:
            files.require_folder(place)
        assert files.refusal(caught.value).startswith(f"{place}: ")
        assert "a file stands where a folder is expected" in files.refusal(caught.value)
    with pytest.raises(OSError, match="levels of symbolic links"):
        files.require_folder(tmp_path / "loop" / "run")
    with pytest.raises(IsADirectoryError):
        files.require_place(tmp_path)


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, files.atomic_write(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()
    assert caught.value.filename == str(tmp_path / "missing")


def test_a_link_that_leads_to_itself_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="loop") as caught:
        files.require_place(tmp_path / "loop")
    assert caught.value.errno == errno.ELOOP
    (tmp_path / "link").symlink_to("missing")
    files.require_place(tmp_path / "link")


def test_a_private_file_is_made_once_and_whole(tmp_path: Path) -> None:
    files.create_private(tmp_path / "a.json", "first")
    with pytest.raises(FileExistsError):
        files.create_private(tmp_path / "a.json", "second")
    assert (tmp_path / "a.json").read_text() == "first"
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]
