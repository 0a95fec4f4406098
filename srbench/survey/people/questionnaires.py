"""Questionnaires before and after the trials: one TOML file, whose questions the plan keeps."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from srbench.core.files import absent_or
from srbench.errors import BadStudy, first_line

Part = Literal["before", "after"]
PARTS: tuple[Part, ...] = get_args(Part)
QuestionKind = Literal["choice", "number", "text"]
_KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS = {"name", "kind", "text", "answers", "required"}
LONGEST = 2_000
"""Characters of the longest answer in words."""
_MOST = 30


@dataclass(frozen=True)
class Answer:
    """An answer that can be chosen.

    Attributes:
        value: What is stored.
        label: What raters read, by language; "" is the one for all others.
    """

    value: str
    label: dict[str, str]


@dataclass(frozen=True)
class Item:
    """A question.

    Attributes:
        part: Whether it is asked before or after the trials.
        name: Name of its column.
        kind: "choice", "number" or "text".
        text: The question, by language; "" is the one for all others.
        answers: What can be chosen.
        required: Whether it must be answered.
    """

    part: Part
    name: str
    kind: QuestionKind
    text: dict[str, str]
    answers: tuple[Answer, ...] = ()
    required: bool = True


def in_language(text: Mapping[str, str], language: str) -> str:
    """Return a text in a language, or in the one for all others."""
    return text.get(language) or text.get("") or next(iter(text.values()))


def of_part(items: Sequence[Item], part: Part) -> list[Item]:
    """Return the questions of one part."""
    return [item for item in items if item.part == part]


def parse_replies(items: Sequence[Item], form: Mapping[str, str]) -> dict[str, str] | None:
    """Return the answers to a questionnaire, by the questions' names.

    Args:
        items: Questions of one part.
        form: Fields of the form as they were sent.

    Returns:
        None where an answer is missing or impossible.
    """
    replies = {}
    for item in items:
        value = form.get(f"q_{item.name}", "").replace("\x00", "").strip()
        if not value and not item.required:
            continue
        if not value or len(value) > LONGEST or not _possible(item, value):
            return None
        replies[item.name] = value
    return replies


def _possible(item: Item, value: str) -> bool:
    if item.kind == "choice":
        return value in {answer.value for answer in item.answers}
    return item.kind == "text" or re.fullmatch(r"-?\d{1,9}([.,]\d{1,6})?", value, re.ASCII) is not None


def read(path: Path) -> tuple[Item, ...]:
    """Read a file of questions.

    Raises:
        BadStudy: The file is absent or no TOML, or a question in it cannot be asked.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = absent_or(path, f"cannot be read ({first_line(error)})")
        raise BadStudy(f"{path} {what}; expected a TOML file with [[before]] and [[after]]") from error
    unknown = sorted(content.keys() - set(PARTS))
    if unknown or not all(isinstance(part, list) for part in content.values()):
        raise BadStudy(f"{path} has '{', '.join(unknown or content)}'; expected lists [[before]] and [[after]] alone")
    items = tuple(_item(path, part, entry) for part in PARTS for entry in content.get(part, []))
    names = [item.name for item in items]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadStudy(f"{path} has two questions named {twice[0]}; give each a name of its own")
    if any(len(of_part(items, part)) > _MOST for part in PARTS):
        raise BadStudy(f"{path} has more than {_MOST} questions on one page; ask fewer")
    return items


def _item(path: Path, part: Part, entry: Any) -> Item:
    if not isinstance(entry, dict) or entry.keys() - _KEYS or not _NAME.fullmatch(str(entry.get("name", ""))):
        keys = ", ".join(sorted(_KEYS))
        raise BadStudy(f"{path} has a question that cannot be read in {part}: expected {keys}; a name in small letters")
    name, kind = entry["name"], entry.get("kind", "text")
    answers = tuple(_answer(path, name, answer) for answer in _list(path, name, entry.get("answers", [])))
    if kind not in _KINDS or (kind == "choice") != bool(answers) or not isinstance(entry.get("required", True), bool):
        raise BadStudy(
            f"{path}: the question {name} has the kind '{kind}' and {len(answers)} answers; expected choice with "
            "answers, or number or text without, and required = true or false"
        )
    if len({answer.value for answer in answers}) < len(answers):
        raise BadStudy(f"{path}: the question {name} has an answer twice; give each once")
    return Item(part, name, kind, _text(path, name, entry.get("text")), answers, entry.get("required", True))


def _list(path: Path, name: str, answers: Any) -> list[Any]:
    if not isinstance(answers, list):
        raise BadStudy(f"{path}: the answers of {name} are no list; expected answers = [...]")
    return answers


def _answer(path: Path, name: str, answer: Any) -> Answer:
    if isinstance(answer, str) and answer.strip():
        return Answer(answer.strip(), {"": answer.strip()})
    if isinstance(answer, dict) and isinstance(answer.get("value"), str) and answer["value"].strip():
        value = answer["value"].strip()
        label = {language: text for language, text in answer.items() if language != "value"}
        return Answer(value, _text(path, name, label) if label else {"": value})
    raise BadStudy(f'{path}: an answer of {name} cannot be read; expected a text, or {{value = "...", en = "..."}}')


def _text(path: Path, name: str, text: Any) -> dict[str, str]:
    if isinstance(text, str) and text.strip():
        return {"": text.strip()}
    if isinstance(text, dict) and text and all(isinstance(part, str) and part.strip() for part in text.values()):
        return {str(language): part.strip() for language, part in text.items()}
    raise BadStudy(f'{path}: the question {name} has no text; expected text = "...", or text.en = "..." and so on')
