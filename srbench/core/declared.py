"""Names that modules declare, read from their source: to import them takes seconds, with torch."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path


def names(files: Iterable[Path], variable: str, keywords: tuple[str, ...]) -> list[str] | None:
    """Return the names in the tuples of calls that modules assign to a variable.

    Args:
        files: Source files; those that do not mention the variable are passed over.
        variable: Name of the variable, as "CARDS" in `CARDS = (Card(id="espcn"), trained_here("srgan"))`.
        keywords: Arguments by which a call may give its name; else its first argument does.

    Returns:
        All names, in the order of the files; None where a file cannot be read, where it may come by the variable in
        another way, or where a name is no text that stands there.
    """
    found: list[str] = []
    for path in files:
        try:
            declared = _names(path.read_text(encoding="utf-8"), variable, keywords)
        except (OSError, ValueError, SyntaxError):
            return None
        if declared is None:
            return None
        found += declared
    return found


@cache
def _names(source: str, variable: str, keywords: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names that a module declares, None where its source does not tell them."""
    module = ast.parse(source)
    values = [value for statement in module.body if (value := _assigned(statement, variable)) is not None]
    if not values and any(_may_bring(node, variable) for node in ast.walk(module)):
        return None
    found = [_name(call, keywords) for value in values for call in _parts(value)]
    listed = tuple(name for name in found if name is not None)
    return listed if len(listed) == len(found) else None


def _assigned(statement: ast.stmt, variable: str) -> ast.expr | None:
    """Return what a statement assigns to a variable; None where it assigns nothing to it."""
    if isinstance(statement, ast.Assign) and [ast.unparse(each) for each in statement.targets] == [variable]:
        return statement.value
    if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == variable:
        return statement.value
    return None


def _may_bring(node: ast.AST, variable: str) -> bool:
    """Tell whether a part of a module may give a value to a variable."""
    if isinstance(node, ast.ImportFrom):
        return any(alias.asname == variable or alias.name in (variable, "*") for alias in node.names)
    return isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Store)


def _parts(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.Tuple | ast.List) else [value]


def _name(call: ast.expr, keywords: tuple[str, ...]) -> str | None:
    if not isinstance(call, ast.Call):
        return None
    given = [keyword.value for keyword in call.keywords if keyword.arg in keywords] + call.args
    first = given[0] if given else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
