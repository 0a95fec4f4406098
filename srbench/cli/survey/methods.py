"""`srbench survey methods`."""

from srbench.cli import console, options
from srbench.report.table import Table, text_column, text_rows


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
    columns = tuple(text_column(name) for name in rows[0])
    console.show_table(Table("methods", "", columns, text_rows([list(row.values()) for row in rows])))
