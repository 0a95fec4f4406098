"""Boosted triplets: amplified differences, flashes by WCAG, what raters are shown and offered, forms kept apart."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from srbench.core import image
from srbench.errors import BadStudy
from srbench.protocol import find
from srbench.report.survey import plan
from srbench.survey import secrets
from srbench.survey.export import ratings
from srbench.survey.methods.triplet_boosted.intervals import counts
from srbench.survey.package import events, stimuli
from srbench.survey.people.participation import Participation
from srbench.survey.plan.boost import Boost, changes_per_second, validated
from srbench.survey.plan.creation import create
from srbench.survey.plan.design import Design
from srbench.survey.plan.extension import extend
from srbench.survey.plan.flicker import flicker
from srbench.survey.stimuli import pictures
from srbench.survey.stimuli.amplified import amplified
from srbench.survey.stimuli.crops import fitting_crops
from srbench.survey.stimuli.flashes import ALLOWED_PX, flashing, flashing_px
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import Study, load
from srbench.survey.study_folder import STUDY_FILE
from srbench.survey.web.app import application
from tests.survey.conftest import asked
from tests.survey.test_web import SCRIPT, field, until

_DESIGN = Design(method="triplet-boosted", traps=1, boost=Boost(zoom=3, amplification=4.0))


def _images(folder: Path, *models: str) -> Path:
    """A calm content, and one whose model m2 is white where the original is black."""
    for number, name in enumerate(("calm", "flash")):
        original = np.random.default_rng(number).integers(90, 110, (90, 120, 3), dtype=np.uint8)
        for model in models:
            differs = 0 if model == "hr" else 5 if name == "calm" or model == "m1" else 60
            image.write(folder / model / f"{name}.png", original + np.uint8(differs))
    return folder


def _study(folder: Path, models: tuple[str, ...] = ("m1", "m2", "hr")) -> Study:
    sources, _ = pictures.from_folders(_images(folder / "images", *models), [])
    calibration = {"end": _images(folder / "other", "hr") / "hr" / "calm.png"}
    crops = fitting_crops(sources, (120, 90), {}, 0)
    everything = (sources, calibration, find("classical_x4"), crops, Participation())
    create(folder / "st", "study", _DESIGN, 4, *everything)
    return load(folder / "st")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return _study(tmp_path_factory.mktemp("boosted"))


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Iterator[VoteStore]:
    store = VoteStore(study, f"sqlite:///{tmp_path / 'votes.sqlite'}")
    yield store
    store.close()


def _client(store: VoteStore, form: str = "") -> tuple[TestClient, str]:
    """A rater who has read the consent page and chosen a form, on the page after it."""
    client = TestClient(application(store, secrets.load(store.study.folder)))
    page = client.get(f"/i/{store.invite()}").text
    chosen = {"form": form} if form else {}
    page = client.post("/step", data={"token": field(page, "token"), "step": "consent", **chosen}).text
    return client, page


def test_differences_are_multiplied_and_clipped_pixels_are_counted() -> None:
    original = np.array([[[100, 100, 100], [250, 10, 100]]], dtype=np.uint8)
    picture = np.array([[[103, 99, 100], [253, 6, 100]]], dtype=np.uint8)
    found, clipped = amplified(picture, original, 2.5)
    assert found.tolist() == [[[108, 98, 100], [255, 0, 100]]]  # 107.5 and 97.5 are rounded half up
    assert clipped == 1
    assert amplified(picture, original, 1.0)[0].tolist() == picture.tolist()


@pytest.mark.parametrize(
    ("one", "other", "flashes"),
    [
        ((0, 0, 0), (89, 89, 89), False),  # relative luminance 0 and 0.0998
        ((0, 0, 0), (90, 90, 90), True),  # 0.102
        ((232, 232, 232), (255, 255, 255), False),  # both bright: 0.807 and 1
        ((229, 229, 229), (255, 255, 255), True),  # 0.78 and 1
        ((150, 0, 0), (75, 75, 75), True),  # luminance 0.065 and 0.070, but a saturated red
        ((150, 0, 0), (160, 0, 0), False),  # two reds
        ((0, 0, 200), (80, 80, 0), False),  # another colour changes as much: no red
    ],
)
def test_a_pixel_flashes_by_luminance_or_as_red(
    one: tuple[int, int, int], other: tuple[int, int, int], *, flashes: bool
) -> None:
    states = np.array([[one]], dtype=np.uint8), np.array([[other]], dtype=np.uint8)
    assert flashing(*states).item() == flashing(*states[::-1]).item() == flashes


def test_flashes_count_within_ten_degrees_of_the_visual_field() -> None:
    black = np.zeros((300, 700, 3), dtype=np.uint8)
    white = black.copy()
    white[:, [0, 340, 341, 690]] = 255
    assert ALLOWED_PX == 21_824
    assert flashing_px(black, white, 1) == 2 * 256  # columns 0 and 340, or 341 and 690, which are 350 apart, not three
    assert flashing_px(black[:50, :20], white[:50, :20], 3) == 50 * 9
    assert changes_per_second(Boost(), ALLOWED_PX) == 10
    assert changes_per_second(Boost(), ALLOWED_PX + 1) == 5
    assert changes_per_second(Boost(changes_per_second=4), ALLOWED_PX + 1) == 4


def test_a_study_has_boosted_pictures_beside_plain_ones(study: Study) -> None:
    written = json.loads((study.folder / STUDY_FILE).read_text(encoding="utf-8"))
    assert written["design"]["boost"] == {"zoom": 3, "amplification": 4.0, "changes_per_second": 10.0}
    by_name = {picture.stimulus.name: picture for picture in study.pictures}
    plain, boosted = by_name["flash_m2"], by_name["boosted/flash_m2"]
    shown, original, differs = (
        image.read(study.folder / p.file).astype(int) for p in (boosted, by_name["flash_hr"], plain)
    )
    np.testing.assert_array_equal(shown, np.minimum(original + 4 * (differs - original), 255))
    assert boosted.clipped_px == 90 * 120
    assert boosted.flashing_px == 9 * 86 * 114  # 256 and 341 pixels of the screen, in whole pixels of the picture
    assert (by_name["boosted/calm_m2"].clipped_px, by_name["boosted/calm_m2"].flashing_px) == (0, 0)
    assert "boosted/flash_hr" not in by_name
    assert {s.name for s in study.stimuli()} == {p.stimulus.name for p in study.plain if p.role != "practice"}
    rows = {row["stimulus"]: row for row in stimuli.rows(study, pictures=False)}
    assert (rows["flash_m2"]["form"], rows["boosted/flash_m2"]["form"]) == ("plain", "boosted")
    assert rows["boosted/flash_m2"]["clipped"] == 90 * 120


def test_the_plan_says_what_is_clipped_and_what_flashes_too_much(study: Study) -> None:
    found = flicker(study)
    assert found is not None
    # Of each content three pairs and a bias question; of flash, all with m2 but its bias question, which is of m2 too.
    slow = {("flash_hr", "flash_m2"), ("flash_m1", "flash_m2"), ("flash_m2", "flash_m2")}
    assert found.slowed == len(slow)
    assert found.questions == 2 * 4 + 1 + 2
    lines = " ".join(plan._flicker(study))
    assert f"{len(slow)} of 11 questions flash more than WCAG 2.3.1 allows and change 5 times a second" in lines
    assert "3 x 3 device pixels for each, differences times 4, 10 changes a second; 16.67% of the pixels" in lines


def test_consent_warns_and_the_page_flickers_as_fast_as_it_may(store: VoteStore) -> None:
    client, page = _client(store)
    consent = TestClient(application(store, secrets.load(store.study.folder))).get(f"/i/{store.invite()}").text
    assert "photosensitive epilepsy" in consent
    assert 'name="form" value="plain"' in consent
    page = until(client, 'name="position"', page, "left")
    rates = {}
    for _ in range(9):
        question = asked(store, store.raters()[0][0].id)
        assert question is not None
        assert any(name.startswith("boosted/") for name in question.pictures)
        assert 'data-enlarge="3"' in page
        rates[frozenset(question.pictures)] = re.findall(r'data-changes="([\d.]+)"', page)
        form = {"token": field(page, "token"), "position": field(page, "position"), "value": "left"}
        measured = {"frame_ms": "16:40 17:81", "change_ms": "100:20 x"}
        page = client.post("/answer", data=form | SCRIPT | measured).text
    assert "have arrived" in page
    for names, rate in rates.items():
        assert rate == (["5.0"] if "boosted/flash_m2" in names else ["10.0"]), names
    facts = [response.facts for response in store.responses()]
    assert all(found["frame_ms"] == {"16": 40, "17": 81} and "change_ms" not in found for found in facts)


def test_who_wants_no_flicker_sees_plain_pictures_and_is_kept_apart(store: VoteStore) -> None:
    for form in ("plain", ""):
        client, page = _client(store, form)
        page = until(client, 'name="position"', page, "left")
        assert ("data-changes" in page, 'id="original"' in page) == ((False, True) if form else (True, False))
        until(client, "have arrived", page, "left")
    found = ratings(store).triplets
    assert [answer.form for answer in found] == ["plain"] * 9 + ["boosted"] * 9
    assert {(a.content, *sorted((a.left, a.right))) for a in found[:9]} == {
        (a.content, *sorted((a.left, a.right))) for a in found[9:]
    }
    names = {person.id: person.id for person, _ in store.raters()}
    rows = list(events.rows(store.study, store.presented(), names, {}))
    assert {row["form"] for row in rows[:27]} == {"plain"}
    assert {row["form"] for row in rows[27:]} == {"boosted"}
    scores = store.study.method.model_scores(ratings(store))
    alone = store.study.method.model_scores(replace(ratings(store), triplets=found[9:]))
    assert scores == alone


def test_an_extension_boosts_what_is_new(tmp_path: Path) -> None:
    study = _study(tmp_path, ("m1", "hr"))
    sources, _ = pictures.from_folders(_images(tmp_path / "images", "m1", "m2", "hr"), [])
    extended = extend(study, 4, sources, find("classical_x4"))
    assert load(study.folder) == extended
    new = {picture.stimulus.name for picture in extended.pictures if picture.since == 2}
    assert new == {"calm_m2", "flash_m2", "boosted/calm_m2", "boosted/flash_m2"}


def test_what_cannot_be_is_refused(study: Study) -> None:
    for wrong in (Boost(zoom=0), Boost(amplification=0.5), Boost(changes_per_second=99)):
        with pytest.raises(BadStudy, match="expected"):
            validated(wrong)
    assert counts("16:120 33:2") == {"16": 120, "33": 2}
    for text in ("", "16", "16:1,2", "-1:3", "16:1 ", " ".join(f"{n}:1" for n in range(201))):
        assert counts(text) == {}, text
    file = study.folder / STUDY_FILE
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace('"zoom": 3', '"zoom": 99'), encoding="utf-8")
    with pytest.raises(BadStudy, match="zoom of boosted pictures is 99"):
        load(study.folder)
    file.write_text(kept, encoding="utf-8")
