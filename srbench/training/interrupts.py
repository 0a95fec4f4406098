"""Ctrl-C and SIGTERM during training, which may wait for the end of a step."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def deferred_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM in a block call a function; a second one does not wait.

    Args:
        stop: Asks for the end of the block.

    Raises:
        KeyboardInterrupt: A second signal came.
    """
    asked = False

    def handle(_: int, __: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()

    before: Sequence[Any] = [signal.signal(number, handle) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
