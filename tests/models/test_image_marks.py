"""What an upscaled image says of itself."""

from pathlib import Path

import pytest
from PIL import Image

from srbench.models.image_marks import read


def test_a_damaged_header_that_asks_for_gigabytes_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_(_: Path) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(Image, "open", open_)
    assert read(tmp_path / "a.png") == {}
