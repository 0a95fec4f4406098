"""LaTeX that compiles: what is written is read back by the rules of TeX, sign by sign."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.report.formats import latex
from srbench.report.table import Cell, Column, Table
from tests.report.formats.examples import HARD, PAGE, TABLE

_COMMANDS = {
    "textbackslash": "\\",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "dots": "…",
    "dag": "†",
    "ddag": "‡",
    "textbullet": "•",
}
_MATHS = {
    r"\approx": "≈",
    r"\times": "×",
    r"\pm": "±",
    "-": "−",
    r"\cdot": "·",
    "^2": "²",
    "^3": "³",
    r"^\circ": "°",
    r"\uparrow": "↑",
    r"\downarrow": "↓",
    r"\rightarrow": "→",
    r"\leftarrow": "←",
    r"\leq": "≤",
    r"\geq": "≥",
    r"\neq": "≠",
    r"\infty": "∞",
    r"\star": "★",
    r"\alpha": "α",
    r"\sigma": "σ",
    r"\tau": "τ",
    r"\mu": "μ",
    r"\Delta": "Δ",
}
_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "<<": "«", ">>": "»", "?`": "¿", "!`": "¡", ",,": "„"}
_TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z]+)\{\}|\\(?P<sign>[{}$&#%_])|\$(?P<maths>[^$]+)\$|(?P<group>\{\})"
    r"|(?P<ligature>---|--|``|''|<<|>>|\?`|!`|,,)|(?P<plain>[^\\{}$&#^_~%])",
)


def _printed(text: str) -> str:
    """What TeX prints of text; an error where it would stop or print nothing."""
    out, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token, f"TeX stops at {text[at:]!r}"
        kind, value = token.lastgroup, token.group(token.lastgroup or 0)
        tables = {"command": _COMMANDS, "maths": _MATHS, "ligature": _LIGATURES}
        out.append("" if kind == "group" else tables[kind][value] if kind in tables else value)
        at = token.end()
    return "".join(out)


_SAME = str.maketrans({"’": "'", "‘": "`", '"': "”", "µ": "μ", "\u00a0": " ", "\u202f": " "})


@pytest.mark.parametrize("sign", [*string.punctuation, *latex._SIGNS])
def test_every_sign_prints_as_it_stands(sign: str) -> None:
    for text in (sign, f"a{sign}b", sign * 3):
        assert _printed(latex.escape(text)) == text.translate(_SAME)


@given(st.text(st.sampled_from([*string.punctuation, *latex._SIGNS, *"ab0 é模"]), max_size=20))
def test_any_text_prints_as_it_stands(text: str) -> None:
    assert _printed(latex.escape(text)) == text.translate(_SAME)


def test_control_characters_are_blanks() -> None:
    assert latex.escape("a\nb\x00c\x1b\u2028") == "a b c  "


def test_a_name_that_is_not_utf_8_prints_as_an_escape() -> None:
    assert latex.escape("a\udcff") == r"a\textbackslash{}udcff"


def test_a_table_has_caption_label_heads_and_marks() -> None:
    lines = latex.table(TABLE, "A title").splitlines()
    assert lines[2] == r"\caption{Set5, 5 images. A title. One note. Another note.}\label{tab:set-5}"
    assert lines[3] == r"\begin{tabular}{lrr}"
    assert lines[5] == r"model & PSNR [dB] $\uparrow$ & ms/image median $\downarrow$ \\"
    assert lines[7] == r"best & \textbf{32.05}\spread{30.1--34.0} & 10.2 ? \\"
    assert lines[8] == r"tied & $\approx$ 32.01\dag{}\spread{30.0--33.9} & 1.25 \\"
    name, *others = lines[9].removesuffix(r" \\").split(" & ")
    assert (_printed(name), others) == (HARD.translate(_SAME), ["--", ""])


def test_a_page_keeps_the_text_around_its_tables_in_comments() -> None:
    lines = latex.page(PAGE).splitlines()
    comments = [line for line in lines if line.startswith("%")]
    for part in ("A title", "protocol: x4", "a caveat", "How to read it.", "first"):
        assert f"% {part}" in comments
    body = "\n".join(line for line in lines if not line.startswith("%"))
    assert body.count("{") - body.count(r"\{") == body.count("}") - body.count(r"\}")
    assert body.count(r"\begin") == body.count(r"\end") == 2


def test_long_tables_run_over_pages() -> None:
    text = latex.table(Table("t", "t", (Column("a"),), ((Cell("1"),),) * 41))
    assert text.startswith(r"\begin{longtable}{r}")
    assert r"\begin{table}" not in text


@pytest.mark.parametrize("name", ["[x]", "*"])
def test_a_row_never_begins_with_what_looks_like_an_argument(name: str) -> None:
    text = latex.table(Table("t", "t", (Column("a"),), ((Cell(name),),)))
    assert rf"{{}}{name} \\" in text
