"""Options that say how a file of ratings is to be read."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.ratings.import_options import ImportOptions
    from srbench.ratings.votes import Scale

RatingsPath = Annotated[
    Path,
    typer.Argument(
        help="File of ratings, as CSV, JSON or Parquet. Columns of votes: stimulus,content,rater,score[,repetition,"
        "model,dataset,time,order,reference,expected]; of paired comparisons: content,rater,winner,loser[,tie,"
        "repetition]; of averages: stimulus,content,mos,n,std."
    ),
]
ScaleOption = Annotated[str, typer.Option("--scale", help="Lowest and highest score of the scale, as 1-5 or 0-100.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(help="Names that the file has for columns, as score=vote,rater=observer; A+B joins two."),
]
References = Annotated[
    list[str] | None,
    typer.Option(help="Patterns of the names of stimuli that are hidden references, as '*_hr,*fps'."),
]
ModelFrom = Annotated[
    str, typer.Option(help="Regular expression whose first group finds the model in a stimulus's name.")
]
StimuliFile = Annotated[
    Path | None,
    typer.Option(
        help="File that describes the stimuli: stimulus,content[,model,dataset,reference,expected]; stimuli that it "
        "does not name are refused."
    ),
]


def import_options(
    scale: str, columns: list[str] | None, references: list[str] | None, model_from: str, stimuli: Path | None
) -> "ImportOptions":
    """Build the options for reading a file from what was typed.

    Raises:
        UserError: --columns or --scale cannot be understood.
    """
    from srbench.ratings.import_options import ImportOptions

    return ImportOptions(
        columns=_pairs(columns),
        scale=parse_scale(scale),
        references=tuple(options.split(references)) if references else (),
        model_from=model_from,
        stimuli=stimuli,
    )


def _pairs(texts: list[str] | None) -> dict[str, str]:
    columns = {}
    for part in options.split(texts) if texts else []:
        ours, equals, theirs = part.partition("=")
        if not (ours and equals and theirs):
            raise UserError(f"--columns has '{part}'; expected ours=theirs, as score=vote")
        columns[ours.strip()] = theirs.strip()
    return columns


def parse_scale(text: str) -> "Scale":
    """Read a range such as 1-5.

    Raises:
        UserError: The text is no range.
    """
    from srbench.ratings.votes import Scale

    low, _, high = text.rpartition("-")
    try:
        scale = Scale(float(low), float(high))
    except ValueError:
        raise UserError(f"--scale '{text}' is no range; expected LOW-HIGH, as 1-5 or 0-100") from None
    if not (math.isfinite(scale.low) and math.isfinite(scale.high)):
        raise UserError(f"--scale '{text}' has no end; expected two finite numbers, as 1-5 or 0-100")
    if not scale.low < scale.high:
        raise UserError(f"--scale '{text}' goes from {low} to {high}; expected the lower end first")
    return scale
