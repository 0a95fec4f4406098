"""Reports as Markdown (GitHub's tables)."""

import re

from srbench.report.table import Cell, Page, Section, Table

_MARKUP = re.compile(
    r"[\\|`*]|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\()"  # escapes, cells, code, emphasis, HTML, links
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis at the ends of words
    r"|&(?=#?\w+;)"  # entities
)


def page(content: Page) -> str:
    """Write a page: title, lead, caveats, tables, plots that have a file, sections and how to read the cells."""
    parts = [f"# {escape(content.title)}", *map(escape, content.lead)]
    parts += [_list(content.caveats)] if content.caveats else []
    for part in content.tables:
        parts += [f"## {escape(part.title)}"] if part.title else []
        parts += [table(part), *([_list(part.notes)] if part.notes else [])]
    for plot in content.plots:
        parts += [f"![{escape(plot.title)}]({plot.file})"] if plot.file else []
    for section in content.sections:
        parts += _section(section)
    if content.caption:
        parts += ["## How to read", _list(content.caption)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    heading = [f"## {escape(section.title)}"] if section.title else []
    if section.kind == "code":
        return [*heading, *(f"```\n{line}\n```" for line in section.lines)]
    if section.kind == "list":
        return [*heading, _list(section.lines)]
    strong = "**" if section.tone in ("good", "loud") else ""
    return [*heading, *(f"{strong}{escape(line)}{strong}" for line in section.lines)]


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def table(content: Table) -> str:
    """Write the rows of a table under their heads, without title and notes."""
    heads = " | ".join(escape(column.title) for column in content.columns)
    bars = "|".join("---" if column.align == "left" else "---:" for column in content.columns)
    rows = (" | ".join(map(_cell, row)) for row in content.rows)
    return "\n".join([f"| {heads} |", f"|{bars}|", *(f"| {row} |" for row in rows)])


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    text = f"**{text}**" if cell.best else f"<u>{text}</u>" if cell.second else text
    text = f"≈ {text}" if cell.tied and not cell.best else text
    text += escape(cell.ending)
    return f"{text} [{escape(cell.spread)}]" if cell.spread else text


def escape(text: str) -> str:
    r"""Escape what Markdown would take for markup, and join lines.

    Examples:
        >>> print(escape("a|b <i>"), escape("line\nbreak"), escape("_a_b_"), escape("$a$"), escape("lr$2"))
        a\|b \<i> line break \_a_b\_ \$a\$ lr$2
    """
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    plain = _MARKUP.sub(r"\\\g<0>", plain)
    for sign in "~$":  # two of them strike out, or are a formula
        plain = plain.replace(sign, f"\\{sign}") if plain.count(sign) > 1 else plain
    return plain
