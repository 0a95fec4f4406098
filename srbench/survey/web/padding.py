"""Padding of the pictures of one content to one length, so that a file's size does not tell which model made it.

What the content is can be seen anyway; one length for all contents would multiply what raters load.
"""

import zlib
from collections.abc import Mapping

from srbench.survey.study import Study

_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_OVERHEAD = 12
_CHUNK = b"paDs"  # ancillary, private, may be copied: every PNG reader skips it


def largest_bytes(study: Study) -> Mapping[str, int]:
    """Return for the name of each picture the length of the largest file of its content, in bytes."""
    largest: dict[tuple[str, str], int] = {}
    contents = {p.stimulus.name: (p.stimulus.dataset, p.stimulus.content) for p in study.pictures}
    for picture in study.pictures:
        content = contents[picture.stimulus.name]
        largest[content] = max(largest.get(content, 0), picture.size_bytes(study.folder))
    return {name: largest[content] for name, content in contents.items()}


def padded(content: bytes, length: int) -> bytes:
    """Return a PNG with a chunk of zeros before its end, so that its length is `length` + 12 bytes.

    Args:
        content: PNG file.
        length: Length of the largest file of its content, in bytes.
    """
    zeros = bytes(max(0, length - len(content)))
    check = zlib.crc32(_CHUNK + zeros).to_bytes(4, "big")
    return content[: -len(_END)] + len(zeros).to_bytes(4, "big") + _CHUNK + zeros + check + _END
