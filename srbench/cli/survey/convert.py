"""`srbench survey convert`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.survey import ratings as ratings_file
from srbench.core.files import require_place


def convert(
    sources: ratings_file.RatingsPaths,
    target: Annotated[Path, typer.Argument(help="File to write: .csv, .json or .parquet.")],
    scale: ratings_file.ScaleOption = "1-5",
    columns: ratings_file.Columns = None,
    references: ratings_file.References = None,
    model_from: ratings_file.ModelFrom = "",
    content_from: ratings_file.ContentFrom = "",
    stimuli: ratings_file.StimuliFile = None,
    words: ratings_file.Words = None,
    wide: ratings_file.Wide = None,
    repetitions_by: ratings_file.RepetitionsBy = None,
    ignore: ratings_file.Ignore = None,
    only: ratings_file.Only = None,
) -> None:
    """Check files of ratings and write them as CSV, JSON or Parquet, one vote a row."""
    from srbench.ratings import files, records

    require_place(target)
    reading = ratings_file.import_options(
        *(scale, columns, references, model_from, content_from, stimuli, words, wide, repetitions_by, ignore, only)
    )
    read = files.read(sources, reading)
    records.write(read, target)
    for line in (*read.reading, *read.notes):
        console.err.print(line, soft_wrap=True, markup=False)
