"""Headers, orientation tags, colours and sizes of image files."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from srbench.core import image, image_file, memory
from srbench.errors import BadImage, TooLarge

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def _tagged(path: Path, orientation: int) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PIXELS).save(path, exif=exif, lossless=True)
    return path


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_read_as_stored_or_as_shown(tmp_path: Path, ending: str, orientation: int) -> None:
    path = _tagged(tmp_path / f"a.{ending}", orientation)
    with Image.open(path) as file:
        expected = np.asarray(ImageOps.exif_transpose(file))
    assert np.array_equal(image_file.read_shown(path)[0], expected)
    assert np.array_equal(image.read(path), PIXELS)
    assert image.size(path) == (6, 9)
    if ending != "png":
        assert image_file.header(path).orientation == orientation


def test_a_profile_and_chunks_of_colour_are_kept(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colour = image_file.Colour(profile, ((b"gAMA", struct.pack(">I", 45455)), (b"cHRM", bytes(32))))
    image_file.write(tmp_path / "a.png", PIXELS, colour, {"model": "bicubic"})
    pixels, found = image_file.read_shown(tmp_path / "a.png")
    assert found == colour
    assert np.array_equal(pixels, PIXELS)
    assert Image.open(tmp_path / "a.png").info["model"] == "bicubic"
    assert image_file.header(tmp_path / "a.png").has_profile


def test_a_profile_of_other_channels_is_left_out(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image_file.write(tmp_path / "a.png", PIXELS[..., 0], image_file.Colour(profile))
    assert not image_file.header(tmp_path / "a.png").has_profile


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_file_of_few_bytes_that_claims_a_giant_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(_png(60_000, 60_000, zlib.compress(bytes(1000))))
    for read in (image.read, image.size, image_file.read_shown):
        with pytest.raises(BadImage, match=r"60000 x 60000 px in [0-9]+ bytes"):
            read(tmp_path / "bomb.png")


def test_more_pixels_than_pillow_allows_need_memory_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big.png").write_bytes(_png(16_000, 12_000, bytes(600_000)))
    assert image.size(tmp_path / "big.png") == (12_000, 16_000)
    monkeypatch.setattr(memory, "free_mib", lambda: 100)
    with pytest.raises(TooLarge, match=r"needs about 2,198 MiB of memory, and 100 MiB are free"):
        image.read(tmp_path / "big.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "PPM", "BMP", "JPEG2000", "AVIF"])
def test_damaged_files_are_refused_in_one_line_or_read(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(tmp_path / "whole", format=kind, exif=exif)
    whole = (tmp_path / "whole").read_bytes()
    generator = np.random.default_rng(1)
    for _ in range(60):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[generator.integers(0, len(damaged), 3)] = generator.integers(0, 256, 3)
        (tmp_path / "damaged").write_bytes(damaged.tobytes()[: generator.integers(1, len(damaged) + 400)])
        for read in (image_file.header, image_file.read_stored, image_file.read_shown):
            assert "\n" not in _refusal(read, tmp_path / "damaged")


def _refusal(read: Callable[[Path], object], path: Path) -> str:
    try:
        read(path)
    except (BadImage, TooLarge) as error:
        return str(error)
    return ""
