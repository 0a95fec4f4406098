r"""Reports as LaTeX for the packages booktabs and longtable; every sign compiles with pdfLaTeX."""

import re
from collections.abc import Sequence
from itertools import accumulate

from srbench.core.files import encoded
from srbench.report.table import Cell, Column, Page, Table, groups

_LONG = 40
"""Rows above which a table runs over pages."""

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "•": r"\textbullet{}",
    "°": r"$^\circ$",
    "≈": r"$\approx$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "−": "$-$",
    "·": r"$\cdot$",
    "²": r"$^2$",
    "³": r"$^3$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "∞": r"$\infty$",
    "★": r"$\star$",
    "α": r"$\alpha$",
    "σ": r"$\sigma$",
    "τ": r"$\tau$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "Δ": r"$\Delta$",
    "\u00a0": " ",
    "\u202f": " ",
}  # fmt: skip
_TRANSLATION = str.maketrans(_SIGNS)


def escape(text: str) -> str:
    r"""Write text so that LaTeX prints it as it stands; control characters become blanks.

    A byte of a name that is not UTF-8 is printed as an escape.

    Examples:
        >>> print(escape("x^2~{q}_1 ≈ 5 %"))
        x\textasciicircum{}2\textasciitilde{}\{q\}\_1 $\approx$ 5 \%
    """
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", encoded(text).decode())
    # Where two of these stand together, as in the name of an option, TeX would make one sign of them.
    parts = re.sub(r"""([-'`?!,"–—‘’“”])(?=[-'`,"–—‘’“”])""", "\\1\0", plain)
    return parts.translate(_TRANSLATION).replace("\0", "{}")


def page(content: Page) -> str:
    r"""Write each table of a page with its caption and label; the rest of the page stands above in comments.

    Intervals are written with a command of their own, `\spread`: redefine it as empty for a table without them.
    """
    said = [content.title, *content.lead, *content.caveats, *content.caption]
    said += [line for section in content.sections if section.kind != "code" for line in section.lines]
    comments = [f"% {line}" for text in said for line in text.splitlines()]
    needed = "booktabs, graphicx and longtable" if any(_grouped(part) for part in content.tables) else _PACKAGES
    blocks = [*comments, f"% Needs the packages {needed}.", _COMMANDS]
    return "\n".join([*blocks, *(table(part, content.title) for part in content.tables)]) + "\n"


_PACKAGES = "booktabs and longtable"
_COMMANDS = r"\providecommand{\spread}[1]{ {\scriptsize [#1]}}"


def table(content: Table, title: str = "") -> str:
    """Write one table; one with groups of columns spans both columns of a paper, and is made narrower where it must.

    Args:
        content: The table.
        title: Title of the page, for the caption; a table in a paper stands without its page.
    """
    said = ". ".join(escape(part.rstrip(".")) for part in (content.title, title, *content.notes) if part)
    label = re.sub(r"[^A-Za-z0-9]+", "-", content.key).strip("-")
    caption = rf"\caption{{{said}.}}\label{{tab:{label}}}"
    sides = "".join("l" if column.align == "left" else "r" for column in content.columns)
    heads = _heads(content.columns)
    body = [r"\midrule", *(_line([*map(_cell, row)]) for row in content.rows), r"\bottomrule"]
    if len(content.rows) > _LONG:
        top = [rf"\begin{{longtable}}{{{sides}}}", caption + r"\\", r"\toprule", heads]
        return "\n".join([*top, *body, r"\end{longtable}"])
    inner = [rf"\begin{{tabular}}{{{sides}}}", r"\toprule", heads, *body, r"\end{tabular}"]
    if _grouped(content):
        return "\n".join([*_WIDE, caption, r"\medskip", _FITTED, *inner, "}", r"\end{table*}"])
    return "\n".join([r"\begin{table}", r"\centering", caption, *inner, r"\end{table}"])


_WIDE = (r"\begin{table*}", r"\centering\small\setlength{\tabcolsep}{3pt}")
_FITTED = r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%"
"""A box of its own width, or of the page's where it is wider."""


def _grouped(content: Table) -> bool:
    return any(column.group for column in content.columns) and len(content.rows) <= _LONG


def _heads(columns: Sequence[Column]) -> str:
    """The line of heads, below a line of groups where columns have any."""
    own = _line([escape(column.own_title) for column in columns])
    spans = groups(columns)
    if not any(name for name, _ in spans):
        return own
    above = [rf"\multicolumn{{{count}}}{{c}}{{{escape(name)}}}" if name else "&" * (count - 1) for name, count in spans]
    ends = list(accumulate(count for _, count in spans))
    rules = [
        rf"\cmidrule(lr){{{end - count + 1}-{end}}}" for (name, count), end in zip(spans, ends, strict=True) if name
    ]
    return "\n".join([_line(above), " ".join(rules), own])


def _line(cells: list[str]) -> str:
    line = " & ".join(cells)
    # After the end of a line, LaTeX would take a bracket or star for an argument.
    guard = "{}" if line.startswith(("[", "*")) else ""
    return rf"{guard}{line} \\"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    text = rf"\textbf{{{text}}}" if cell.best else rf"\underline{{{text}}}" if cell.second else text
    text = rf"$\approx$ {text}" if cell.tied and not cell.best else text
    text += escape(cell.ending)
    return rf"{text}\spread{{{escape(cell.spread)}}}" if cell.spread else text
