"""A user's code runs in here: its output goes to stderr, what it sets is put back, and it cannot end the program."""

import contextlib
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from srbench.errors import FailedModel, first_line

_STDOUT, _STDERR = 1, 2


@contextlib.contextmanager
def contained(name: str) -> Iterator[None]:
    """Run a user's code so that the rest of the program does not notice.

    Working folder, default dtype, seeds, threads and gradient mode are put back, and stdout is stderr meanwhile.

    Args:
        name: Name of the model or its file, for messages.

    Raises:
        FailedModel: The code ended the program, or raised what is no `Exception`. Ctrl-C goes through.
    """
    settings = _Settings()
    try:
        with _stdout_to_stderr():
            yield
    except (KeyboardInterrupt, Exception):
        raise
    except BaseException as error:
        raise FailedModel(f"the code of {name} ended with {type(error).__name__} ({first_line(error)})") from error
    finally:
        settings.put_back()


class _Settings:
    """The state of the process that a user's code may change, as it is now."""

    def __init__(self) -> None:
        self.folder = _working_folder()
        self.dtype = torch.get_default_dtype()
        self.threads = torch.get_num_threads()
        self.gradients = torch.is_grad_enabled()
        self.seeds: tuple[Any, ...] = (random.getstate(), np.random.get_state(), torch.get_rng_state())
        self.gpu_seeds = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []

    def put_back(self) -> None:
        """Make everything as it was."""
        if self.folder is not None and _working_folder() != self.folder:
            os.chdir(self.folder)
        torch.set_default_dtype(self.dtype)
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        torch.set_grad_enabled(self.gradients)
        of_python, of_numpy, of_torch = self.seeds
        random.setstate(of_python)
        np.random.set_state(of_numpy)
        torch.set_rng_state(of_torch)
        if self.gpu_seeds:
            torch.cuda.set_rng_state_all(self.gpu_seeds)


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was deleted
        return None


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send to stderr what Python code prints, and what libraries and child processes write."""
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a process without these streams has nothing to send
            kept = os.dup(_STDOUT)
            stack.callback(os.close, kept)
            _flush()
            os.dup2(_STDERR, _STDOUT)
            stack.callback(os.dup2, kept, _STDOUT)
            stack.callback(_flush)
        yield


def _flush() -> None:
    """Let the stream that belongs to the process write before it is sent elsewhere."""
    if sys.__stdout__ is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.__stdout__.flush()
