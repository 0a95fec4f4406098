"""Names that this project's modules declare, read from their source: to import them takes seconds, with torch."""

import ast
from collections.abc import Iterable
from pathlib import Path


def names(files: Iterable[Path], variable: str, keywords: tuple[str, ...]) -> list[str] | None:
    """Return the names in the tuples of calls that modules assign to a variable.

    Args:
        files: Source files; those that do not assign the variable are passed over.
        variable: Name of the variable, as "CARDS" in `CARDS = (Card(id="espcn"), trained_here("srgan"))`.
        keywords: Arguments by which a call may give its name; else its first argument does.

    Returns:
        All names, in the order of the files; None where one is no text that stands there.
    """
    found = []
    for path in files:
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and [ast.unparse(each) for each in statement.targets] == [variable]:
                calls = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
                found += [_name(call, keywords) for call in calls]
    listed = [name for name in found if name is not None]
    return listed if len(listed) == len(found) else None


def _name(call: ast.expr, keywords: tuple[str, ...]) -> str | None:
    if not isinstance(call, ast.Call):
        return None
    given = [keyword.value for keyword in call.keywords if keyword.arg in keywords] + call.args
    first = given[0] if given else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
