"""Options of `srbench survey create` about how pictures are presented, and in whose words."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.survey.plan import presentation

Enlarge = Annotated[
    int,
    typer.Option(
        min=1,
        max=presentation.LARGEST,
        help="Show each pixel as so many device pixels in each direction; the browser repeats it. Pictures are cropped "
        "to fit --area then.",
    ),
]
PauseSeconds = Annotated[
    float, typer.Option(min=0, max=60, help="Seconds of mid-grey in the place of the pictures before they appear.")
]
LeastSeconds = Annotated[
    float, typer.Option(min=0, max=600, help="Seconds for which pictures are shown before an answer is taken.")
]
LongestSeconds = Annotated[
    float,
    typer.Option(min=0, max=600, help="Seconds after which mid-grey covers the pictures until the answer; 0: never."),
]
Zoom = Annotated[
    int,
    typer.Option(
        min=1, max=presentation.LARGEST, help="Let raters enlarge a place of all pictures at once, up to this factor."
    ),
]
Words = Annotated[
    Path | None,
    typer.Option(
        help="TOML file of the study's own words, with a table for each language, as [en]: instructions, question, "
        "labels, consent, thanks. Raters get these languages alone."
    ),
]
