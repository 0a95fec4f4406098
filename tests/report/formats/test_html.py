from html.parser import HTMLParser

from srbench.report.formats import html
from tests.report.formats.examples import HARD, PAGE


class _Texts(HTMLParser):
    """Collects the text of all cells."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("th", "td"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data.rstrip("\n")


def test_cells_hold_what_the_table_holds() -> None:
    reader = _Texts()
    reader.feed(html.page(PAGE))
    assert reader.cells[:3] == ["model", "PSNR [dB] ↑", "ms/image median ↓"]
    assert reader.cells[3:6] == ["best", "32.05 [30.1–34.0]", "10.2 ?"]
    assert reader.cells[6:9] == ["tied", "≈ 32.01† [30.0–33.9]", "1.25"]
    assert reader.cells[9] == HARD


def test_a_page_has_every_part_in_order() -> None:
    text = html.page(PAGE)
    parts = (
        "<h1>A title</h1>",
        "protocol: x4",
        "of 5",
        "a caveat",
        '<svg id="plot">',
        "Its caption.",
        "Set5, 5 images",
    )
    body = text[text.index("<body>") :]
    places = [body.rindex(part) for part in (*parts, "One note.", "<li>second</li>", "<pre", "<li>And more.</li>")]
    assert places == sorted(places)
    assert 'aria-label="What it says."' in text
