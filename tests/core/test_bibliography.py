"""BibTeX files beside modules."""

from pathlib import Path

import pytest

from srbench.core import bibliography
from srbench.errors import UserError

TWO = """@article{keys1981,
  author = {Keys, Robert G.},
  title = {Cubic {Convolution}},
  year = {1981},
  keywords = {bicubic, Keys}
}

@misc{four, author = {Husz{\\'a}r, F. and B, C and
  D, E}, year = {2016}}
"""


def test_entries_lose_their_keywords_and_have_a_short_name(tmp_path: Path) -> None:
    (tmp_path / "references.bib").write_text(TWO, encoding="utf-8")
    first, second = bibliography.read(tmp_path / "references.bib")
    assert (first.key, first.short, first.about) == ("keys1981", "Keys, 1981", {"bicubic", "keys"})
    assert first.bibtex == TWO.partition(",\n  keywords")[0] + "\n}"
    assert (second.key, second.short) == ("four", "Huszar et al., 2016")
    assert bibliography.about((first, second), ["BICUBIC", "other"]) == (first,)


@pytest.mark.parametrize("text", ["@misc{a, author = {B}, year = {2016}", "@misc{a, author = {B}}"])
def test_an_entry_that_is_not_whole_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "references.bib").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="the entry 'a' is not closed or lacks author or year"):
        bibliography.read(tmp_path / "references.bib")
