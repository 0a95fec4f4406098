"""Padding of pictures to one length, so that a file's size does not tell which model made it."""

import zlib

_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_OVERHEAD = 12
_CHUNK = b"paDs"  # ancillary, private, may be copied: every PNG reader skips it


def padded(content: bytes, length: int) -> bytes:
    """Return a PNG with a chunk of zeros before its end, so that its length is `length` + 12 bytes.

    Args:
        content: PNG file.
        length: Length of the largest file of the study, in bytes.
    """
    zeros = bytes(max(0, length - len(content)))
    check = zlib.crc32(_CHUNK + zeros).to_bytes(4, "big")
    return content[: -len(_END)] + len(zeros).to_bytes(4, "big") + _CHUNK + zeros + check + _END
