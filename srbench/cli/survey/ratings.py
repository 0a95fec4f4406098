"""Options that tell how a file of ratings is to be understood."""

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
        help="CSV, JSON or Parquet: stimulus,content,rater,score[,repetition,model,dataset,time,order,reference,"
        "expected]; or content,rater,winner,loser[,tie]; or averages: stimulus,content,mos,n,std."
    ),
]
ScaleOption = Annotated[str, typer.Option("--scale", help="Lowest and highest score, as 1-5 or 0-100.")]
Columns = Annotated[str, typer.Option(help="Columns by other names, as score=vote,rater=observer.")]
References = Annotated[str, typer.Option(help="Stimuli that are hidden references, as '*_hr,*fps'.")]
ModelFrom = Annotated[str, typer.Option(help="Regular expression whose group is the model in a stimulus's name.")]
StimuliFile = Annotated[
    Path | None, typer.Option(help="CSV: stimulus,content[,model,dataset,reference,expected]; others are refused.")
]


def import_options(scale: str, columns: str, references: str, model_from: str, stimuli: Path | None) -> "ImportOptions":
    """How a file is to be understood, from what was typed.

    Raises:
        UserError: An option that says nothing.
    """
    from srbench.ratings.import_options import ImportOptions

    return ImportOptions(
        columns=_pairs(columns),
        scale=parse_scale(scale),
        references=tuple(options.split(references)) if references else (),
        model_from=model_from,
        stimuli=stimuli,
    )


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for part in options.split(text) if text else []:
        ours, equals, theirs = part.partition("=")
        if not (ours and equals and theirs):
            raise UserError(f"--columns has '{part}'; expected ours=theirs, as score=vote")
        found[ours.strip()] = theirs.strip()
    return found


def parse_scale(text: str) -> "Scale":
    """A range as 1-5.

    Raises:
        UserError: It is none.
    """
    from srbench.ratings.votes import Scale

    low, _, high = text.rpartition("-")
    try:
        made = Scale(float(low), float(high))
    except ValueError:
        raise UserError(f"--scale '{text}' is no range; expected LOW-HIGH, as 1-5 or 0-100") from None
    if not (math.isfinite(made.low) and math.isfinite(made.high)):
        raise UserError(f"--scale '{text}' has no end; expected two finite numbers, as 1-5 or 0-100")
    if not made.low < made.high:
        raise UserError(f"--scale '{text}' goes from {low} to {high}; expected the lower end first")
    return made
