"""Reports as one HTML document that needs nothing else."""

import re
from functools import cache
from importlib import resources

import jinja2
import markupsafe

from srbench import __version__
from srbench.report.table import Page, Section, groups

_LONG = 30
"""Rows above which a table is folded."""


def page(content: Page) -> str:
    """Write the report: lead, key values, caveats, plots, tables, sections and how to read the cells."""
    sections = [section for section in content.sections if section.lines]
    if content.caption:
        sections.append(Section("How to read", content.caption, "list"))
    return _template().render(
        page=content,
        drawings={plot.key: markupsafe.Markup(plot.svg) for plot in content.plots},
        sections=[(_anchor(section.title), section) for section in sections],
        groups=groups,
        long=_LONG,
        version=__version__,
    )


@cache
def _template() -> jinja2.Template:
    source = resources.files("srbench.report.formats").joinpath("page.html").read_text(encoding="utf-8")
    return environment().from_string(source)


def environment() -> jinja2.Environment:
    """Return what pages are made by: all is escaped, since names come from the users' files, but drawings made here."""
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "text"
