import io

import pytest
from rich.console import Console

from srbench.report.formats import terminal
from srbench.report.table import Cell, Column, Page, Table, text_column
from tests.report.formats.examples import HARD, PAGE


def _printed(page: Page, width: int, most_rows: int | None = None) -> str:
    out = io.StringIO()
    content = terminal.page(page, width, most_rows=most_rows, folder="runs/x")
    Console(width=width, file=out, color_system=None).print(content)
    return out.getvalue()


def test_a_wide_terminal_shows_everything() -> None:
    text = _printed(PAGE, 120)
    for part in ("A title", "protocol: x4", "* 32.05", "[30.1–34.0]", "≈ 32.01†", "10.2 ?", "One note.", HARD):
        assert part in text
    for part in ("How to read it.", "• first", "• a caveat"):
        assert part in text
    assert "Left out" not in text


def test_intervals_go_first_then_columns_by_rank() -> None:
    middle, narrow = _printed(PAGE, 55), _printed(PAGE, 42)
    assert "[30.1" not in middle
    assert "1.25" in middle
    assert "Left out for lack of room: intervals." in middle
    assert "1.25" not in narrow
    assert "32.05" in narrow
    assert "intervals, ms/image median ↓." in " ".join(narrow.split())


@pytest.mark.parametrize("width", [30, 42, 55, 80])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, _printed(PAGE, width).splitlines())) <= width


def test_numbers_stay_aligned_where_some_have_a_mark() -> None:
    table = Table(
        "t", "t", (text_column("a"), Column("b")), ((Cell("x"), Cell("1.0", mark="†")), (Cell("y"), Cell("2.0")))
    )
    first, second = (line for line in _printed(Page("", tables=(table,)), 60).splitlines() if ".0" in line)
    assert first.index("1.0") == second.index("2.0")


def test_long_tables_are_cut_and_say_where_the_rest_is() -> None:
    text = _printed(PAGE, 120, most_rows=1)
    assert "tied" not in text
    assert "… 2 more rows in runs/x" in text
