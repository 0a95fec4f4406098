from pathlib import Path

import pytest

from srbench.core import declared


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('CARDS = (Card(id="a"), made_here("b"))', ["a", "b"]),
        ('CARDS: tuple[Card, ...] = (Card("a"),)', ["a"]),
        ('CARDS = [Card("a")]', ["a"]),
        ("CARDS = ()", []),
        ("NAMES = other.CARDS", []),
        ("CARDS = tuple(Card(name) for name in NAMES)", None),
        ("CARDS = (Card(NAME),)", None),
        ("from .cards import CARDS", None),
        ("from .cards import *", None),
        ("if newer:\n    CARDS = (Card('a'),)", None),
        ("CARDS = (", None),
    ],
)
def test_names_are_told_only_where_the_source_tells_them_all(
    tmp_path: Path, source: str, names: list[str] | None
) -> None:
    (tmp_path / "first.py").write_text('CARDS = (Card(id="first"),)\n')
    (tmp_path / "second.py").write_text(source + "\n")
    found = declared.names(sorted(tmp_path.glob("*.py")), "CARDS", ("id",))
    assert found == (None if names is None else ["first", *names])
