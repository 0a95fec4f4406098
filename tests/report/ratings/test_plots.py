"""Every plot says what the study says."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from srbench.ratings import analysis, pair_simulation, pair_study, simulation
from srbench.ratings.options import Options
from srbench.ratings.votes import PairAnswer, Scale, Stimulus, StimulusScores
from srbench.report.figures import style
from srbench.report.ratings.plots import distributions, raters, scores
from srbench.report.ratings.plots import pairs as pair_plots
from srbench.report.ratings.plots.study import plots
from srbench.report.table import Plot

PANEL = simulation.Simulation(models=("bicubic", "edsr", "srgan"), images=8, raters=9, careless=2, reference=True)
CHOICES = Options(resamples=50)


def _made(panel: simulation.Simulation = PANEL, choices: Options = CHOICES) -> analysis.Analysis:
    return analysis.analyse("study", simulation.simulate(panel).votes, choices)


def _keys(found: Sequence[Plot]) -> list[str]:
    return [plot.key for plot in found]


def _texts(plot: Plot) -> list[str]:
    return [(text.text or "").strip() for text in ET.fromstring(plot.svg).iter("{http://www.w3.org/2000/svg}text")]


def _one(found: Sequence[Plot], key: str) -> Plot:
    return next(plot for plot in found if plot.key == key)


@pytest.fixture(scope="module")
def whole() -> analysis.Analysis:
    made = _made(choices=replace(CHOICES, screen=("correlation",)))
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 0.3, (2, len(made.scores.stimuli)))
    metrics = {
        name: dict(
            zip([s.name for s in made.scores.stimuli], (made.scores.mean * sign + noise[i]).tolist(), strict=True)
        )
        for i, (name, sign) in enumerate((("psnr", 1.0), ("lpips", -3.0)))
    }
    return analysis.with_metrics(made, metrics)


@pytest.fixture(scope="module")
def drawn(whole: analysis.Analysis) -> list[Plot]:
    return plots(whole)


@pytest.fixture(scope="module")
def pairs() -> pair_study.PairAnalysis:
    panel = simulation.Simulation(models=("a", "b", "c"), images=2, raters=8)
    return pair_study.analyse_pairs("pairs", pair_simulation.simulate_pairs(panel, ties=0.2))


def test_all_kinds_are_drawn_of_a_study_with_everything(drawn: list[Plot]) -> None:
    assert _keys(drawn) == [
        "distributions",
        "ranks",
        "models",
        "stimuli",
        "dmos",
        "metrics",
        "raters",
        "correlation",
        "effects",
    ]


def test_drawings_are_xml_that_scales_and_needs_nothing(drawn: list[Plot]) -> None:
    for plot in drawn:
        root = ET.fromstring(plot.svg)
        assert root.get("viewBox")
        assert root.get("width") is None
        links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert all(link.startswith(("#", "data:")) for link in links)
        assert "<style" not in plot.svg, "a style would hold for the whole page"
        assert plot.caption
        assert plot.alt


def test_no_name_is_used_in_two_drawings(drawn: list[Plot]) -> None:
    every = [e.get("id") for plot in drawn for e in ET.fromstring(plot.svg).iter() if e.get("id")]
    assert len(every) == len(set(every))


def test_every_link_within_a_drawing_leads_somewhere(drawn: list[Plot]) -> None:
    for plot in drawn:
        links = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', plot.svg))
        assert {a or b for a, b in links} <= set(re.findall(r'\bid="([^"]+)"', plot.svg))


def test_the_same_study_gives_the_same_bytes(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    assert plots(whole) == drawn


def test_global_state_stays(whole: analysis.Analysis) -> None:
    before = mpl.rcParams["font.size"]
    mpl.rcParams["font.size"] = 23.0
    try:
        again = scores.models(whole)
        assert mpl.rcParams["font.size"] == 23.0
    finally:
        mpl.rcParams["font.size"] = before
    assert again == scores.models(whole)


def test_distributions_show_each_model_its_mean_and_its_shares(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    texts = _texts(_one(drawn, "distributions"))
    for group in whole.models:
        assert group.model in texts
        assert f"{group.mean:.2f}" in texts
    _, shares = whole.distribution
    assert f"{100 * shares['srgan'].max():.0f} %" in texts


def test_models_stand_from_worst_to_best(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    texts = _texts(_one(drawn, "distributions"))
    names = [text for text in texts if text in {g.model for g in whole.models}]
    assert names == [g.model for g in sorted(whole.models, key=lambda g: g.mean)]


def test_ranks_print_mean_ranks(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    texts = _texts(_one(drawn, "ranks"))
    assert all(f"{one.mean:.2f}" in texts for one in whole.ranks)


def test_letters_stand_beside_the_means(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    texts = _texts(_one(drawn, "models"))
    assert all(f"{g.mean:.2f} {whole.letters[''][g.model]}" in texts for g in whole.models)


def test_rejected_raters_are_named(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    assert whole.raters
    gone = [name for name, out in zip(whole.raters.names, whole.raters.excluded, strict=True) if out]
    assert gone
    assert set(gone) <= set(_texts(_one(drawn, "raters")))
    assert set(whole.raters.names) <= set(_texts(_one(drawn, "correlation")))


def test_metrics_print_their_correlations_and_the_best(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    said = " ".join(_texts(_one(drawn, "metrics"))).replace("−", "-")
    assert all(f"SRCC {p.srcc:.3f}" in said for p in whole.predictions)
    best = next(p.metric for p in whole.predictions if p.best)
    assert f"{best} ★ best" in said
    assert f"largest: {best}" in _one(drawn, "metrics").caption


def test_treatments_that_cannot_be_used_say_why(whole: analysis.Analysis, drawn: list[Plot]) -> None:
    texts = _texts(_one(drawn, "effects"))
    for effect in whole.sensitivity:
        assert f"cannot be used: {effect.reason}" in texts if effect.reason else effect.name in texts


def test_without_models_each_stimulus_is_a_column(whole: analysis.Analysis) -> None:
    votes = simulation.simulate(replace(PANEL, reference=False)).votes
    plain = tuple(Stimulus(s.name, s.content) for s in votes.stimuli)
    made = analysis.analyse("plain", replace(votes, stimuli=plain), CHOICES)
    found = plots(made)
    assert _keys(found) == ["distributions", "stimuli", "raters", "correlation", "effects"]
    assert "24 stimuli" in found[0].caption
    texts = _texts(_one(found, "stimuli"))
    assert {s.name for s in plain} <= set(texts)
    assert not {"10", "20", "25"} & set(texts), "the axis shows scores, of 1 to 5"


def test_a_single_model_has_no_ranks() -> None:
    found = plots(_made(simulation.Simulation(models=("srgan",), images=8, raters=6)))
    assert "ranks" not in _keys(found)
    assert "srgan" in _texts(_one(found, "distributions"))
    assert "srgan" in _texts(_one(found, "models"))


def test_averages_are_drawn_without_votes(whole: analysis.Analysis) -> None:
    found = plots(analysis.analyse_means("means", whole.scores))
    assert _keys(found) == ["ranks", "models", "stimuli"]
    assert "from the errors of the stimuli" in _one(found, "models").caption


def test_each_data_set_has_its_panel() -> None:
    votes = simulation.simulate(replace(PANEL, images=12)).votes
    stimuli = tuple(replace(s, dataset="Set5" if int(s.content[-1]) % 2 else "B$10$0") for s in votes.stimuli)
    made = analysis.analyse("sets", replace(votes, stimuli=stimuli), CHOICES)
    for plot in (distributions.ranks(made), scores.models(made)):
        assert plot
        assert {"all data sets", "Set5", "B$10$0"} <= set(_texts(plot))


def test_a_wide_scale_has_ranges() -> None:
    panel = simulation.Simulation(models=("a", "b"), images=6, raters=6, scale=Scale(0, 100))
    plot = distributions.by_model(_made(panel))
    assert plot
    texts = _texts(plot)
    assert {"0–10", "90–100"} <= set(texts)


def test_raters_of_whom_nothing_is_known_are_left_out(whole: analysis.Analysis) -> None:
    assert whole.raters
    few, none = whole.raters.bias.copy(), np.full(len(whole.raters.names), np.nan)
    few[:3] = np.nan
    made = replace(whole, raters=replace(whole.raters, bias=few, correlation=few))
    found = [plot for draw in (raters.consistency, raters.agreement) if (plot := draw(made))]
    size = len(whole.raters.names)
    assert f"{size - 3} of {size} raters" in _one(found, "raters").caption
    assert whole.raters.names[0] not in _texts(_one(found, "correlation"))
    bare = replace(whole, raters=replace(whole.raters, inconsistency=none, correlation=none))
    assert raters.consistency(bare) is None
    assert raters.agreement(bare) is None


def test_very_many_raters_go_without_names() -> None:
    plot = raters.agreement(_made(simulation.Simulation(models=("a", "b"), images=6, raters=45)))
    assert plot
    assert "Too many for names" in plot.caption
    assert "r01" not in _texts(plot)


@pytest.mark.parametrize("name", ["$x_1$", "<b>&\"'", 'id="a" url(#b)', "模型", "a" * 200, "line\nbreak\x00\x1b"])
def test_any_name_can_be_drawn(name: str) -> None:
    stimuli = tuple(Stimulus(f"{name}{m}{c}", f"c{c}", f"{name}{m}") for m in (1, 2) for c in range(4))
    score = np.arange(8.0) / 2 + 1
    opinion = StimulusScores(stimuli, score, np.ones(8), np.full(8, 9), np.full(8, 0.3))
    found = plots(analysis.analyse_means(name, opinion))
    assert _keys(found) == ["ranks", "models", "stimuli"]
    for plot in found:
        ET.fromstring(plot.svg)
        assert any(text.endswith("1") for text in _texts(plot))
    assert style.label(f"{name}1") in _texts(_one(found, "models"))


def test_long_names_are_shortened_in_the_middle() -> None:
    short = style.label("esrgan." + "x" * 60 + ".x4", 20)
    assert len(short) == 20
    assert short.startswith("esrgan.")
    assert short.endswith(".x4")


def test_pairs_have_scores_wins_and_agreement(pairs: pair_study.PairAnalysis) -> None:
    found = plots(pairs)
    assert _keys(found) == ["scores", "wins", "agreement"]
    for key in ("scores", "wins"):
        texts = _texts(_one(found, key))
        assert {"all contents", *pairs.contents} <= set(texts)
    won = pairs.overall[0].wins
    assert f"{100 * won[0, 1] / (won[0, 1] + won[1, 0]):.0f}" in _texts(_one(found, "wins"))
    assert set(pairs.agreement) <= set(_texts(_one(found, "agreement")))
    assert plots(pairs) == found


def test_contents_without_scores_say_why() -> None:
    answers = [PairAnswer("sky", f"r{i}", *pair) for i in range(4) for pair in ("ab", "cd")]
    answers += [PairAnswer("sea", f"r{i}", *(("x", "y") if i % 2 else ("y", "x"))) for i in range(4)]
    found = plots(pair_study.analyse_pairs("half", answers))
    said = " ".join(_texts(_one(found, "scores")))
    assert "No scores: 2 groups were never compared with one another" in said
    assert "1 panel without scores" in _one(found, "scores").caption
    assert "100" in _texts(_one(found, "wins"))


def test_a_lone_rater_agrees_with_nobody() -> None:
    found = plots(pair_study.analyse_pairs("lone", [PairAnswer("c", "r", "a", "b")]))
    assert _keys(found) == ["scores", "wins"]


def test_too_many_contents_are_left_to_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [PairAnswer(f"c{i}", f"r{k}", *(("a", "b") if k else ("b", "a"))) for i in range(6) for k in range(2)]
    monkeypatch.setattr(pair_plots, "_MOST", 3)
    found = pair_plots.scores(pair_study.analyse_pairs("many", answers))
    assert found
    assert "4 more contents are in the tables alone" in found.caption
    assert "c1" in _texts(found)
    assert "c2" not in _texts(found)


def test_intervals_of_pairs_say_what_they_cover(pairs: pair_study.PairAnalysis) -> None:
    caption = _one(plots(pairs), "scores").caption
    assert "95 % intervals over raters and contents like these for all contents, over raters like these" in caption
    assert "standard errors" not in caption
    lone = [PairAnswer("c", "r", *pair) for pair in (("a", "b"), ("b", "a"))]
    assert "Lines" not in _one(plots(pair_study.analyse_pairs("lone", lone)), "scores").caption
