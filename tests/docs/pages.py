"""The pages of the documentation, and what stands in them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "reports/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Fence(NamedTuple):
    """A block of code: its language, the file that it is the content of, if any, and its text."""

    language: str
    title: str
    text: str


def fences(page: Path) -> list[Fence]:
    """The blocks of code of a page, in order."""
    return [_fence(match) for match in _FENCE.finditer(page.read_text(encoding="utf-8"))]


def _fence(match: re.Match[str]) -> Fence:
    language, _, rest = match["info"].partition(" ")
    title = re.search(r'title="(.+?)"', rest)
    return Fence(language, title[1] if title else "", match["text"])


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[str]:
    """Everything between backticks in the prose of a page, each on one line."""
    return [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(page))]


def links(page: Path) -> list[str]:
    """Targets of all links and pictures of a page that lead to files of this project."""
    targets = re.findall(r"\]\(([^)\s]+)[^)]*\)", re.sub(r"(?<!`)`[^`]+`(?!`)", "", prose(page)))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}
