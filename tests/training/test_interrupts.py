"""Ctrl-C waits for the end of a step once."""

import os
import signal

import pytest

from srbench.training.interrupts import deferred_interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_does_not_wait(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    calls: list[str] = []
    with deferred_interrupt(lambda: calls.append("stop")):
        os.kill(os.getpid(), number)
        assert calls == ["stop"]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert calls == ["stop"]
    assert signal.getsignal(number) is before
