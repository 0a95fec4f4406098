"""A user's Python file as a module, with the modules beside it."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from srbench.core.download import sha256
from srbench.errors import FailedModel, reason
from srbench.models import neighbours
from srbench.models.user_code import contained

_KEPT = {*sys.stdlib_module_names, "srbench"}
_INSTALLED = ("site-packages", "dist-packages")


@dataclass
class SourceFile:
    """A Python file that was imported.

    Attributes:
        path: The file.
        module: The module that it became.
        modules: Modules of its folder that were imported so far, by name.
        places: What it added to `sys.path`.
    """

    path: Path
    module: ModuleType
    modules: dict[str, ModuleType] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The folder whose modules it can import."""
        return self.path.resolve().parent

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each module beside the file that it imported, or may import when it is called.

        By path relative to the folder.
        """
        folder = self.folder
        files = {Path(file).resolve() for module in self.modules.values() if (file := _file_of(module))}
        files = {file for file in files if file.is_relative_to(folder)} | {self.path.resolve()}
        files = (files | neighbours.found(files, folder)) - {self.path.resolve()}
        own = [file for file in sorted(files) if not _is_foreign(file, folder)]
        return {str(file.relative_to(folder)): sha256(file) for file in own}

    def imports_when_called(self) -> bool:
        """Whether the text names modules that have not been imported, or the file looks for them elsewhere."""
        if self.places:
            return True
        loaded = {Path(file).resolve() for module in self.modules.values() if (file := _file_of(module))}
        return any(self.folder / name not in loaded for name in self.hashes())


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
    modules: dict[str, ModuleType] = {}
    places: list[str] = []
    importlib.invalidate_caches()
    with _importable(path.resolve().parent, modules, places):
        yield SourceFile(path, _executed(path), modules, places)


def with_neighbours(network: Any, file: SourceFile) -> Any:
    """Let a network import the modules beside its file also when it is called; the network is changed in place.

    Args:
        network: Module or function that the file's builder returned.
        file: The file, whose context has ended.
    """
    folder, modules, places = file.folder, file.modules, file.places
    if not isinstance(network, nn.Module):

        def called(*arguments: Any) -> Any:
            with _importable(folder, modules, places):
                return network(*arguments)

        return called
    entered: list[ExitStack] = []

    def before(*_: Any) -> None:
        entered.append(ExitStack())
        entered[-1].enter_context(_importable(folder, modules, places))

    def after(*_: Any) -> None:
        entered.pop().close()

    network.register_forward_pre_hook(before, prepend=True)
    network.register_forward_hook(after, always_call=True)
    return network


@contextmanager
def _importable(folder: Path, modules: dict[str, ModuleType], places: list[str]) -> Iterator[None]:
    """Let imports find the modules of a folder, and those that were imported from it before; new ones are added."""
    names = {entry.name.partition(".")[0] for entry in folder.iterdir()}
    before = {name: sys.modules[name] for name in list(sys.modules) if _is_beside(name, folder, names)}
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # and leaves no files in the folder
    prefix, sys.pycache_prefix = sys.pycache_prefix, os.devnull  # bytecode may be of an older text
    path = list(sys.path)
    for name in before:
        del sys.modules[name]
    known = set(sys.modules)
    sys.path[:0] = [*places, str(folder)]
    sys.modules.update(modules)
    try:
        yield
    finally:
        places[:] = [place for place in sys.path if place not in path and place != str(folder)]
        sys.path[:] = path
        sys.dont_write_bytecode, sys.pycache_prefix = writes_bytecode, prefix
        for name in [name for name in sys.modules if name not in known and _is_of(name, folder, names)]:
            modules[name] = sys.modules.pop(name)
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


def _is_beside(name: str, folder: Path, names: Collection[str]) -> bool:
    """Whether an import of a module's first name would take it from a folder; never of an installed package.

    Args:
        name: Full name of the module.
        folder: The folder.
        names: What is in the folder, without endings.
    """
    top = name.partition(".")[0]
    if top not in names or top in _KEPT or folder.name in _INSTALLED:
        return False
    spec = PathFinder.find_spec(top, [str(folder)])
    if spec is None:
        return False
    if spec.origin is not None:
        return True
    # A folder without __init__.py gives way to a package of that name elsewhere.
    loaded = sys.modules.get(top)
    return loaded is not None and getattr(loaded, "__file__", None) is None


def _is_of(name: str, folder: Path, names: Collection[str]) -> bool:
    """Whether a module was imported from a folder, also from a folder in it that the file put on `sys.path`."""
    if name.partition(".")[0] in _KEPT:
        return False
    file = _file_of(sys.modules[name])
    return _is_beside(name, folder, names) or (file is not None and not _is_foreign(Path(file).resolve(), folder))


def _file_of(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _is_foreign(file: Path, folder: Path) -> bool:
    """Whether a file is of another folder, or of a package that is installed in this one."""
    return not file.is_relative_to(folder) or any(part in _INSTALLED for part in file.relative_to(folder).parts)
