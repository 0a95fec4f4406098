"""The standard streams: closed, full, or of an encoding that has not all signs."""

import codecs
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

_SIGNS = {
    **{"×": "x", "±": "+-", "−": "-", "–": "-", "—": "-", "…": "...", "∞": "inf", "≥": ">=", "≤": "<=", "≈": "~"},
    **{"→": "->", "←": "<-", "↑": "^", "↓": "v", "·": ".", "•": "*", "★": "*", "✓": "+", "✗": "x", "µ": "u", "μ": "u"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "│": "|", "─": "-", "━": "-", "σ": "sigma", "Δ": "delta"},
}
_HANDLER = "srbench.other_signs"
_LATER_BYTES = range(0xDC80, 0xDD00)
"""Code points by which Python keeps bytes of a name that are not UTF-8."""


class StandardOutput:
    """The standard output, whose errors name it, and which writes what it is given to the end.

    Args:
        stream: The stream as Python opened it; unbuffered it may write only a part and say nothing.
    """

    def __init__(self, stream: TextIO) -> None:
        raw = getattr(stream, "buffer", None)
        if isinstance(raw, io.FileIO):
            # The file stays its owner's: else it would be closed when this object is thrown away.
            buffer = open(raw.fileno(), "wb", closefd=False)  # noqa: SIM115
            stream = io.TextIOWrapper(buffer, stream.encoding, line_buffering=True)
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text."""
        with _naming():
            return self.stream.write(text)

    def flush(self) -> None:
        """Write out what waits."""
        with _naming():
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return what the stream itself offers."""
        return getattr(self.stream, name)


@contextmanager
def _naming() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up()
        raise OSError(error.errno, error.strerror, "standard output") from error


def prepare() -> None:
    """Let the streams write other signs for those that they have not, and open those that are closed.

    Raises:
        OSError: The standard output is closed.
    """
    codecs.register_error(_HANDLER, other_signs)
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - stays open, else a file would get its number
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard output")
    if not isinstance(sys.stdout, StandardOutput):
        sys.stdout = StandardOutput(sys.stdout)  # type: ignore[assignment]
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # of a notebook or a test
            stream.reconfigure(errors=_HANDLER)  # type: ignore[union-attr]


def other_signs(error: UnicodeError) -> tuple[str, int]:
    r"""Return what is written in place of signs that an encoding has not, as a handler of `codecs`.

    Examples:
        >>> codecs.register_error("other signs", other_signs)
        >>> "28.5 ± 0.2, \udcff, é, 日".encode("ascii", "other signs")
        b'28.5 +- 0.2, \\xff, e, ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_other, error.object[error.start : error.end])), error.end


def _other(sign: str) -> str:
    if ord(sign) in _LATER_BYTES:
        return f"\\x{ord(sign) - 0xDC00:02x}"
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return _SIGNS.get(sign) or plain or "?"


def can_write(text: str) -> bool:
    """Tell whether the standard output has all signs of a text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def give_up() -> None:
    """Throw away what waits for the standard output, which would fail again at the end of the program."""
    _give_up(sys.stdout)


def _give_up(stream: TextIO) -> None:
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(line: str) -> None:
    """Write a line to the standard error, if it can be written."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)
