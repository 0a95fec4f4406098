"""Options for reading files of ratings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from srbench.errors import BadRatings
from srbench.ratings.votes import Scale

Wide = Literal["raters", "stimuli"]
RepetitionsBy = Literal["order", "time", "rows"]


@dataclass(frozen=True)
class ImportOptions:
    """Options for reading files of ratings.

    Attributes:
        columns: The file's name of a column, by ours, where they differ; "a+b" joins two columns with a _.
        ignore: Columns that are not read.
        only: Cells, by the name of their column, that a row must have to be read.
        scale: Scale of the scores; other scores are refused.
        words: Score or choice that each word stands for, as text, by the word in lower case.
        references: Patterns (`*`, `?`) of the names of stimuli that are hidden references.
        model_from: Regular expression whose first group, found in a stimulus's name, is its model.
        content_from: Regular expression whose first group, found in a stimulus's name, is its content.
        stimuli: A second file with one line a stimulus (`stimulus,content,model,dataset,reference,expected`).
        wide: What the columns of a wide table are; None recognises it.
        repetitions_by: What numbers a rater's further answers where no column does; None takes what the file has.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    scale: Scale = field(default_factory=Scale)
    words: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    model_from: str = ""
    content_from: str = ""
    stimuli: Path | None = None
    wide: Wide | None = None
    repetitions_by: RepetitionsBy | None = None


def name_pattern(text: str, option: str) -> "re.Pattern[str] | None":
    """Compile the expression of `model_from` or `content_from`; None where it is empty.

    Args:
        text: The expression.
        option: Name of the option in the command line, for messages.

    Raises:
        BadRatings: The text is no regular expression, or has no group.
    """
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadRatings(f"{option} '{text}' is no regular expression: {error}") from error
    if not pattern.groups:
        raise BadRatings(f"{option} '{text}' has no group; expected one in round brackets, as in '_(x[24])$'")
    return pattern


def found_in(name: str, pattern: "re.Pattern[str] | None", otherwise: str) -> str:
    """Return what a pattern's first group finds in a name; `otherwise` where it finds nothing."""
    match = pattern.search(name) if pattern else None
    return (match.group(1) or otherwise) if match else otherwise
