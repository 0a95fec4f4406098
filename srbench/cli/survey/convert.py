"""`srbench survey convert`."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import console
from srbench.cli.survey import ratings as ratings_file
from srbench.core.files import require_place


def convert(
    source: ratings_file.RatingsPath,
    target: Annotated[Path, typer.Argument(help="File to write: .csv, .json or .parquet.")],
    scale: ratings_file.ScaleOption = "1-5",
    columns: ratings_file.Columns = None,
    references: ratings_file.References = None,
    model_from: ratings_file.ModelFrom = "",
    stimuli: ratings_file.StimuliFile = None,
) -> None:
    """Check a file of ratings and write it as CSV, JSON or Parquet, one vote a row."""
    from srbench.ratings import files, records

    require_place(target)
    read = files.read(source, ratings_file.import_options(scale, columns, references, model_from, stimuli))
    records.write(read, target)
    for note in read.notes:
        console.err.print(note)
