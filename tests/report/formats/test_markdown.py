import pytest

from srbench.report.formats import markdown
from srbench.report.table import Cell, Column, Table
from tests.report.formats.examples import PAGE, TABLE


def test_a_page_has_every_part_in_order() -> None:
    text = markdown.page(PAGE)
    parts = ("# A title", "protocol: x4", "- a caveat", "## Set5, 5 images", "- One note.\n- Another note.")
    parts += ("![A plot](plot.png)", "## Notes\n\n- first\n- second", "## Options\n\n```\n{}\n```")
    parts += ("## How to read\n\n- How to read it.\n- And more.",)
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_cells_say_whether_they_are_best_tied_or_doubtful() -> None:
    lines = markdown.table(TABLE).splitlines()
    assert lines[:4] == [
        "| model | PSNR [dB] ↑ | ms/image median ↓ |",
        "|---|---:|---:|",
        "| best | **32.05** [30.1–34.0] | 10.2 ? |",
        "| tied | ≈ 32.01† [30.0–33.9] | 1.25 |",
    ]


@pytest.mark.parametrize("name", ["a|b", "a\\|b", "line\nbreak", "line\rbreak", "a\u2028b", "|", "\\"])
def test_no_name_breaks_a_row(name: str) -> None:
    text = markdown.table(Table("t", "t", (Column(name), Column("b")), ((Cell(name), Cell("c")),)))
    for line in text.replace("\\\\", "").replace("\\|", "").splitlines():
        assert line.count("|") == 3


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<i>", "\\<i>"),
        ("p < 0.05", "p < 0.05"),
        ("[a](b)", "\\[a](b)"),
        ("[dB]", "[dB]"),
        ("a*b*", "a\\*b\\*"),
        ("a_b", "a_b"),
        ("_a_b_", "\\_a_b\\_"),
        ("__init__", "\\_\\_init\\_\\_"),
        ("a~~b~~", "a\\~\\~b\\~\\~"),
        ("x^2~{q}", "x^2~{q}"),
        ("lr$2e-4", "lr$2e-4"),
        ("$a$ b", "\\$a\\$ b"),
        ("a&lt;b", "a\\&lt;b"),
        ("a & b", "a & b"),
    ],
)
def test_only_what_would_be_markup_is_escaped(text: str, written: str) -> None:
    assert markdown.escape(text) == written
