"""Options that say how a file of ratings is to be read."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srbench.cli import options
from srbench.errors import UserError

if TYPE_CHECKING:
    from srbench.ratings.import_options import ImportOptions
    from srbench.ratings.votes import Scale

RatingsPaths = Annotated[
    list[Path],
    typer.Argument(
        help="Files of ratings of one study: .csv, .tsv, .txt (commas, semicolons, tabs), .json, .jsonl, .parquet, or "
        "AVrate's .db. Columns of votes: stimulus,content,rater,score[,repetition,model,dataset,time,order,reference,"
        "expected], or a column for each rater or stimulus; of paired comparisons: content,rater,winner,loser[,tie,"
        "repetition,first,time,order,expected] or content,rater,a,b,choice; of averages: stimulus,content,mos[,n,std]. "
        "Data of jsPsych and Label Studio too. Or the package that `srbench survey export` wrote: a folder or a .zip.",
        show_default=False,
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
ContentFrom = Annotated[
    str, typer.Option(help="Regular expression whose first group finds the content in a stimulus's name.")
]
StimuliFile = Annotated[
    Path | None,
    typer.Option(
        help="File that describes the stimuli: stimulus,content[,model,dataset,reference,expected]; stimuli that it "
        "does not name are refused."
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Option(
        help="Words that stand for the scores, from the lowest up, as bad,poor,fair,good,excellent; or WORD=SCORE each."
    ),
]
Wide = Annotated[
    Literal["raters", "stimuli"] | None,
    typer.Option(help="What the columns of scores of a wide table are, where the table does not tell."),
]
RepetitionsBy = Annotated[
    Literal["order", "time", "rows"] | None,
    typer.Option(
        help="What numbers a rater's further answers to a question where no column does: the column order, the time of "
        "the answer, or the rows. By default the first of these that the file has; rows for comparisons alone."
    ),
]
Ignore = Annotated[list[str] | None, typer.Option(help="Columns that are not read.")]
Only = Annotated[list[str] | None, typer.Option(help="Read the rows alone that have a cell, as task=rating.")]


def import_options(
    scale: str = "1-5",
    columns: list[str] | None = None,
    references: list[str] | None = None,
    model_from: str = "",
    content_from: str = "",
    stimuli: Path | None = None,
    words: list[str] | None = None,
    wide: Literal["raters", "stimuli"] | None = None,
    repetitions_by: Literal["order", "time", "rows"] | None = None,
    ignore: list[str] | None = None,
    only: list[str] | None = None,
) -> "ImportOptions":
    """Build the options for reading files from what was typed.

    Raises:
        UserError: --columns, --only, --words or --scale cannot be understood.
    """
    from srbench.ratings.import_options import ImportOptions

    found = parse_scale(scale)
    return ImportOptions(
        columns=_pairs("--columns", columns, "ours=theirs, as score=vote"),
        ignore=tuple(options.split(ignore)) if ignore else (),
        only=_pairs("--only", only, "COLUMN=CELL, as task=rating"),
        scale=found,
        words=_words(words, found),
        references=tuple(options.split(references)) if references else (),
        model_from=model_from,
        content_from=content_from,
        stimuli=stimuli,
        wide=wide,
        repetitions_by=repetitions_by,
    )


def _words(texts: list[str] | None, scale: "Scale") -> dict[str, str]:
    """Return what each word stands for: the whole numbers of the scale in turn, or what was typed behind it."""
    words = options.split(texts) if texts else []
    if any("=" in word for word in words):
        return {word.lower(): meant for word, meant in _pairs("--words", words, "WORD=SCORE, as good=4").items()}
    scores = scale.categories()
    if words and (len(words) != len(scores) or len({word.lower() for word in words}) < len(words)):
        raise UserError(
            f"--words has {len(set(words))} words; expected one for each of the {len(scores)} whole numbers of the "
            f"scale {scale.low:g}-{scale.high:g}, from the lowest up; or WORD=SCORE each"
        )
    return {word.lower(): str(score) for word, score in zip(words, scores, strict=bool(words))}


def _pairs(option: str, texts: list[str] | None, expected: str) -> dict[str, str]:
    pairs = {}
    for part in options.split(texts) if texts else []:
        ours, equals, theirs = part.partition("=")
        if not (ours and equals and theirs):
            raise UserError(f"{option} has '{part}'; expected {expected}")
        pairs[ours.strip()] = theirs.strip()
    return pairs


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
