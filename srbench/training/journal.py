"""The journal of a training run: one JSON line for each step, after a first line that names the format."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from srbench.core import files, stored_json
from srbench.core.passwords import hidden
from srbench.errors import BadRun
from srbench.training import run_facts

_VERSION = 1
_FIRST_STEPS, _EVERY_STEPS = 50, 100
_RENAMED = {"critic": "discriminator"}
"""Keys of version 0, which had no line that names the format, with their names in version 1."""

StepListener = Callable[[Mapping[str, Any]], None]
"""A function that is called with the line of each step."""


class Journal:
    """Appends to a journal; on resuming, lines that a killed process wrote past its checkpoint are dropped.

    Args:
        path: The file.
        steps_done: Number of steps that the checkpoint holds; lines of later steps are removed.
        listeners: Functions that are called with each new line.
    """

    def __init__(self, path: Path, steps_done: int, listeners: list[StepListener]) -> None:
        self.listeners = listeners
        self._path = path
        earlier = [line for line in read_steps(path) if line["step"] <= steps_done] if path.exists() else []
        lines = [stored_json.marked("training-journal", _VERSION, {}), *earlier]
        files.write(path, "".join(json.dumps(line) + "\n" for line in lines))
        self._file = path.open("a", encoding="utf-8")

    def write(self, line: Mapping[str, Any]) -> None:
        """Write the line of one step; numbers that JSON cannot hold become null."""
        plain = {key: _finite_or_none(value) for key, value in line.items()}
        with files.naming(self._path):
            self._file.write(json.dumps(plain, allow_nan=False) + "\n")
            self._file.flush()
        for listener in self.listeners:
            listener(plain)

    def close(self) -> None:
        """Close the file; what could not be written was told already."""
        with suppress(OSError):
            self._file.close()


def _finite_or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_steps(path: Path) -> list[dict[str, Any]]:
    """Read the lines of all steps from a journal or a published log; a torn last line is ignored.

    Raises:
        BadRun: A later version of srbench wrote the file.
    """
    return [line for line in _read_lines(path) if "step" in line]


def steps_done(folder: Path) -> int:
    """Return the number of steps in the journal of a run's folder; 0 without one.

    Raises:
        BadRun: A later version of srbench wrote it.
    """
    path = folder / "journal.jsonl"
    lines = read_steps(path) if path.exists() else []
    return int(lines[-1]["step"]) if lines else 0


def read_log(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a published log.

    Returns:
        What its first line says: "command", "recipe" and "machine"; and the lines of its steps.

    Raises:
        BadRun: A later version of srbench wrote the file.
        ValueError: The file has no lines.
    """
    facts, *lines = _read_lines(path)
    return facts, lines


def _read_lines(path: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            break
        if not isinstance(line, dict):
            break
        lines.append({_RENAMED.get(str(key), str(key)): value for key, value in line.items()})
    if lines and "step" not in lines[0]:
        schema = "training-log" if "recipe" in lines[0] else "training-journal"
        lines[0] = stored_json.check(
            lines[0], path, schema, _VERSION, unmarked_keys=("command", "recipe"), error=BadRun
        )
    return lines


def write_log(folder: Path, command: str) -> Path:
    """Write `log.jsonl`, a shortened journal for publishing, into a run's folder.

    Its first line holds command, recipe and machine; then come the first 50 steps, which `LogComparison` repeats, every
    hundredth step, and every step with a validation.

    Args:
        folder: The run's folder, with journal.jsonl, recipe.json and machine.json.
        command: The command line that repeats the run.
    """
    facts = {
        "command": hidden(command),
        "recipe": run_facts.read(folder, "recipe"),
        "machine": run_facts.read(folder, "machine"),
    }
    steps = read_steps(folder / "journal.jsonl")
    chosen = [
        line
        for number, line in enumerate(steps, 1)
        if line["step"] <= _FIRST_STEPS or line["step"] % _EVERY_STEPS == 0 or "psnr" in line or number == len(steps)
    ]
    path = folder / "log.jsonl"
    first = stored_json.marked("training-log", _VERSION, facts)
    files.write(path, "".join(json.dumps(line) + "\n" for line in [first, *chosen]))
    return path
