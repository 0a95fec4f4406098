"""Tables as Markdown, LaTeX and CSV."""

import csv
import io
from collections.abc import Sequence

from srbench.evaluation.summary import Summary
from srbench.report.runs.table import Cell, Table


def markdown(tables: Sequence[Table], heading: Sequence[str], notes: Sequence[str], reading: str) -> str:
    """A page: what holds for all tables, the tables, the notes."""
    parts = [f"# {heading[0]}", *heading[1:], reading]
    for table in tables:
        rows = ["| model | " + " | ".join(table.heads) + " |", "|---|" + "---:|" * len(table.heads)]
        rows += [f"| {line.model} | " + " | ".join(map(_markdown_cell, line.cells)) + " |" for line in table.lines]
        parts += [f"## {table.title}", "\n".join(rows)]
    if notes:
        parts += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts) + "\n"


def _markdown_cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.best else f"≈ {cell.text}" if cell.tied else cell.text
    return f"{text} [{cell.spread}]" if cell.spread else text


def latex(tables: Sequence[Table], heading: Sequence[str], notes: Sequence[str]) -> str:
    """One `table` for each data set, for the package booktabs; without the intervals."""
    blocks = ["% " + line for line in [*heading, *notes]]
    for table in tables:
        heads = " & ".join(escape(head) for head in table.heads)
        lines = [rf"{escape(line.model)} & {' & '.join(map(_latex_cell, line.cells))} \\" for line in table.lines]
        blocks += [
            r"\begin{table}",
            rf"\caption{{{escape(table.title)}. {escape(heading[0])}.}}",
            rf"\begin{{tabular}}{{l{'r' * len(table.heads)}}}",
            r"\toprule",
            rf"model & {heads} \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(blocks) + "\n"


def _latex_cell(cell: Cell) -> str:
    return rf"\textbf{{{cell.text}}}" if cell.best else rf"$\approx$ {cell.text}" if cell.tied else cell.text


def escape(text: str) -> str:
    """Text for LaTeX."""
    for sign in "&%#_":
        text = text.replace(sign, "\\" + sign)
    return text.replace("↑", r"$\uparrow$").replace("↓", r"$\downarrow$").replace("–", "--")


def table_csv(summaries: Sequence[Summary], protocol: str) -> str:
    """One line for each model, data set and metric, full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ("mean", "std", "n", "unit", "ci95_low", "ci95_high", "median", "q1", "q3", "device", "mode", "flag")
    writer.writerow(("protocol", "model", "dataset", "metric", *heads))
    for s in summaries:
        low, high = s.ci95 or (None, None)
        q1, q3 = s.iqr or (None, None)
        figures = (s.mean, s.std, s.n, s.unit, low, high, s.median, q1, q3, s.device, s.mode, s.flag)
        writer.writerow((protocol, s.model, s.dataset, s.metric, *figures))
    return out.getvalue()
