"""Names of files and folders in tables: short, telling, and one for each place in a run's folder."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from srbench.errors import UserError

_SAY_NOTHING = frozenset(
    """
    best last latest final newest model models net nets network networks netg g gen generator weight weights
    checkpoint checkpoints ckpt ckpts param params state dict ema epoch epochs iter iters iteration step steps pytorch
    torch saved results result build builder main
    hr lr gt hq lq high low original originals reference references image images img imgs picture pictures photo photos
    png jpg data dataset datasets set test val valid validation train training input inputs target targets x
    """.split()  # noqa: SIM905
)
"""Words that the files and folders of many experiments are called by."""


def fits(name: str, glob: str) -> bool:
    """Tell whether a glob means a name, in any case of the letters.

    Examples:
        >>> fits("esrgan.psnr_df2k", "ESRGAN*"), fits("esrgan", "srgan")
        (True, False)
    """
    return fnmatchcase(name.lower(), glob.lower())


def meant(globs: Sequence[str], known: Iterable[str], what: str) -> set[str]:
    """Return the names that globs mean; all where there is no glob.

    Args:
        globs: Names or globs, in any case.
        known: Names that there are.
        what: What a name is of, for the message, as "model of these runs".

    Raises:
        UserError: A glob means none of them.
    """
    names = list(dict.fromkeys(known))
    for glob in globs:
        if not any(fits(name, glob) for name in names):
            raise UserError(f"no {what} is called '{glob}'; expected one of: {', '.join(names)}")
    return {name for name in names if not globs or any(fits(name, glob) for glob in globs)}


def split_label(typed: str) -> tuple[str, str]:
    """Split `ours=PATH` into the label and what it names; the label is empty where none is given.

    Raises:
        UserError: The label cannot be one.
    """
    label, sign, rest = typed.partition("=")
    if not sign or "/" in label or "\\" in label or Path(typed).exists():
        return "", typed
    if not label.strip() or not rest.strip() or any(mark in label for mark in "*?[@:") or label.startswith("."):
        raise UserError(f"'{typed}' is no name with a path; expected NAME=PATH, as in ours=exp1/best.pth")
    return label.strip(), rest.strip()


class Names:
    """Gives each file or folder of a run's folder a name of its own.

    Args:
        taken: Places by name, with digits of the content that each had last; from earlier calls.
        reserved: Names that no file may have, as ids of models.
    """

    def __init__(
        self, taken: Mapping[str, Mapping[str, str]] | None = None, reserved: Collection[str] = frozenset()
    ) -> None:
        self.taken = {name: dict(places) for name, places in (taken or {}).items()}
        self.reserved = reserved

    def give(self, own: str, path: Path, place: str, digits: str) -> str:
        """Name a file or folder: its own name, with parent folders where that says nothing or is taken, then digits.

        Args:
            own: Name of the file or folder itself.
            path: The file or folder.
            place: Text that stands for the place, with all that tells it from others.
            digits: Digits of the hash of its content.
        """
        for name, places in self.taken.items():
            if place in places and own in (name.rpartition("/")[2], _without_digits(name).rpartition("/")[2]):
                return self._note(name, place, digits)
        parents = [part for part in path.resolve().parent.parts if part.strip("/\\")]
        parts = [own]
        while not self._is_good("/".join(parts), parts, place, digits) and parents:
            parts.insert(0, parents.pop())
        name = "/".join(parts)
        return self._note(name if self._is_free(name, place, digits) else f"{name}-{digits}", place, digits)

    def keep(self, asked: str, place: str, digits: str) -> str:
        """Keep a name that was asked for; digits follow it where it stands for another place."""
        for name, places in self.taken.items():
            if place in places and asked in (name, _without_digits(name)):
                return self._note(name, place, digits)
        return self._note(asked if self._is_free(asked, place, digits) else f"{asked}-{digits}", place, digits)

    def _note(self, name: str, place: str, digits: str) -> str:
        self.taken.setdefault(name, {})[place] = digits
        return name

    def _is_good(self, name: str, parts: list[str], place: str, digits: str) -> bool:
        return any(map(says_something, parts)) and self._is_free(name, place, digits)

    def _is_free(self, name: str, place: str, digits: str) -> bool:
        if name.lower() in self.reserved:
            return False
        places = self.taken.get(name, {})
        return place in places or all(_moved(other, had, digits) for other, had in places.items())


def says_something(name: str) -> bool:
    """Tell whether a name has a word beside those that every other file has too.

    Examples:
        >>> says_something("net_g_latest"), says_something("swinir_best")
        (False, True)
    """
    words = re.findall(r"[^\W\d_]+", name.partition(":")[0].lower())
    return any(word not in _SAY_NOTHING for word in words)


def _without_digits(name: str) -> str:
    return re.sub(r"-[0-9a-f]{8}$", "", name)


def _moved(other: str, had: str, digits: str) -> bool:
    """Whether a place is no longer there and had the same content: it was moved, and keeps its name."""
    folders = other.split("; ")
    return had == digits and not any(Path(part).exists() for part in (*folders, other.rpartition(":")[0]) if part)
