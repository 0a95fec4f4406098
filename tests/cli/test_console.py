"""What is drawn on a terminal while work goes on."""

import io

import pytest
from rich.console import Console

from srbench.cli import console
from srbench.core.assets import AssetStore


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=text, force_terminal=True, width=120))
    return text


def test_each_task_is_a_bar(terminal: io.StringIO) -> None:
    with console.bars() as progress, progress.task("images", 2) as images, progress.task("butterfly", 3) as tiles:
        images.advance()
        tiles.describe("butterfly, last tile")
        tiles.advance(3)
        progress.display.refresh()  # type: ignore[attr-defined]
    drawn = terminal.getvalue()
    assert "images" in drawn
    assert "1/2" in drawn
    assert "butterfly, last tile" in drawn
    assert "3/3" in drawn


def test_downloads_are_one_bar_that_appears_with_the_first(terminal: io.StringIO) -> None:
    store = AssetStore([])
    with console.fetching(store):
        assert not terminal.getvalue()
        with store.progress.task("Set5/HR/baby.png", 1000) as baby, store.progress.task("Set5/HR/bird.png", 3000):
            baby.advance(1000)
            store.progress.display.refresh()  # type: ignore[attr-defined]
    drawn = terminal.getvalue()
    assert "fetching Set5/HR/bird.png" in drawn
    assert "1.0/4.0 kB" in drawn


def test_a_log_has_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    text, now = io.StringIO(), [0.0]
    monkeypatch.setattr(console, "err", Console(file=text, width=20))
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with console.bars() as progress:
        with progress.task("[1/2] a model with a long name", 3) as task:
            for second in (30.0, 61.0, 70.0):
                now[0] = second
                task.advance()
        with progress.task("tiles") as task:
            now[0] = 130.0
            task.describe("last tile")
    assert text.getvalue() == "[1/2] a model with a long name: 2 of 3\nlast tile: 0\n"


def test_nothing_is_drawn_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=text))
    with console.bars() as progress, progress.task("images", 2) as task:
        task.advance(2)
    assert not text.getvalue()
