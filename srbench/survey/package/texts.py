"""The table of the words that raters read, in every language of the pages."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from srbench.survey.package.tables import Column, Table
from srbench.survey.study import Study
from srbench.survey.web.languages import translations

_ALL = "all"

TEXTS = Table(
    "texts",
    "A text that raters read",
    (
        Column("text_id", "string", "What the text is for", required=True),
        Column("language", "string", "Language of the page; all where the text is the same in each", required=True),
        Column("text", "string", "The text", required=True),
    ),
    key=("text_id", "language"),
)


def rows(study: Study) -> Iterator[dict[str, Any]]:
    """Return what raters read: the title, the study's own paragraphs and questions, the method's words."""
    for name, text in (("title", study.title), ("consent", study.participation.consent)):
        if text:
            yield {"text_id": name, "language": _ALL, "text": text}
    for language in study.languages():
        translate = translations(language).gettext
        texts = {name: translate(text) for name, text in _of_method(study)}
        for name, text in (texts | _own(study, language, texts)).items():
            yield {"text_id": name, "language": language, "text": text}
    for item in study.participation.questions:
        for language, text in item.text.items():
            yield {"text_id": f"questionnaire.{item.name}", "language": language or _ALL, "text": text}
        for answer in item.answers:
            for language, text in answer.label.items():
                yield {
                    "text_id": f"questionnaire.{item.name}.{answer.value}",
                    "language": language or _ALL,
                    "text": text,
                }


def _own(study: Study, language: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The study's own words in a language, by what they are for."""
    own = next((words for words in study.participation.words if words.language == language), None)
    if own is None:
        return {}
    labels = zip((name for name in texts if name.startswith("button.")), own.labels, strict=False)
    named = {"task": own.instructions, "legend": own.question, "consent": own.consent, "thanks": own.thanks}
    return {name: text for name, text in (named | dict(labels)).items() if text}


def _of_method(study: Study) -> Iterator[tuple[str, str]]:
    words = study.method.wording(study.design)
    for field in fields(words):
        value = getattr(words, field.name)
        if field.name == "buttons":
            yield from ((f"button.{button.value}", button.label) for button in value if button.label)
        elif field.name == "names":
            yield from ((f"picture.{number}", name) for number, name in enumerate(value, start=1) if name)
        elif isinstance(value, str) and value:
            yield field.name, value
