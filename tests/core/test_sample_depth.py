"""Files of more than 8 bits a sample are refused in every format, and damaged TIFF files print nothing themselves."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srbench.core import image, image_file, sample_depth
from srbench.errors import BadImage

_PIXELS = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)


def _encoded(ending: str) -> bytearray:
    stream = io.BytesIO()
    Image.fromarray(_PIXELS).save(stream, format=Image.registered_extensions()[ending])
    return bytearray(stream.getvalue())


def _deep(ending: str) -> bytes:
    """The head of a file of 10 to 16 bits a sample."""
    if ending == ".ppm":
        return b"P6\n# comment\n16 16\n65535\n" + bytes(16 * 16 * 6)
    content = _encoded(ending)
    if ending == ".jpg":
        content[content.index(b"\xff\xc0") + 4] = 12
    else:
        size = content.index(b"\xff\x4f\xff\x51") + 42
        content[size : size + 9 : 3] = bytes([15] * 3)
    return bytes(content)


@pytest.mark.parametrize("ending", [".ppm", ".jpg", ".jp2", ".j2k"])
def test_deeper_files_are_refused_for_their_depth(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(_deep(ending))
    for read in (image_file.header, image.read):
        with pytest.raises(BadImage, match="more than 8 bits a sample"):
            read(path)


@pytest.mark.parametrize("ending", [".ppm", ".jpg", ".jp2", ".j2k", ".png", ".tif", ".bmp", ".webp", ".gif"])
def test_files_of_8_bits_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(_encoded(ending))
    assert image.read(path).shape == (16, 16, 3)


@pytest.mark.parametrize(("flags", "bits"), [(0x00, 8), (0x40, 10), (0x60, 12)])
def test_avif_tells_its_depth(flags: int, bits: int) -> None:
    assert sample_depth._of_avif(b"....ftypavif....av1C\x81\x00" + bytes([flags]) + b"\x00") == bits


def test_a_damaged_tiff_is_one_line_with_its_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tif"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, compression="tiff_lzw")
    content = bytearray(path.read_bytes())
    content[16:2000] = bytes(1984)
    path.write_bytes(content)
    with pytest.raises(BadImage, match="could not be read") as error:
        image.read(path)
    assert capfd.readouterr().err == ""
    assert "LZW" in str(error.value) or "tiff" in str(error.value).lower()
