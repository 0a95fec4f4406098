"""Models of a stored run: taken out, or given another name."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from srbench.core import files
from srbench.core.names import meant
from srbench.errors import UserError
from srbench.evaluation import kept_columns, run_head
from srbench.evaluation.results import HEAD, ROWS, RunFolder
from srbench.evaluation.row import Row, key
from srbench.evaluation.segment_folder import join_segments

_BY_MODEL = ("models", "modes", "unavailable", "seeds")
"""What a call of run.json holds by the names of models."""


@dataclass(frozen=True)
class Changed:
    """What a change of a run did.

    Attributes:
        models: Names of the models that it was about, as they were.
        rows: Number of their rows.
        pictures: Number of their outputs.
        images: Data set and name of the images that had an output of theirs.
    """

    models: Sequence[str]
    rows: int
    pictures: int
    images: Sequence[tuple[str, str]]


def remove(folder: RunFolder, globs: Sequence[str]) -> Changed:
    """Take models out of a run: their rows, outputs and facts.

    Args:
        folder: Folder of the run.
        globs: Names of models, or patterns of them.

    Raises:
        BadRun: The folder holds no run.
        UserError: A name or pattern means none of its models.
    """

    def chosen(known: Sequence[str]) -> list[str]:
        found = {name for glob in globs for name in meant([glob], known, f"model of {folder.path}")}
        return [name for name in known if name in found]

    return _change(folder, chosen, None)


def rename(folder: RunFolder, old: str, new: str) -> Changed:
    """Give a model of a run another name.

    Args:
        folder: Folder of the run.
        old: Its name.
        new: The name that it gets; no other model of the run may have it.

    Raises:
        BadRun: The folder holds no run.
        UserError: The run has no model of the old name, or one of the new name, or the new one is empty.
    """
    if not new.strip() or new != new.strip() or "," in new:
        raise UserError(f"'{new}' is no name for a model; expected one without commas and spaces around it")

    def chosen(known: Sequence[str]) -> list[str]:
        if old not in known:
            raise UserError(f"no model of {folder.path} is called '{old}'; expected one of: {', '.join(known)}")
        if new in known:
            raise UserError(f"{folder.path} has a model called {new} already; take another name")
        return [old]

    return _change(folder, chosen, new)


def _change(folder: RunFolder, choose: Callable[[Sequence[str]], list[str]], name: str | None) -> Changed:
    """Give the chosen models a name; without one they are taken out."""
    folder.head()  # a lock is left in no folder that is none of a run
    join_segments(folder)
    with FileLock(str(folder.path / ".lock")):
        head, rows = folder.head(), folder.rows()
        chosen = choose(list(dict.fromkeys(row.model for row in rows)))
        about = [row for row in rows if row.model in chosen]
        moves = {folder.picture(row): _moved(folder, row, name) for row in about}
        changed = [_renamed(row, name) if row.model in chosen else row for row in rows]
        images = {(row.dataset, row.image) for row in about if folder.picture(row).is_file()}
        pictures = sum(_move(path, to) for path, to in moves.items() if path.is_file())
        calls = [_call(call, dict.fromkeys(chosen, name)) for call in head["calls"]]
        run_head.write(folder.path / HEAD, {**head, "calls": calls})
        (folder.path / kept_columns.FILE).unlink(missing_ok=True)  # of rows that are about to be other ones
        # The rows come last: while they are as before, the same call goes on where it was stopped.
        files.write(folder.path / ROWS, "".join(row.to_json() + "\n" for row in changed if row))
    return Changed(chosen, len(about), pictures, sorted(images))


def _renamed(row: Row, name: str | None) -> Row | None:
    """Return a row under another name, with hashes of its own: a row of one hash would take the place of the other."""
    if name is None:
        return None
    output = key(output=row.output, renamed=name) if row.output else ""
    return replace(row, model=name, key=key(key=row.key, renamed=name), output=output)


def _moved(folder: RunFolder, row: Row, name: str | None) -> Path | None:
    renamed = _renamed(row, name)
    return folder.picture(renamed) if renamed else None


def _move(path: Path, to: Path | None) -> bool:
    """Move or remove a file, and the folders that it leaves empty."""
    if to is None:
        path.unlink()
    else:
        to.parent.mkdir(parents=True, exist_ok=True)
        path.rename(to)
    with suppress(OSError):
        for folder in path.parents[:3]:  # of the mode, the model and the data set
            folder.rmdir()
    return True


def _call(call: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a call with other names of models; those without a name are left out."""
    changed = dict(call)
    for part in _BY_MODEL:
        if isinstance(call.get(part), Mapping):
            of = {names.get(name, name): facts for name, facts in call[part].items()}
            changed[part] = {name: facts for name, facts in of.items() if name is not None}
    failed = [{**one, "model": names.get(one.get("model", ""), one.get("model", ""))} for one in call.get("failed", ())]
    return {**changed, "failed": [one for one in failed if one["model"] is not None]}
