"""What libraries that are no Python write to stderr, kept from there."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock
from typing import IO

_STDERR = 2
_ONE_AT_A_TIME = Lock()


@contextmanager
def captured() -> Iterator[list[str]]:
    """Yield a list that has the lines when the block has ended, by an error too; nothing of them is printed."""
    lines: list[str] = []
    with _ONE_AT_A_TIME, ExitStack() as stack:
        with suppress(OSError):  # a process without stderr, or without room for a file, has nothing to keep
            kept = os.dup(_STDERR)
            stack.callback(os.close, kept)
            file = stack.enter_context(tempfile.TemporaryFile())
            stack.callback(lambda: lines.extend(_lines(file)))
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(file.fileno(), _STDERR)
            stack.callback(os.dup2, kept, _STDERR)
        yield lines


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return file.read().decode(errors="replace").splitlines()
