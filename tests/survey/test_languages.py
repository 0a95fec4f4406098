"""Every word that a rater sees is there in every language, with the same gaps in it."""

import io
import re
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.requests import Request
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.people.participation import ANSWERS
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from srbench.survey.web.languages import LANGUAGES, preferred_language, translations
from srbench.survey.web.screen_questions import SCREEN_QUESTIONS
from tests.cli.conftest import Call
from tests.survey.test_web import forward, made

_SURVEY = Path(str(resources.files("srbench.survey")))
_WEB = _SURVEY / "web"
_OTHERS = sorted(set(LANGUAGES) - {"en"})


@cache
def _marked() -> dict[str, str | tuple[str, ...]]:
    """Every message of the pages and of the wording."""
    methods = [("web/pages/**.html", "jinja2"), ("**.py", "python")]
    options = {"web/pages/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found = extract_from_dir(_SURVEY, methods, options, keywords)
    return {message if isinstance(message, str) else message[0]: message for _, _, message, *_ in found}


def _catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((_WEB / "locale" / f"{language}.po").read_bytes()), locale=language)


def _gaps(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s|WIDTH|HEIGHT|DENSITY|FACTOR", text))


def test_there_are_messages() -> None:
    marked = _marked()
    assert {"excellent", "imperceptible", "How old are you?", "Practice %(at)s of %(of)s"} <= marked.keys()
    assert len(marked) > 70


@pytest.mark.parametrize("language", _OTHERS)
def test_a_catalogue_is_whole_and_holds_nothing_else(language: str) -> None:
    catalogue = _catalogue(language)
    ours = {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalogue if m.id}
    marked = _marked()
    assert ours.keys() == marked.keys()
    for key, message in ours.items():
        assert not message.fuzzy, key
        several = isinstance(marked[key], tuple)
        assert isinstance(message.id, tuple if several else str), key
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(texts) == (catalogue.num_plurals if several else 1), key
        for text in texts:
            assert text, f"{key} has no translation"
            assert _gaps(text) == _gaps(key), key
            assert list(message.check(catalogue)) == []


@pytest.mark.parametrize("language", _OTHERS)
def test_categories_stay_apart(language: str) -> None:
    said = translations(language).gettext
    scales = (
        ("bad", "poor", "fair", "good", "excellent"),
        ("very annoying", "annoying", "slightly annoying", "perceptible but not annoying", "imperceptible"),
    )
    for scale in scales:
        assert len({said(label) for label in scale}) == 5
        assert not {said(label) for label in scale} & set(scale) - {"excellent", "imperceptible"}


def test_the_screen_check_offers_what_is_accepted() -> None:
    assert {check: tuple(answers) for check, (_, answers) in SCREEN_QUESTIONS.items()} == ANSWERS


def _asking(header: str, cookie: str = "") -> Request:
    headers = [(b"accept-language", header.encode()), (b"cookie", f"srbench-language={cookie}".encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("it,fr;q=0.5,es;q=0.7", "", "es"),
        ("zh-Hant-TW", "", "zh"),
        ("fr", "de", "de"),
        ("fr", "xx", "fr"),
        ("de;q=0,es;q=0.1", "", "es"),
        ("*;q=x, ,;;", "", "en"),
        ("", "", "en"),
    ],
)
def test_the_language_of_a_browser(header: str, cookie: str, language: str) -> None:
    assert preferred_language(_asking(header, cookie)) == language


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_whole_session(call: Call, tmp_path: Path, language: str) -> None:
    """Chosen on the first page, kept to the last; nothing English is left in the others."""
    store = VoteStore(made(call, tmp_path, "--ask", "all", "--traps", "0"))
    client = TestClient(application(store, secrets.load(store.study.folder)))
    client.get(f"/i/{store.invite()}")
    page = client.get(f"/language/{language}").text
    english = {text for text in _marked() if " " in text and "%" not in text}
    if language != "en":
        said = translations(language).gettext
        english -= {said(text) for text in english}
    for _ in range(30):
        assert f'<html lang="{language}">' in page
        left = sorted(text for text in english if text in page)
        assert bool(left) == (language == "en"), left
        if 'class="code"' in page:
            return
        page = forward(client, page)
    raise AssertionError(page)
