"""A study's own words: instructions, question, labels, consent and thanks, by language, from one file.

Raters get the languages of the file and no others, so that no page mixes two.
"""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import escape

from srbench.core.files import absent_or
from srbench.errors import BadStudy, first_line
from srbench.survey.plan.wording import Wording

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "zh": "中文"}
"""Languages of the pages, and what they call themselves."""
_TEXTS = ("instructions", "question", "consent", "thanks")


@dataclass(frozen=True)
class Words:
    """A study's own words in one language; what is empty stands as the method and the pages have it.

    Attributes:
        language: Language, as `LANGUAGES` names it.
        instructions: What raters are to do, on the first page.
        question: The question of every trial.
        labels: Labels of the answers that have one, the worst first.
        consent: Paragraphs of the consent page: who asks, why, whom to write to.
        thanks: Paragraphs of the last page.
    """

    language: str
    instructions: str = ""
    question: str = ""
    labels: tuple[str, ...] = ()
    consent: str = ""
    thanks: str = ""

    def applied(self, wording: Wording) -> Wording:
        """Return the words of a method with these in their place, safe to be put into a page."""
        labels = iter(self.labels)
        buttons = [
            replace(button, label=as_message(next(labels))) if self.labels and button.label else button
            for button in wording.buttons
        ]
        task = as_message(self.instructions) if self.instructions else wording.task
        legend = as_message(self.question) if self.question else wording.legend
        return replace(wording, task=task, legend=legend, buttons=tuple(buttons))


def as_message(text: str) -> str:
    """Return a text as the pages' translation, which knows no such message, hands it on: escaped, % doubled."""
    return str(escape(text)).replace("%", "%%")


def version(words: Sequence[Words]) -> str:
    """Return what tells one state of a study's own words from another: 12 hexadecimal digits of a SHA-256."""
    stored = json.dumps([asdict(own) for own in words], ensure_ascii=False)
    return hashlib.sha256(stored.encode()).hexdigest()[:12]


def read(path: Path, wording: Wording) -> tuple[Words, ...]:
    """Read a file of a study's own words, with a table for each language.

    Args:
        path: TOML file.
        wording: Words of the study's method, whose labels are replaced.

    Raises:
        BadStudy: The file is absent or no TOML, has a language or a key that is not known, or a language lacks what
            another one has.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = absent_or(path, f"cannot be read ({first_line(error)})")
        raise BadStudy(f"{path} {what}; expected a TOML file with a table for each language, as [en]") from error
    strange = [name for name in content if name not in LANGUAGES or not isinstance(content[name], dict)]
    if strange or not content:
        raise BadStudy(f"{path} has '{', '.join(strange)}'; expected tables of {', '.join(LANGUAGES)}")
    words = tuple(_words(path, language, table) for language, table in content.items())
    return validated(words, wording, str(path))


def _words(path: Path, language: str, table: dict[str, Any]) -> Words:
    unknown = sorted(table.keys() - {*_TEXTS, "labels"})
    if unknown:
        expected = ", ".join((*_TEXTS, "labels"))
        raise BadStudy(f"{path} has '{unknown[0]}' in [{language}]; expected some of {expected}")
    labels = table.get("labels", [])
    texts = {name: table[name] for name in _TEXTS if name in table}
    written = [*(labels if isinstance(labels, list) else [None]), *texts.values()]
    if not all(isinstance(text, str) and text.strip() for text in written):
        raise BadStudy(f"{path} has an empty text in [{language}], or one that is no text; write it, or leave it out")
    return Words(language, labels=tuple(text.strip() for text in labels), **{k: v.strip() for k, v in texts.items()})


def validated(words: tuple[Words, ...], wording: Wording, place: str) -> tuple[Words, ...]:
    """Return a study's own words unchanged.

    Args:
        words: Words by language.
        wording: Words of the study's method.
        place: Where the words stand, for messages.

    Raises:
        BadStudy: A language that the pages do not have or that comes twice, or a gap.
    """
    languages = [own.language for own in words]
    if len(set(languages)) < len(languages) or not set(languages) <= LANGUAGES.keys():
        expected = f"expected each once, of {', '.join(LANGUAGES)}"
        raise BadStudy(f"{place} has the languages {', '.join(languages)}; {expected}")
    for name in (*_TEXTS, "labels"):
        having = [own.language for own in words if getattr(own, name)]
        lacking = [language for language in languages if language not in having]
        if having and lacking:
            raise BadStudy(f"{place} has {name} in [{having[0]}] and none in [{lacking[0]}]; write {name} there too")
    labelled = sum(bool(button.label) for button in wording.buttons)
    for own in words:
        if own.labels and len(own.labels) != labelled:
            raise BadStudy(
                f"{place} has {len(own.labels)} labels in [{own.language}]; the answers of this study have {labelled}"
            )
    return words
