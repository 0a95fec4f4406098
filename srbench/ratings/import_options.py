"""Options for reading a file of ratings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from srbench.errors import BadRatings
from srbench.ratings.votes import Scale


@dataclass(frozen=True)
class ImportOptions:
    """Options for reading a file of ratings.

    Attributes:
        columns: The file's name of a column, by ours, where they differ; "a+b" joins two columns with a _.
        scale: Scale of the scores; other scores are refused.
        references: Patterns (`*`, `?`) of the names of stimuli that are hidden references.
        model_from: Regular expression whose first group, found in a stimulus's name, is its model.
        stimuli: A second file with one line a stimulus (`stimulus,content,model,dataset,reference,expected`).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = field(default_factory=Scale)
    references: tuple[str, ...] = ()
    model_from: str = ""
    stimuli: Path | None = None


def model_pattern(text: str) -> "re.Pattern[str] | None":
    """Compile the expression of `model_from`; None where it is empty.

    Raises:
        BadRatings: The text is no regular expression, or has no group.
    """
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadRatings(f"--model-from '{text}' is no regular expression: {error}") from error
    if not pattern.groups:
        raise BadRatings(f"--model-from '{text}' has no group; expected one in round brackets, as in '_(x[24])$'")
    return pattern


def model_of(name: str, pattern: "re.Pattern[str] | None") -> str:
    """Return the model that a pattern finds in a name; the name where it finds none."""
    match = pattern.search(name) if pattern else None
    return (match.group(1) or name) if match else name
