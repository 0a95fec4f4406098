"""Bits of a sample in image files: Pillow opens some files of more than 8 as 8-bit RGB without a word."""

import re
from typing import IO

from PIL import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile

_HEAD_BYTES = 2**20
"""Part of a file in which its head ends; colour profiles stand before it."""

_BITS_PER_SAMPLE = 258
_START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
_JPEG_FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..(.)", re.DOTALL)


def bits(file: ImageFile.ImageFile) -> int:
    """Return the bits of a sample; 8 for formats that have no more, and for files that do not tell."""
    if isinstance(file, PngImageFile):
        return 16 if "16" in str(file.tile[0][3]) else 8
    if isinstance(file, TiffImageFile):
        depth = file.tag_v2.get(_BITS_PER_SAMPLE, 8)
        return max(depth) if isinstance(depth, tuple) else int(depth)
    if isinstance(file, PpmImageFile):
        levels = file.tile[0][3]
        return levels[1].bit_length() if isinstance(levels, tuple) else 8
    if file.format == "JPEG2000":
        return _of_jpeg2000(_head(file.fp))
    return _of_avif(_head(file.fp)) if file.format == "AVIF" else 8


def of_jpeg(head: bytes) -> int:
    """Return the bits of a sample of a JPEG file, of which Pillow opens those with 8 alone; 8 for other files."""
    frame = _JPEG_FRAME.search(head) if head.startswith(b"\xff\xd8") else None
    return frame[1][0] if frame else 8


def _head(stream: IO[bytes] | None) -> bytes:
    if stream is None:
        return b""
    at = stream.tell()
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    stream.seek(at)
    return head


def _of_jpeg2000(head: bytes) -> int:
    """Read Ssiz of the first component in the marker SIZ of ISO/IEC 15444-1, A.5.1."""
    at = head.find(_START_OF_CODESTREAM)
    components = head[at + 42 : at + 43]
    return (components[0] & 0x7F) + 1 if at >= 0 and components else 8


def _of_avif(head: bytes) -> int:
    """Read high_bitdepth and twelve_bit of the box av1C (AV1 in ISOBMFF, 2.3.3)."""
    at = head.find(b"av1C")
    flags = head[at + 6] if 0 <= at < len(head) - 6 else 0
    return 8 + 2 * bool(flags & 0x40) + 2 * bool(flags & 0x20)
