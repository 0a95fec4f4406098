"""Fuzzing: every reader on thousands of changed inputs; each must end in a value or in a UserError.

    python -m benchmarks.reliability.fuzz [--inputs 10000] [--only TEXT] [--out FOLDER]

Input n of a reader is a function of n alone. Readers run in forks of a few hundred inputs, so that a crash is seen; an
input that takes more than 20 seconds is a hang, and a fork may take 1 GiB of memory more. Writes fuzz.json and
README.md into reports/reliability.
"""

import argparse
import mmap
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from benchmarks.reliability import report
from benchmarks.reliability.readers import Reader, readers
from srbench.errors import UserError

_CHUNK, _HANG_S, _MEMORY_MORE = 500, 20, 2**30
_SCALAR = re.compile(rb'"[^"\n]{0,60}"|-?\d+(?:\.\d+)?(?:e-?\d+)?|true|false|null', re.IGNORECASE)
_ODD = (
    b"null", b"0", b"-1", b"1e999", b"NaN", b"99999999999999999999", b'""', b"[]", b"{}", b'"x"', b"true", b"[[1]]",
    b'"\\ud800"', b"{\"a\": 1}", b"0.5", b'"../../x"', b"\x00", b"\xff\xfe",
)  # fmt: skip


def changed(sample: bytes, seed: str) -> bytes:
    """Return a sample after one to four changes: bytes, slices, or one of its words or numbers."""
    chance, data = random.Random(seed), bytearray(sample)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 2, 4, 16, 64))
        kind = chance.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length] * chance.choice((1, 3))
        elif kind == 4:
            data[at : at + length] = chance.randbytes(length)
        elif found := list(_SCALAR.finditer(bytes(data[:20_000]))):
            place = chance.choice(found)
            data[place.start() : place.end()] = chance.choice((*_ODD, chance.choice(found).group()))
    return bytes(data)


class _Hang(BaseException):
    pass


def _hang(*_: object) -> None:
    raise _Hang


def outcome(reader: Reader, number: int, folder: Path) -> str:
    """Read one changed input: "value", "refused", or what else came of it, with its place in our code."""
    name = sorted(reader.samples)[number % len(reader.samples)]
    file = folder / name
    file.write_bytes(changed(reader.samples[name], f"{reader.name} {number}"))
    signal.setitimer(signal.ITIMER_REAL, _HANG_S)
    try:
        reader.read(file)
    except UserError:
        return "refused"
    except _Hang:
        return f"hang of {name}"
    except BaseException as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/srbench/" in frame.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "outside"
        return f"{type(error).__name__} at {place} ({name})"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        shutil.rmtree(folder / "restored", ignore_errors=True)
    return "value"


def _chunk(reader: Reader, numbers: Sequence[int], beside: mmap.mmap) -> list[tuple[int, str]]:
    """Read inputs in a fork; the last entry tells of a crash."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with suppress(BaseException), tempfile.TemporaryDirectory() as made:
            _child(reader, numbers, beside, Path(made), writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as pipe:
        told = [line.rstrip("\n").split("\t", 1) for line in pipe]
    _, status = os.waitpid(child, 0)
    outcomes = [(int(number), text) for number, text in told]
    if len(outcomes) < len(numbers):
        at = int.from_bytes(beside[:8], "little")
        outcomes.append((at, f"crash: signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended"))
    return outcomes


def _child(reader: Reader, numbers: Sequence[int], beside: mmap.mmap, folder: Path, writing: int) -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _hang)
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + _MEMORY_MORE, taken + _MEMORY_MORE))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if reader.beside:
        shutil.copytree(reader.beside, folder, dirs_exist_ok=True)
    for number in numbers:
        beside[:8] = number.to_bytes(8, "little")
        os.write(writing, f"{number}\t{outcome(reader, number, folder)}\n".encode(errors="replace"))


def outcomes(reader: Reader, inputs: int) -> Iterator[tuple[int, str]]:
    """Yield number and outcome of each changed input of a reader."""
    beside: Any = mmap.mmap(-1, 8)
    todo = list(range(inputs))
    while todo:
        part = _chunk(reader, todo[:_CHUNK], beside)
        yield from part
        todo = todo[len(part) :]


def bad(found: Sequence[tuple[int, str]]) -> dict[str, int]:
    """Return each outcome that is neither a value nor a refusal, with the first input that has it."""
    first: dict[str, int] = {}
    for number, outcome in found:
        if outcome not in ("value", "refused"):
            first.setdefault(outcome, number)
    return first


def main() -> None:
    """Fuzz every reader, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000, help="changed inputs of each reader")
    parser.add_argument("--only", default="", help="only readers whose name holds this text")
    parser.add_argument("--out", type=Path, default=report.FOLDER, help="folder of the report")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    entries = report.stored("fuzz", wanted.out)
    with tempfile.TemporaryDirectory() as made:
        for reader in readers(Path(made)):
            if wanted.only in reader.name:
                found = list(outcomes(reader, wanted.inputs))
                counts = Counter(outcome for _, outcome in found)
                first = bad(found)
                other = {f"{what}, first input {number}": counts[what] for what, number in first.items()}
                entries[reader.name] = {
                    "commit": report.commit(),
                    "inputs": len(found),
                    "value": counts["value"],
                    "refused": counts["refused"],
                    "other": other,
                }
                sys.stdout.write(f"{reader.name}: {entries[reader.name]}\n")
                sys.stdout.flush()
                report.write("fuzz", entries, wanted.out)


if __name__ == "__main__":
    main()
