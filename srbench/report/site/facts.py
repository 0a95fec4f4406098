"""What is needed to trust and to repeat a run: commands, contents, machines."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from srbench.models.mode import Mode
from srbench.report.site.boards import Board
from srbench.report.table import Cell, Table, text_column

_DIGITS = 12
"""Hex digits of a hash that a table shows; files hold them whole."""


def commands(board: Board) -> list[str]:
    """Return the commands that make the rows of the runs again; calls that differ in one list alone are one command.

    Weights and images are found by their hashes.
    """
    asked: dict[tuple[str, str, str], dict[str, dict[str, None]]] = {}
    for folder in board.folders:
        for call in folder.head()["calls"]:
            if "merged" in call or not call["models"]:  # no program ran it
                continue
            models = [_named(name, facts) for name, facts in call["models"].items()]
            for name, facts in call["datasets"].items():
                limit = str(facts["images"]) if facts["images"] < facts["of"] else ""
                same = asked.setdefault((_mode(call), ",".join(call["metrics"]), limit), {})
                same.setdefault(_named(name, facts), {}).update(dict.fromkeys(models))
    lines = []
    for conditions, by_dataset in asked.items():
        by_models: dict[frozenset[str], list[str]] = {}
        for dataset, asked_for in by_dataset.items():
            by_models.setdefault(frozenset(asked_for), []).append(dataset)
        for datasets_of in by_models.values():
            lines.append(_command(board.name, conditions, list(by_dataset[datasets_of[0]]), datasets_of))
    return lines


def _command(protocol: str, conditions: tuple[str, str, str], models: Sequence[str], datasets: Sequence[str]) -> str:
    mode, metrics, limit = conditions
    words = ["srbench", "run", "--models", ",".join(models), "--datasets", ",".join(datasets)]
    words += ["--protocol", protocol, "--metrics", metrics]
    words += ["--mode", mode] if mode != "fp32" else []
    words += ["--limit", limit] if limit else []
    return shlex.join(words)


def _named(name: str, facts: Mapping[str, Any]) -> str:
    """Write a model or data set as it was asked for: by its id, or as a file or folder with a name."""
    place = facts.get("place", "")
    return f"{name}={place}" if place and place != name else name


def _mode(call: Mapping[str, Any]) -> str:
    known = {field: value for field, value in call["mode"].items() if field in Mode.__dataclass_fields__}
    return Mode(**{**known, "fp32_layers": tuple(known.get("fp32_layers", ()))}).name


def models(board: Board) -> Table:
    """Tabulate what each model is: architecture, fingerprint, hashes of its weights."""
    rows = []
    for name, facts in _newest(board, "models").items():
        weights = ", ".join(_hashes(facts.get("weights", {})))
        settings = ", ".join(f"{key} {value}" for key, value in facts.get("settings", {}).items() if key != "scale")
        cells = (name, facts.get("arch", ""), settings, facts.get("fingerprint", ""), weights or "no weights")
        rows.append(tuple(map(Cell, cells)))
    heads = ("model", "architecture", "settings", "fingerprint", "weights, SHA-256")
    return Table("models", "Models", tuple(map(text_column, heads)), tuple(rows))


def _hashes(weights: Mapping[str, Any]) -> list[str]:
    """Name files with the first digits of their hashes; a model between two networks has the files of both."""
    return [
        line
        for name, digest in weights.items()
        for line in (_hashes(digest) if isinstance(digest, Mapping) else [f"{name} {str(digest)[:_DIGITS]}"])
    ]


def datasets(board: Board) -> Table:
    """Tabulate what each data set is: images, hash of their content, whether it is pinned."""
    rows = []
    for name, facts in _newest(board, "datasets").items():
        images = f"{facts['images']} of {facts['of']}"
        pinned = "pinned by srbench" if facts.get("pinned") else "not pinned"
        rows.append(tuple(map(Cell, (name, images, str(facts.get("content", "")), pinned))))
    heads = ("data set", "images", "hash of the content", "state")
    return Table("datasets", "Data sets", tuple(map(text_column, heads)), tuple(rows))


def protocol(board: Board) -> Table:
    """Tabulate every field of the protocol."""
    rows = [(Cell(name), Cell(str(value))) for name, value in board.protocol.items()]
    return Table("protocol", "Protocol", (text_column("convention"), text_column("value")), tuple(rows))


def environments(board: Board) -> Table:
    """Tabulate machine and versions of every environment in which rows were made."""
    used = {row.environment for row in board.rows}
    known = {
        name: facts for folder in board.folders for name, facts in folder.head()["environments"].items() if name in used
    }
    rows = []
    for facts in known.values():
        versions = ", ".join(f"{package} {version}" for package, version in facts.get("packages", {}).items())
        cells = (facts.get("machine", ""), facts.get("device", ""), facts.get("python", ""), versions)
        rows.append(tuple(map(Cell, (*cells, str(facts.get("commit", ""))))))
    heads = ("machine", "device", "Python", "packages", "commit")
    return Table("machines", "Machines and versions", tuple(map(text_column, heads)), tuple(rows))


def _newest(board: Board, what: str) -> dict[str, Mapping[str, Any]]:
    """Return facts of the models or data sets that are shown, as the newest call has them."""
    shown = {row.model for row in board.rows} | {row.dataset for row in board.rows}
    calls = [call for folder in board.folders for call in folder.head()["calls"]]
    return {name: facts for call in calls for name, facts in call.get(what, {}).items() if name in shown}
