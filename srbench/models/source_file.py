"""A user's Python file as a module, with the modules beside it."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from srbench.core.download import sha256
from srbench.errors import FailedModel, reason
from srbench.models.user_code import contained

_KEPT = {*sys.stdlib_module_names, "srbench"}
_INSTALLED = ("site-packages", "dist-packages")


@dataclass
class SourceFile:
    """A Python file that was imported.

    Attributes:
        path: The file.
        module: The module that it became.
        hashes: SHA-256 of the file and of each module that was imported from its folder, by path relative to the
            folder; complete when the context of `opened` has ended.
    """

    path: Path
    module: ModuleType
    hashes: dict[str, str] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[SourceFile]:
    """Import a Python file; inside the context it can import the modules beside it.

    Nothing stays behind: afterwards `sys.path` and `sys.modules` are as they were, so that two files in different
    folders can have neighbours of one name.

    Args:
        path: The file; importing it runs it.

    Raises:
        FailedModel: The file cannot be imported.
    """
    folder = path.resolve().parent
    before = {name: module for name, module in sys.modules.items() if _is_beside(name, folder)}
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # and leaves no files in the folder
    prefix, sys.pycache_prefix = sys.pycache_prefix, os.devnull  # bytecode may be of an older text
    for name in before:
        del sys.modules[name]
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        file = SourceFile(path, _executed(path))
        yield file
        new = {name: sys.modules[name] for name in set(sys.modules) - known}
        file.hashes.update(_hashes({name: module for name, module in new.items() if _is_beside(name, folder)}, folder))
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode, sys.pycache_prefix = writes_bytecode, prefix
        for name in [name for name in sys.modules if name not in known and _is_beside(name, folder)]:
            del sys.modules[name]
        sys.modules.update(before)


def _executed(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if spec is None or spec.loader is None:
        raise FailedModel(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    if path.stem not in _KEPT and path.stem not in sys.modules:
        sys.modules[path.stem] = module  # where dataclasses and the modules beside it look for it
    try:
        with contained(str(path)):
            spec.loader.exec_module(module)
    except Exception as error:
        raise FailedModel(f"{path} could not be imported ({reason(error)})") from error
    return module


def _is_beside(name: str, folder: Path) -> bool:
    """Whether an import of a module's first name would take it from a folder; never of an installed package."""
    top = name.partition(".")[0]
    if top in _KEPT or folder.name in _INSTALLED:
        return False
    spec = PathFinder.find_spec(top, [str(folder)])
    if spec is None:
        return False
    if spec.origin is not None:
        return True
    # A folder without __init__.py gives way to a package of that name elsewhere.
    loaded = sys.modules.get(top)
    return loaded is not None and getattr(loaded, "__file__", None) is None


def _hashes(modules: Mapping[str, ModuleType], folder: Path) -> dict[str, str]:
    files = {Path(file).resolve() for module in modules.values() if (file := getattr(module, "__file__", None))}
    return {str(file.relative_to(folder)): sha256(file) for file in sorted(files) if file.is_relative_to(folder)}
