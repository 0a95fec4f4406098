"""Who sees what: the same again from the same seed, balanced, nothing twice in a row."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import BadStudy
from srbench.ratings.votes import Stimulus
from srbench.survey import methods
from srbench.survey.methods.pair.ring import ring
from srbench.survey.plan.design import Design, Trial
from srbench.survey.plan.planning import balance, by_content, minutes, practice, session, sittings
from srbench.survey.responses import Response

METHODS = ("acr", "acr-hr", "dcr", "pair")


def pictures(contents: int, models: int) -> list[Stimulus]:
    made = [
        Stimulus(f"c{c}_m{m}", f"c{c}", f"m{m}", "set", reference=m == 0)
        for c in range(contents)
        for m in range(models)
    ]
    anchors = {"nearest": 1.0, "hr": 5.0}
    return made + [
        Stimulus(f"trap_{name}", "trap", name, "calibration", expected=score) for name, score in anchors.items()
    ]


designs = st.builds(
    Design,
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 3),
    share=st.sampled_from([0.3, 0.5, 1.0]),
    repeats=st.sampled_from([0.0, 0.1, 0.3]),
    traps=st.integers(0, 3),
    pairs=st.sampled_from(["full", "sparse", "blocks", "adaptive"]),
)


@settings(max_examples=60)
@given(design=designs, contents=st.integers(3, 9), models=st.integers(3, 6), rater=st.integers(0, 40))
def test_a_session(design: Design, contents: int, models: int, rater: int) -> None:
    shown = pictures(contents, models)
    trials = session(design, shown, rater)
    assert trials == session(design, shown, rater)
    kinds = Counter(trial.kind for trial in trials)
    assert kinds["trap"] == design.traps
    plain = [frozenset((t.first, t.second)) for t in trials if t.kind == "trial"]
    assert len(plain) == len(set(plain)), "no question twice"
    assert kinds["repeat"] == round(design.repeats * len(plain))
    assert all(at > len(plain) // 2 for at, trial in enumerate(trials) if trial.kind == "repeat"), "in the second half"
    asked = {frozenset((t.first, t.second)) for t in trials[: len(trials) * 2 // 3] if t.kind == "trial"}
    assert {frozenset((t.first, t.second)) for t in trials if t.kind == "repeat"} <= asked
    content = {p.name: p.content for p in shown}
    hand = {content[t.first] for t in trials if t.kind == "trial"}
    assert len(hand) == max(1, round(design.share * contents))
    for trial in trials:
        if trial.second:
            assert content[trial.first] == content[trial.second]
    if design.repeats == 0 and len(hand) > 1:
        row = [content[trial.first] for trial in trials]
        assert all(a != b for a, b in pairwise(row) if "trap" not in (a, b))


@pytest.mark.parametrize("method", ["acr", "pair"])
def test_shares_are_balanced_over_rounds_too(method: str) -> None:
    """Each picture stands in every round as often as in any other, but for the raters who make no whole turn."""
    design = Design(method=method, seed=2, share=0.5)
    shown = pictures(8, 4)
    rounds = 4 if method == "acr" else 6
    places: dict[tuple[str, ...], Counter[int]] = {}
    for rater in range(40):
        trials = [t for t in session(design, shown, rater) if t.kind == "trial"]
        for at, trial in enumerate(trials):
            names = tuple(sorted(name for name in (trial.first, trial.second) if name))
            places.setdefault(names, Counter())[at // 4] += 1
    assert len(places) == 8 * rounds
    for found in places.values():
        counts = [found[number] for number in range(rounds)]
        assert sum(counts) in range(19, 22)
        assert max(counts) - min(counts) <= 1


@settings(max_examples=30)
@given(method=st.sampled_from(METHODS), contents=st.integers(2, 6), models=st.integers(3, 5), seed=st.integers(0, 5))
def test_everything_is_seen_equally_often_and_in_every_round(
    method: str, contents: int, models: int, seed: int
) -> None:
    design = Design(method=method, seed=seed)
    shown = pictures(contents, models)
    rounds = len([t for t in session(design, shown, 0) if t.kind == "trial"]) // contents
    places: dict[str, list[int]] = {}
    for rater in range(2 * rounds):
        trials = [t for t in session(design, shown, rater) if t.kind == "trial"]
        for at, trial in enumerate(trials):
            for name in methods.find(method).rated(trial, {picture.name: picture for picture in shown}):
                places.setdefault(name, []).append(at // contents)
    for found in places.values():
        counts = Counter(found)
        assert set(counts) == set(range(rounds))
        assert len(set(counts.values())) == 1
    if method == "pair":
        left = balance(design, shown, 2 * rounds).left
        assert left is not None
        assert all(share == pytest.approx(0.5, abs=0.05) for share in left.values())


def _sides(design: Design, shown: list[Stimulus], rater: int) -> dict[tuple[str, str], tuple[int, bool]]:
    """By content and pair of models: the place in the session, and whether the sides are turned."""
    models = {picture.name: picture for picture in shown}
    found = {}
    for at, trial in enumerate(session(design, shown, rater)):
        one, two = models[trial.first], models[trial.second]
        found[one.content, "".join(sorted(one.model + two.model))] = (at, one.model > two.model)
    return found


@pytest.mark.parametrize("rater", range(4))
def test_in_one_session_sides_turn_with_the_content_and_with_the_round(rater: int) -> None:
    """A rater who always presses left must not prefer a model: half of each pair's trials, and of each content's."""
    sides = _sides(Design(method="pair", seed=1), pictures(4, 4), rater)
    assert len(sides) == 24
    for part in (0, 1):
        groups: dict[str, list[bool]] = {}
        for key, (_, turned) in sides.items():
            groups.setdefault(key[part], []).append(turned)
        assert all(2 * sum(turned) == len(turned) for turned in groups.values()), groups


def test_a_question_that_comes_again_in_the_same_round_has_its_sides_turned() -> None:
    design, shown = Design(method="pair", seed=1), pictures(2, 4)
    rounds = 6
    for rater in range(rounds):
        one, again = (_sides(design, shown, number) for number in (rater, rater + rounds))
        assert all(one[key][0] // 2 == again[key][0] // 2 for key in one)
        assert all(one[key][1] != again[key][1] for key in one)


def test_a_share_of_contents_is_dealt_evenly() -> None:
    found = balance(Design(share=0.4), pictures(10, 3), 25)
    assert set(found.votes.values()) == {10}
    uneven = balance(Design(share=0.4), pictures(7, 3), 10)  # 30 hands of 7 contents
    assert max(uneven.votes.values()) - min(uneven.votes.values()) <= 1


def test_traps_of_pairs_and_dcr_show_the_original_beside_the_worst() -> None:
    for method in ("dcr", "pair"):
        design = Design(method=method, traps=2)
        traps = [t for rater in (0, 1) for t in session(design, pictures(4, 3), rater) if t.kind == "trap"]
        assert {frozenset((t.first, t.second)) for t in traps} == {frozenset(("trap_nearest", "trap_hr"))}
        assert {t.first for t in traps} == {"trap_nearest", "trap_hr"}


def test_dcr_rates_everything_but_the_reference() -> None:
    trials = session(Design(method="dcr", display="toggle"), pictures(3, 4), 0)
    assert {t.second for t in trials} == {"c0_m0", "c1_m0", "c2_m0"}
    assert len(trials) == 9


def test_a_ring_of_pairs_is_connected_and_sparse() -> None:
    assert len(ring(10)) == 20
    degree = Counter(model for pair in ring(10) for model in pair)
    assert set(degree.values()) == {4}
    assert {(i, (i + 1) % 10) if i < 9 else (0, 9) for i in range(10)} <= set(ring(10))
    assert len(ring(4)) == 6
    assert len(ring(2)) == 1


@pytest.mark.parametrize("models", [2, 5, 7, 8])
def test_blocks_show_every_pair_every_model_and_every_side_equally_often(models: int) -> None:
    design, shown = Design(method="pair", pairs="blocks", seed=1), pictures(3, models)
    rounds = models - 1 + models % 2
    asked: Counter[tuple[str, str]] = Counter()
    for rater in range(2 * rounds):
        trials = session(design, shown, rater)
        assert len(trials) == 3 * min(4, rounds) * (models // 2)
        asked.update((trial.first, trial.second) for trial in trials)
        met = Counter(name for trial in trials for name in trial.pictures)
        assert max(met.values()) - min(met.values()) <= (min(4, rounds) if models % 2 else 0)
    assert len(asked) == 3 * models * (models - 1)  # every two models of every content, in both orders
    assert len(set(asked.values())) == 1
    shares = balance(design, shown, 2 * rounds)
    assert set((shares.left or {}).values()) == {0.5}


def test_raters_who_see_a_part_of_the_contents_have_balanced_blocks_too() -> None:
    design, shown = Design(method="pair", pairs="blocks", share=0.5), pictures(4, 6)
    asked = Counter(frozenset(t.pictures) for rater in range(20) for t in session(design, shown, rater))
    assert len(asked) == 4 * 15
    assert set(asked.values()) == {8}


def test_picture_and_original_change_places_where_they_stand_side_by_side() -> None:
    shown = pictures(4, 3)
    by_name = {picture.name: picture for picture in shown}
    method = methods.find("dcr")
    for display, share in (("side", 0.5), ("toggle", 0.0)):
        design = Design(method="dcr", display=display)  # type: ignore[arg-type]
        trials = [trial for rater in range(2) for trial in session(design, shown, rater)]
        assert np.mean([by_name[trial.first].reference for trial in trials]) == pytest.approx(share, abs=0.1)
        for trial in trials:
            names = method.page(design, [by_name[name] for name in trial.pictures])["names"]
            assert names[by_name[trial.first].reference] == "Picture to rate"
    answer = Response("r", 0, "trial", "c0_m0", "c0_m1", "2", 1.0, {})
    votes = method.export(Design(method="dcr"), "st", by_name, [answer]).votes
    assert votes is not None
    assert [stimulus.name for stimulus in votes.stimuli] == ["c0_m1"]


@pytest.mark.parametrize(("contents", "share"), [(10, 1.0), (14, 0.5)])
def test_every_model_comes_about_as_often_after_every_other(contents: int, share: float) -> None:
    """26 raters, 4 models, repeats and traps: 45 to 78 times where 63 were due, before this was balanced."""
    design = Design(share=share, repeats=0.05, traps=2)
    least, most, due = balance(design, pictures(contents, 4), 26).predecessors or (0, 0, 0.0)
    assert due > 40
    assert due - 3 < least <= most < due + 3


def test_long_sessions_are_split_evenly() -> None:
    design = Design(trial_seconds=5, sitting_minutes=30)
    trials = [Trial("trial", str(i)) for i in range(1128)]  # the SRGAN paper's
    split = sittings(design, trials)
    assert [[len(block) for block in sitting] for sitting in split] == [[94, 94, 94]] * 4
    assert [trial for sitting in split for block in sitting for trial in block] == trials
    assert sittings(design, trials[:10]) == [[trials[:10]]]


def test_the_length_of_a_session_has_its_practice() -> None:
    calibration = [Stimulus("best", "c", "hr", expected=5), Stimulus("worst", "c", "nearest", expected=1)]
    design = Design(trial_seconds=6)
    asked = practice(design, calibration)
    assert asked
    assert minutes(design, calibration, [Trial("trial", str(i)) for i in range(20)]) == (20 + len(asked)) / 10


def test_practice_shows_the_ends_and_what_lies_between() -> None:
    calibration = [
        Stimulus(f"{content}_{model}", content, model, "calibration", expected=score)
        for content in "ab"
        for model, score in (("nearest", 1.0), ("bicubic", None), ("hr", 5.0))
    ]
    single = practice(Design(), calibration)
    assert {t.first for t in single} == {"a_bicubic", "b_bicubic", "b_nearest", "b_hr"}
    against = practice(Design(method="dcr", display="toggle"), calibration)
    assert {(t.first, t.second) for t in against} == {
        (f"{c}_{m}", f"{c}_hr") for c in "ab" for m in ("nearest", "bicubic")
    }
    pairs = practice(Design(method="pair"), calibration)
    assert {frozenset((t.first, t.second)) for t in pairs} == {frozenset((t.first, t.second)) for t in against}
    assert {t.kind for t in (*single, *against, *pairs)} == {"practice"}


def test_what_cannot_be_asked_is_refused() -> None:
    shown = pictures(3, 3)
    with pytest.raises(BadStudy, match="c0 has no picture of m1; expected the same models"):
        by_content([p for p in shown if p.name != "c0_m1"])
    with pytest.raises(BadStudy, match="no pictures to rate"):
        session(Design(), [], 0)
    with pytest.raises(BadStudy, match="pairs need at least two"):
        session(Design(method="pair"), [p for p in shown if p.model == "m1"], 0)
    with pytest.raises(BadStudy, match="has no reference; dcr"):
        session(Design(method="dcr"), [replace(p, reference=False) for p in shown], 0)
    with pytest.raises(BadStudy, match="no trap pictures"):
        session(Design(traps=1), [p for p in shown if p.expected is None], 0)
