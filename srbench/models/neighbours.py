"""Which modules of its own folder a Python file imports, told from its text: also what no call has imported yet."""

import ast
from collections.abc import Iterable, Iterator
from importlib.machinery import all_suffixes
from pathlib import Path

from srbench.core.assets import hash_of

_CALLS = ("import_module", "__import__")


def found(files: Iterable[Path], root: Path, top: str = "") -> set[Path]:
    """Return the files that Python files import from under a folder, and what those import in turn.

    Imports count wherever they stand: at the top, in functions, in branches that may never run; relative ones, absolute
    ones, and `importlib.import_module` of a name that is written out.

    Args:
        files: Files under the folder.
        root: Folder whose files and folders are modules and packages.
        top: Package that alone counts; empty for everything in the folder.
    """
    root = root.resolve()
    first = {file.resolve() for file in files}
    seen: set[Path] = set()
    ahead = list(first)
    while ahead:
        file = ahead.pop()
        if file in seen:
            continue
        seen.add(file)
        names = _imported(file, root) if file.suffix == ".py" and file.is_relative_to(root) else ()
        for name in names:
            if not top or name.partition(".")[0] == top:
                ahead += _files(name, root)
    return seen - first


def of_module(file: Path, name: str) -> dict[str, str]:
    """Return the SHA-256 of each module of its package that an installed module imports, by path beside the package.

    Args:
        file: File of the module.
        name: Its full name.
    """
    parts = name.split(".")
    root = file.resolve().parents[len(parts) - (file.stem != "__init__")]
    return {str(path.relative_to(root)): hash_of(path) for path in sorted(found([file], root, parts[0]))}


def _imported(file: Path, root: Path) -> Iterator[str]:
    """Yield the full names of what a file may import; names of what is in a module are among them."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):  # it cannot be imported either
        return
    package = file.parent.relative_to(root).parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            yield base
            yield from (".".join(filter(None, (base, alias.name))) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in _CALLS and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield _absolute(name.value, package)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _absolute(name: str, package: tuple[str, ...]) -> str:
    """Return the full name of a module that is named from within a package."""
    plain = name.lstrip(".")
    level = len(name) - len(plain)
    parts = package[: len(package) - level + 1] if level else ()
    return ".".join(filter(None, (*parts, plain)))


def _files(name: str, root: Path) -> list[Path]:
    """Return the files that an import of a name runs: packages on the way, and the module; none for other names."""
    files: list[Path] = []
    place = root
    for part in name.split("."):
        place = place / part
        candidates = [place.parent / f"{part}{suffix}" for suffix in all_suffixes() if suffix != ".pyc"]
        candidates += [place / f"__init__{suffix}" for suffix in all_suffixes() if suffix != ".pyc"]
        module = next((file for file in candidates if part and file.is_file()), None)
        if module is not None:
            files.append(module.resolve())
        if not place.is_dir():
            break
    return files
