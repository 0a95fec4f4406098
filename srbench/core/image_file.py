"""Image files: the formats that are read, what a header says, and pixels as stored or as a viewer shows them."""

import importlib
import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile, PngInfo
from PIL.TiffImagePlugin import TiffImageFile

from srbench.core import memory, native_stderr, orientation, sample_depth
from srbench.core.files import atomic_write
from srbench.errors import BadImage, TooLarge

Array = npt.NDArray[np.uint8]

_ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "GIF": (".gif",),
    "JPEG2000": (".jp2", ".j2k"),
    "AVIF": (".avif",),
}
_PLUGINS = ("Png", "Jpeg", "Tiff", "Bmp", "WebP", "Ppm", "Gif", "Jpeg2K", "Avif")
"""Modules of Pillow that read these formats."""

EXTENSIONS = tuple(ending for endings in _ENDINGS.values() for ending in endings)
"""Endings of image files; a file of one of these formats is read whatever its ending is."""

_DAMAGE = (
    *(SyntaxError, ValueError, LookupError, TypeError, EOFError, ArithmeticError, AttributeError, AssertionError),
    *(RuntimeError, struct.error, zlib.error),
)
"""What Pillow raises for damaged files, beside OSError."""

_EXPECTED = "expected PNG, BMP, JPEG, TIFF, WebP or PPM"

_BOMB_PIXELS, _MOST_PACKED = 2**26, 1100
"""A file that claims more pixels is refused unless its length can hold them: deflate shortens at most by 1,032."""

# Pillow refuses by the number of pixels alone, among them what `upscale` makes of a photograph. Here memory and the
# length of the file decide.
Image.MAX_IMAGE_PIXELS = None
logging.getLogger("PIL").addHandler(logging.NullHandler())  # its remarks on damaged files come with the error


@dataclass(frozen=True)
class Header:
    """What is known of an image before its pixels are read.

    Attributes:
        height: Rows of the stored pixels.
        width: Columns of the stored pixels.
        grey: Whether it is read as one channel.
        orientation: EXIF tag, 1 to 8; 1 is upright.
        has_profile: Whether a colour profile is embedded.
    """

    height: int
    width: int
    grey: bool
    orientation: int = 1
    has_profile: bool = False


@dataclass(frozen=True)
class Colour:
    """What a file says of its colours beside the pixels.

    Attributes:
        icc: ICC profile; empty where there is none.
        chunks: Chunks gAMA, cHRM and sRGB of a PNG file, with their content.
    """

    icc: bytes = b""
    chunks: tuple[tuple[bytes, bytes], ...] = field(default=())


PLAIN = Colour()
"""Colours of a file that says nothing of them."""


def content(path: Path) -> bytes:
    """Read the bytes of an image file, which can then be both hashed and decoded.

    Raises:
        BadImage: The file cannot be read.
        TooLarge: It is larger than the memory that is free.
    """
    try:
        memory.require(path.stat().st_size, f"{path} ({path.stat().st_size:,} bytes)", "free some")
        return path.read_bytes()
    except OSError as error:
        raise BadImage(f"{path} could not be read ({error.strerror or error})") from error


@contextmanager
def opened(path: Path, data: bytes | None = None) -> Iterator[ImageFile.ImageFile]:
    """Open an image file whose header is checked.

    Args:
        path: The file.
        data: Its content, where it was read before; the file is not read again.

    Raises:
        BadImage: The file is no image, is damaged, or has pixels that are not read: 16 bits a sample, CMYK.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd but harmless metadata
            with Image.open(path if data is None else io.BytesIO(data), formats=_known_formats()) as file:
                _check_header(file, path)
                yield file
    except UnidentifiedImageError as error:
        if sample_depth.of_jpeg(path.read_bytes()) > 8:
            raise _too_deep(path) from error
        raise BadImage(f"{path} is not an image that can be read; {_EXPECTED}") from error
    except OSError as error:
        damage = "" if error.strerror else "; the file may be truncated"
        raise BadImage(f"{path} could not be read ({error.strerror or error}){damage}") from error
    except _DAMAGE as error:
        raise BadImage(f"{path} could not be read ({error}); the file may be truncated") from error


def _too_deep(path: Path) -> BadImage:
    return BadImage(f"{path} has more than 8 bits a sample; convert it to 8 bits first")


@cache
def _known_formats() -> list[str]:
    """Return the formats that the installed Pillow reads; its `init` would import forty others too."""
    for plugin in _PLUGINS:
        with suppress(ModuleNotFoundError):  # of AVIF, where Pillow is older than 11.3
            importlib.import_module(f"PIL.{plugin}ImagePlugin")
    return [name for name in _ENDINGS if name in Image.OPEN]


def _check_header(file: ImageFile.ImageFile, path: Path) -> None:
    if file.mode.startswith(("I", "F")) or sample_depth.bits(file) > 8:
        raise _too_deep(path)
    if file.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        raise BadImage(f"{path} is {file.mode}; expected grey or RGB. Convert it first")
    pixels, length = file.width * file.height, path.stat().st_size
    if pixels > _BOMB_PIXELS and pixels * (1 / 8 if file.mode == "1" else len(file.getbands())) > length * _MOST_PACKED:
        raise BadImage(
            f"{path} claims to hold {file.width} x {file.height} px in {length:,} bytes, which is impossible"
        )


def header(path: Path) -> Header:
    """Read the header of an image file.

    Raises:
        BadImage: As for `opened`.
    """
    with opened(path) as file:
        size = (file.height, file.width)
        if isinstance(file, TiffImageFile):  # Pillow tells the size as shown
            size = (int(file.tag_v2[257]), int(file.tag_v2[256]))
        tag = orientation.of(file) if "exif" in file.info or not isinstance(file, PngImageFile) else 1
        return Header(*size, file.mode in ("L", "1", "LA"), tag, bool(file.info.get("icc_profile")))


def read_stored(path: Path, data: bytes | None = None) -> Array:
    """Read the pixels of an image as they are stored, whatever its orientation tag and colour profile say.

    Palette images become RGB, bilevel images grey (0 and 255). An alpha channel is dropped when it is opaque
    everywhere.

    Args:
        path: The file.
        data: As for `opened`.

    Returns:
        uint8, `(H, W, 3)` RGB or `(H, W)` grey.

    Raises:
        BadImage: As for `opened`, or the image is truncated or has transparent pixels.
        TooLarge: The image needs more memory than is free.
    """
    with opened(path, data) as file:
        pixels, tag, turned = _decoded(file, path)
    return orientation.laid_down(pixels, tag) if turned else pixels


def read_shown(path: Path, data: bytes | None = None) -> tuple[Array, Colour]:
    """Read an image as a viewer shows it, turned by its orientation tag, and what is needed to show its colours.

    Args:
        path: The file.
        data: As for `opened`.

    Returns:
        uint8, `(H, W, 3)` RGB or `(H, W)` grey, and the colours' description.

    Raises:
        BadImage: As for `read_stored`.
        TooLarge: As for `read_stored`.
    """
    with opened(path, data) as file:
        pixels, tag, turned = _decoded(file, path)
        profile = file.info.get("icc_profile") or b""
        colour = Colour(
            profile if isinstance(profile, bytes) else b"",
            _colour_chunks(file, path.open("rb") if data is None else io.BytesIO(data)),
        )
    return (pixels if turned else orientation.turned(pixels, tag)), colour


def _decoded(file: ImageFile.ImageFile, path: Path) -> tuple[Array, int, bool]:
    """Return the pixels, the orientation tag, and whether Pillow turned them already, as it does with TIFF."""
    bytes_a_pixel = 3 if file.mode in ("L", "1") else 12 if file.mode == "RGB" else 20
    what = f"{path} ({file.width} x {file.height} px)"
    memory.require(file.width * file.height * bytes_a_pixel, what, "free some, or cut the image into parts")
    before = 1 if isinstance(file, PngImageFile) else orientation.of(file)  # Pillow would decode a PNG to find it
    try:
        _load(file)
        after = orientation.of(file)
        pixels = _to_array(file, path)
    except MemoryError as error:  # of a limit on this process, where memory as such is free
        raise TooLarge(f"{what} needs more memory than this process may take; raise its limit, or cut it") from error
    return (pixels, after, False) if after != 1 else (pixels, before, before != 1)


def _load(file: ImageFile.ImageFile) -> None:
    """Decode the pixels; what libtiff prints of a damaged file becomes the reason."""
    if not isinstance(file, TiffImageFile):
        file.load()
        return
    said: list[str] = []
    try:
        with native_stderr.captured() as said:
            file.load()
    except OSError as error:
        raise OSError(f"{error}: {said[0].rstrip('.')}" if said else str(error)) from error


def _to_array(file: ImageFile.ImageFile, path: Path) -> Array:
    if file.mode in ("RGBA", "LA", "PA") or "transparency" in file.info:
        rgba = file.convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            raise BadImage(
                f"{path} has transparent pixels; expected an opaque image. Flatten it onto a background first"
            )
        return np.asarray(rgba.convert("L" if file.mode in ("1", "L", "LA") else "RGB"))
    if file.mode in ("L", "RGB"):
        return np.asarray(file)
    return np.asarray(file.convert("L" if file.mode == "1" else "RGB"))


def _colour_chunks(file: ImageFile.ImageFile, content: BinaryIO) -> tuple[tuple[bytes, bytes], ...]:
    """Return the chunks gAMA, cHRM and sRGB of a PNG file as they stand; they come before the pixels."""
    chunks = []
    with content as stream:
        if not isinstance(file, PngImageFile):
            return ()
        stream.seek(8)
        while len(head := stream.read(8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"gAMA", b"cHRM", b"sRGB") and length <= 32:
                chunks.append((head[4:], stream.read(length)))
                length = 0
            stream.seek(length + 4, 1)
    return tuple(chunks)


def encode(array: Array, colour: Colour = PLAIN, text: Mapping[str, str] | None = None) -> bytes:
    """Return an image as the content of a PNG file.

    Args:
        array: uint8, `(H, W, 3)` RGB or `(H, W)` grey.
        colour: How the colours are to be shown; a profile is left out where it is of another number of channels.
        text: Words of text chunks, by their keywords.
    """
    chunks = PngInfo()
    for name, content in colour.chunks:
        chunks.add(name, content)
    for keyword, value in (text or {}).items():
        chunks.add_itxt(keyword, value)
    fits = colour.icc[16:20] == (b"GRAY" if array.ndim == 2 else b"RGB ")
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, format="PNG", pnginfo=chunks, icc_profile=colour.icc if fits else None)
    return stream.getvalue()


def write(path: Path, array: Array, colour: Colour = PLAIN, text: Mapping[str, str] | None = None) -> None:
    """Write an image losslessly as PNG, whole or not at all.

    Args:
        path: File to write; its parent folders are created.
        array: As for `encode`.
        colour: As for `encode`.
        text: As for `encode`.
    """
    with atomic_write(path) as partial:
        partial.write_bytes(encode(array, colour, text))
