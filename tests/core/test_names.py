"""Names of files and folders in tables."""

from pathlib import Path

import pytest

from srbench.core.names import Names, says_something, split_label
from srbench.errors import UserError


def _give(names: Names, path: str, digits: str = "aaaa0000") -> str:
    return names.give(Path(path).stem, Path(path), path, digits)


@pytest.mark.parametrize("name", ["best", "last", "model", "net_g_latest", "net_g_400000", "epoch_10", "HR", "LR_x4"])
def test_names_that_tell_nothing_get_parent_folders(name: str) -> None:
    assert not says_something(name)
    assert _give(Names(), f"/data/exp1/{name}.pth") == f"exp1/{name}"
    assert _give(Names(), f"/data/exp1/checkpoints/{name}.pth") == f"exp1/checkpoints/{name}"


def test_a_telling_name_stands_alone_unless_another_place_has_it() -> None:
    names = Names()
    assert [_give(names, f"/data/{at}/swinir.pth", at * 8) for at in "aba"] == ["swinir", "b/swinir", "swinir"]
    later = Names({"swinir": {"/data/a/swinir.pth": "a" * 8}})
    assert _give(later, "/data/b/swinir.pth") == "b/swinir"
    assert _give(later, "/data/a/swinir.pth", "changed0") == "swinir"


def test_digits_follow_where_all_parent_folders_are_taken() -> None:
    names = Names({"a": {"x": "1"}, "w/a": {"y": "2"}})
    assert _give(names, "/w/a.pth", "12345678") == "w/a-12345678"
    assert _give(names, "/w/a.pth", "87654321") == "w/a-12345678", "one place keeps its name"


def test_reserved_names_are_taken() -> None:
    assert _give(Names(reserved={"srgan"}), "/data/mine/SRGAN.pth") == "mine/SRGAN"


def test_a_label_is_kept_by_its_place() -> None:
    names = Names()
    assert names.keep("ours", "/a.pth", "aaaa0000") == "ours"
    assert names.keep("ours", "/b.pth", "bbbb0000") == "ours-bbbb0000"
    assert names.keep("ours", "/b.pth", "cccc0000") == "ours-bbbb0000"
    assert names.keep("ours", "/a.pth", "dddd0000") == "ours"


def test_a_file_that_was_moved_keeps_its_name(tmp_path: Path) -> None:
    old = tmp_path / "old.pth"
    taken = {"swinir": {str(old): "aaaa0000"}}
    assert _give(Names(taken), "/new/swinir.pth", "aaaa0000") == "swinir"
    assert _give(Names(taken), "/new/swinir.pth", "bbbb0000") == "new/swinir"
    old.touch()
    assert _give(Names(taken), "/new/swinir.pth", "aaaa0000") == "new/swinir"


def test_a_label_stands_before_an_equals_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lr=1e-4.pth").touch()
    assert split_label("ours=a/b=c.pth") == ("ours", "a/b=c.pth")
    assert split_label("a/b=c.pth") == ("", "a/b=c.pth")
    assert split_label("lr=1e-4.pth") == ("", "lr=1e-4.pth")
    for wrong in ("=a.pth", "ours=", "o*=a.pth"):
        with pytest.raises(UserError, match="NAME=PATH"):
            split_label(wrong)
