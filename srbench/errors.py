"""Errors that a user can mend: one line each, exit code 2.

Every message says what was found, what was expected and what to do. Anything that is not a `UserError` is a bug of
ours and ends in a traceback with exit code 1.
"""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake in what was asked for or given; its text is one line."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its class where the text is empty."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def reason(error: BaseException) -> str:
    """Return what a reader needs of an error in one line: the class too, unless it is a mistake of the user's."""
    line, name = first_line(error), type(error).__name__
    return line if isinstance(error, UserError) or line == name else f"{name}: {line}"


def closest(name: str, names: Iterable[str]) -> str:
    """Return a sentence with the name that is closest to a wrong one; empty where none is close.

    Examples:
        >>> closest("knd", ["kind", "sides"])
        " Closest: 'kind'."
    """
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f" Closest: '{near[0]}'." if near else ""


class UnknownName(UserError):
    """A model, metric, data set or protocol that is not registered."""

    @classmethod
    def closest(cls, kind: str, name: str, names: Iterable[str], command: str) -> "UnknownName":
        """Build the error with the closest registered name.

        Args:
            kind: Kind of thing that was looked for, as in "model".
            name: Name that was not found.
            names: All registered names.
            command: Command that lists them.
        """
        return cls(f"no {kind} '{name}'.{closest(name, names)} All names: {command}")


class BadImage(UserError):
    """An image file that cannot be read, or whose pixel format has no stated rule."""


class TooLarge(UserError):
    """Work that needs more memory than is free."""


class ShapeError(UserError):
    """Two images, or an image and a network, whose sizes do not fit."""


class ImpossibleScore(UserError):
    """A metric gave a value that it cannot have: not a number, or outside of its range."""


class FailedMetric(UserError):
    """A user's metric that failed, that gave no number, or that gives another one each time."""


class BadOutput(UserError):
    """A network's output that is no picture: another type, another range, or values that are no numbers."""


class FailedModel(UserError):
    """A user's code that failed where it was imported, where it built a network, or where it was called."""


class BadWeights(UserError):
    """A weight file whose hash, keys or scale is not what its card says."""


class MissingWeights(UserError):
    """A weight file that is neither at hand nor could be fetched."""


class MissingData(UserError):
    """A data set that is neither at hand nor could be fetched."""


class BadData(UserError):
    """Image files that differ from their pinned manifest or cannot be paired."""


class DownloadError(UserError):
    """A download that failed, or whose content is not what was pinned."""


class BadRun(UserError):
    """A run folder that does not exist or was written by a later version."""


class BadProtocol(UserError):
    """A protocol variant with an unknown field or a value out of range."""


class BadRecipe(UserError):
    """A training recipe, or a part of one, with an unknown key or a value it cannot have."""


class BadTrainingData(UserError):
    """Training images that cannot be read, are too small, or belong to a test set."""


class Diverged(UserError):
    """A training run whose loss is no longer a number."""


class BadRatings(UserError):
    """A file of human ratings that cannot be read, or rows of one that cannot be right."""


class BadStudy(UserError):
    """A survey that cannot be planned or run as it was asked for."""


class NameClash(UserError):
    """Two packages that register the same name."""
