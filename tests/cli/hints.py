"""What messages tell a reader to type: each command, option and protocol in them, and the verbs that can say so.

A call graph is read from the source: a verb reaches a function, a class or a constant when its name stands in what the
verb reaches already, and a method when its class is reached and an attribute of its name is used.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
Place = tuple[str, str]
"""Module, and function, `Class.method`, class or constant in it."""

_HINT = re.compile(r"srbench [a-z]|--[a-z]|\b(?:classical|rgb|openmmlab|srgan|luma)_x\d")


@dataclass(frozen=True)
class Hint:
    """A text that says what to type, with {...} for what is filled in.

    Attributes:
        place: Where it stands.
        line: Its line.
        text: The text.
    """

    place: Place
    line: int
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}:{self.line}: {self.text}"


@dataclass
class _Part:
    """A function, method, class or constant: its nodes, and the names that it uses."""

    nodes: list[ast.AST]
    uses: set[Place]
    attributes: set[str]


class Program:
    """The source of `srbench` and `zoo` as a graph of names."""

    def __init__(self) -> None:
        self.parts: dict[Place, _Part] = {}
        self.methods: dict[Place, dict[str, Place]] = defaultdict(dict)
        files = [*ROOT.glob("srbench/**/*.py"), *ROOT.glob("zoo/**/*.py")]
        self.modules = {_module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in files}
        for name, tree in self.modules.items():
            imports = dict(_imports(name, tree, self.modules))
            for node in tree.body:
                self._add(name, node, imports)

    def _add(self, module: str, node: ast.stmt, imports: Mapping[str, Place]) -> None:
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef):
                    place = module, f"{node.name}.{each.name}"
                    self.methods[module, node.name][each.name] = place
                    self._part(place, [each], module, imports)
            rest = [each for each in node.body if not isinstance(each, ast.FunctionDef)]
            self._part((module, node.name), [*node.bases, *node.decorator_list, *rest], module, imports)
        elif isinstance(node, ast.FunctionDef):
            self._part((module, node.name), [node], module, imports)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)):
                self._part((module, name), [node], module, imports)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            self._part((module, "<module>"), [node], module, imports)

    def _part(self, place: Place, nodes: list[ast.AST], module: str, imports: Mapping[str, Place]) -> None:
        part = self.parts.setdefault(place, _Part([], set(), set()))
        part.nodes += nodes
        for node in (each for top in nodes for each in _walk(top)):
            if isinstance(node, ast.Name):
                part.uses.add(imports.get(node.id, (module, node.id)))
            elif isinstance(node, ast.Attribute):
                part.attributes.add(node.attr)
                if isinstance(node.value, ast.Name) and node.value.id in imports:
                    at, name = imports[node.value.id]
                    part.uses.add((f"{at}.{name}" if name else at, node.attr))

    def reached(self, start: Place) -> set[Place]:
        """Return all that a function can come to."""
        found, attributes, todo = set[Place](), set[str](), {start}
        while todo:
            found |= todo
            attributes |= {name for place in todo for name in self.parts[place].attributes}
            used = {place for each in todo for place in self.parts[each].uses if place in self.parts}
            groups = (self.methods[place].items() for place in found if place in self.methods)
            called = {to for group in groups for name, to in group if name in attributes or name.endswith("__")}
            todo = (used | called) - found
        return found

    def hints(self) -> Iterator[Hint]:
        """Yield every text but docstrings that names something to type."""
        seen = set[int]()
        for place, part in self.parts.items():
            for node in part.nodes:
                if id(node) not in seen:
                    seen.add(id(node))
                    yield from (Hint(place, line, text) for line, text in _texts(node) if _HINT.search(text))


@cache
def _walk(node: ast.AST) -> list[ast.AST]:
    return list(ast.walk(node))


@cache
def program() -> Program:
    """Return the program, read once."""
    return Program()


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(module: str, tree: ast.Module, modules: Mapping[str, ast.Module]) -> Iterator[tuple[str, Place]]:
    """Yield the names that imports anywhere in a file bind to places of the program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("srbench", "zoo"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield alias.asname or alias.name, (whole, "") if whole in modules else (node.module, alias.name)


def _texts(top: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings of a part with their lines: constants, and f-strings with {...} for what they fill in."""
    nodes = [node for node in _walk(top) if isinstance(node, ast.JoinedStr | ast.Expr | ast.Constant)]
    inside = {id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in node.values}
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) in inside or id(node) in docstrings:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
