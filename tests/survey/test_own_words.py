"""A study's own words: by language, without gaps, and with their version beside the consent."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from srbench.survey import secrets
from srbench.survey.plan import own_words
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.web.app import application
from tests.cli.conftest import Call
from tests.survey.test_web import made, until

_LABELS = '["ugly", "so-so <b>", "fair", "nice", "100 % like it"]'
_ENGLISH = f"""
[en]
instructions = "Look, then answer."
question = "Do you like 100 % of <it>?"
labels = {_LABELS}
consent = "Asked by <us>.\\n\\nRoom 5."
thanks = "Bye, and thanks."
"""
_FRENCH = _ENGLISH.replace("[en]", "[fr]").replace("Look, then answer.", "Regardez.").replace("Bye", "Adieu")


def _file(text: str) -> str:
    Path("words.toml").write_text(text, encoding="utf-8")
    return "words.toml"


def test_raters_read_them_in_the_languages_of_the_file(call: Call, tmp_path: Path) -> None:
    study = made(call, tmp_path, "--words", _file(_ENGLISH + _FRENCH))
    store = VoteStore(study)
    app = application(store, secrets.load(study.folder))
    client = TestClient(app, headers={"accept-language": "de, fr;q=0.5"})
    page = client.get(f"/i/{store.invite()}").text
    assert '<html lang="fr">' in page
    assert "Regardez. " in page
    assert '<p class="verbatim">Asked by &lt;us&gt;.</p>' in page
    assert "/language/en" in page
    assert "/language/de" not in page
    page = until(client, 'name="position"', page)
    assert "Do you like 100 % of &lt;it&gt;?</h1>" in page
    assert "<b>2</b> so-so &lt;b&gt;</button>" in page
    assert "<b>5</b> 100 % like it</button>" in page
    page = until(client, 'class="code"', page)
    assert "Adieu, and thanks." in page.partition('class="code"')[0].rpartition("<p>")[0]
    ((person, _),) = store.raters()
    version = own_words.version(study.participation.words)
    assert person.facts["consent_read"] == {"words": version, "language": "fr"}
    with store.engine.connect() as database:
        (facts,) = database.exec_driver_sql("SELECT facts FROM event WHERE kind = 'consent'").scalars()
    assert json.loads(facts) == person.facts["consent_read"]
    store.close()
    other = own_words.read(Path(_file(_ENGLISH)), study.method.wording(study.design))
    assert own_words.version(other) != version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_ENGLISH + '[de]\nquestion = "Gut?"', "has instructions in [en] and none in [de]"),
        ('[en]\nlabels = ["no", "yes"]', "has 2 labels in [en]; the answers of this study have 5"),
        ('[en]\nquestion = " "', "has an empty text in [en]"),
        ('[en]\ntitle = "x"', "has 'title' in [en]"),
        ('[it]\nquestion = "Bello?"', "has 'it'; expected tables of en, de"),
        ("", "expected tables of en"),
        ("[en", "cannot be read"),
    ],
)
def test_gaps_are_named(call: Call, tmp_path: Path, text: str, message: str) -> None:
    code, _, said = call("survey", "create", "st", "--images", str(tmp_path), "--words", _file(text))
    assert (code, said.count("\n")) == (2, 1)
    assert message in said
