"""The table of faults: of paths, of values, of streams, of the disk, and of Ctrl-C."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability.calls import CALLS, SERVERS, Parameter, Values


@dataclass(frozen=True)
class Cell:
    """A call with one fault.

    Attributes:
        verb: The verb.
        fault: Name of the fault.
        parameter: The parameter that it is in; empty where it is of the whole call.
        values: Values of the call with the fault.
        prepare: Makes the fault in the folder of the call.
        stream: "full", "closed", "ascii" or "cp1252" for a fault of stdout.
        most_bytes: Limit of a file's size; 0 for none.
        interrupt_s: Seconds after which Ctrl-C comes; 0 for never.
    """

    verb: str
    fault: str
    parameter: str
    values: Values
    prepare: Callable[[Path], None] = lambda _: None
    stream: str = ""
    most_bytes: int = 0
    interrupt_s: float = 0.0

    @property
    def name(self) -> str:
        """Verb, parameter and fault in one line."""
        return " / ".join(filter(None, (self.verb, self.parameter, self.fault)))


_NUMBERS = ("x", "", "nan", "inf", "-1", "0", "1.5", "99999999999999999999", "1e308")
_TEXTS = (
    "",
    " ",
    ",",
    "nan",
    "no such thing",
    "a=b",
    "\u2028\u00e9",
    "x" * 5_000,
    os.fsdecode(b"caf\xe9"),
    "-1",
    "../..",
)
_NAMES = {
    "missing": "in/nowhere/x",
    "folder for a file": "in/HR",
    "file for a folder": "in/words.txt",
    "below a file": "in/words.txt/x",
    "empty text": "",
    "longest name": "out/" + "x" * 255,
    "name too long": "out/" + "x" * 256,
    "name that is not UTF-8": os.fsdecode(b"out/caf\xe9"),
    "null device": "/dev/null",
    "loop": "in/loop/x",
    "loop itself": "in/loop",
    "read-only place": "closed/x",
}
_TEXT_PATHS = {"models", "datasets", "model", "recipe", "start", "psnr", "gan", "folders"}


def _places(folder: Path) -> None:
    (folder / "in" / "loop").symlink_to("loop")
    (folder / "closed").mkdir()
    (folder / "closed").chmod(0o555)


def cells(verb: str, parameters: list[Parameter]) -> Iterator[Cell]:
    """Yield every cell of a verb."""
    call = CALLS[verb]
    for stream in ("full", "closed", "ascii", "cp1252"):
        yield Cell(verb, f"stdout {stream}", "", call, stream=stream)
    for most in (1, 300, 5_000):
        yield Cell(verb, f"files end at {most} bytes", "", call, most_bytes=most)
    for seconds in (0.01, 0.1, 0.4, 1.0):
        yield Cell(verb, f"Ctrl-C after {seconds} s", "", call, interrupt_s=seconds)
    for parameter in parameters:
        if parameter.switch:
            if call.get(parameter.name, "") is not None and verb not in SERVERS:
                yield Cell(verb, "switched on", parameter.name, {**call, parameter.name: None})
            continue
        is_path = parameter.kind == "Path" or parameter.name in _TEXT_PATHS
        if is_path:
            yield from _paths(verb, call, parameter)
        if parameter.kind != "Path":
            odd = _NUMBERS if parameter.kind in ("int", "float") else _TEXTS
            for value in odd:
                yield Cell(verb, f"value {value[:20]!r}", parameter.name, _with(call, parameter.name, value))


def _with(call: Values, name: str, value: str) -> Values:
    given = call.get(name)
    if isinstance(given, tuple):
        return {**call, name: (value, *given[1:])}
    return {**call, name: (value, value) if name == "compare" else value}


def _paths(verb: str, call: Values, parameter: Parameter) -> Iterator[Cell]:
    for fault, place in _NAMES.items():
        yield Cell(verb, fault, parameter.name, _with(call, parameter.name, place), _places)
    given = call.get(parameter.name)
    given = given[0] if isinstance(given, tuple) else given
    if isinstance(given, str) and given.startswith("in/"):
        for fault, damage in _DAMAGE.items():
            ending = "".join(Path(given).suffixes)
            odd = {"odd name": os.fsdecode(b"in/caf\xe9")}.get(fault, "in/damaged") + ending
            yield Cell(
                verb,
                f"content: {fault}",
                parameter.name,
                _with(call, parameter.name, odd),
                _damaged(given, odd, damage),
            )


def _damaged(given: str, odd: str, damage: Callable[[Path], None]) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        source, target = folder / given, folder / odd
        if source.is_dir():
            shutil.copytree(source, target)
            for file in sorted(target.rglob("*"), reverse=True):
                if file.is_file():
                    damage(file)
        else:
            shutil.copyfile(source, target)
            damage(target)

    return prepare


def _newer(file: Path) -> None:
    if file.suffix in (".json", ".jsonl"):
        lines = file.read_text(encoding="utf-8")
        try:
            file.write_text(json.dumps({**json.loads(lines), "version": 99}), encoding="utf-8")
        except ValueError:
            file.write_text(lines.replace('"version": 2', '"version": 99'), encoding="utf-8")


def _flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    if data:
        data[random.Random(0).randrange(len(data))] ^= 4
    file.write_bytes(data)


def _written(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.write_bytes(change(file.read_bytes()))

    return damage


_DAMAGE: dict[str, Callable[[Path], None]] = {
    "as it was, by an odd name": lambda _: None,
    "odd name": lambda _: None,
    "empty": _written(lambda _: b""),
    "torn": _written(lambda data: data[: len(data) // 2]),
    "of another type": _written(lambda _: random.Random(0).randbytes(700)),
    "a flipped bit": _flipped,
    "of a newer version": _newer,
    "unreadable": lambda file: file.chmod(0),
}
