"""What a training run writes down: one JSON line a step, and the same to any listener."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_WHOLE_STEPS, _THIN_STEPS = 50, 100

Listener = Callable[[Mapping[str, Any]], None]
"""Called with each line."""


class Journal:
    """A file of JSON lines; lines that a killed process wrote past its checkpoint are dropped on resuming.

    Args:
        path: Of the file.
        steps_done: Lines of later steps are removed.
        listeners: Called with each line too.
    """

    def __init__(self, path: Path, steps_done: int, listeners: list[Listener]) -> None:
        self.listeners = listeners
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in read(path) if line["step"] <= steps_done] if path.exists() else []
        path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._file = path.open("a", encoding="utf-8")

    def write(self, line: Mapping[str, Any]) -> None:
        """Write one line; numbers that JSON cannot hold become null."""
        plain = {key: _plain(value) for key, value in line.items()}
        self._file.write(json.dumps(plain, allow_nan=False) + "\n")
        self._file.flush()
        for listener in self.listeners:
            listener(plain)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(path: Path) -> list[dict[str, Any]]:
    """Lines of a journal; a torn last line is ignored."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def thin(folder: Path, command: str) -> Path:
    """Write `log.jsonl`, a run's journal for publishing, into its folder.

    Its first line holds command, recipe and machine; then come the first 50 steps, which `Comparison` replays, every
    hundredth step, and every step with a validation.

    Args:
        folder: Of a run, with journal.jsonl, recipe.json and machine.json.
        command: That repeats the run.
    """
    facts = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("recipe", "machine")}
    lines = read(folder / "journal.jsonl")
    kept = [
        line
        for at, line in enumerate(lines, 1)
        if line["step"] <= _WHOLE_STEPS or line["step"] % _THIN_STEPS == 0 or "psnr" in line or at == len(lines)
    ]
    path = folder / "log.jsonl"
    path.write_text(
        "".join(json.dumps(line) + "\n" for line in [{"command": command, **facts}, *kept]), encoding="utf-8"
    )
    return path
