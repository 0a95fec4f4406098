"""The matrix: every verb and option of the program times a table of faults.

    python -m benchmarks.reliability.matrix [--only VERB ...] [--share 0.1] [--bad] [--out FOLDER]

One process loads everything once, and each call is a fork of it: a cell costs a few tenths of a second.

Of each cell: exit code 0, 2, 3 or 130; no traceback; one line on stderr for 2; at most 30 s of processor; inputs as
they were; and once the fault is gone the same call leaves the files of an undisturbed one, times apart, and no others.
Writes matrix.json and README.md into reports/reliability.
"""

import argparse
import importlib
import io
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch

with redirect_stdout(io.StringIO()):  # what rich decides at its import must not depend on a terminal
    from benchmarks.reliability import calls, fork, report
from benchmarks.reliability.faults import Cell, cells
from benchmarks.reliability.traces import Tree, differences, inputs, outputs
from srbench.speed import ceiling
from srbench.speed.records import Ceiling

_MEMORY = Path("/dev/shm")  # a file system that does not wait for a disk
_CODES = (0, 2, 3, 130)


def template(folder: Path) -> None:
    """Make the inputs of all calls.

    Raises:
        RuntimeError: One of the calls that make them fails.
    """
    calls.make_inputs(folder / "in")
    for text in calls.DERIVED:
        end = fork.call(text.split(), folder)
        if end.code != 0:
            raise RuntimeError(f"srbench {text} ended with {end.code}: {end.err}")
        if text.startswith("survey create"):
            calls.vote(folder / "in" / "study")
    shutil.rmtree(folder / "tmp")


class Verb:
    """One verb: its undisturbed call, twice, and its cells.

    Args:
        name: Words of the verb.
        parameters: Its options and arguments.
        source: Folder of `template`.
    """

    def __init__(self, name: str, parameters: list[calls.Parameter], source: Path) -> None:
        self.name, self.parameters, self.source = name, parameters, source
        self.words = calls.line(name, parameters, calls.CALLS[name])
        self.references: tuple[Tree, Tree] = ({}, {})
        self.problem = ""

    def measure(self) -> None:
        """Run the undisturbed call twice."""
        found = []
        for _ in range(2):
            with self._folder() as folder:
                end = self._call(self.words, folder)
                found.append(outputs(folder))
                if end.code not in (0, 130) and self.name not in calls.OF_NOBODY:
                    self.problem = f"undisturbed it ends with {end.code}: {end.err[-300:]}"
        self.references = found[0], found[1]

    def _folder(self) -> "_Copy":
        return _Copy(self.source)

    def _call(self, words: list[str], folder: Path, cell: Cell | None = None) -> fork.End:
        serves = self.name in calls.SERVERS
        if cell is None:
            return fork.call(words, folder, serves=serves)
        return fork.call(
            words,
            folder,
            stream=cell.stream,
            most_bytes=cell.most_bytes,
            interrupt_s=cell.interrupt_s,
            serves=serves,
        )

    def _words_that_go_on(self, folder: Path) -> list[str]:
        place, option = calls.GOES_ON.get(self.name, ("", ""))
        return [self.words[0], option, *self.words[1:]] if place and (folder / place).exists() else self.words

    def check(self, cell: Cell) -> tuple[int | None, list[str]]:
        """Run a cell; return its exit code, and what is wrong."""
        ends: list[fork.End] = []
        reasons = list(self._check(cell, ends))
        return ends[0].code, reasons

    def _check(self, cell: Cell, ends: list[fork.End]) -> Iterator[str]:
        words = calls.line(self.name, self.parameters, cell.values)
        with self._folder() as folder:
            cell.prepare(folder)
            given, before = inputs(folder), outputs(folder)
            end = self._call(words, folder, cell)
            ends.append(end)
            yield from _faults_of(end)
            after = inputs(folder)
            changed = {Path(name).name for name, data in given.items() if after.get(name) != data}
            meant = calls.CHANGES.get(self.name, ())
            if not all(any(fnmatch(name, pattern) for pattern in meant) for name in changed):
                yield "an input was changed"
            if list((folder / "tmp").iterdir()) and end.code is not None:
                yield "left temporary files"
            legal = end.code == 0 and not (cell.stream or cell.most_bytes or cell.interrupt_s)
            if not legal and outputs(folder) != before and self.name not in calls.SERVERS:
                _remove_fault(folder)
                again = self._call(self._words_that_go_on(folder), folder)
                if end.code == 3 and again.code == 2:  # it did what it could, as another protocol's folder
                    return
                if again.code not in (0, 2):
                    yield f"afterwards the same call ends with {again.code}"
                yield from differences(outputs(folder), *self.references)


class _Copy:
    """A copy of the inputs, which is deleted in the end whatever its rights are."""

    def __init__(self, source: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="matrix-", dir=_MEMORY if _MEMORY.is_dir() else None))
        shutil.copytree(source, self.path, dirs_exist_ok=True)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _faults_of(end: fork.End) -> Iterator[str]:
    lines = [line for line in end.err.splitlines() if line.strip()]
    if end.code is None or end.cpu_s > fork.LIMIT_CPU_S:
        yield "hangs"
    elif "Traceback" in end.err:
        yield f"traceback: {lines[-1][:90]}"
    elif end.code not in _CODES:
        yield f"exit {end.code}: {lines[-1][:90] if lines else '-'}"
    elif end.code == 2 and ([line for line in lines if line.startswith("Error:")] != lines[-1:]):
        yield f"not one line of error, and the last: {lines[-2:]}"[:120]


def _remove_fault(folder: Path) -> None:
    (folder / "in" / "loop").unlink(missing_ok=True)
    (folder / "closed").rmdir() if (folder / "closed").exists() else None
    for damaged in [*(folder / "in").glob("damaged*"), *(folder / "in").glob(os.fsdecode(b"caf\xe9*"))]:
        shutil.rmtree(damaged) if damaged.is_dir() else damaged.unlink()


def _measure(verb: Verb, share: float) -> dict[str, Any]:
    """Run the cells of a verb, or a share of them; say at once which end badly."""
    start, chance = time.monotonic(), random.Random(verb.name)
    verb.measure()
    listed = list(cells(verb.name, verb.parameters))
    bad = {f"{verb.name} / undisturbed": [verb.problem]} if verb.problem else {}
    run: dict[str, int | None] = {}
    for cell in listed:
        if chance.random() < share:
            run[cell.name], reasons = verb.check(cell)
            if reasons:
                bad[cell.name] = reasons
                _say(f"{cell.name}: {'; '.join(reasons)}")
    _say(f"{verb.name}: {len(run)} cells, {len(bad)} bad, {time.monotonic() - start:.0f} s")
    return {"commit": report.commit(), "cells": len(listed), "run": run, "bad": bad}


def _measure_bad(verb: Verb, entry: dict[str, Any]) -> dict[str, Any]:
    """Run the cells of a verb again that ended badly the last time."""
    verb.measure()
    run, bad = dict(entry["run"]), {f"{verb.name} / undisturbed": [verb.problem]} if verb.problem else {}
    for cell in cells(verb.name, verb.parameters):
        if cell.name in entry["bad"]:
            run[cell.name], reasons = verb.check(cell)
            if reasons:
                bad[cell.name] = reasons
    _say(f"{verb.name}: of {len(entry['bad'])} bad cells {len(bad)} are")
    commits = dict.fromkeys((*entry["commit"].split(", "), report.commit()))
    return {**entry, "commit": ", ".join(commits), "run": run, "bad": bad}


def _say(text: str) -> None:
    sys.stdout.buffer.write(f"{text}\n".encode(errors="backslashreplace"))
    sys.stdout.flush()


def main() -> None:
    """Run the cells, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[""], help="only verbs that begin with one of these")
    parser.add_argument("--share", type=float, default=1.0, help="share of the cells, drawn with a fixed seed")
    parser.add_argument("--bad", action="store_true", help="only cells that ended badly the last time")
    parser.add_argument("--out", type=Path, default=report.FOLDER, help="folder of the report")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    os.environ |= {"OMP_NUM_THREADS": "1", "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    fork.load_everything()
    ceiling.measure = lambda *_: Ceiling({"fp32": 1.0}, 10.0)  # 15 s of the processor in each call of throughput
    importlib.import_module("srbench.cli.survey.demo")._MODELS = "nearest,bicubic"  # of the third, as many again
    if threading.active_count() > 1:
        raise RuntimeError("more than one thread runs before the forks")
    listed = sorted(calls.verbs(), key=lambda verb: verb[0] == "throughput")  # the slowest last
    entries = {name: entry for name, entry in report.stored("matrix", wanted.out).items() if name in dict(listed)}
    with tempfile.TemporaryDirectory() as made:
        template(Path(made))
        for name, parameters in listed:
            if name.startswith(tuple(wanted.only)):
                verb = Verb(name, parameters, Path(made))
                if not wanted.bad:
                    entries[name] = _measure(verb, wanted.share)
                elif name in entries and entries[name]["bad"]:
                    entries[name] = _measure_bad(verb, entries[name])
                report.write("matrix", entries, wanted.out)


if __name__ == "__main__":
    main()
