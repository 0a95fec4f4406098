from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.color import rgb2ycbcr

from srbench.core import image, image_file
from srbench.errors import BadImage, ShapeError, TooLarge


def _photo(*shape: int) -> image.Array:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("extension", ["png", "bmp", "tif"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_lossless_formats_are_read_as_stored(tmp_path: Path, extension: str, shape: tuple[int, ...]) -> None:
    pixels = _photo(*shape)
    Image.fromarray(pixels).save(tmp_path / f"a.{extension}")
    assert np.array_equal(image.read(tmp_path / f"a.{extension}"), pixels)


def test_jpeg_is_read_in_its_own_colours(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (200, 30, 60)).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    assert np.abs(image.read(tmp_path / "a.jpg").astype(int) - [200, 30, 60]).max() <= 2


def test_palette_becomes_rgb_and_bilevel_becomes_grey(tmp_path: Path) -> None:
    Image.fromarray(_photo(4, 4) // 128 * 255).convert("P").save(tmp_path / "p.png")
    Image.new("1", (4, 4), 1).save(tmp_path / "b.png")
    assert image.read(tmp_path / "p.png").shape == (4, 4, 3)
    assert np.array_equal(image.read(tmp_path / "b.png"), np.full((4, 4), 255, np.uint8))


def test_opaque_alpha_is_dropped(tmp_path: Path) -> None:
    rgb = _photo(4, 6, 3)
    rgba = np.dstack([rgb, np.full((4, 6), 255, np.uint8)])
    Image.fromarray(rgba, "RGBA").save(tmp_path / "a.png")
    assert np.array_equal(image.read(tmp_path / "a.png"), rgb)


def test_opaque_grey_alpha_stays_grey(tmp_path: Path) -> None:
    Image.merge("LA", (Image.fromarray(_photo(4, 6)), Image.new("L", (6, 4), 255))).save(tmp_path / "a.png")
    assert np.array_equal(image.read(tmp_path / "a.png"), _photo(4, 6))


def test_grey_with_an_unused_transparent_level_stays_grey(tmp_path: Path) -> None:
    pixels = _photo(4, 6) // 2
    Image.fromarray(pixels).save(tmp_path / "a.png", transparency=255)
    assert np.array_equal(image.read(tmp_path / "a.png"), pixels)


def test_transparency_is_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(tmp_path / "a.png")
    with pytest.raises(BadImage, match="transparent pixels"):
        image.read(tmp_path / "a.png")


def test_sixteen_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "grey.png")
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "grey.tif")
    (tmp_path / "rgb.png").write_bytes(_rgb16_png())
    for name in ("grey.png", "grey.tif", "rgb.png"):
        with pytest.raises(BadImage, match="8 bits"):
            image.read(tmp_path / name)


def _rgb16_png() -> bytes:
    """A 1 x 1 RGB PNG of 16 bits, which Pillow would open as if it had 8."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + b"\x12\x34" * 3)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_cmyk_and_damage_are_refused_with_the_file_named(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8)).save(tmp_path / "c.jpg")
    Image.fromarray(_photo(64, 64, 3)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    (tmp_path / "text.png").write_text("no image")
    for name, reason in (("c.jpg", "CMYK"), ("cut.png", "truncated"), ("text.png", "not an image")):
        with pytest.raises(BadImage, match=reason) as caught:
            image.read(tmp_path / name)
        assert name in str(caught.value)


def test_write_then_read_gives_the_same_pixels(tmp_path: Path) -> None:
    for pixels in (_photo(5, 7, 3), _photo(5, 7)):
        image.write(tmp_path / "new" / "a.png", pixels)
        assert np.array_equal(image.read(tmp_path / "new" / "a.png"), pixels)
        assert np.array_equal(image.to_array(image.to_tensor(pixels)), pixels)


def test_luma_and_chroma_equal_scikit_images() -> None:
    pixels = _photo(9, 8, 3)
    theirs = rgb2ycbcr(pixels)
    levels = image.to_tensor(pixels)
    assert np.allclose(image.luma(levels)[0, 0].numpy(), theirs[..., 0], atol=1e-9)
    ours = image.rgb_to_ycbcr(levels.double() / 255, studio=True) * 255
    assert np.allclose(ours[0].permute(1, 2, 0).numpy(), theirs, atol=1e-9)


def test_full_range_equals_the_jpeg_standard() -> None:
    red = torch.tensor([1.0, 0, 0], dtype=torch.float64).view(1, 3, 1, 1)
    ycbcr = image.rgb_to_ycbcr(red, studio=False).flatten() * 255
    # JFIF 1.02: Y = 0.299 R, Cb = -0.1687 R + 128, Cr = 0.5 R + 128
    assert torch.allclose(ycbcr, torch.tensor([76.245, 84.97, 255.5], dtype=torch.float64), atol=0.01)


@pytest.mark.parametrize("studio", [True, False])
def test_colours_come_back(studio: bool) -> None:
    rgb = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    there_and_back = image.ycbcr_to_rgb(image.rgb_to_ycbcr(rgb, studio=studio), studio=studio)
    assert torch.allclose(there_and_back, rgb, atol=1e-12)


def test_grey_is_its_own_luma() -> None:
    grey = image.to_tensor(_photo(4, 4))
    assert torch.equal(image.luma(grey), grey.double())


def test_grey_reduction_is_full_range_and_rounded() -> None:
    levels = torch.tensor([100.0, 150.0, 201.0]).view(1, 3, 1, 1)
    assert image.grey(levels).item() == round(0.299 * 100 + 0.587 * 150 + 0.114 * 201)


@given(st.integers(0, 255))
def test_every_level_survives_the_unit_interval_in_float32(level: int) -> None:
    assert image.to_uint8(torch.tensor([[[[level / 255]]]])).item() == level


def test_halves_round_up_and_overshoot_is_clamped() -> None:
    levels = torch.tensor([0.5, 1.5, 2.5, -3.0, 255.4, 300.0])
    assert image.round_half_up(levels).tolist() == [1, 2, 3, 0, 255, 255]


def test_outputs_are_rounded_with_halves_up_and_clamped_to_8_bits() -> None:
    unit = torch.tensor([-1.0, 0.499, 0.5, 1.5, 254.5, 255.4, 300.0, float("nan")], dtype=torch.float64) / 255
    assert image.to_uint8(unit).tolist() == [0, 0, 1, 2, 255, 255, 255, 0]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12))
def test_crops_are_multiples_and_lose_less_than_one(height: int, width: int, multiple: int) -> None:
    source = torch.zeros(1, 1, height, width)
    if min(height, width) < multiple:
        with pytest.raises(ShapeError, match=str(multiple)):
            image.crop_to_multiple(source, multiple)
        return
    cropped = image.crop_to_multiple(source, multiple)
    for side, kept in zip((height, width), cropped.shape[-2:], strict=True):
        assert kept % multiple == 0
        assert side - kept < multiple


def test_crops_take_from_the_bottom_and_the_right() -> None:
    source = torch.arange(30).view(1, 1, 5, 6)
    assert torch.equal(image.crop_to_multiple(source, 4), source[..., :4, :4])


def test_border_is_shaved_from_all_sides() -> None:
    source = torch.arange(25.0).view(1, 1, 5, 5)
    assert image.crop_border(source, 2).item() == 12
    assert image.crop_border(source, 0) is source
    for whole, border_px in ((source, 3), (source[..., :4, :], 2), (source[..., :4], 2)):
        with pytest.raises(ShapeError, match="nothing left"):
            image.crop_border(whole, border_px)


def test_memory_that_runs_out_while_decoding_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    monkeypatch.setattr(image_file, "_load", _raise_memory_error)
    with pytest.raises(TooLarge, match=r"a\.png \(8 x 8 px\) needs more memory than this process may take; raise its"):
        image.read(tmp_path / "a.png")


def _raise_memory_error(_: object) -> None:
    raise MemoryError
