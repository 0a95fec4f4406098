"""What counts as an image of a folder, and what is left out."""

import os
from pathlib import Path

import numpy as np
import pytest

from srbench.core import image, image_folder
from srbench.errors import BadImage


def _folder(tmp_path: Path) -> Path:
    image.write(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "no ending").write_bytes((tmp_path / "a.png").read_bytes())
    return tmp_path


def test_a_file_is_an_image_by_its_ending_or_its_content(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    for name in ("b.webp", "c.ppm", "d.PNG", "e.JPG"):
        (folder / name).write_bytes(b"cut")
    (folder / "notes.txt").write_text("no image")
    listing = image_folder.find(folder, deep=False)
    assert [path.name for path in listing.images] == ["a.png", "b.webp", "c.ppm", "d.PNG", "e.JPG", "no ending"]
    assert listing.left_out == {"file that is no image (.txt)": 1}


@pytest.mark.parametrize("name", ["._a.png", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden.jpg"])
def test_hidden_and_system_files_are_no_images_and_not_worth_a_word(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path)
    (folder / name).write_bytes((folder / "a.png").read_bytes())
    assert len(image_folder.find(folder, deep=True).images) == 2
    assert not image_folder.find(folder, deep=True).describe()


def test_all_else_is_counted_with_its_reason(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    os.mkfifo(folder / "pipe.png")
    (folder / "broken.png").symlink_to(folder / "nowhere")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "below").mkdir()
    (folder / "below" / "b.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "again").symlink_to(folder)
    flat, deep = (image_folder.find(folder, deep=deep) for deep in (False, True))
    assert [path.name for path in flat.images] == ["a.png", "no ending"]
    assert flat.left_out["subfolder"] == 2
    assert [path.name for path in deep.images] == ["a.png", "b.png", "no ending"]
    assert deep.left_out["link to a folder"] == 1
    for listing in (flat, deep):
        assert listing.left_out["pipe or device"] == 1
        assert sum(count for reason, count in listing.left_out.items() if "link" in reason or "reached" in reason) >= 2
        (line,) = listing.describe()
        assert "1 x pipe or device" in line


def test_a_folder_that_is_none_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="cannot be read"):
        image_folder.find(_folder(tmp_path) / "a.png", deep=True)
