"""BibTeX entries, which stand in a file `references.bib` beside the modules that they are of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from srbench.errors import UserError

FILE = "references.bib"

_START = re.compile(r"^@(\w+)\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)
_FIELD = re.compile(r"(\w+)\s*=\s*\{")


@dataclass(frozen=True)
class Entry:
    """One publication.

    Attributes:
        key: Name by which a text cites it.
        bibtex: The entry without its keywords.
        short: Authors and year, as "Ledig et al., 2017".
        about: Names of models, metrics or data sets that it describes: the entry's keywords.
    """

    key: str
    bibtex: str
    short: str
    about: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cited:
    """Something that a text names, such as a model, a metric or a data set.

    Attributes:
        name: Name in tables.
        title: Name as papers print it.
        facts: What a reader must know of it, as "weights of yjn870/FSRCNN-pytorch @ 597b52f7"; may be empty.
        entries: Its publications; empty where none is known, as of a user's own.
        own: Whether this software defines it, and no publication.
    """

    name: str
    title: str
    facts: tuple[str, ...]
    entries: tuple[Entry, ...]
    own: bool = False


def read(path: Path) -> tuple[Entry, ...]:
    """Read the entries of a file.

    Raises:
        UserError: An entry is not closed, or has no author or year.
    """
    text = path.read_text(encoding="utf-8")
    starts = [*_START.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return tuple(
        _entry(path, start[2], text[start.start() : end].strip()) for start, end in zip(starts, ends, strict=True)
    )


def beside(modules: Iterable[ModuleType]) -> tuple[Entry, ...]:
    """Read the entries in the folders of modules; a folder without a file has none."""
    folders = dict.fromkeys(Path(str(module.__file__)).parent for module in modules)
    return tuple(entry for folder in folders if (folder / FILE).exists() for entry in read(folder / FILE))


def about(entries: Iterable[Entry], names: Iterable[str]) -> tuple[Entry, ...]:
    """Choose the entries that are about one of several names, in any case."""
    wanted = {name.lower() for name in names}
    return tuple(entry for entry in entries if entry.about & wanted)


def _entry(path: Path, key: str, text: str) -> Entry:
    fields = {field[1].lower(): _braced(text, field.end()) for field in _FIELD.finditer(text)}
    if not {"author", "year"} <= fields.keys() or text.count("{") != text.count("}"):
        raise UserError(f"{path}: the entry '{key}' is not closed or lacks author or year; expected BibTeX with both")
    about = frozenset(word.strip().lower() for word in fields.get("keywords", "").split(",") if word.strip())
    shown = re.sub(r",?\s*keywords\s*=\s*\{[^}]*\}", "", text)
    return Entry(key, shown, f"{_authors(fields['author'])}, {fields['year']}", about)


def _braced(text: str, start: int) -> str:
    """Return what stands between a brace, which is before the start, and the one that closes it."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if not depth:
            return " ".join(text[start:end].split())
    return ""


def _authors(text: str) -> str:
    """Name the first author, two, or the first and the others.

    Examples:
        >>> _authors("Sheikh, Hamid R. and Bovik, Alan C.")
        'Sheikh and Bovik'
    """
    plain = re.sub(r"\\\W|[{}]", "", text)
    names = [name.partition(",")[0].strip() for name in re.split(r"\s+and\s+", plain)]
    return names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} et al."
