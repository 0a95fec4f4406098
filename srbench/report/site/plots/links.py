"""Links from drawings to pictures, and names of files."""

import re
from html import escape
from urllib.parse import parse_qs


def file_part(name: str) -> str:
    """Return a name as part of a file's name."""
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in name)


def _rounded(svg: str) -> str:
    """Round coordinates to a hundredth of a point, which halves a drawing of many points."""
    number = re.compile(r"(\d\.\d\d)\d+")
    return re.sub(r' (d|x|y|points|transform|cx|cy)="[^"]*"', lambda found: number.sub(r"\1", found.group()), svg)


def named(svg: str) -> str:
    """Give every link of a drawing a name, and take it out of the order of the Tab key; the page has lists for that."""

    def mended(found: re.Match[str]) -> str:
        address = found.group(1).replace("&amp;", "&")
        fields = parse_qs(address.partition("#")[2])
        name = escape(", ".join(value for values in fields.values() for value in values[:1]))
        return f'<a href="{found.group(1)}" tabindex="-1" aria-label="{name}"'

    return re.sub(r'<a xlink:href="([^"]*)"(?: target="_blank")?', mended, _rounded(svg))
