"""The page is whole, safe and the same each time."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from srbench.ratings import analysis, pair_simulation, pair_study, simulation
from srbench.ratings.options import Options
from srbench.report.formats import html
from srbench.report.ratings.page import illustrated, page
from srbench.report.table import Column, Table, text_column, text_rows

METHODS = "Votes were collected.\n\nThey were <averaged> & kept."
SHORT = Table(
    "models-table",
    "Models",
    (text_column("model"), Column("MOS")),
    text_rows((("a & b", "3.1"), ("<i>c</i>", ""))),
    ("Higher is better.",),
)
LONG = Table(
    "stimuli-table",
    "Stimuli",
    (text_column("stimulus"), text_column("model"), Column("MOS")),
    text_rows((f"s{i}", "m", "3") for i in range(31)),
)
VOID = {"meta", "br", "link", "img", "hr", "input"}


class _Reader(HTMLParser):
    """Collects what the tests look at, and complains of tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        own = {name: value or "" for name, value in attrs}
        self.ids += [own["id"]] if "id" in own else []
        self.links += [own[name] for name in ("href", "src", "xlink:href") if name in own]
        self.alts += [own["aria-label"]] if own.get("role") == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def _votes() -> analysis.Analysis:
    panel = simulation.Simulation(models=("edsr", "srgan"), images=6, raters=8, careless=1)
    votes = simulation.simulate(panel).votes
    raters = ("<b>x</b>", "a & b", *votes.raters[2:])
    stimuli = tuple(replace(s, model=f"{s.model}<script>") for s in votes.stimuli)
    choices = Options(resamples=50)
    return analysis.analyse("a <study>", replace(votes, raters=raters, stimuli=stimuli), choices, ["mind the <gap>"])


def _html(study: analysis.Analysis | pair_study.PairAnalysis, tables: list[Table]) -> str:
    return html.page(illustrated(page(study, tables, METHODS), study))


@pytest.fixture(scope="module")
def made() -> analysis.Analysis:
    return _votes()


@pytest.fixture(scope="module")
def text(made: analysis.Analysis) -> str:
    return _html(made, [SHORT, LONG])


def test_the_page_is_one_document_in_english(text: str) -> None:
    assert text.lstrip().startswith('<!DOCTYPE html>\n<html lang="en">')
    reader = _read(text)
    assert reader.tags["h1"] == reader.tags["main"] == 1
    assert reader.tags["script"] == 0


def test_ids_are_unique_and_links_stay_inside(text: str) -> None:
    reader = _read(text)
    assert len(reader.ids) == len(set(reader.ids))
    inside = [link[1:] for link in reader.links if link.startswith("#")]
    assert set(inside) <= set(reader.ids)
    assert all(link.startswith(("#", "data:image/")) for link in reader.links)


def test_nothing_is_fetched(text: str) -> None:
    bare = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    assert "http" not in bare
    assert "@import" not in bare


def test_what_users_wrote_is_escaped(text: str) -> None:
    for raw in ("<b>x</b>", "<script>", "<study>", "<gap>", "<averaged>", "<i>c</i>"):
        assert raw not in text
    for safe in (
        "&lt;b&gt;x&lt;/b&gt;",
        "a &amp; b",
        "a &lt;study&gt;",
        "mind the &lt;gap&gt;",
        "&lt;averaged&gt; &amp; kept",
    ):
        assert safe in text


def test_key_values_caveats_and_direction_come_first(made: analysis.Analysis, text: str) -> None:
    head = text[: text.index("<main>")]
    assert "Higher is better." in head
    assert "What a reader must know" in head
    assert made.raters
    out = sum(made.raters.excluded)
    assert f"who count; {out} rejected" in head
    assert f">{made.total_votes}<" in head
    assert made.icc
    assert f"{made.icc.average:.3f}" in head


def test_every_figure_has_words(text: str) -> None:
    reader = _read(text)
    assert reader.tags["figure"] == reader.tags["figcaption"] == reader.tags["svg"] == len(reader.alts) > 5
    assert all(reader.alts)


def test_long_tables_are_folded_and_all_can_be_reached(text: str) -> None:
    assert "<summary>Stimuli (31 rows)</summary>" in text
    assert "<summary>Models" not in text
    reader = _read(text)
    assert {"models-table", "stimuli-table"} <= set(reader.ids)
    assert reader.tags["caption"] == reader.tags["table"] == 2
    assert reader.tags["th"] == 2 + 3 + 2 + 31
    assert "Higher is better.</p>" in text


def test_numbers_in_tables_stand_at_the_right(text: str) -> None:
    assert '<td class="number">3.1</td>' in text
    assert "<td>m</td>" in text


def test_methods_and_choices_close_the_page(text: str) -> None:
    tail = text[text.index('id="section-methods"') :]
    assert "<p>Votes were collected.</p>" in tail
    assert "&#34;resamples&#34;: 50" in tail


def test_without_notes_there_is_no_box(made: analysis.Analysis) -> None:
    bare = replace(analysis.analyse_means("means", made.scores), caveats=[])
    assert "What a reader must know" not in _html(bare, [])


def test_averages_make_a_page_and_always_the_same(made: analysis.Analysis) -> None:
    means = analysis.analyse_means("means", made.scores)
    text = _html(means, [SHORT])
    assert _html(means, [SHORT]) == text
    _read(text)
    assert "averaged by others" in text


def test_pairs_make_a_page() -> None:
    panel = simulation.Simulation(models=("a", "b", "c"), images=2, raters=6)
    text = _html(pair_study.analyse_pairs("pairs", pair_simulation.simulate_pairs(panel, ties=0.2)), [SHORT])
    reader = _read(text)
    assert reader.tags["figure"] == 3
    assert len(reader.ids) == len(set(reader.ids))
    assert "with the majority" in text
