"""What the documentation names is there: links, paths, modules, classes and functions."""

import ast
import builtins
import dataclasses
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from srbench import protocol
from srbench.models import mode
from srbench.survey import methods
from tests.docs.pages import PAGES, ROOT, anchors, fences, links, spans
from tests.test_structure import ORDER

_TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
_PACKAGES = {path.name for path in (ROOT / "srbench").iterdir() if not path.name.startswith(("_", "."))}
_ARCHITECTURE = ROOT / "ARCHITECTURE.md"
_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@_page
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {link}"


@_page
def test_paths_exist(page: Path) -> None:
    for span in spans(page):
        first = span.split("/")[0]
        if re.fullmatch(r"[\w.*/-]+", span) and "/" in span and first in _TOP | _PACKAGES - {"models"}:
            assert _exists(span), f"{page.name} names {span}"


def _exists(path: str) -> bool:
    return any(any(root.glob(path.rstrip("/"))) for root in (ROOT, ROOT / "srbench"))


@cache
def _names(file: Path) -> dict[str, ast.AST]:
    """What a module defines at its top level, by name."""
    names: dict[str, ast.AST] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign):
            names |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
            if "__all__" in names and names["__all__"] is node:  # names that are loaded on first use
                names |= dict.fromkeys(ast.literal_eval(node.value), node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = node
        elif isinstance(node, ast.If):  # if TYPE_CHECKING: names that are loaded on first use
            imports = [part for part in node.body if isinstance(part, ast.ImportFrom)]
            names |= {alias.name: part for part in imports for alias in part.names}
    return names


@cache
def _classes() -> set[str]:
    files = [*(ROOT / "srbench").rglob("*.py"), *(ROOT / "zoo").rglob("*.py")]
    return {name for file in files for name, node in _names(file).items() if isinstance(node, ast.ClassDef)}


def _resolves(dotted: str) -> bool:
    """Whether a dotted name is a module of this project, or something that a module defines."""
    parts = dotted.split(".")
    root = ROOT if parts[0] in ("srbench", "zoo", "tests", "docs", "benchmarks") else ROOT / "srbench"
    for count in range(len(parts), 0, -1):
        path = root.joinpath(*parts[:count])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.exists() or path.is_dir():
            rest = parts[count:]
            if not rest:
                return True
            node = _names(file).get(rest[0]) if file.exists() else None
            return node is not None and (len(rest) == 1 or rest[1] in ast.unparse(node))
    return False


@_page
def test_dotted_names_exist(page: Path) -> None:
    for span in spans(page):
        name = re.sub(r"\(.*\)$", "", span)
        full = re.fullmatch(r"(srbench|zoo)(\.\w+)+", name)
        short = page == _ARCHITECTURE and re.fullmatch(r"(\w+)(\.\w+)+", name) and name.split(".")[0] in _PACKAGES
        if (full and not name.endswith((".py", ".toml"))) or short:
            assert _resolves(name) or name in _entry_points(), f"{page.name} names {name}"


@_page
def test_tests_that_bear_a_sentence_exist(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(r"tests/[\w/]+\.py::\w+", span):
            file, _, name = span.partition("::")
            assert name in _names(ROOT / file), f"{page.name} names {span}"


def _entry_points() -> set[str]:
    text = (ROOT / "srbench/core/plugins.py").read_text(encoding="utf-8")
    return set(re.findall(r'"(srbench\.\w+)"', text))


def test_classes_that_the_architecture_names_exist() -> None:
    for span in spans(_ARCHITECTURE):
        if re.fullmatch(r"[A-Z][a-z]+\w*", span) and not hasattr(builtins, span):
            assert span in _classes(), span


def test_the_folder_tree_is_the_folder_tree() -> None:
    """Each entry of ARCHITECTURE's tree exists, and each folder with code of the two packages is an entry."""
    tree = next(fence.text for fence in fences(_ARCHITECTURE) if fence.text.startswith("srbench/"))
    entries = {entry for line in tree.splitlines() for entry in _entries(line)}
    stack: list[str] = []
    paths: set[str] = set()
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        for entry in _entries(line):
            path = "/".join([*stack[:depth], entry])
            assert (ROOT / path).exists(), f"ARCHITECTURE's tree has {path}"
            paths.add(path)
            stack[depth:] = [entry.rstrip("/")]
    assert entries
    for package in ("srbench", "zoo"):
        for folder in (ROOT / package).rglob("__init__.py"):
            assert f"{folder.parent.relative_to(ROOT)}/" in paths, f"ARCHITECTURE's tree lacks {folder.parent}"


def _entries(line: str) -> list[str]:
    """The files or the folder that a line of the tree names before its description."""
    names = re.split(r"\s{2,}", line.strip(), maxsplit=1)[0]  # two blanks part them from what is said of them
    return names.split()


def test_the_architecture_names_the_folders_in_the_order_of_imports() -> None:
    text = " ".join(_ARCHITECTURE.read_text(encoding="utf-8").split())
    assert " → ".join(f"`{name}`" for name in ORDER) in text


def test_every_extra_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    assert set(project["optional-dependencies"]) == set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE))


def test_every_protocol_and_each_of_its_fields_is_explained() -> None:
    page = (ROOT / "docs/protocols.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", page))
    assert set(protocol.names()) <= explained
    assert {field.name for field in dataclasses.fields(protocol.Protocol)} - {"name", "source"} <= explained


def test_every_word_of_a_mode_is_explained() -> None:
    explained = {re.sub(r"=\d+", "=N", span) for span in spans(ROOT / "docs/throughput.md")}
    assert set(mode.WORDS) <= explained


def test_every_method_of_a_survey_is_explained() -> None:
    page = (ROOT / "docs/survey.md").read_text(encoding="utf-8")
    assert set(methods.names()) <= set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
