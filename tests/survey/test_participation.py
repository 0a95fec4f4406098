"""What raters are asked: values that can be, and what follows from them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.errors import BadStudy
from srbench.survey.people.participation import SCREEN_QUESTIONS, Participation, parse_screen_check, validated
from srbench.survey.people.screen_geometry import pixels_per_degree

_GOOD = {"patches": "7", "card": "324", "distance": "60", "acuity": "corrected", "colour": "untold", "age": "65+"}


def test_what_is_told_is_what_was_asked_for() -> None:
    assert parse_screen_check(Participation(), _GOOD) == {"patches": 7.0}
    assert parse_screen_check(Participation(ask=SCREEN_QUESTIONS), _GOOD) == {
        **_GOOD,
        "patches": 7.0,
        "card": 324.0,
        "distance": 60.0,
    }
    assert parse_screen_check(Participation(ask=("age",)), {**_GOOD, "other": "x"}) == {"patches": 7.0, "age": "65+"}


@pytest.mark.parametrize("check", ["patches", *SCREEN_QUESTIONS])
@pytest.mark.parametrize("value", [None, "", "x", "nan", "inf", "-3", "1e9"])
def test_an_answer_that_cannot_be_is_none(check: str, value: str | None) -> None:
    form = {**_GOOD, check: value} if value is not None else {k: v for k, v in _GOOD.items() if k != check}
    assert parse_screen_check(Participation(ask=SCREEN_QUESTIONS), form) is None  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from(SCREEN_QUESTIONS), st.text(max_size=8)))
def test_no_text_breaks_it(form: dict[str, str]) -> None:
    parse_screen_check(Participation(ask=SCREEN_QUESTIONS), form)


def test_pixels_per_degree() -> None:
    # A card of 85.6 mm that is 324 CSS pixels wide at density 2: 7.57 pixels a millimetre. From 600 mm one degree is
    # 10.47 mm.
    screen = {"dpr": "2", "card": 324.0, "distance": 60.0}
    expected = 648 / 85.60 * 2 * 600 * math.tan(math.pi / 360)
    assert pixels_per_degree(screen) == pytest.approx(expected)
    assert expected == pytest.approx(79.3, abs=0.1)
    assert pixels_per_degree({"dpr": "2", "card": 324.0}) is None
    assert pixels_per_degree({**screen, "dpr": "x"}) is None


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (Participation(ask=("shoe",)), "no screen check shoe; expected some of card, distance"),  # type: ignore[arg-type]
        (Participation(redirect="javascript:alert(1)"), "is no address"),
        (Participation(redirect="//host/x"), "is no address"),
        (Participation(stop_half=0.0), "more than 0"),
        (Participation(stop_half=float("nan")), "more than 0"),
    ],
)
def test_terms_that_cannot_be(terms: Participation, said: str) -> None:
    with pytest.raises(BadStudy, match=said):
        validated(terms)


def test_good_terms_pass() -> None:
    terms = Participation(ask=SCREEN_QUESTIONS, redirect="https://panel.example/done?cc={code}", stop_half=0.2)
    assert validated(terms) is terms
