"""Pictures as scripts: a page that was opened from disk may read the bytes of these, and of nothing else."""

import io
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]

CHARSET = "x-user-defined"
"""Encoding in which a browser has to read the scripts: the low byte of each character is the byte of the file."""

_ESCAPES = {b"\\": b"\\\\", b"`": b"\\`", b"${": b"\\${", b"\r": b"\\r"}
_THUMBNAIL_PX, _THUMBNAIL_QUALITY = 120, 70
_METHOD, _EFFORT = 4, 50
"""Of the encoder; the slowest takes 40 times as long for 2 % less."""


def webp(picture: Picture) -> bytes:
    """Encode a picture as lossless WebP.

    Args:
        picture: uint8, `(H, W, 3)` RGB or `(H, W)` grey.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="WEBP", lossless=True, quality=_EFFORT, method=_METHOD)
    return file.getvalue()


def thumbnail(picture: Picture) -> bytes:
    """Encode a small version of a picture as WebP, with loss."""
    small, file = Image.fromarray(picture), io.BytesIO()
    small.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    small.convert("RGB").save(file, format="WEBP", quality=_THUMBNAIL_QUALITY)
    return file.getvalue()


def checksum(picture: Picture) -> int:
    """Return the CRC-32 of a picture's RGB bytes, by which the page finds out whether its browser changed them."""
    return zlib.crc32(picture.tobytes() if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2).tobytes())


def script(name: str, content: bytes) -> bytes:
    """Return a script that hands bytes to the page.

    Args:
        name: By which the page asked for them.
        content: Any bytes. Three values of 256 take two bytes; base64 would make four bytes of three.
    """
    for plain, escaped in _ESCAPES.items():
        content = content.replace(plain, escaped)
    return b"srbenchArrived(" + json.dumps(name).encode("ascii") + b",`" + content + b"`);\n"


def data(variable: str, content: Mapping[str, Any]) -> bytes:
    """Return a script that sets a global variable to JSON."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f"const {variable} = {text};\n".encode("ascii")
