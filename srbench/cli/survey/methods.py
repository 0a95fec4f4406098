"""`srbench survey methods`."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from srbench.cli import console, options


def methods(json: options.Json = False) -> None:
    """List the test methods, and the options of `create` that only some of them use."""
    from srbench.survey.methods import find, names

    rows = [
        {
            "method": name,
            "question": find(name).title,
            "options": " ".join(f"--{o}" for o in sorted(find(name).options)),
        }
        for name in names()
    ]
    if json:
        console.print_json(rows)
        return
    table = Table(*rows[0], box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    console.out.print(table)
